#!/bin/bash
# A plain file tree behind nginx: Debian's own repository as its packages install it,
# links and all, without lists of versions and without checksums; a project is built
# from it over the gap. All classifiers of a version, where the tree can be listed,
# module metadata names them, or nobody can tell.
. "$(dirname "$0")/lib.sh"
need_mvn
[ -d /usr/share/maven-repo/org/apache/maven/plugins/maven-surefire-plugin ] ||
    skip "Debian's Maven repository is not installed"

mkmaven "$T/up" <<'END'
import json
artifact("org.codehaus.plexus:plexus-utils:1.1", files={"jar": open("/usr/share/java/plexus-utils2.jar", "rb").read()})
artifact("g:native:1", files={"jar": None, "linux.jar": None, "mac.jar": None, "dist.tar.gz": None, "sources.jar": None, "tests.jar": None}, sums=("sha1",))
artifact("g:native:1.1", files={"jar": None, "win.jar": None}); artifact("g:plain:1")
artifact("g:kin:1", files={"jar": None, "extra.jar": None, "sources.jar": None, "module": json.dumps({"formatVersion": "1.1", "variants": [
    {"name": "a", "files": [{"name": "x", "url": "kin-1.jar"}, {"name": "x", "url": "kin-1-extra.jar"}]},
    {"name": "s", "attributes": {"org.gradle.category": "documentation"}, "files": [{"name": "x", "url": "kin-1-sources.jar"}]}]})},
    more="<!-- do_not_remove: published-with-gradle-metadata -->")
snapshot("g:snap:1.0-SNAPSHOT", ["20240501.120000-1", "20240502.120000-2"], files={"tests.jar": None})
metadata()
END
cd "$T"
tree=$(free_port) lists=$(free_port) bare=$(free_port)
start_nginx "server { listen 127.0.0.1:$tree; root /usr/share/maven-repo; access_log $T/tree.log; }
    server { listen 127.0.0.1:$lists; root $T/up; autoindex on; access_log $T/lists.log; }
    server { listen 127.0.0.1:$bare; root $T/up; access_log $T/bare.log; }"
wait_for 10 curl -s -o /dev/null "http://127.0.0.1:$bare/"

say "a project of several modules out of Debian's packages"
mkdir -p debian && (
	cd debian
	ln -s /usr/share/maven-repo up
	T=$PWD
	. "$TOP/tests/maven/app.sh"
)
mv debian/app .
cat >near.conf <<END
store = "near";
upstreams = (
    { name = "debian"; format = "maven"; url = "http://127.0.0.1:$tree"; fallback = "rest"; projects = [ "app/pom.xml" ];
      packages = [ "org.apache.maven.surefire:surefire-junit4:debian" ]; },
    { name = "rest"; format = "maven"; url = "http://127.0.0.1:$bare"; } );
END
expect 0 near init --name near
expect 0 near sync
has out "0 failed" "upstream has no checksum of"
expect 0 near sync
has out "0 versions pulled"
over_the_gap
start_ferryd far
settings "$URL/maven/" m2
(cd app && expect 0 mvn_at m2 -B -s ../settings.xml package)
has out "BUILD SUCCESS" "Tests run: 1"
[ -s app/web/target/web-1.0.war ] || fail "no war"

say "all classifiers that the tree lists, with checksums, and no more requests later"
maven_conf "http://127.0.0.1:$lists" 'packages = [ "g:native:1:jar:*", "g:native:1.1", "g:kin:1:jar:*", "g:snap:1.0-SNAPSHOT:jar:*" ];'
rm -r near
expect 0 near init --name near
expect 0 near sync
has out "0 failed"
hasnt out "does not list"
held near >files
printf '%s\n' kin-1-extra.jar kin-1-sources.jar kin-1.jar kin-1.module kin-1.pom native-1-dist.tar.gz native-1-linux.jar native-1-mac.jar \
    native-1-sources.jar native-1-tests.jar native-1.1.jar native-1.1.pom native-1.jar native-1.pom \
    snap-1.0-20240502.120000-2-tests.jar snap-1.0-20240502.120000-2.jar snap-1.0-20240502.120000-2.pom | LC_ALL=C sort >want
diff want files || fail "not all of them"
: >lists.log
expect 0 near sync
sleep 0.2
! grep -v 'maven-metadata.xml' lists.log || fail "asked for more than lists"

say "also of what was here before, by the option"
maven_conf "http://127.0.0.1:$lists" 'classifiers = [ "*" ]; packages = [ "g:native:1.1" ];'
expect 0 near sync
has out "1 version pulled"
held near >files
has files native-1.1-win.jar
: >lists.log
expect 0 near sync
sleep 0.2
! grep -v 'maven-metadata.xml' lists.log || fail "asked for more than lists"

say "where nothing is listed: by name, by module metadata, and said once"
maven_conf "http://127.0.0.1:$bare" 'classifiers = [ "linux", "*" ]; packages = [ "g:native:1", "g:plain:1", "g:kin:1" ];'
rm -r near
expect 0 near init --name near
expect 0 near sync
has out "0 failed" "upstream does not list the files of 2 versions"
held near >files
printf '%s\n' kin-1-extra.jar kin-1-sources.jar kin-1.jar kin-1.module kin-1.pom native-1-linux.jar native-1.jar native-1.pom \
    plain-1.jar plain-1.pom | LC_ALL=C sort >want
diff want files || fail "not what is named"
: >bare.log
expect 0 near sync
hasnt out "does not list"
sleep 0.2
! grep -v 'maven-metadata.xml' bare.log || fail "asked for more than lists"

say "a word that is none"
maven_conf "http://127.0.0.1:$bare" 'classifiers = [ "a/b" ]; packages = [ "g:native:1" ];'
expect 3 near sync
has err "classifier"
