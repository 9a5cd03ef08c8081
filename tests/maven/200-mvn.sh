#!/bin/bash
# Over the gap with Debian's mvn: a project of several modules with a parent, a
# BOM of its own, tests, and plugins is built with ferryd as its only
# repository; so are single coordinates, by token and by GitHub's layout.
. "$(dirname "$0")/lib.sh"
need_mvn

debian_repository up
start_faulty up
cd "$T"
. "$TOP/tests/maven/app.sh"

say "sync the project; surefire's provider is Debian's own choice"
maven_conf "$BASE/" 'projects = [ "app/pom.xml" ]; packages = [ "org.apache.maven.surefire:surefire-junit4:debian" ];'
expect 0 near init --name near
expect 0 near sync
has out "0 failed"
hasnt out "maven:t:"

say "over the gap"
over_the_gap
start_ferryd far
settings "$URL/maven/" m2
(cd app && expect 0 mvn_at m2 -B -s ../settings.xml package)
has out "Tests run: 1, Failures: 0" "BUILD SUCCESS" "Downloaded from ferry"
unzip -l app/web/target/web-1.0.war >list
has list WEB-INF/lib/core-1.0.jar WEB-INF/lib/guava

say "no file was had that was not asked for by the build, but for few"
find m2/repository -name '*.jar' | wc -l >had
held far | grep -c 'jar$' >carried
[ "$(cat carried)" -le $(($(cat had) + 25)) ] || fail "$(cat carried) jars for $(cat had)"

say "a plugin by its prefix, and by the highest version"
(cd app && expect 0 mvn_at m2 -B -s ../settings.xml clean:clean)

say "per upstream, in GitHub's layout: the same bytes"
rm -rf m2/repository
settings "$URL/maven/up/" m2
(cd app && expect 0 mvn_at m2 -B -q -s ../settings.xml -DskipTests clean package)

say "what is not there is said by mvn in its own words"
mkdir lone
sed 's|<modules>.*</modules>||; s|<packaging>pom</packaging>||; s|</project>|<dependencies><dependency><groupId>no</groupId><artifactId>such</artifactId><version>1</version></dependency></dependencies></project>|
/<dependencyManagement>/,/<\/dependencyManagement>/d' app/pom.xml >lone/pom.xml
(cd lone && expect 1 mvn_at m2 -B -s ../settings.xml compile)
has out "Could not find artifact no:such:jar:1 in ferry"

say "a deployment is refused, and mvn prints it"
if [ -d up/org/apache/maven/plugins/maven-deploy-plugin ]; then
	rm -rf lone
	mkdir lone
	cat >lone/pom.xml <<-'END_OF_POM'
		<project><modelVersion>4.0.0</modelVersion><groupId>t</groupId><artifactId>lone</artifactId><version>1</version><packaging>pom</packaging></project>
	END_OF_POM
	(cd lone && expect 1 mvn_at m2 -B -s ../settings.xml deploy "-DaltDeploymentRepository=ferry::$URL/maven/")
	has out "Failed to deploy artifacts" "405" "Method Not Allowed"
	curl -s -o out "$URL/maven/t/lone/maven-metadata.xml" -w '%{http_code}' >status
	[ "$(cat status)" = 404 ] || fail "something came"
else
	say "SKIP: maven-deploy-plugin is not installed"
fi
