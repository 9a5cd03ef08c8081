#!/bin/bash
# What happens to packages that are here: names in any case on the command line,
# removal and restoring as clients see it, a bundle with what is new, other bytes
# under a known version, a name that is bound to another upstream.
. "$(dirname "$0")/lib.sh"

mkdir "$T/up" "$T/own"
start_nuget own
own=$BASE
start_nuget up
cd "$T"
mknuget up <<'END'
pkg("Foo.Bar", "1.0.0"); pkg("Foo.Bar", "1.1.0"); pkg("Contoso.Core", "9.9.9"); pkg("Baz", "1.0.0")
feed(digests=True, advisories={"baz": []})
END
BASE=$own mknuget own <<'END'
pkg("Contoso.Core", "1.0.0")
feed()
END
cat >near.conf <<END
store = "near";
upstreams = (
    { name = "nuget"; format = "nuget"; url = "$BASE"; select = ( { name = "Foo.Bar"; }, { name = "CONTOSO.core"; } ); },
    { name = "own"; format = "nuget"; url = "$own"; packages = [ "Contoso.Core" ]; protect = [ "Contoso.*" ]; }
);
END
expect 0 near init --name near

say "a protected prefix, in any case"
expect 4 near sync
has err "the name 'contoso.core' is bound to upstream 'own'"
expect 0 near list nuget:Foo.B
has out "nuget:foo.bar"
hasnt out contoso
expect 0 near list Foo
has out "nuget:foo.bar"
expect 0 near show contoso.CORE
has out "1.0.0"
hasnt out "9.9.9"
sed -i 's/, { name = "CONTOSO.core"; }//' near.conf

say "removed: no client sees it, and no sync brings it back; restored"
over_the_gap
start_ferryd near
list() { curl -sf "$URL/nuget/download/foo.bar/index.json" | jq -c .versions; }
[ "$(list)" = '["1.0.0","1.1.0"]' ] || fail "$(list)"
expect 0 near remove Foo.Bar@1.1
shows() { [ "$(list)" = "$1" ]; }
wait_for 5 shows '["1.0.0"]'
[ "$(curl -s -o out -w '%{http_code}' "$URL/nuget/download/foo.bar/1.1.0/foo.bar.1.1.0.nupkg")" = 404 ] || fail "$(cat out)"
[ "$(curl -sf "$URL/nuget/query?q=foo" | jq -r '.data[0].version')" = 1.0.0 ] || fail query
expect 0 near sync
has out "1 left alone that was removed"
shows '["1.0.0"]' || fail "$(list)"
expect 0 near restore foo.bar@1.1.0.0
wait_for 5 shows '["1.0.0","1.1.0"]'

say "the next bundle has what is new"
mknuget up <<<'pkg("Foo.Bar", "1.2.0"); feed(digests=True, advisories={"foo.bar": [{"severity": 1, "url": "https://example.org/a", "versions": "(, 1.2.0)"}]})'
expect 0 near sync
has out "1 version pulled"
over_the_gap
start_ferryd far
[ "$(list)" = '["1.0.0","1.1.0","1.2.0"]' ] || fail "$(list)"
curl -sf "$URL/nuget/vulnerabilities/nuget-base.json" >vuln.json
has vuln.json "https://example.org/a"

say "lists of vulnerabilities that cannot be fetched stay"
echo "vuln status=500 100" >rules
expect 0 near sync
has out "the vulnerabilities of upstream 'nuget'" "those of an earlier sync"
: >rules
over_the_gap
curl -sf "$URL/nuget/vulnerabilities/nuget-base.json" >vuln.json
has vuln.json "https://example.org/a"

say "taken away in any way: told, kept, listed by status; and back"
cp up/reg/foo.bar/index.json reg
for how in 404 410 451 empty; do
	case $how in
	empty) echo '{"count":0,"items":[]}' >up/reg/foo.bar/index.json ;;
	*) echo "/reg/foo.bar/ status=$how 99" >rules ;;
	esac
	expect 0 near sync
	has out "nuget:foo.bar@1.2.0: upstream lists it no more" "3 withdrawn upstream" "0 failed"
	expect 0 near status
	has out "withdrawn    nuget:foo.bar: upstream lists 3 versions no more"
	: >rules
	cp reg up/reg/foo.bar/index.json
	expect 0 near sync
	hasnt out withdrawn
done

say "other bytes under a known version"
mknuget up <<'END'
pkg("Foo.Bar", "1.0.0", description="built again")
feed(digests=True)
END
expect 4 near sync
has err "now declares sha512"
expect 0 near verify
