#!/bin/bash
# Registries are different: resources elsewhere and under other names, compressed
# and paged registrations, no registrations, no flat container, a login, digests;
# runtimes and frameworks; what changes at upstream afterwards.
. "$(dirname "$0")/lib.sh"

mkdir "$T/up" "$T/other"
start_nuget other
cd "$T"
elsewhere=$BASE
start_nuget up
more() { # STORE CONF: a sync of a new store
	rm -rf "$1"
	expect 0 "$FERRY" --store "$1" init --name near
	nuget_conf "$BASE/${INDEX:-index.json}" "$2"
	sed -i "s/store = \"near\"/store = \"$1\"/" near.conf
}

say "pages of their own, compressed, whoever asks"
mknuget up <<'END'
for i in range(30): pkg("Foo", "1.%d" % i, needs={"": {"Bar": "[%d.0, )" % (i % 3)}})
for i in range(3): pkg("Bar", "%d.0.0" % i)
feed(page=7, gz=True)
END
more a 'select = ( { name = "Foo"; latest = 3; } );'
expect 0 near sync
has out "6 versions pulled"
[ "$(asked '/reg/foo/page.*')" = 5 ] || fail "$(cat log)"
expect 0 near list --versions
has out "1.29.0" "1.27.0" "0.0.0" "2.0.0"
: >log
expect 0 near sync
has out "6 here already"
[ "$(asked '.* 200')" = 0 ] || fail "$(cat log)"

say "pages of which the index says when they changed are asked for when they did"
mknuget up <<<'feed(page=7, gz=True, stamps=True)'
expect 0 near sync
: >log
expect 0 near sync
has out "6 here already"
[ "$(asked '/reg/foo/page.*')" = 0 ] || fail "$(cat log)"
[ "$(asked '.*')" = 3 ] || fail "$(cat log)"
mknuget up <<<'meta("Foo", "1.28.0", deprecation={"reasons": ["Legacy"]}); feed(page=7, gz=True, stamps=True)'
: >log
expect 0 near sync
[ "$(asked '/reg/foo/page.*')" = 1 ] || fail "$(cat log)"
expect 0 near --json show foo@1.28.0
has out Legacy

say "without registrations: the list, and what a nupkg needs is read in it"
mknuget up <<<'feed(registrations=False)'
more b 'packages = [ "Foo 1.28" ];'
expect 0 near sync
has out "2 packages: 2 versions pulled"
expect 0 near list --versions
has out "1.28.0" "1.0.0"

say "without a flat container: packageContent"
mknuget up <<<'feed(flat=False)'
more c 'packages = [ "Foo 1.28.*" ];'
expect 0 near sync
has out "2 versions pulled"

say "URLs as clients read them: capitals, blanks, umlauts; a page that is nowhere is said"
mknuget up <<'END'
feed(page=7, flat=False, digests=True)
import re, shutil
os.makedirs(DIR + "/flat/foo/an odd f\u00f6lder", exist_ok=True)
shutil.copy(DIR + "/flat/foo/1.28.0/foo.1.28.0.nupkg", DIR + "/flat/foo/an odd f\u00f6lder/foo.nupkg")
for dir, _, names in os.walk(DIR):
    for name in names:
        if name.endswith(".json"):
            path = os.path.join(dir, name)
            text = open(path).read().replace('"http://', '"HTTP://').replace('"SHA512"', '"sha512"')
            write(os.path.relpath(path, DIR), text.replace("/1.28.0/foo.1.28.0.nupkg", "/an odd f\u00f6lder/foo.nupkg"))
END
more c2 'packages = [ "Foo 1.28.*" ];'
expect 0 near sync
has out "2 versions pulled"
has log "GET /flat/foo/an%20odd%20f%C3%B6lder/foo.nupkg 200"
sed -i 's|"@id": "HTTP://[^"]*page|"@id": "page|' up/reg/foo/index.json
more c3 'packages = [ "Foo 1.28.*" ];'
expect 8 near sync
has err "a page of the registration has neither items nor a URL"

say "resources on another host, by relative URLs and lists of types, and a folder as the URL"
BASE=$elsewhere mknuget other <<'END'
pkg("Foo", "9.0.0")
feed()
END
mkdir -p up/v3/nuget
cat >up/v3/nuget/index.json <<END
{"version":"3.0.0","resources":[{"@id":"relative/","@type":"PackageBaseAddress/3.0.0"},
 {"@id":"$elsewhere/flat","@type":["Some","PackageBaseAddress/3.0.0"]},
 {"@id":"$BASE/wrong/","@type":"registrationsbaseurl/3.6.0"},
 {"@id":"$elsewhere/reg","@type":"RegistrationsBaseUrl/3.4.0"}]}
END
INDEX=v3/nuget more d 'packages = [ "Foo" ]; hosts = [ "127.0.0.1" ];'
expect 0 near sync
has out "1 version pulled"
expect 0 near list --versions
has out "9.0.0"

say "a digest that a leaf declares is checked, and that it stays"
mknuget up <<<'feed(digests=True)'
more e 'packages = [ "Bar 1.0.0" ];'
expect 0 near sync
cp up/reg/bar/index.json keep
sed -i 's/"packageHash": "..../"packageHash": "AAAA/' up/reg/bar/index.json
expect 4 near sync
has err "now declares sha512"
more e2 'packages = [ "Bar 2.0.0" ];'
expect 4 near sync
cp keep up/reg/bar/index.json

