#!/bin/bash
# dotnet restores what the store does not hold; again with the registry and the
# puller gone.
# ctest: COST 40
. "$(dirname "$0")/../nuget/lib.sh"
need_dotnet

mkdir "$T/up"
start_nuget up
cd "$T"
mknuget up <<'END'
pkg("App.Core", "1.0.0", needs={"net6.0": {"App.Base": "[1.0.0,3.0)"}}, title="Core", tags="one two",
    license=("expression", "MIT"))
pkg("App.Core", "1.1.0", needs={"net6.0": {"App.Base": "[1.0.0,3.0)"}})
pkg("App.Core", "2.0.0-rc.1", needs={"": {"App.Base": "1.7.0"}})
for i in range(70): pkg("App.Base", "1.%d.0" % i)
meta("App.Core", "1.0.0", title="Core", tags=["one", "two"], licenseExpression="MIT")
meta("App.Base", "1.5.0", deprecation={"@id": BASE + "/x", "reasons": ["Legacy"]})
meta("App.Base", "1.6.0", listed=False)
pkg("Other", "1.0.0")
pkg("Never", "1.0.0")
pkg("Plain", "1.0.0")
pkg("Lic", "1.0.0", license=("expression", "MIT"))
feed(page=20, gz=False, advisories={"app.base": [{"severity": 2, "url": "https://example.org/advisory", "versions": "(, 1.3.0)"}]})
END
nuget_conf "$BASE" 'pull = true; max_age = 3600;'
expect 0 near init --name near
"$FERRY" --config near.conf pull >puller.log 2>&1 &
PULLER=$!
PIDS+=("$PULLER")
wait_for 20 test -S near/pull.sock
start_ferryd near --config near.conf
N=$URL/nuget

say "dotnet restores a package that is not here, and what it needs"
nuget_config app "$N/index.json"
project app "$(framework)" '<PackageReference Include="App.Core" Version="1.1.0" />'
client "$T/home1" dotnet restore app >log.txt 2>&1 || fail "$(cat log.txt puller.log)"
[ -d home1/packages/app.core/1.1.0 ] || fail "$(cat log.txt)"
[ -d home1/packages/app.base/1.0.0 ] || fail "the lowest that fits is not what was restored: $(ls home1/packages/app.base)"
[ "$(asked '/flat/app.core/1.1.0/.*')" = 1 ] || fail "$(cat log)"
[ "$(asked '/flat/app.base/1.*.nupkg')" = 1 ] || fail "$(cat log)"
[ "$(asked '.*never.*')" = 0 ] || fail "$(cat log)"

say "known versions are shown as they would be if they were here"
curl -sf "$N/download/app.base/index.json" >list.json
[ "$(jq '.versions | length' list.json)" = 70 ] || fail "$(cat list.json)"
curl -sf "$N/registration-semver2/app.base/index.json" >pages.json
[ "$(jq -c '[.items[].count]' pages.json)" = '[64,6]' ] || fail "$(cat pages.json)"
curl -sf "$N/registration-semver2/app.core/index.json" >known.json
hasnt known.json "$BASE"
jq -cS '.items[0].items[].catalogEntry | {id, version, listed, licenseExpression, tags, title,
    needs: [.dependencyGroups[].dependencies[]? | [.id, .range]]}' known.json >known.txt
[ "$(wc -l <known.txt)" = 3 ] || fail "$(cat known.txt)"
curl -sf "$N/catalog/app.base/1.5.0.json" | jq -e '.deprecation.reasons == ["Legacy"]' >/dev/null || fail deprecation
curl -sf "$N/catalog/app.base/1.6.0.json" | jq -e '.listed == false' >/dev/null || fail listed
expect 1 near show nuget:app.core@1.0.0
expect 0 near show nuget:app.core@1.1.0
expect 0 near verify
# Once they are here, the same stands there.
for v in 1.0.0 2.0.0-rc.1; do
	curl -sf -o x.nupkg "$N/download/app.core/$v/app.core.$v.nupkg"
	cmp x.nupkg "up/flat/app.core/$v/app.core.$v.nupkg"
done
curl -sf "$N/registration-semver2/app.core/index.json" | jq -cS '.items[0].items[].catalogEntry |
    {id, version, listed, licenseExpression, tags, title,
    needs: [.dependencyGroups[].dependencies[]? | [.id, .range]]}' >held.txt
diff known.txt held.txt || fail "known and held versions differ"

say "what there is not"
[ "$(curl -s -o body -w '%{http_code}' "$N/download/none/index.json")" = 404 ] || fail "$(cat body)"
[ "$(curl -s -o body -w '%{http_code}' "$N/download/app.core/9.0.0/app.core.9.0.0.nupkg")" = 404 ] || fail "$(cat body)"

say "by version 2 of the protocol, and of one upstream"
curl -sf "$N/v2/FindPackagesById()?id='Other'" >v2.xml
has v2.xml "<d:Version>1.0.0</d:Version>"
curl -sf "$N/nuget/download/other/1.0.0/other.1.0.0.nupkg" | cmp - up/flat/other/1.0.0/other.1.0.0.nupkg
[ "$(curl -s -o body -w '%{http_code}' "$N/elsewhere/download/never/index.json")" = 404 ] || fail "$(cat body)"

say "the newest, and what is known of vulnerabilities"
cd app
client "$T/home1" dotnet add package App.Base >"$T/log.txt" 2>&1 || fail "$(cat "$T/log.txt")"
cd ..
has app/app.csproj 'Include="App.Base" Version="1.69.0"'
client "$T/home1" dotnet list app package --outdated >log.txt 2>&1 || fail "$(cat log.txt)"

say "the licence inside a package is not allowed, or it has none"
kill "$PULLER"
wait "$PULLER" || true
nuget_conf "$BASE" 'pull = true; max_age = 3600; licences_deny = [ "MIT", "none" ];'
"$FERRY" --config near.conf pull >puller.log 2>&1 &
PULLER=$!
PIDS+=("$PULLER")
wait_for 20 test -S near/pull.sock
[ "$(curl -s -o body -w '%{http_code}' "$N/download/lic/1.0.0/lic.1.0.0.nupkg")" = 403 ] || fail "$(cat puller.log)"
has puller.log "its licence, MIT"
[ "$(curl -s -o body -w '%{http_code}' "$N/download/plain/1.0.0/plain.1.0.0.nupkg")" = 403 ] || fail "$(cat puller.log)"
has puller.log "its licence, which it does not state"

say "again, with the registry and the puller gone"
kill "$PULLER"
wait "$PULLER" || true
printf "* status=500\n" >rules
rm -rf app/obj
client "$T/home2" dotnet restore app >log.txt 2>&1 || fail "$(cat log.txt)"

say "a bundle carries what is here and no more"
expect 0 near key export near.pub
expect 0 "$FERRY" --store far init --name far
expect 0 "$FERRY" --store far trust add near.pub --name near
mkdir disc
expect 0 near export --to disc
expect 0 "$FERRY" --store far import disc
start_ferryd far
[ "$(curl -sf "$URL/nuget/download/app.base/index.json" | jq -c .versions)" = '["1.0.0","1.69.0"]' ] ||
    fail "$(curl -s "$URL/nuget/download/app.base/index.json")"
