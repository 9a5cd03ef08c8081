#!/bin/bash
# What else dotnet does against ferryd: add package, list package (outdated,
# deprecated, vulnerable), NuGetAudit, package search, tool and template
# installs; by each URL.  No URL of the registry is in any document.
# ctest: COST 40
. "$(dirname "$0")/lib.sh"
need_dotnet

mkdir "$T/up"
start_nuget up
cd "$T"
mknuget up <<'END'
tool = {"tools/net8.0/any/DotnetToolSettings.xml":
    '<DotNetCliTool Version="1"><Commands><Command Name="mytool" EntryPoint="mytool.dll" Runner="dotnet" /></Commands></DotNetCliTool>',
    "tools/net8.0/any/mytool.dll": "MZ"}
template = {"content/.template.config/template.json":
    '{"$schema":"http://json.schemastore.org/template","author":"Anna","classifications":["Test"],"identity":"My.Template","name":"My template","shortName":"mytemplate","tags":{"type":"project"}}',
    "content/hello.txt": "hello"}
for i in range(70): pkg("Many", "1.%d.0" % i)
pkg("Many", "2.0.0-beta.1")
pkg("Old", "1.0.0"); pkg("Old", "1.5.0"); pkg("Old", "2.0.0")
meta("Old", "1.0.0", deprecation={"@id": BASE + "/x", "reasons": ["Legacy"], "message": "use New",
     "alternatePackage": {"@id": BASE + "/x", "id": "New", "range": "*"}},
     vulnerabilities=[{"@id": BASE + "/x", "advisoryUrl": "https://example.org/advisory", "severity": "2"}])
pkg("Hidden", "1.0.0"); pkg("Hidden", "1.1.0")
meta("Hidden", "1.1.0", listed=False)
pkg("MyTool", "1.0.0", types=["DotnetTool"], files=tool)
pkg("MyTool", "1.1.0-rc.1", types=["DotnetTool"], files=tool)
pkg("My.Templates", "1.0.0", types=["Template"], files=template)
pkg("Rich", "1.0.0", title="A rich one", tags="alpha beta", icon="images\\icon.png", readme="README.md",
    license=("expression", "MIT"), projectUrl="https://example.org/rich",
    files={"images/icon.png": b"\x89PNG\r\n\x1a\n", "README.md": "# rich", "lib/netstandard2.0/_._": ""})
feed(page=20, gz=False, advisories={"old": [{"severity": 2, "url": "https://example.org/advisory", "versions": "(, 1.5.0)"}]})
END
nuget_conf "$BASE" 'select = ( { name = "Many"; prereleases = true; }, { name = "Old"; }, { name = "Hidden"; },
    { name = "Hidden"; versions = "[1.1.0]"; }, { name = "MyTool"; prereleases = true; }, { name = "My.Templates"; }, { name = "Rich"; } );'
expect 0 near init --name near
expect 0 near sync
has out "80 versions pulled"
over_the_gap
start_ferryd far
SOURCE=$URL/nuget/index.json

say "pages above 64 versions; nothing of upstream's in any document"
curl -sf "$URL/nuget/registration-semver2/many/index.json" >many.json
[ "$(jq -c '[.items[] | [.lower, .upper, .count, has("items")]]' many.json)" = \
    '[["1.0.0","1.63.0",64,false],["1.64.0","2.0.0-beta.1",7,false]]' ] || fail "$(cat many.json)"
[ "$(curl -sf "$(jq -r '.items[1]["@id"]' many.json)" | jq '.items | length')" = 7 ] || fail "the second page"
[ "$(curl -sf "$URL/nuget/registration/many/index.json" | jq '[.items[].count] | add')" = 70 ] || fail "SemVer 1"
# Every URL of ours that stands in a document can be asked for, and so on.
echo "$SOURCE" >todo
: >seen
: >bodies
while [ -s todo ]; do
	sort -u todo | grep -vxFf seen >now || true
	: >todo
	while read -r url; do
		echo "$url" >>seen
		curl -sf --compressed "$url" -o body || fail "$url"
		case "$url" in
		*.nupkg | */icon | */readme) continue ;;
		esac
		hasnt body "$BASE"
		jq -r '.. | strings | select(startswith("'"$URL"'"))' body | sed 's/#.*//' |
		    grep -v -e '{lower_id}' -e '/$' >>todo || true
	done <now
