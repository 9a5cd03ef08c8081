#!/bin/bash
# A GitHub owner's gems and a private registry: lists have what the client may
# read, with and without a token, for gem and bundle; writes are refused in words.
. "$(dirname "$0")/../access/github.sh"
. "$TOP/tests/rubygems/lib.sh"

mkgems "$T/up" <<'END'
%w[1.0 1.1].each { |v| gem "inner", v, needs: { "outer" => ">= 1" } }
gem "outer", "1.0"
index
marshal
END
cp -r "$T/up" "$T/open"
rm -rf "$T/open/gems/inner"* "$T/open/quick/Marshal.4.8/inner"* "$T/open/versions" "$T/open/info"
sed -i /inner/d "$T/open/order"
mkdir "$T/open/info"
mkgems "$T/open" <<<'index; marshal'
start_gems up
inner=$BASE
start_gems open
outer=$BASE
start_github
change '.packages += [ { "id": 31, "owner": "octo", "type": "rubygems", "name": "pub-gem", "visibility": "public", "repo": "octo/pub" } ]'
cd "$T"
cat >near.conf <<END
store = "near";
upstreams = (
    { name = "gh"; format = "github"; url = "https://github.com"; api = "$GITHUB"; owners = [ "octo" ];
      types = [ "rubygems" ]; rubygems_url = "$GITHUB/rubygems"; token_file = "token"; },
    { name = "house"; format = "rubygems"; url = "$inner"; visibility = "private"; dependencies = false; select = ( { name = "inner"; } ); },
    { name = "world"; format = "rubygems"; url = "$outer"; packages = [ "outer" ]; }
);
serve = { subdomains = true; };
END
expect 0 near init --name near
expect 0 near sync
has out "packages:" "5 versions pulled"
expect 0 near list
has out "rubygems:octo/octo-gem" "rubygems:octo/pub-gem" "rubygems:inner" "rubygems:outer"
snapshot near gh >text
grep -q '"type":"rubygems","name":"octo/octo-gem","visibility":"private"' text || fail "$(cat text)"

for who in olga max; do
	expect 0 near --json token create --user $who --upstream gh
	jq -r .token <out >token.$who
done
start_ferryd near --config near.conf
get() { # STATUS PATH [CURL-OPTION…]: into $T/out
	local want=$1 path=$2 got
	shift 2
	got=$(curl -s -o out -D head -w '%{http_code}' "$@" "$URL/$path")
	[ "$got" = "$want" ] || fail "$got instead of $want for $path: $(cat out)"
}
olga=(-u "ferry:$(cat token.olga)")
max=(-u "ferry:$(cat token.max)")

say "without a token: what is public"
get 200 rubygems/versions
has out "outer 1.0 "
hasnt out inner
# GitHub has nothing for anonymous clients, also of what is public.
get 401 rubygems/octo/versions
get 401 _registry/rubygems/octo/info/pub-gem
get 401 rubygems/octo/info/octo-gem
has head "WWW-Authenticate: Basic"
get 401 rubygems/octo/gems/octo-gem-1.0.0.gem
get 401 rubygems/info/inner
get 401 rubygems/house/versions
get 200 rubygems/world/versions
has out "outer 1.0 "

say "with one: more, and a 403 for what it may not; never a list without anything"
get 200 rubygems/octo/versions "${olga[@]}"
has out "octo-gem 1.0.0 " "pub-gem 1.0.0 "
has head "Cache-Control: private" "Vary: Accept-Encoding, Authorization"
for kind in names specs.4.8.gz latest_specs.4.8.gz; do get 200 rubygems/octo/$kind "${olga[@]}"; done
get 200 rubygems/octo/gems/octo-gem-1.0.0.gem "${olga[@]}"
get 200 rubygems/octo/versions "${max[@]}"
has out "pub-gem 1.0.0 "
hasnt out octo-gem
get 200 _registry/rubygems/octo/info/pub-gem "${max[@]}"
get 200 rubygems/octo/quick/Marshal.4.8/pub-gem-1.0.0.gemspec.rz "${max[@]}"
get 403 rubygems/octo/info/octo-gem "${max[@]}"
get 403 rubygems/octo/gems/octo-gem-1.0.0.gem "${max[@]}"
get 403 rubygems/house/versions "${max[@]}"
get 401 rubygems/octo/versions -u ferry:ghp_wrong
get 404 rubygems/octo/info/nothing "${olga[@]}"
expect 1 near explain --as max --package rubygems:octo/octo-gem
expect 0 near explain --as olga --package rubygems:octo/octo-gem

say "GHES with subdomains"
get 200 octo/versions "${olga[@]}" -H 'Host: rubygems.ghes.example'
has out "octo-gem 1.0.0 "
get 200 octo/gems/octo-gem-1.0.0.gem "${olga[@]}" -H 'Host: rubygems.ghes.example'
get 401 octo/versions -H 'Host: rubygems.ghes.example'
get 200 versions -H 'Host: rubygems.ghes.example'
has out "outer 1.0 "

say "search has no more than lists have"
get 200 'rubygems/octo/api/v1/search.json?query=gem' "${max[@]}"
has out pub-gem
hasnt out octo-gem
get 200 'rubygems/octo/api/v1/search.json?query=gem' "${olga[@]}"
has out octo-gem pub-gem

say "permissions change, and lists with them"
change '.packages |= map(if .name == "octo-gem" then .visibility = "public" else . end)'
expect 0 near sync
wait_for 5 bash -c "curl -s ${max[*]} $URL/rubygems/octo/versions | grep -q octo-gem"
get 200 rubygems/octo/versions "${max[@]}"
has out "octo-gem 1.0.0 "
change '.packages |= map(if .name == "octo-gem" then .visibility = "private" else . end)'
expect 0 near sync
wait_for 5 bash -c "! curl -s ${max[*]} $URL/rubygems/octo/versions | grep -q octo-gem"
get 200 rubygems/octo/versions "${olga[@]}"
has out octo-gem

say "bundle and gem with a token, and without"
mkdir app
cat >app/Gemfile <<END
source "$URL/rubygems/octo/"
gem "octo-gem"
END
bu() { (cd "$T/app" && client "$T/c1" "$@"); }
expect 17 bu bundle install
has err "Authentication is required"
rm -rf c1 app/Gemfile.lock
expect 0 bu env "BUNDLE_127__0__0__1=ferry:$(cat token.olga)" bundle install
has out "Installing octo-gem 1.0.0"
expect 0 bu gem install --no-document octo-gem --clear-sources \
    --source "http://ferry:$(cat token.olga)@${URL#http://}/rubygems/octo/"

say "writes are refused in words that gem prints"
expect 1 bu env GEM_HOST_API_KEY=key gem push "$T/up/gems/outer-1.0.gem" --host "$URL/rubygems"
cat out err | grep -q "packages enter it through 'ferry sync'" || fail "$(cat out err)"
get 405 rubygems/api/v1/gems -X POST --data-binary x
get 405 rubygems/api/v1/gems/yank -X DELETE
get 405 rubygems/gems/outer-1.0.gem -X PUT --data-binary x
