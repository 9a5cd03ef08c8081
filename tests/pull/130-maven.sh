#!/bin/bash
# mvn and gradle build with what the store does not hold; again with the
# repository and the puller gone.
# ctest: COST 60
. "$(dirname "$0")/../maven/lib.sh"
need_mvn

debian_repository up
mkmaven "$T/up" <<'END'
artifact("org.ex:lib:1.0", files={"jar": b"J" * 3000000, "sources.jar": b"S"})
artifact("org.ex:lib:1.1", files={"jar": b"1.1"})
artifact("org.ex:pack:2.0", files={"dist.tar.gz": b"tar", "linux-x86_64.exe": b"exe"}, packaging="pom")
snapshot("org.ex:snap:1.0-SNAPSHOT", ["20240501.120000-1", "20240502.120000-2"])
artifact("org.ex:wrong:1.0", files={"jar": b"wrong"})
metadata()
put("org/ex/plugins/maven-metadata.xml", "<metadata><plugins><plugin><name>Ex</name><prefix>ex</prefix>"
    "<artifactId>ex-maven-plugin</artifactId></plugin></plugins></metadata>")
END
echo 0000000000000000000000000000000000000000 >"$T/up/org/ex/wrong/1.0/wrong-1.0.jar.sha1"
start_faulty up
cd "$T"
. "$TOP/tests/maven/app.sh"
maven_conf "$BASE/" 'pull = true; max_age = 3600;'
expect 0 near init --name near
start_puller() {
	"$FERRY" --config near.conf pull >>puller.log 2>&1 &
	PULLER=$!
	PIDS+=("$PULLER")
	wait_for 20 test -S near/pull.sock
}
start_puller
start_ferryd near --config near.conf
M=$URL/maven
code() { curl -s -o body -w '%{http_code}' "$@"; }

say "mvn builds a project of which nothing is here"
settings "$M/" m2
(cd app && mvn_at m2 -B -s ../settings.xml package >../out 2>&1) || fail "$(cat out puller.log)"
has out "Tests run: 1, Failures: 0" "BUILD SUCCESS" "Downloaded from ferry"
expect 0 near verify
[ "$(asked '/com/google/guava/guava/debian/guava-debian.jar')" = 1 ] || fail "$(cat log)"

say "a plugin by its prefix"
(cd app && mvn_at m2 -B -s ../settings.xml clean:clean >../out 2>&1) || fail "$(cat out puller.log)"

say "files one by one: each is asked for once, others not at all"
[ "$(code "$M/org/ex/lib/1.0/lib-1.0.pom")" = 200 ] || fail "$(cat body)"
[ "$(asked '/org/ex/lib/1.0/lib-1.0.jar')" = 0 ] || fail "$(grep ex/lib log)"
for f in lib-1.0.jar lib-1.0-sources.jar; do
	curl -sf -o got "$M/org/ex/lib/1.0/$f"
	cmp got "up/org/ex/lib/1.0/$f"
	[ "$(asked "/org/ex/lib/1.0/$f")" = 1 ] || fail "$(grep ex/lib log)"
done
curl -sf -o got "$M/org/ex/pack/2.0/pack-2.0-dist.tar.gz"
cmp got up/org/ex/pack/2.0/pack-2.0-dist.tar.gz
curl -sf -o got "$M/org/ex/pack/2.0/pack-2.0-linux-x86_64.exe"
cmp got up/org/ex/pack/2.0/pack-2.0-linux-x86_64.exe
[ "$(curl -sf "$M/org/ex/lib/1.0/lib-1.0.jar.sha256")" = "$(sha256sum <up/org/ex/lib/1.0/lib-1.0.jar | cut -d' ' -f1)" ] || fail sha256

say "a sidecar of a file that is not here"
[ "$(curl -sf "$M/org/ex/lib/1.1/lib-1.1.jar.sha1")" = "$(sha1sum <up/org/ex/lib/1.1/lib-1.1.jar | cut -d' ' -f1)" ] || fail sha1

