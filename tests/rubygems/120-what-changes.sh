#!/bin/bash
# What a second import brings is seen at once: /versions is carried on, so that
# clients with a copy ask for a part; what is removed, yanked or damaged goes.
. "$(dirname "$0")/lib.sh"

mkgems "$T/up" <<'END'
("a".."z").each { |c| gem "gem-#{c}", "1.0" }
gem "app", "1.0", needs: { "gem-a" => ">= 1.0" }
gem "app", "1.0", "java", needs: { "gem-a" => ">= 1.0" }
index
marshal
END
start_gems up
cd "$T"
gems_conf "$BASE/" "select = ( $(for c in {a..z}; do printf '{ name = "gem-%s"; }, ' "$c"; done) { name = \"app\"; } );"
expect 0 near init --name near
expect 0 near sync
start_ferryd near --config near.conf
G=$URL/rubygems/
bu() { (cd "$T/app" && client "$T/c1" bundle "$@"); }

say "a client with a copy"
mkdir app
printf 'source "%s"\ngem "app"\n' "$G" >app/Gemfile
expect 0 bu install
has app/Gemfile.lock "app (1.0)" "gem-a (1.0)"
cp "$(find c1 -name versions | head -1)" copy
curl -sf "${G}versions" >v1
same copy v1

say "is told what is new by a part, and takes it"
mkgems up <<'END'
gem "app", "1.1", needs: { "gem-a" => ">= 1.1" }
gem "gem-a", "1.1"
gem "gem-c", "1.1"
gem "gem-new", "0.1"
index
marshal
END
expect 0 near sync
has out "3 versions pulled"
wait_for 5 bash -c "curl -s ${G}info/app | grep -q '^1.1 '"
n=$(stat -c %s v1)
wait_for 5 bash -c "[ \$(curl -s -o v2 -w '%{http_code}' -H 'Range: bytes=$((n - 1))-' ${G}versions) = 206 ]"
curl -sf "${G}versions" >v2
head -c "$n" v2 | cmp - v1
tail -c +$((n + 1)) v2 >more
has more "app 1.1 $(curl -sf "${G}info/app" | md5sum | cut -d' ' -f1)" "gem-a 1.1 "
hasnt more gem-new
expect 0 bu update
has app/Gemfile.lock "app (1.1)" "gem-a (1.1)"
same "$(find c1 -name versions | head -1)" v2

say "what is removed goes from all lists, and comes back"
expect 0 near remove rubygems:app@1.1
wait_for 5 bash -c "! curl -s ${G}info/app | grep -q '^1.1 '"
curl -sf "${G}versions" >v3
head -c "$(stat -c %s v2)" v3 | cmp - v2
tail -1 v3 >more
has more "app -1.1 "
[ "$(curl -s -o out -w '%{http_code}' "${G}gems/app-1.1.gem")" = 404 ] || fail "still there"
curl -sf "${G}specs.4.8.gz" | gzip -dc >specs
hasnt specs 1.1-
expect 0 near sync
expect 0 near restore rubygems:app@1.1
wait_for 5 bash -c "curl -s ${G}info/app | grep -q '^1.1 '"

say "what is yanked upstream goes from lists; the file stays for lock files"
mkgems up <<'END'
yank "gem-c", "1.1"
index
marshal
END
expect 0 near sync
wait_for 5 bash -c "! curl -s ${G}info/gem-c | grep -q '^1.1 '"
curl -sf "${G}info/gem-c" | cmp - up/info/gem-c
[ "$(curl -s -o out -w '%{http_code}' "${G}gems/gem-c-1.1.gem")" = 200 ] || fail "gone"

say "JSON for bots"
curl -sf "${G}api/v1/gems/app.json" | jq -e '.version == "1.1" and .platform == "ruby" and
    .dependencies.runtime[0].name == "gem-a" and (.gem_uri | endswith("/rubygems/gems/app-1.1.gem")) and
    .info == "app for tests" and .authors == "Anna, Bert" and .licenses == ["MIT"]' >/dev/null || fail "gems"
curl -sf "${G}api/v1/versions/app.json" | jq -e 'map(.number + "-" + .platform) == ["1.1-ruby", "1.0-java", "1.0-ruby"] and
    .[0].sha == "'"$(sha256sum up/gems/app-1.1.gem | cut -d' ' -f1)"'"' >/dev/null || fail "versions"
[ "$(curl -sf "${G}api/v1/versions/app/latest.json")" = '{"version":"1.1"}' ] || fail latest
curl -sf "${G}api/v1/search.json?query=gem-b" | jq -e '.[0].name == "gem-b"' >/dev/null || fail search

say "what is here is whole"
blob=$(sha256sum up/gems/gem-b-1.0.gem | cut -d' ' -f1)
expect 0 near show gem-b@1.0
has out "$blob"
expect 0 near verify

say "many changes: /versions is written anew, and clients get it once"
for i in 1 2 3 4 5 6; do
	for c in {a..z}; do echo "gem \"gem-$c\", \"2.$i\""; done
done | cat - <(echo index) >many
mkgems up <many
expect 0 near sync
wait_for 5 bash -c "curl -s ${G}info/gem-z | grep -q '^2.6 '"
expect 0 bu update --all
curl -sf "${G}versions" >v4
same "$(find c1 -name versions | head -1)" v4
curl -sf "$URL/metrics" >metrics
has metrics 'rubygems'
curl -sf "$URL/" >page
has page "/rubygems/"
