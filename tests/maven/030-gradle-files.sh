#!/bin/bash
# What Gradle's own files want: lock files with parents, BOMs and module
# metadata; verification metadata with its digests; a version catalog with plugin
# markers, ranges and dynamic versions; variants that are elsewhere.
. "$(dirname "$0")/lib.sh"

mkmaven "$T/up" <<'END'
import json
MARK = "<!-- do_not_remove: published-with-gradle-metadata -->"
def module(gav, variants, files=None, needs=(), **more):
    g, a, v = gav.split(":")
    artifact(gav, more=MARK, needs=needs, files=dict(files or {}, module=json.dumps({"formatVersion": "1.1", "component":
        {"group": g, "module": a, "version": v}, "variants": variants})), **more)
def dep(g, m, v, platform=False):
    d = {"group": g, "module": m, "version": {"requires": v}}
    if platform: d["attributes"] = {"org.gradle.category": "platform"}
    return d
def file(name, url=None): return {"name": name, "url": url or name}
artifact("k:parent:1", packaging="pom"); artifact("k:bom:2", packaging="pom", parent="k:parent:1"); artifact("k:dep:1"); artifact("k:extra:1")
module("k:lib:1.0", [
    {"name": "api", "files": [file("lib-1.0.jar")], "dependencies": [dep("k", "bom", "2", True), dep("k", "extra", "1")]},
    {"name": "android", "files": [file("lib-1.0-android.jar")]},
    {"name": "other", "files": [file("lib-0.9-jre.jar", "../0.9-jre/lib-0.9-jre.jar")]},
    {"name": "js", "available-at": {"url": "../../lib-js/1.0/lib-js-1.0.module", "group": "k", "module": "lib-js", "version": "1.0"}},
    {"name": "sources", "attributes": {"org.gradle.category": "documentation"}, "files": [file("lib-1.0-sources.jar")]}],
    files={"android.jar": None, "sources.jar": None}, needs=["k:dep:1"], parent="k:parent:1")
artifact("k:lib:0.9-jre")
module("k:lib-js:1.0", [{"name": "js", "files": [file("lib-js-1.0.klib")]}], files={"klib": None, "jar": False})
artifact("k:plain:3", needs=["k:never:1"])
# Out of its folder, and a digest that lies.
module("k:out:1", [{"name": "a", "files": [file("passwd", "../../../../etc/passwd")]}])
module("k:lies:1", [{"name": "a", "files": [dict(file("lies-1.jar"), sha512="00" * 64)]}])
artifact("k:markless:1", files={"module": "{}"})
artifact("com.ex.tool:com.ex.tool.gradle.plugin:1.5", packaging="pom", needs=["com.ex:tool:1.5"])
artifact("com.ex:tool:1.5", needs=["k:dep:1"])
for v in ("1.0", "1.2", "1.10", "2.0"): artifact("k:dyn:" + v)
# What constraints say, of what something depends on, and in either order.
for v in ("1", "2", "3"): artifact("k:held:" + v); artifact("k:free:" + v)
module("k:plat:1", [{"name": "p", "attributes": {"org.gradle.category": "platform"}, "dependencyConstraints": [dep("k", "held", "2"), dep("k", "free", "2")]}],
    files={"jar": False}, packaging="pom")
module("k:con:1", [{"name": "r", "files": [file("con-1.jar")], "dependencies": [dep("k", "plat", "1", True), {"group": "k", "module": "held"},
    {"group": "k", "module": "mid", "version": {"requires": "1"}}, {"group": "k", "module": "dyn", "version": {"strictly": "[1.0,2.0)", "prefers": "1.2"}}]}])
module("k:mid:1", [{"name": "r", "files": [file("mid-1.jar")], "dependencies": [dep("k", "held", "1")],
    "dependencyConstraints": [dep("k", "held", "3"), dep("k", "free", "3")]}])