say "what there is not: a file, a version, an artifact, no files of versions"
for path in org/ex/lib/1.0/lib-1.0-javadoc.jar org/ex/lib/1.0/lib-1.0.module org/ex/lib/9/lib-9.pom \
    org/ex/none/maven-metadata.xml org/ex/none/1/none-1.pom org/ex/lib/1.0/other-1.0.jar org/none/maven-metadata.xml; do
	[ "$(code "$M/$path")" = 404 ] || fail "$path: $(cat body)"
done
# It is there later; a puller remembers for a while that it was not.
[ "$(asked '/org/ex/lib/1.0/lib-1.0-javadoc.jar')" = 1 ] || fail "$(grep javadoc log)"
echo javadoc >up/org/ex/lib/1.0/lib-1.0-javadoc.jar
[ "$(code "$M/org/ex/lib/1.0/lib-1.0-javadoc.jar")" = 404 ] || fail "$(cat body)"
kill "$PULLER"
wait "$PULLER" || true
start_puller
[ "$(code "$M/org/ex/lib/1.0/lib-1.0-javadoc.jar")" = 200 ] || fail "$(cat body)"

say "a wrong sidecar: refused, with the reason, and nothing is kept"
[ "$(code "$M/org/ex/wrong/1.0/wrong-1.0.jar")" = 403 ] || fail "$(cat body)"
has body "wrong-1.0.jar.sha1"
[ "$(code "$M/org/ex/wrong/1.0/wrong-1.0.pom")" = 200 ] || fail "$(cat body)"

say "metadata: of an artifact, of a snapshot, of a group"
curl -sf "$M/org/ex/lib/maven-metadata.xml" >meta.xml
has meta.xml "<version>1.0</version>" "<version>1.1</version>" "<release>1.1</release>"
curl -sf "$M/org/ex/snap/1.0-SNAPSHOT/maven-metadata.xml" >snap.xml
has snap.xml "<value>1.0-20240502.120000-2</value>" "<buildNumber>2</buildNumber>"
curl -sf -o got "$M/org/ex/snap/1.0-SNAPSHOT/snap-1.0-20240502.120000-2.jar"
cmp got up/org/ex/snap/1.0-SNAPSHOT/snap-1.0-20240502.120000-2.jar
curl -sf "$M/org/apache/maven/plugins/maven-metadata.xml" >plugins.xml
has plugins.xml "<prefix>surefire</prefix>"
curl -sf "$M/org/ex/plugins/maven-metadata.xml" >plugins.xml
has plugins.xml "<prefix>ex</prefix>" "<artifactId>ex-maven-plugin</artifactId>"

say "of one upstream; of none"
[ "$(code "$M/up/org/ex/lib/1.1/lib-1.1.jar")" = 200 ] || fail "$(cat body)"
[ "$(code "$M/other/org/ex/lib/1.1/lib-1.1.pom")" = 404 ] || fail "$(cat body)"

say "a bundle carries what is here and no more"
over_the_gap
start_ferryd far
curl -sf "$URL/maven/org/ex/lib/maven-metadata.xml" >far.xml
has far.xml "<version>1.1</version>"
[ "$(code "$URL/maven/org/ex/lib/1.0/lib-1.0.jar")" = 200 ] || fail "$(cat body)"
curl -sf "$URL/maven/org/ex/snap/1.0-SNAPSHOT/maven-metadata.xml" >snap.xml
hasnt snap.xml "120000-1"

say "again, with the repository and the puller gone"
kill "$PULLER"
wait "$PULLER" || true
echo '* status=500' >rules
rm -rf m2/repository
(cd app && mvn_at m2 -B -s ../settings.xml clean package >../out 2>&1) || fail "$(cat out)"
has out "BUILD SUCCESS"

say "gradle, of what is here"
if command -v gradle >/dev/null; then
	mkdir -p g/src/main/java
	echo "class A { }" >g/src/main/java/A.java
	echo >g/settings.gradle
	cat >g/build.gradle <<-END
		apply plugin: 'java'
		repositories { maven { url '$M/' } }
		dependencies { compile 'org.ex:lib:1.+' }
		task deps { doLast { configurations.compile.each { println it } } }
	END
	(cd g && HOME=$T/gh timeout 100 gradle --no-daemon -g "$T/gh" -q deps >../out 2>&1) || fail "$(cat out)"
	has out "lib-1.1.jar"
else
	echo "SKIP: gradle is not installed"
fi
