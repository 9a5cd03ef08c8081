#!/bin/bash
# A first sync from a V3 registry, a second one with nothing new, and a restore
# over the gap by dotnet from nothing but ferryd.
. "$(dirname "$0")/lib.sh"

mkdir "$T/up"
start_nuget up
cd "$T"
mknuget up <<'END'
pkg("Foo.Bar", "1.0.0", needs={"netstandard2.0": {"Baz": "1.0"}, "net6.0": {"Qux": "[2.0,3.0)"}})
pkg("Foo.Bar", "1.1.0", needs={"": {"Baz": "1.1"}})
pkg("Foo.Bar", "2.0.0-Beta.1", needs={"": {"Baz": "(1.0,2.0)"}})
for v in ["1.0.0", "1.1.0", "1.2.0", "2.0.0"]: pkg("Baz", v)
for v in ["1.9.0", "2.0.0-rc.1", "2.1", "2.2.0.0", "3.0.0"]: pkg("Qux", v)
pkg("Other", "0.1.0-alpha")
pkg("Other", "0.0.9")
meta("Other", "0.0.9", listed=False, published="1900-01-01T00:00:00+00:00")
feed()
END
nuget_conf "$BASE/index.json" \
    'packages = [ "foo.bar 1.*", "FOO.bar 1.0.0", "Other" ]; select = ( { name = "Qux"; versions = "[3.0, )"; } );'
expect 0 near init --name near

say "a dry run stores nothing and says what would come"
expect 0 near sync --dry-run
has out "would pull nuget:foo.bar@1.1.0" "would pull nuget:foo.bar@1.0.0" \
    "would pull nuget:baz@1.0.0" "would pull nuget:baz@1.1.0" "would pull nuget:qux@2.1.0" \
    "would pull nuget:qux@3.0.0" "would pull nuget:other@0.1.0-alpha" "7 versions would be pulled"

say "the sync takes what a restore would: the lowest of a range, the highest of a float"
expect 0 near sync
has out "4 packages: 7 versions pulled, 0 here already, 0 failed"
expect 0 near show Foo.Bar@1.0.0
has out "$(sha256sum up/flat/foo.bar/1.0.0/foo.bar.1.0.0.nupkg | cut -d' ' -f1)" foo.bar.nuspec \
    "$(sha512sum up/flat/foo.bar/1.0.0/foo.bar.1.0.0.nupkg | cut -d' ' -f1)" "Foo.Bar"
expect 0 near verify
has out ": 0 problems"

say "nothing new: one conditional request a package, and one for the index"
: >log
expect 0 near --json sync
has out '"added":0' '"present":7'
[ "$(asked '.* 304')" = 5 ] || fail "$(cat log)"
[ "$(asked '.*')" = 5 ] || fail "$(cat log)"

say "over the gap"
over_the_gap
start_ferryd far
curl -sf "$URL/nuget/index.json" >index.json
hasnt index.json "$BASE"
curl -sf "$URL/nuget/download/foo.bar/index.json" >versions.json
[ "$(jq -c .versions versions.json)" = '["1.0.0","1.1.0"]' ] || fail "$(cat versions.json)"
for path in registration-semver2/foo.bar/index.json registration-semver2/FOO.BAR/1.0.0.json \
    catalog/foo.bar/1.0.0.json registration-semver2/foo.bar/page/1.0.0/1.1.0.json \
    "query?q=foo&prerelease=true" "autocomplete?q=ba" "autocomplete?id=Foo.Bar"; do
	curl -sf "$URL/nuget/$path" >doc.json || fail "$path"
	jq -e . doc.json >/dev/null || fail "$path: $(cat doc.json)"
	hasnt doc.json "$BASE"
done
curl -sf "$URL/nuget/download/Foo.Bar/1.0.0.0/Foo.Bar.1.0.0.nupkg" >got.nupkg
same got.nupkg up/flat/foo.bar/1.0.0/foo.bar.1.0.0.nupkg

need_dotnet
say "dotnet restore, with the registry gone"
nuget_config app "$URL/nuget/index.json"
project app "$(framework)" '<PackageReference Include="Foo.Bar" Version="1.0.0" />'
client "$T/home" dotnet restore app >restore.log 2>&1 || fail "$(cat restore.log)"
[ "$(jq -r '.libraries | keys | join(" ")' app/obj/project.assets.json)" = "Foo.Bar/1.0.0 Qux/2.1.0" ] ||
    fail "$(jq .libraries app/obj/project.assets.json)"
