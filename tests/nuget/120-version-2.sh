#!/bin/bash
# Version 2 of the protocol: what a source that does not end in ".json" gets.
# ctest: COST 20
. "$(dirname "$0")/lib.sh"

mkdir "$T/up"
start_nuget up
cd "$T"
mknuget up <<'END'
pkg("Foo.Bar", "1.0.0", needs={"netstandard2.0": {"Baz": "[1.0,2.0)"}, "net48": {}}, description="a < b & \"c\"", tags="things")
pkg("Foo.Bar", "1.1.0-rc.1")
pkg("Foo.Bar", "1.2.0-beta")
pkg("Foo.Bar", "1.1.0", tags="things")
for v in ["1.0.0", "1.5.0", "2.0.0"]: pkg("Baz", v)
meta("Baz", "2.0.0", listed=False)
feed()
END
nuget_conf "$BASE" 'select = ( { name = "Foo.Bar"; prereleases = true; }, { name = "Baz"; }, { name = "Baz"; versions = "[2.0.0]"; } );'
expect 0 near init --name near
expect 0 near sync
start_ferryd near
ask() { # PATH [OPTION…]: its XML into $T/xml, which must be well-formed
	local path=$1
	shift
	curl -sg --fail-with-body "$URL/nuget/v2$path" "$@" >xml || fail "$path: $(cat xml)"
	python3 -c 'import sys, xml.dom.minidom as m; m.parse(sys.argv[1])' xml || fail "$(cat xml)"
}
values() { grep -o "<d:$1[^>]*>[^<]*" xml | sed 's/.*>//' | tr '\n' ' '; }

say "what there is to ask, and finding by id"
ask /
has xml "$URL/nuget/v2/" 'href="Packages"'
ask '/$metadata'
has xml FindPackagesById Search V2FeedPackage
ask "/FindPackagesById()?id='foo.bar'"
[ "$(values NormalizedVersion)" = "1.0.0 1.1.0 1.2.0-beta " ] || fail "$(cat xml)"
has xml "a &lt; b &amp; &quot;c&quot;" "Baz:[1.0.0, 2.0.0):netstandard2.0" "::net48" "$URL/nuget/v2/package/Foo.Bar/1.0.0"
[ "$(values IsLatestVersion)" = "false true false " ] || fail "$(cat xml)"
[ "$(values IsAbsoluteLatestVersion)" = "false false true " ] || fail "$(cat xml)"
ask "/FindPackagesById()?id='Foo.Bar'&semVerLevel=2.0.0"
[ "$(values Version)" = "1.0.0 1.1.0-rc.1 1.1.0 1.2.0-beta " ] || fail "$(cat xml)"
ask "/FindPackagesById()?\$filter=IsLatestVersion&\$orderby=Version%20desc&\$top=1&id='Foo.Bar'"
[ "$(values Version)" = "1.1.0 " ] || fail "$(cat xml)"
ask "/FindPackagesById()?\$filter=IsAbsoluteLatestVersion&id='Foo.Bar'"
[ "$(values Version)" = "1.2.0-beta " ] || fail "$(cat xml)"
ask "/FindPackagesById()?\$orderby=Version%20desc&\$top=2&id='Foo.Bar'"
[ "$(values Version)" = "1.2.0-beta 1.1.0 " ] || fail "$(cat xml)"
ask "/FindPackagesById()?id='none'"
[ "$(values Version)" = "" ] || fail "$(cat xml)"
ask "/Packages()?\$filter=tolower(Id)%20eq%20'baz'&\$orderby=Id"
[ "$(values Listed)" = "true true false " ] || fail "$(cat xml)"
ask "/Packages(Id='BAZ',Version='1.5')"
[ "$(values NormalizedVersion)$(values PackageHash)" = "1.5.0 $(openssl dgst -sha512 -binary up/flat/baz/1.5.0/baz.1.5.0.nupkg | base64 -w0) SHA512 " ] ||
    [ "$(values NormalizedVersion)" = "1.5.0 " ] || fail "$(cat xml)"
has xml "$(openssl dgst -sha512 -binary up/flat/baz/1.5.0/baz.1.5.0.nupkg | base64 -w0)"
curl -sf "$URL/nuget/v2/package/Baz/1.5.0" >got
same got up/flat/baz/1.5.0/baz.1.5.0.nupkg
[ "$(curl -sg -o out -w '%{http_code}' "$URL/nuget/v2/Packages(Id='Baz',Version='9.0')")" = 404 ] || fail "$(cat out)"

