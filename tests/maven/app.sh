# shellcheck shell=bash
# To be sourced in $T: makes app, a project of several modules with a parent, a BOM
# of its own, a test and a war, whose plugins are those of the repository up.

# plugin ARTIFACT [XML]: pinned to what Debian has.
plugin() { echo "<plugin><artifactId>maven-$1-plugin</artifactId><version>$(debian_version up "$1")</version>${2:-}</plugin>"; }
module() { # NAME PACKAGING XML
	cat >"app/$1/pom.xml" <<-END
		<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
		<parent><groupId>t</groupId><artifactId>app</artifactId><version>\${revision}</version></parent>
		<artifactId>$1</artifactId><packaging>$2</packaging>$3</project>
	END
}

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
