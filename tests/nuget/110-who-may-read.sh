#!/bin/bash
# A GitHub owner's packages and a private registry: what each client may read,
# with and without a token, by curl and by dotnet, by both layouts of GHES.
# ctest: COST 30
. "$(dirname "$0")/../access/github.sh"
. "$TOP/tests/nuget/lib.sh"

mkdir "$T/up" "$T/open"
start_nuget up
cd "$T"
mknuget up <<'END'
pkg("Inner", "1.0.0", needs={"": {"Outer": "1.0"}}); pkg("Inner", "1.1.0")
feed(advisories={"secret.lib": []})
END
inner=$BASE
start_nuget open
mknuget open <<'END'
pkg("Outer", "1.0.0")
feed()
END
outer=$BASE
start_github
change '.packages += [ { "id": 31, "owner": "octo", "type": "nuget", "name": "Octo.Pub", "visibility": "public", "repo": "octo/pub" } ]'
cat >near.conf <<END
store = "near";
upstreams = (
    { name = "gh"; format = "github"; url = "https://github.com"; api = "$GITHUB"; owners = [ "octo" ];
      types = [ "nuget" ]; nuget_url = "$GITHUB/nuget"; token_file = "token"; },
    { name = "house"; format = "nuget"; url = "$inner"; visibility = "private"; dependencies = false; select = ( { name = "Inner"; } ); },
    { name = "world"; format = "nuget"; url = "$outer"; packages = [ "Outer" ]; }
);
serve = { subdomains = true; };
END
expect 0 near init --name near
expect 0 near sync
has out "5 versions pulled"
expect 0 near list
has out "nuget:octo/octo.int" "nuget:octo/octo.pub" "nuget:inner" "nuget:outer"
expect 0 near show Octo/Octo.Int@1.0
has out "Octo.Int"
snapshot near gh >text
grep -q '"type":"nuget","name":"octo/octo.int","visibility":"internal"' text || fail "$(cat text)"

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
is() { [ "$2" = "$3" ] || fail "$1: $2 instead of $3"; }
olga=(-u "ferry:$(cat token.olga)")
max=(-u "ferry:$(cat token.max)")

say "without a token: what is public, and a challenge for the rest"
get 200 nuget/index.json
get 200 nuget/download/outer/index.json
get 200 nuget/world/index.json
for path in index.json download/octo.int/index.json download/octo.pub/index.json registration/octo.int/index.json none/index.json \
    download/octo.int/1.0.0/octo.int.1.0.0.nupkg; do
	get 401 "nuget/octo/$path"
	has head "WWW-Authenticate: Basic"
	get 401 "_registry/nuget/octo/$path"
done
get 401 nuget/download/inner/index.json
get 401 nuget/house/index.json
get 401 nuget/download/inner/index.json -H 'Authorization: Basic Og=='
# Lists of vulnerabilities of what is not public are not shown.
get 200 nuget/vulnerabilities/index.json
is nothing "$(cat out)" "[]"

say "with one: more, and 403 for what it may not"
get 200 nuget/octo/index.json "${olga[@]}"
get 200 nuget/octo/download/Octo.Int/index.json "${olga[@]}"
has head "Cache-Control: private" "Vary: Accept-Encoding, Authorization"
get 200 nuget/octo/octo.int/index.json "${olga[@]}" # as GitHub's registration lies
get 200 _registry/nuget/octo/download/octo.pub/index.json "${max[@]}"
get 403 nuget/octo/download/octo.int/index.json "${max[@]}"
get 403 nuget/octo/download/octo.int/1.0.0/octo.int.1.0.0.nupkg "${max[@]}"
get 404 nuget/octo/download/nothing/index.json "${olga[@]}"
get 401 nuget/octo/download/octo.pub/index.json -u ferry:ghp_wrong
expect 1 near explain --as max --package nuget:octo/Octo.Int
expect 0 near explain --as olga --package nuget:Octo/octo.int

say "search has no more than may be read"
get 200 'nuget/octo/query?semVerLevel=2.0.0' "${olga[@]}"
is hits "$(jq -c '[.data[].id]' out)" '["Octo.Int","Octo.Pub"]'
get 200 'nuget/octo/query?semVerLevel=2.0.0' "${max[@]}"
is hits "$(jq -c '[.data[].id]' out)" '["Octo.Pub"]'
get 200 'nuget/query'
is hits "$(jq -c '[.data[].id]' out)" '["Outer"]'
get 200 'nuget/autocomplete?q=octo'
is hits "$(jq -c .totalHits out)" 0
get 401 'nuget/octo/autocomplete?id=Octo.Int'

say "GHES with subdomains"
get 200 octo/index.json "${olga[@]}" -H 'Host: nuget.ghes.example'
is base "$(jq -r '.resources[0]["@id"]' out)" http://nuget.ghes.example/octo/download/
get 200 octo/download/octo.int/index.json "${olga[@]}" -H 'Host: nuget.ghes.example'

need_dotnet
say "dotnet, with the token in its configuration"
project app "$(framework)" '<PackageReference Include="Octo.Int" Version="1.0.0" />'
for url in "$URL/nuget/octo/index.json" "$URL/_registry/nuget/octo/index.json"; do
	nuget_config app "$url" "<packageSourceCredentials><ferry><add key='Username' value='any' />
	    <add key='ClearTextPassword' value='$(cat token.olga)' /></ferry></packageSourceCredentials>"
	rm -rf home app/obj
	client "$T/home" dotnet restore app >log.txt 2>&1 || fail "$(cat log.txt)"
	[ -f home/packages/octo.int/1.0.0/octo.int.1.0.0.nupkg ] || fail "$url"
done
nuget_config app "$URL/nuget/octo/index.json"
rm -rf home app/obj
expect 1 client "$T/home" dotnet restore app
has out 401
