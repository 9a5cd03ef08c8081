#!/bin/bash
# What a registry, or who is between, could do: zips that are none, that lie, that
# write elsewhere or grow; packages under another's name; documents of others.
# Each is one failure that says what is wrong; the rest comes.
. "$(dirname "$0")/lib.sh"

mkdir "$T/up"
start_nuget up
cd "$T"
mknuget up <<'END'
import struct
pkg("Good", "1.0.0")
pkg("Two.Nuspecs", "1.0.0", files={"other.nuspec": "<package/>"})
pkg("Outside", "1.0.0", files={"lib/../../evil": "x"})
pkg("Absolute", "1.0.0", files={"/evil": "x"})
pkg("Two.Signatures", "1.0.0", files={".signature.p7s": "x"})
pkg("Not.Signed", "1.0.0", files={".signature.p7s": "not a signature"})
pkg("Long.Nuspec", "1.0.0", description="x" * 3000000)
pkg("Entities", "1.0.0")
pkg("Bomb", "1.0.0", files={"runtime.json": " " * 100000000})
pkg("Wrong.Id", "1.0.0"); pkg("Wrong.Version", "1.0.0"); pkg("Cut", "1.0.0", size=5000); pkg("Text", "1.0.0")
pkg("Moved", "1.0.0"); pkg("Count", "1.0.0"); pkg("Loop.A", "1.0.0", needs={"": {"Loop.B": "1.0"}}); pkg("Loop.B", "1.0.0", needs={"": {"Loop.A": "1.0"}})
pkg("Many.Needs", "1.0.0", needs={"": {"N%d" % i: "1.0" for i in range(2100)}})
pkg("Other.Document", "1.0.0"); pkg("No.Json", "1.0.0")
feed()
def path(id): return DIR + "/flat/%s/1.0.0/%s.1.0.0.nupkg" % (id, id)
def get(id): return open(path(id), "rb").read()
def put(id, data): open(path(id), "wb").write(data)
put("wrong.id", get("good"))
put("cut", get("cut")[:-30])
put("text", b"<html>Please log in</html>")
d = get("moved"); put("moved", d[:-22] + b"junk" + d[-22:])
d = get("count"); put("count", d[:-12] + struct.pack("<H", 9) + d[-10:])
import warnings; warnings.simplefilter("ignore")
zipfile.ZipFile(path("two.signatures"), "a").writestr(".signature.p7s", "y")
with zipfile.ZipFile(path("wrong.version"), "w") as z:
    z.writestr("wrong.version.nuspec", nuspec("Wrong.Version", "2.0.0", None, None))
with zipfile.ZipFile(path("entities"), "w") as z:
    z.writestr("entities.nuspec", '<!DOCTYPE package [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><package><metadata><id>Entities</id><version>1.0.0</version><description>&b;</description></metadata></package>')
write("reg/other.document/index.json", open(DIR + "/reg/good/index.json").read())
write("reg/no.json/index.json", "{}")
END
expect 0 "$FERRY" --store near init --name near
names=$(ls up/flat | sed 's/.*/"&",/' | tr -d '\n')
nuget_conf "$BASE" "packages = [ ${names%,} ];"
expect 4 near sync
for line in "two.nuspecs@1.0.0: this is not a nupkg: it has more than one nuspec" \
    "outside@1.0.0: this is not a nupkg: it names a file outside of its own folder" \
    "absolute@1.0.0: this is not a nupkg: it names a file outside of its own folder" \
    "two.signatures@1.0.0: this is not a nupkg: it has two signatures" \
    "not.signed@1.0.0: the signature in the nupkg is not one" \
    "long.nuspec@1.0.0: 'Long.Nuspec.nuspec' in the nupkg has more than 1048576 bytes" \
    "entities@1.0.0: it has a document type declaration, which is not read" \
    "bomb@1.0.0: 'runtime.json' in the nupkg has more than 8388608 bytes" \
    "wrong.id@1.0.0: the nupkg is of Good 1.0.0" \
    "wrong.version@1.0.0: the nupkg is of Wrong.Version 2.0.0" \
    "cut@1.0.0: this is not a nupkg" \
    "text@1.0.0: this is not a nupkg: it has no end record of a zip" \
    "moved@1.0.0: this is not a nupkg: its directory is not where it should be" \
    "count@1.0.0: this is not a nupkg: its directory does not have what it counts" \
    "needs more than 2000 others" \
    "other.document: the document is not of 'other.document' but of 'Good'" \
    "no.json: this is not a registration of NuGet"; do
	has err "$line"
done
expect 0 near list --versions
has out nuget:good nuget:loop.a nuget:loop.b
for name in two.nuspecs outside two.signatures not.signed entities bomb wrong.id wrong.version cut text moved count; do
	expect 1 near show $name@1.0.0
done
expect 0 near verify
has out ": 0 problems"

say "service indexes that are none"
for text in '<html>' '{}' '{"version":"3.0.0","resources":[]}' '{"resources":[{"@id":"flat/","@type":"PackageBaseAddress/3.0.0"}]}'; do
	echo "$text" >up/index.json
	expect 8 near sync
	has err "the service index of upstream 'nuget'"
done