done
[ "$(wc -l <seen)" -gt 200 ] || fail "only $(wc -l <seen) URLs"
[ "$(curl -sf "$URL/nuget/download/rich/1.0.0/icon" -w '%{content_type}' -o icon)" = image/png ] || fail icon
[ "$(cat icon | wc -c)" = 8 ] || fail icon
[ "$(curl -sf "$URL/nuget/download/rich/1.0.0/readme")" = "# rich" ] || fail readme
[ "$(curl -sf "$URL/nuget/download/rich/1.0.0/rich.1.0.0.nupkg.sha512")" = \
    "$(openssl dgst -sha512 -binary up/flat/rich/1.0.0/rich.1.0.0.nupkg | base64 -w0)" ] || fail sha512

say "add package: the newest, a range, a pre-release; what is not listed only by name"
nuget_config app "$SOURCE"
project app "$(framework)" ''
cd app
run() { client "$T/home" "$@" >"$T/log.txt" 2>&1 || fail "$*: $(cat "$T/log.txt")"; }
run dotnet add package Many
has app.csproj '"Many" Version="1.69.0"'
run dotnet add package Many --prerelease
has app.csproj '"Many" Version="2.0.0-beta.1"'
run dotnet add package Many --version '1.6*'
run dotnet add package Hidden
has app.csproj '"Hidden" Version="1.0.0"'
run dotnet add package Hidden --version 1.1.0
run dotnet add package Old --version 1.0.0
has "$T/log.txt" NU1903 "https://example.org/advisory"

say "list package"
run dotnet list package --outdated
has "$T/log.txt" "> Old" 1.0.0 2.0.0
run dotnet list package --deprecated
has "$T/log.txt" Legacy "New"
run dotnet list package --vulnerable
has "$T/log.txt" High "https://example.org/advisory"

say "search"
run dotnet package search many --format json
[ "$(jq -c '[.searchResult[0].packages[] | [.id, .latestVersion]]' "$T/log.txt")" = '[["Many","1.69.0"]]' ] || fail "$(cat "$T/log.txt")"
run dotnet package search many --prerelease --format json
has "$T/log.txt" "2.0.0-beta.1"
run dotnet package search Many --exact-match --format json
[ "$(jq '.searchResult[0].packages | length' "$T/log.txt")" = 70 ] || fail "$(cat "$T/log.txt")"
run dotnet package search rich --verbosity detailed --format json
has "$T/log.txt" "What Rich is." "https://example.org/rich"
# What `dotnet tool search` asks, which takes no source.
curl -sf "$URL/nuget/query?q=my&prerelease=false&semVerLevel=2.0.0&packageType=DotnetTool" >tools.json
[ "$(jq -c '[.totalHits, .data[0].id, .data[0].version]' tools.json)" = '[1,"MyTool","1.0.0"]' ] || fail "$(cat tools.json)"

say "tools and templates"
mkdir .config
echo '{"version":1,"isRoot":true,"tools":{}}' >.config/dotnet-tools.json
run dotnet tool install MyTool
has "$T/log.txt" "'1.0.0'"
run dotnet tool update MyTool --prerelease
has "$T/log.txt" "1.1.0-rc.1"
run dotnet new install My.Templates --nuget-source "$SOURCE" --force
run dotnet new mytemplate -o "$T/made"
has "$T/made/hello.txt" hello

say "by the URLs of GHES, of an upstream, and of a host of its own"
cd "$T"
for url in "$URL/_registry/nuget/nuget/index.json" "$URL/nuget/nuget/index.json"; do
	nuget_config app "$url"
	rm -rf home2 app/obj
	client "$T/home2" dotnet restore app >log.txt 2>&1 || fail "$url: $(cat log.txt)"
	[ "$(curl -sf "$url" | jq -r '.resources[0]["@id"]')" = "${url%index.json}download/" ] || fail "$url"
done
[ "$(curl -sf -H 'Host: nuget.example.org' "$URL/nuget/index.json" | jq -r '.resources[0]["@id"]')" = \
    "http://nuget.example.org/nuget/download/" ] || fail "its own host"

say "what is not there is 404, and what would write is 405 that dotnet prints"
for path in nuget/download/none/index.json nuget/download/many/9.9.9/many.9.9.9.nupkg nuget/registration/none/index.json \
    nuget/none/index.json/x nuget/download/a..b/index.json nuget/registration-semver2/many/page/5.0.0/6.0.0.json \
    nuget/vulnerabilities/none.json; do
	[ "$(curl -s -o /dev/null -w '%{http_code}' "$URL/$path")" = 404 ] || fail "$path"
done
nuget_config app "$SOURCE"
expect 1 client "$T/home" dotnet nuget push up/flat/rich/1.0.0/rich.1.0.0.nupkg --source "$URL/nuget/v2/package" \
    --api-key x --allow-insecure-connections
has out 405
