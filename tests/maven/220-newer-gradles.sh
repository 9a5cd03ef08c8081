#!/bin/bash
# What Gradle 5 to 9 ask for, played by a script as these cannot be had here, of
# trees that Gradle 9 published (they are in npm packages) and of such with every
# kind of module metadata: by a catalog, by a lock file, verified.
. "$(dirname "$0")/lib.sh"

mkmaven "$T/up" <<'END'
import json
MARK = "<!-- do_not_remove: published-with-gradle-metadata -->"
def dep(g, m, v=None, **more): return dict({"group": g, "module": m}, **({"version": {"requires": v}} if v else {}), **more)
def module(gav, variants, **more):
    g, a, v = gav.split(":")
    files = dict(more.pop("files", {}), module=json.dumps({"formatVersion": "1.1", "component": {"group": g, "module": a, "version": v}, "variants": variants}))
    artifact(gav, more=MARK, files=files, **more)
def runtime(name, **more): return dict({"name": name, "attributes": {"org.gradle.category": "library", "org.gradle.usage": "java-runtime"}}, **more)
def file(name, url=None): return {"name": name, "url": url or name}
PLATFORM = {"attributes": {"org.gradle.category": "platform"}}
module("k:app:1.0", [runtime("r", files=[file("app-1.0.jar")], dependencies=[dep("k", "plat", "1", **PLATFORM), dep("k", "held"), dep("k", "multi", "1"),
    dep("k", "mid", "1.0"), dep("k", "old", "3")])], parent="k:root:1")
artifact("k:root:1", packaging="pom")
module("k:plat:1", [{"name": "p", "attributes": {"org.gradle.category": "platform", "org.gradle.usage": "java-runtime"},
    "dependencyConstraints": [dep("k", "held", "2"), dep("k", "nobody", "5")]}], files={"jar": False}, packaging="pom")
artifact("k:held:1"); artifact("k:held:2")
module("k:multi:1", [{"name": "js", "attributes": {"org.gradle.usage": "kotlin-api"}, "available-at": {"url": "../../multi-js/1/multi-js-1.module", "group": "k", "module": "multi-js", "version": "1"}},
    runtime("jvm", **{"available-at": {"url": "../../multi-jvm/1/multi-jvm-1.module", "group": "k", "module": "multi-jvm", "version": "1"}})])
module("k:multi-jvm:1", [runtime("jvm", files=[file("multi-jvm-1-jre.jar", "multi-jvm-1-jre.jar")])], files={"jre.jar": None})
module("k:multi-js:1", [{"name": "js", "files": [file("multi-js-1.klib")]}], files={"klib": None, "jar": False})
module("k:mid:1.0", [runtime("r", files=[file("mid-1.0.jar")], dependencies=[dep("k", "low", "1")], dependencyConstraints=[dep("k", "low", "2")])])
artifact("k:low:1"); artifact("k:low:2", needs=["k:deeper:1"]); artifact("k:deeper:1")
artifact("k:old:3", parent="k:root:1", imports=["k:bom:1"], needs=["k:leaf:"]); artifact("k:bom:1", packaging="pom", manage=["k:leaf:7"]); artifact("k:leaf:7")
for v in ("1.0", "1.9", "1.10", "2.0"): artifact("k:dyn:" + v)
artifact("k.tool:k.tool.gradle.plugin:1.5", packaging="pom", needs=["k:tool:1.5"]); artifact("k:tool:1.5", needs=["k:leaf:7"])
snapshot("k:snap:1.0-SNAPSHOT", ["20240501.120000-1", "20240502.120000-2"])
metadata()
END
cd "$T"
REAL=()
say "trees that Gradle published"
if command -v npm >/dev/null && (cd "$T" && timeout 60 npm pack expo-application@58.1.2 expo-font@58.0.12 >npm.log 2>&1); then
	for package in expo-*.tgz; do
		tar xzf "$package" --strip-components=2 -C up package/local-maven-repo
		rm "$package"
	done
	REAL=(host.exp.exponent:expo.modules.application:58.1.2 host.exp.exponent:expo.modules.font:58.0.12)
	# What they depend on is made here; one has no version, which a root tells.
	mkmaven up <<'END'