say "unlisted, deprecated, deleted: what is here says so, and nothing is lost"
mknuget up <<'END'
meta("Bar", "1.0.0", listed=False, deprecation={"reasons": ["CriticalBugs"]})
feed(digests=True)
END
more e 'packages = [ "Bar 1.0.0", "Bar 2.0.0" ];'
sed -i 's/"e"/"e"/' near.conf
expect 0 near sync
expect 0 near --json show bar@1.0.0
has out '"listed": false' CriticalBugs
mknuget up <<<'meta("Bar", "1.0.0", listed=True, deprecation={}); feed(digests=True)'
expect 0 near sync
expect 0 near --json show bar@1.0.0
hasnt out '"listed"'
hasnt out CriticalBugs
rm up/nupkgs/bar.2.0.0.nupkg
mknuget up <<<'feed(digests=True)'
expect 0 near sync
has out "nuget:bar@2.0.0: upstream lists it no more" "1 withdrawn upstream"
sed -i 's/signatures = /withdrawn = "hide"; &/; t; s/packages = /withdrawn = "hide"; &/' near.conf
expect 4 near sync
start_ferryd e
[ "$(curl -sf "$URL/nuget/download/bar/index.json")" = '{"versions":["1.0.0","2.0.0"]}' ] || fail "the list"
[ "$(curl -sf "$URL/nuget/registration/bar/index.json" | jq -c '[.items[].items[].catalogEntry | [.version, .listed]]')" = \
    '[["1.0.0",true],["2.0.0",false]]' ] || fail "the registration"

say "what runtime.json, tools for runtimes and frameworks bring"
mknuget up <<'END'
pkg("Native", "1.0.0", files={"runtime.json": '{"runtimes":{"linux-x64":{"Native":{"runtime.linux-x64.Native":"1.0.0"}},"win":{"Native":{"runtime.win.Native":"1.0.0"}},"ubuntu.16.04-x64":{"Native":{"runtime.ubuntu.Native":"1.0.0"}}}}'})
for n in ["linux-x64", "win", "ubuntu"]: pkg("runtime.%s.Native" % n, "1.0.0")
pkg("RidTool", "2.0.0", types=["DotnetTool"], files={"tools/net8.0/any/DotnetToolSettings.xml":
    '<DotNetCliTool Version="2"><Commands><Command Name="rid" /></Commands><RuntimeIdentifierPackages><RuntimeIdentifierPackage RuntimeIdentifier="linux-x64" Id="RidTool.linux-x64" /><RuntimeIdentifierPackage RuntimeIdentifier="any" Id="RidTool.any" /><RuntimeIdentifierPackage RuntimeIdentifier="win-x64" Id="RidTool.win-x64" /></RuntimeIdentifierPackages></DotNetCliTool>'})
for n in ["linux-x64", "any", "win-x64"]: pkg("RidTool." + n, "2.0.0"); pkg("RidTool." + n, "2.1.0")
pkg("Groups", "1.0.0", needs={".NETFramework4.7.2": {"ForDesktop": "1.0"}, "net9.0": {"ForNine": "1.0"}, "net6.0": {"ForSix": "1.0"},
    ".NETStandard2.0": {"ForStandard": "1.0"}, "uap10.0": {"ForStore": "1.0"}, "MonoAndroid10": {"ForPhone": "1.0"}})
for n in ["Desktop", "Nine", "Six", "Standard", "Store", "Phone"]: pkg("For" + n, "1.0.0")
feed()
END
more f 'packages = [ "Native", "RidTool", "Groups" ];'
expect 0 near sync
names() { near list | grep -o 'nuget:[^ ]*' | sed 's/nuget://' | tr '\n' ' '; }
[ "$(names)" = "fordesktop fornine forphone forsix forstandard forstore groups native ridtool ridtool.any ridtool.linux-x64 ridtool.win-x64 runtime.linux-x64.native runtime.win.native " ] || fail "$(names)"
expect 0 near list --versions ridtool.any
has out 2.0.0
hasnt out 2.1.0
more g 'packages = [ "Native", "RidTool", "Groups" ]; frameworks = [ "net8.0" ]; runtimes = [ "linux-musl-x64", "ubuntu.16.04-x64" ];'
expect 0 near sync
[ "$(names)" = "fordesktop forsix forstandard groups native ridtool ridtool.any ridtool.linux-x64 runtime.linux-x64.native runtime.ubuntu.native " ] || fail "$(names)"
more h 'frameworks = [ "java8" ];'
expect 3 near sync
has err "'java8' is not a framework"

say "symbols, where there are any"
mknuget up <<'END'
open(DIR + "/flat/native/1.0.0/native.1.0.0.snupkg", "w").write("PK symbols")
open(DIR + "/flat/fornine/1.0.0/fornine.1.0.0.snupkg", "w").write("<html>not found</html>")
END
more s 'packages = [ "Native 1.0.0", "ForSix", "ForNine" ]; symbols = true; dependencies = false;'
expect 0 "$FERRY" --config near.conf sync
has out "3 versions pulled"
has err "fornine.1.0.0.snupkg of upstream 'nuget' is left out: it is not a zip"
expect 0 near show fornine@1.0.0
hasnt out snupkg
expect 0 near show native@1.0.0
has out native.1.0.0.snupkg
start_ferryd s
[ "$(curl -sf "$URL/nuget/download/native/1.0.0/native.1.0.0.snupkg")" = "PK symbols" ] || fail snupkg
[ "$(curl -s -o out -w '%{http_code}' "$URL/nuget/download/forsix/1.0.0/forsix.1.0.0.snupkg")" = 404 ] || fail "$(cat out)"

say "a login: the token is the password, of any user or a named one"
echo secret >token
start_nuget up FAULTY_AUTH=robot:secret
mknuget up <<<'feed()'
more i 'packages = [ "Native" ]; token_file = "token"; dependencies = false;'
expect 8 near sync
has err 401
more i 'packages = [ "Native" ]; token_file = "token"; user = "robot"; dependencies = false;'
expect 0 near sync
has out "1 version pulled"