# A platform that is only a POM, with a parent and a BOM that manage, too; what it
# manages counts for what a POM on the way depends on, and for nothing else.
for n in ("up", "down", "own", "far", "unused"):
    for v in ("1", "2", "3", "4"): artifact("b:%s:%s" % (n, v))
artifact("b:top:1", packaging="pom", props={"up.version": "3"}, manage=["b:up:${up.version}", "b:own:3"])
artifact("b:inner:1", packaging="pom", manage=["b:far:4", "b:own:4", "b:unused:4"])
artifact("b:bom:1", packaging="pom", parent="b:top:1", manage=["b:own:2", "b:down:1"], imports=["b:inner:1"])
artifact("b:pomdep:1", needs=["b:far:1", "b:down:2"])
module("b:con:1", [{"name": "r", "files": [file("con-1.jar")], "dependencies": [dep("b", "own", "1"), dep("b", "bom", "1", True), dep("b", "up", "1"), dep("b", "pomdep", "1")]}])
metadata()
END
start_faulty up
cd "$T"
expect 0 "$FERRY" init --store near --name near

say "a lock file: exactly its modules, their parents, and what their metadata names"
cat >gradle.lockfile <<'END'
# This is a Gradle generated file for dependency locking.
# Manual edits can break the build and are not advised.
# This file is expected to be part of source control.
k:lib:1.0=compileClasspath,runtimeClasspath
k:plain:3=runtimeClasspath
empty=annotationProcessor
END
maven_conf "$BASE/" 'lockfiles = [ "gradle.lockfile" ];'
expect 0 near sync
held near >got
cat >want <<'END'
bom-2.pom
lib-0.9-jre.jar
lib-0.9-jre.pom
lib-1.0-android.jar
lib-1.0.jar
lib-1.0.module
lib-1.0.pom
lib-js-1.0.klib
lib-js-1.0.module
lib-js-1.0.pom
parent-1.pom
plain-3.jar
plain-3.pom
END
diff want got || fail "not what the lock file needs"

say "again: nothing new, and the module metadata that POMs do not promise is not probed"
: >log
expect 0 near --json sync
has out '"added":0'
! grep -v maven-metadata.xml log || fail "files were asked for"

say "verification metadata: files by name, digests that must be right"
mkdir gradle
sum() { sha256sum "up/$1" | cut -d' ' -f1; }
cat >gradle/verification-metadata.xml <<END
<?xml version="1.0" encoding="UTF-8"?>
<verification-metadata xmlns="https://schema.gradle.org/dependency-verification"><components>
<component group="k" name="dep" version="1">
 <artifact name="dep-1.jar"><sha256 value="$(sum k/dep/1/dep-1.jar)" origin="Generated by Gradle"/></artifact>
 <artifact name="dep-1.pom"><sha256 value="$(sum k/dep/1/dep-1.pom)"/></artifact></component>
<component group="k" name="extra" version="1">
 <artifact name="extra-1.jar"><sha256 value="$(sum k/dep/1/dep-1.jar)"/></artifact></component>
<component group="k" name="plain" version="3">
 <artifact name="plain-3.jar"><sha512 value="$(sha512sum gradle.lockfile | cut -d' ' -f1)"/></artifact></component>
</components></verification-metadata>
END
maven_conf "$BASE/" 'lockfiles = [ "gradle/verification-metadata.xml" ];'
expect 4 near sync
has out "maven:k:extra@1: content is sha256:" "maven:k:plain@3: a lock file, or its module metadata, wants plain-3.jar to be sha512:"
held near >got
has got dep-1.jar
hasnt got extra-1.jar