import glob, json
for path in glob.glob(TOP + "/host/**/*.module", recursive=True):
    for variant in json.load(open(path))["variants"]:
        for d in variant.get("dependencies", []):
            artifact("%s:%s:%s" % (d["group"], d["module"], d.get("version", {}).get("requires", "0.80.0")))
metadata()
END
	REAL+=(com.facebook.react:react-android:0.80.0)
else
	say "SKIP: npm's registry cannot be reached"
fi
start_faulty up
mkdir gradle
{
	echo '[libraries]'
	n=0
	for module in k:app:1.0 k:dyn:1.+ k:snap:1.0-SNAPSHOT "${REAL[@]}"; do
		echo "l$((n += 1)) = \"$module\""
	done
	printf '[plugins]\ntool = "k.tool:1.5"\n'
} >gradle/libs.versions.toml
private_over_the_gap gradle/libs.versions.toml
play() { expect 0 python3 "$TOP/tests/tools/gradle_play.py" "$@"; }
MODULES=(k:app:1.0 k:dyn:1.+ k:snap:1.0-SNAPSHOT "${REAL[@]}")

say "Gradle 6 and later: all of a catalog, and no 404 but for what nobody promises"
play "$URL/maven/" --token "$TOKEN" --plugin k.tool:1.5 --again --write-locks locks --write-verification verification.xml "${MODULES[@]}"
for file in app-1.0.jar held-2.jar multi-jvm-1-jre.jar mid-1.0.jar low-2.jar deeper-1.jar old-3.jar leaf-7.jar dyn-1.10.jar tool-1.5.jar snap-1.0-20240502.120000-2.jar; do
	has out "has $file"
done
[ ${#REAL[@]} -eq 0 ] || has out "has expo.modules.font-58.0.12.aar" "has kotlin-stdlib-jdk7-2.2.10.jar"
hasnt out " 404"
grep -q '^GET .*app-1.0.pom 200' out || fail "the POM is read first"

say "Gradle 5: .module of every module first, 404 where there is none"
play "$URL/maven/" --gradle 5 --token "$TOKEN" --plugin k.tool:1.5 "${MODULES[@]}"
has out "GET k/held/2/held-2.module 404" "has held-2.jar" "has multi-jvm-1-jre.jar"

say "below an upstream; the same without a token ends in Gradle's words"
play "$URL/_registry/maven/up" --token "$TOKEN" k:app:1.0
expect 1 python3 "$TOP/tests/tools/gradle_play.py" "$URL/maven/" k:app:1.0
has err "Received status code 401"

say "by the lock file and the verification metadata of that build alone"
mkdir locked
cp locks locked/gradle.lockfile
# A snapshot changes: no lock file keeps it from that.
grep -v snap locked/gradle.lockfile >x && mv x locked/gradle.lockfile
grep -v 'name="snap"' verification.xml >locked/verification-metadata.xml
rm -rf near far disc
expect 0 "$FERRY" init --store near --name near
sed -i 's|lockfiles = .* ];|lockfiles = [ "locked/gradle.lockfile", "locked/verification-metadata.xml" ];|; s|visibility = "private"; ||; s|access = "access.conf";||' near.conf
expect 0 near sync
has out "0 failed"
held near >files
hasnt files held-1.jar
over_the_gap
start_ferryd far
LOCKED=()
while IFS='=' read -r module _; do
	case $module in \#* | empty | *gradle.plugin*) ;; *) LOCKED+=("$module") ;; esac
done <locked/gradle.lockfile
play "$URL/maven/" --verify locked/verification-metadata.xml "${LOCKED[@]}"
has out "has app-1.0.jar" "has multi-jvm-1-jre.jar" "has low-2.jar"
