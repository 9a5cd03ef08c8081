#!/bin/bash
# Registries without a compact index, with a login, that change their kind, and
# whose answers are older or newer than others'.
. "$(dirname "$0")/lib.sh"

mkgems "$T/up" <<'END'
%w[1.0 1.1].each { |v| gem "top", v, needs: { "mid" => "~> 1.0" } }
gem "top", "1.1", "java", needs: { "mid" => "~> 1.0", "only-java" => ">= 0" }
gem "top", "2.0.a"
%w[1.0.1 2.0].each { |v| gem "mid", v }
gem "only-java", "0.1", "java"
index
marshal
END
start_gems up
cd "$T"
gems_conf "$BASE/" 'packages = [ "top" ];'
expect 0 near init --name near
mkdir away
mv up/versions up/info up/names away/

say "only Marshal indexes: nobody tells a digest, and that must be wanted"
expect 4 near sync
has out "'without_digests = true' of the upstream"
say "versions are those of the index, needs those of the gems"
gems_conf "$BASE/" 'packages = [ "top" ]; without_digests = true;'
expect 0 near sync
has out "3 packages: 4 versions pulled, 0 here already, 0 failed"
expect 0 near --json show top@1.1
has out "mid:~> 1.0|checksum:$(sha256sum up/gems/top-1.1.gem | cut -d' ' -f1)"
: >log
expect 0 near sync
has out "4 here already" "2 not modified"
[ "$(asked '.*')" = 3 ] || fail "$(cat log)"

say "pre-releases, ranges, the newest"
gems_conf "$BASE/" 'select = ( { name = "top"; latest = 1; prereleases = true; }, { name = "mid"; versions = "< 2, >= 1"; } );
    packages = [ "top >= 1.0, < 1.1" ]; without_digests = true;'
expect 0 near sync
has out "2 versions pulled"
expect 0 near list --versions
has out "    2.0.a" "    1.0"

say "a compact index appears: same versions; and goes away for a day: nothing is lost"
mv away/* up/
gems_conf "$BASE/" 'packages = [ "top" ];'
: >log
expect 0 near sync
has out "0 versions pulled, 4 here already"
hasnt log specs.4.8
mv up/versions up/info up/names away/
expect 0 near sync
has out "its index type changed" "0 versions pulled, 4 here already, 0 failed"
expect 0 near list --versions
has out "    2.0.a" "    1.0"
mv away/* up/

say "400 and 403 are as good as 404; 500 is not"
for status in 400 403 405; do
	echo "/versions status=$status 1" >rules
	expect 0 near sync
	has out "4 here already"
done
gems_conf "$BASE/" 'packages = [ "top" ]; tries = 1;'
echo "/versions status=500 9" >rules
expect 8 near sync
has err "answered 500"
: >rules

say "no index at all"
mkdir empty
kill "${PIDS[-1]}"
start_gems empty
gems_conf "$BASE/" 'packages = [ "top" ];'
expect 8 near sync
has out "neither a compact index nor a Marshal one"

say "a login: user and token, a token alone, none, and a wrong one"
rm -rf near
start_gems up FAULTY_AUTH=anna:tok%en
expect 0 near init --name near
printf 'tok%%en\n' >token
gems_conf "$BASE/" 'packages = [ "top" ]; user = "anna"; token_file = "token";'
expect 0 near sync
has out "4 versions pulled"
gems_conf "$BASE/" 'packages = [ "top" ]; token_file = "token";'
expect 8 near sync
has err "answered 401"
gems_conf "$BASE/" 'packages = [ "top" ];'
expect 8 near sync
gems_conf "$BASE/" 'packages = [ "top" ]; user = "anna";'
expect 3 near sync
has err "the password is missing"
start_gems up FAULTY_AUTH=tok%en:
gems_conf "$BASE/" 'packages = [ "top" ]; token_file = "token";'
expect 0 near sync

say "no digests and no ETags: everything is asked for again"
start_gems up FAULTY_ETAG=none FAULTY_DIGEST=
gems_conf "$BASE/" 'packages = [ "top" ];'
expect 0 near sync
mkgems up <<'END'
gem "top", "1.2", needs: { "mid" => "~> 1.0" }
index
END
expect 0 near sync
has out "1 version pulled"

say "an index that is not to be asked for"
gems_conf "$BASE/" 'packages = [ "mid" ]; index = "none";'
: >log
expect 0 near sync
[ "$(asked /versions.*)" = 0 ] || fail "$(cat log)"

say "platforms and Ruby's version"
mkgems up <<'END'
gem "top", "3.0", needs: { "mid" => "~> 1.0" }, required_ruby_version: ">= 9"
gem "plat", "1.0"
%w[x86_64-linux java x64-mingw32].each { |p| gem "plat", "1.0", p }
gem "plat", "1.1", "java"
index
END
rm -rf near
expect 0 near init --name near
gems_conf "$BASE/" 'packages = [ "top", "plat" ]; platforms = [ "ruby", "x86_64-linux" ]; ruby = "3.1.2";'
expect 0 near sync
expect 0 near list --versions
has out "    1.2" "    1.0-x86_64-linux"
hasnt out java
hasnt out "    3.0"
hasnt out "    1.1"
gems_conf "$BASE/" 'packages = [ "top" ]; ruby = "new";'
expect 3 near sync
has err 'expected a version of Ruby'