say "what is here is held against it, too; of several that are trusted any one is enough"
one() { # SHA256… of dep-1.jar
	local first=$1
	shift
	{
		echo '<verification-metadata><components><component group="k" name="dep" version="1"><artifact name="dep-1.jar">'
		echo "<md5 value=\"$(printf '0%.0s' {1..32})\"/><sha256 value=\"$first\">"
		printf '<also-trust value="%s"/>' "$@"
		echo '</sha256></artifact></component></components></verification-metadata>'
	} >gradle/verification-metadata.xml
}
wrong=$(sum k/dep/1/dep-1.pom) right=$(sum k/dep/1/dep-1.jar)
seven=$(for i in 1 2 3 4 5 6 7; do echo $i | sha256sum | cut -d' ' -f1; done)
for here in yes no; do
	[ $here = yes ] || { rm -rf near; expect 0 "$FERRY" init --store near --name near; }
	one "$wrong"
	expect 4 near sync
	has out "maven:k:dep@1: "
	# shellcheck disable=SC2086
	one $seven "$wrong"
	expect 4 near sync
	one "$wrong" "$right"
	expect 0 near sync
	# shellcheck disable=SC2086
	one $seven "$right"
	expect 0 near sync
done

say "two lock files that do not agree"
mkdir second
one "$right"
mv gradle/verification-metadata.xml second
one "$wrong"
maven_conf "$BASE/" 'lockfiles = [ "second/verification-metadata.xml", "gradle/verification-metadata.xml" ];'
expect 4 near sync

say "a version catalog: what it names, and what that needs"
cat >gradle/libs.versions.toml <<'END'
[metadata]
format.version = "1.1"
[versions]
lib = { strictly = "[1.0,2.0[", prefer = "1.0" } # rich
tool = "1.5"
[libraries]
lib = { module = "k:lib", version.ref = "lib" }
managed = { module = "k:managed" }
dyn-one = { group = "k", name = "dyn", version = "1.+" }
dyn-two = "k:dyn:[2.0,3.0)"
[bundles]
all = [ "lib",
  "dyn-one" ]
[plugins]
tool = { id = "com.ex.tool", version.ref = "tool" }
END
maven_conf "$BASE/" 'lockfiles = [ "gradle/libs.versions.toml" ];'
expect 0 near sync
held near >got
for file in com.ex.tool.gradle.plugin-1.5.pom tool-1.5.jar dep-1.jar dyn-1.10.jar dyn-2.0.jar; do has got "$file"; done
hasnt got dyn-1.2.jar
rm -rf near gradle/verification-metadata.xml
expect 0 "$FERRY" init --store near --name near
expect 0 near sync
held near >got
for file in extra-1.jar tool-1.5.jar lib-js-1.0.klib bom-2.pom; do has got "$file"; done

say "constraints count for what something depends on; what is preferred is taken"
rm -rf near
expect 0 "$FERRY" init --store near --name near
maven_conf "$BASE/" 'gradle = true; packages = [ "k:con:1" ];'
expect 0 near sync
held near | grep 'jar$' >got
cat >want <<'END'
con-1.jar
dyn-1.2.jar
held-1.jar
held-2.jar
held-3.jar
mid-1.jar
END
diff want got || fail "not what constraints want"

say "files out of their folder are refused, digests in module metadata hold"
maven_conf "$BASE/" 'gradle = true; packages = [ "k:out:1", "k:lies:1", "k:markless:1" ];'
: >log
expect 4 near sync
has out "outside its own folder" "maven:k:lies@1"
! grep -q 'passwd\|markless-1.module' log || fail "$(cat log)"

say "what is no such file is said so"
echo 'libraries = {' >libs.versions.toml
maven_conf "$BASE/" 'lockfiles = [ "libs.versions.toml" ];'
expect 8 near sync
has out "not the TOML of a version catalog; line 2"

say "a platform without module metadata: what its POM manages are constraints"
rm -rf near
expect 0 "$FERRY" init --store near --name near
maven_conf "$BASE/" 'gradle = true; packages = [ "b:con:1" ];'
expect 0 near sync
has out "0 failed"
held near | grep 'jar$' >jars
printf '%s.jar\n' con-1 down-1 down-2 far-1 far-4 own-1 own-2 pomdep-1 up-1 up-3 | LC_ALL=C sort >want
diff want jars || fail "not what constraints say"
held near >files
has files bom-1.pom top-1.pom inner-1.pom
