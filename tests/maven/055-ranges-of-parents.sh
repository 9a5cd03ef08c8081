#!/bin/bash
# Parents and BOMs whose version is a range: in a repository the highest that
# fits, in a project the one beside it if that fits; as mvn itself chooses.
. "$(dirname "$0")/lib.sh"
need_mvn

debian_repository up
mkmaven "$T/up" <<'END'
for v in ("1.0", "1.1", "1.5", "2.0"):
    artifact("org.p:base:" + v, packaging="pom", parent="org.p:top:" + v[:1], manage=["org.p:leaf:" + v])
    artifact("org.p:leaf:" + v)
artifact("org.p:top:1", packaging="pom"); artifact("org.p:top:2", packaging="pom")
artifact("org.p:lib:1", parent="org.p:base:[1.0,1.5)", needs=["org.p:leaf:"])
artifact("org.p:lost:1", parent="org.p:base:[7,8)", needs=["org.p:leaf:"])
metadata()
END
start_faulty up
cd "$T"
. "$TOP/tests/maven/app.sh"
rm -r app
mkdir -p app/near app/far
cat >app/pom.xml <<END
<project><modelVersion>4.0.0</modelVersion>
<parent><groupId>org.p</groupId><artifactId>base</artifactId><version>[1.0,2.0)</version><relativePath/></parent>
<groupId>t</groupId><artifactId>app</artifactId><version>3.1</version><packaging>pom</packaging>
<properties><maven.compiler.source>11</maven.compiler.source><maven.compiler.target>11</maven.compiler.target></properties>
<modules><module>near</module><module>far</module></modules>
<build><pluginManagement><plugins>$(plugin compiler)$(plugin resources)</plugins></pluginManagement></build></project>
END
child() { # NAME PARENT XML
	sed 's/^\t*//' >"app/$1/pom.xml" <<-END
		<project><modelVersion>4.0.0</modelVersion>
		<parent>$2</parent><groupId>t</groupId><artifactId>$1</artifactId><version>3.1</version>$3</project>
	END
}
child near '<groupId>t</groupId><artifactId>app</artifactId><version>[3,4)</version>' \
    '<dependencies><dependency><groupId>org.p</groupId><artifactId>leaf</artifactId></dependency></dependencies>'
# What is beside it does not fit.
child far '<groupId>org.p</groupId><artifactId>base</artifactId><version>[2.0]</version>' \
    "<dependencies><dependency><groupId>org.p</groupId><artifactId>lib</artifactId><version>1</version></dependency></dependencies>
    <build><plugins>$(plugin compiler '<configuration><source>11</source><target>11</target></configuration>')$(plugin resources)</plugins></build>"
mkdir -p app/{near,far}/src/main/java
for module in near far; do echo 'class A {}' >app/$module/src/main/java/A.java; done

say "the POMs of the highest that fit, and of no others"
maven_conf "$BASE/" 'projects = [ "app/pom.xml" ];'
expect 0 near init --name near
expect 0 near sync
has out "0 failed"
hasnt out "maven:t:"
held near | grep -E '^(base|top|leaf|lib)-' >files
cat >want <<'END'
base-1.1.pom
base-1.5.pom
base-2.0.pom
leaf-1.5.jar
leaf-1.5.pom
leaf-2.0.jar
leaf-2.0.pom
lib-1.jar
lib-1.pom
top-1.pom
top-2.pom
END
diff want files || fail "not what mvn reads"

say "mvn builds it from these"
over_the_gap
start_ferryd far
settings "$URL/maven/" m2
(cd app && expect 0 mvn_at m2 -B -s ../settings.xml compile)
has out "BUILD SUCCESS" "/org/p/base/1.5/base-1.5.pom" "/org/p/base/1.1/base-1.1.pom" "leaf-2.0.jar"

say "a range that nothing fits is one failure"
maven_conf "$BASE/" 'packages = [ "org.p:lost:1" ];'
expect 4 near sync
has out "no version of 'org.p:base' for '[7,8)'"