say "searching"
ask "/Search()?\$filter=IsLatestVersion&searchTerm='things'&targetFramework=''&includePrerelease=false"
[ "$(values NormalizedVersion)" = "1.1.0 " ] || fail "$(cat xml)"
ask "/Search()?\$filter=IsAbsoluteLatestVersion&searchTerm=''&includePrerelease=true&\$top=10&semVerLevel=2.0.0"
[ "$(values NormalizedVersion)" = "1.5.0 1.2.0-beta " ] || fail "$(cat xml)"
ask "/Search()?searchTerm='things'&includePrerelease=false" # all its versions
[ "$(values NormalizedVersion)" = "1.0.0 1.1.0 " ] || fail "$(cat xml)"
ask "/Search()?searchTerm=''&includePrerelease=true&semVerLevel=2.0.0&\$skip=1&\$top=3"
[ "$(values NormalizedVersion)" = "1.5.0 1.0.0 1.1.0-rc.1 " ] || fail "$(cat xml)"
[ "$(curl -sfg "$URL/nuget/v2/Search()/\$count?searchTerm='baz'")" = 1 ] || fail count

say "filters"
chosen() { # FILTER VERSIONS: of Foo.Bar
	ask "/FindPackagesById()?id='Foo.Bar'&semVerLevel=2.0.0" --data-urlencode "\$filter=$1" -G
	[ "$(values Version)" = "$2" ] || fail "$1: $(values Version)"
}
chosen "Id eq 'foo.bar' and NormalizedVersion eq '1.1'" "1.1.0 "
chosen "NormalizedVersion ge '1.0.0' and Version lt '1.1.0' and IsPrerelease eq false" "1.0.0 "
chosen "Version gt '1.1.0-RC.1'" "1.1.0 1.2.0-beta "
chosen "IsLatestVersion eq true or Version ne null and NormalizedVersion le '1.0'" "1.0.0 1.1.0 "
chosen "substringof('THING', Tags) eq true and not (startswith(Id,'Baz') or endswith(tolower(Id),'.foo'))" "1.0.0 1.1.0 "
ask "/FindPackagesById()?id='Foo.Bar'&%24filter=IsLatestVersion%20eq%20true"
[ "$(values Version)" = "1.1.0 " ] || fail "$(cat xml)"
chosen "Tags eq 'it''s'" ""
for wrong in "Id eq" "(Id eq 'x'" "Id eq 'x' y" "Id" "Price gt 1" "$(printf '%050d' 0 | tr 0 '(')Id eq 'x'"; do
	[ "$(curl -s -G -o out -w '%{http_code}' "$URL/nuget/v2/FindPackagesById()?id='Foo.Bar'" --data-urlencode "\$filter=$wrong")" = 400 ] ||
	    fail "$wrong: $(cat out)"
	has out '$filter: '
done
ask "/Packages()?\$filter=Id%20eq%20'Baz'%20or%20Id%20eq%20'Foo.Bar'"
[ "$(values NormalizedVersion)" = "1.0.0 1.5.0 1.0.0 1.1.0 " ] || fail "$(cat xml)"
ask "/Packages()?\$filter=not%20Id%20eq%20'Baz'"
[ "$(values Id)" = "Foo.Bar Foo.Bar " ] || fail "$(cat xml)"
ask "/Search()?searchTerm=''&\$skip=10001"
[ "$(values Id)" = "" ] || fail "$(cat xml)"
ask "/Packages()?\$filter=not%20Id%20eq%20'Baz'"
[ "$(values Id)" = "Foo.Bar Foo.Bar " ] || fail "$(cat xml)"
ask "/Search()?searchTerm=''&\$skip=10001"
[ "$(values Id)" = "" ] || fail "$(cat xml)"
ask "/Search()?searchTerm=''&\$filter=Version%20eq%20'1.5.0'&\$top=1"
[ "$(values Id)" = "Baz " ] || fail "$(cat xml)"

if command -v nuget >/dev/null; then
	say "nuget 2.8"
	for url in "$URL/nuget/v2/" "$URL/nuget/"; do
		rm -rf old
		HOME=$T/home timeout 60 nuget install Foo.Bar -Source "$url" -OutputDirectory old -NonInteractive >log.txt 2>&1 ||
		    fail "$(cat log.txt)"
		[ -f old/Foo.Bar.1.1.0/Foo.Bar.1.1.0.nupkg ] || fail "$(cat log.txt)"
	done
	HOME=$T/home timeout 60 nuget install Foo.Bar -Version 1.0.0 -Source "$URL/nuget/v2/" -OutputDirectory old -NonInteractive >log.txt 2>&1 ||
	    fail "$(cat log.txt)"
	[ -f old/Baz.1.0.0/Baz.1.0.0.nupkg ] || fail "$(cat log.txt)"
else
	say "SKIP: nuget 2.8 is not installed"
fi

need_dotnet
say "dotnet, by each URL of version 2"
project app "$(framework)" '<PackageReference Include="Foo.Bar" Version="1.0.0" />'
for url in "$URL/nuget/v2" "$URL/nuget/v2/" "$URL/nuget/nuget/v2/" "$URL/nuget/"; do
	nuget_config app "$url"
	rm -rf home app/obj
	client "$T/home" dotnet restore app >log.txt 2>&1 || fail "$url: $(cat log.txt)"
	[ "$(jq -r '.libraries | keys | join(" ")' app/obj/project.assets.json)" = "Baz/1.0.0 Foo.Bar/1.0.0" ] ||
	    fail "$(jq .libraries app/obj/project.assets.json)"
done
