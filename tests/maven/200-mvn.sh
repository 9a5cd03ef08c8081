#!/bin/bash
# Over the gap with Debian's mvn: a project of several modules with a parent, a
# BOM of its own, tests, and plugins is built with ferryd as its only
# repository; so are single coordinates, by token and by GitHub's layout.
. "$(dirname "$0")/lib.sh"
need_mvn

debian_repository up
start_faulty up
cd "$T"
# plugin ARTIFACT [XML]: pinned to what Debian has.
plugin() { echo "<plugin><artifactId>maven-$1-plugin</artifactId><version>$(debian_version up "$1")</version>${2:-}</plugin>"; }
mkdir -p app/{core,web,bom}/src/main/java/a app/core/src/test/java/a app/web/src/main/webapp/WEB-INF
cat >app/pom.xml <<END
<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>t</groupId><artifactId>app</artifactId><version>\${revision}</version><packaging>pom</packaging>
<properties><revision>1.0</revision><maven.compiler.source>11</maven.compiler.source><maven.compiler.target>11</maven.compiler.target>
<project.build.sourceEncoding>UTF-8</project.build.sourceEncoding></properties>
<modules><module>bom</module><module>core</module><module>web</module></modules>
<dependencyManagement><dependencies>
<dependency><groupId>t</groupId><artifactId>bom</artifactId><version>\${revision}</version><type>pom</type><scope>import</scope></dependency>
</dependencies></dependencyManagement>
<build><pluginManagement><plugins>$(plugin compiler)$(plugin resources)$(plugin jar)$(plugin install)$(plugin clean)$(plugin war)
$(plugin surefire '<configuration><forkCount>0</forkCount></configuration>')
</plugins></pluginManagement></build></project>
END
module() { # NAME PACKAGING XML
	cat >"app/$1/pom.xml" <<-END
		<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
		<parent><groupId>t</groupId><artifactId>app</artifactId><version>\${revision}</version></parent>
		<artifactId>$1</artifactId><packaging>$2</packaging>$3</project>
	END
}
cat >app/bom/pom.xml <<END
<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>t</groupId><artifactId>bom</artifactId><version>\${revision}</version><packaging>pom</packaging>
<properties><revision>1.0</revision></properties>
<dependencyManagement><dependencies>
<dependency><groupId>com.google.guava</groupId><artifactId>guava</artifactId><version>debian</version></dependency>
<dependency><groupId>junit</groupId><artifactId>junit</artifactId><version>4.x</version><scope>test</scope></dependency>
</dependencies></dependencyManagement></project>
END
module core jar '<dependencies><dependency><groupId>com.google.guava</groupId><artifactId>guava</artifactId></dependency>
<dependency><groupId>junit</groupId><artifactId>junit</artifactId></dependency></dependencies>'
module web war '<dependencies><dependency><groupId>t</groupId><artifactId>core</artifactId><version>${project.version}</version></dependency></dependencies>'
echo 'package a; public class A { public static String f() { return com.google.common.base.Joiner.on("-").join("x", "y"); } }' >app/core/src/main/java/a/A.java
echo 'package a; public class ATest { @org.junit.Test public void t() { org.junit.Assert.assertEquals("x-y", A.f()); } }' >app/core/src/test/java/a/ATest.java
echo 'package a; public class W { String f() { return A.f(); } }' >app/web/src/main/java/a/W.java
echo '<web-app/>' >app/web/src/main/webapp/WEB-INF/web.xml

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

say "what is not there is said by mvn in its own words; writes are refused"
mkdir lone
sed 's|<modules>.*</modules>||; s|<packaging>pom</packaging>||; s|</project>|<dependencies><dependency><groupId>no</groupId><artifactId>such</artifactId><version>1</version></dependency></dependencies></project>|
/<dependencyManagement>/,/<\/dependencyManagement>/d' app/pom.xml >lone/pom.xml
(cd lone && expect 1 mvn_at m2 -B -s ../settings.xml compile)
has out "Could not find artifact no:such:jar:1 in ferry"
