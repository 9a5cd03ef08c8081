#!/bin/bash
# Over the gap with Debian's gradle: a plugin by its marker, a dependency of a
# dynamic version, a snapshot, a module with a parent; ferryd is the only
# repository, and wants a token.
. "$(dirname "$0")/lib.sh"
command -v gradle >/dev/null && command -v javac >/dev/null || skip "gradle is not installed"
[ -e /usr/share/java/guava.jar ] || skip "Debian's guava is not installed"

mkdir -p "$T/plugin/META-INF/gradle-plugins"
cat >"$T/plugin/Tool.java" <<'END'
package com.ex;
public class Tool implements org.gradle.api.Plugin<org.gradle.api.Project> {
	public void apply(org.gradle.api.Project p) { System.out.println("the tool is applied"); }
}
END
echo 'implementation-class=com.ex.Tool' >"$T/plugin/META-INF/gradle-plugins/com.ex.tool.properties"
gradle_jars=$(printf '%s:' /usr/share/gradle/lib/*.jar)
(cd "$T/plugin" && javac --release 8 -cp "$gradle_jars/usr/share/java/groovy-all.jar:/usr/share/java/groovy.jar" -d . Tool.java 2>javac.log) || fail "$(cat "$T/plugin/javac.log")"
(cd "$T/plugin" && jar cf ../tool.jar com META-INF)
mkmaven "$T/up" <<END
artifact("com.ex.tool:com.ex.tool.gradle.plugin:1.5", packaging="pom", needs=["com.ex:tool:1.5"])
artifact("com.ex:tool:1.5", files={"jar": open("$T/tool.jar", "rb").read()})
artifact("org.ex:parent:1", packaging="pom", manage=["org.ex:leaf:4"])
artifact("org.ex:guava:1", files={"jar": open("/usr/share/java/guava.jar", "rb").read()}, parent="org.ex:parent:1", needs=["org.ex:leaf:"])
artifact("org.ex:leaf:4")
for v in ("1.0", "1.9", "1.10", "2.0"): artifact("org.ex:dyn:" + v)
snapshot("org.ex:snap:1.0-SNAPSHOT", ["20240501.120000-1", "20240502.120000-2"])
metadata()
END
start_faulty up
cd "$T"
mkdir -p app/gradle app/src/main/java/a
cat >app/gradle/libs.versions.toml <<'END'
[libraries]
guava = "org.ex:guava:1"
dyn = "org.ex:dyn:1.+"
snap = "org.ex:snap:1.0-SNAPSHOT"
[plugins]
tool = "com.ex.tool:1.5"
END
echo 'package a; public class A { String f() { return com.google.common.base.Joiner.on("-").join("x", "y"); } }' >app/src/main/java/a/A.java
private_over_the_gap app/gradle/libs.versions.toml
echo "$TOKEN" >token
repository() { echo "maven { url '$URL/maven/'; credentials { username 'ferry'; password '$1' } }"; }
project() { # TOKEN
	echo "pluginManagement { repositories { $(repository "$1") } }" >app/settings.gradle
	cat >app/build.gradle <<-END
		plugins { id 'java'; id 'com.ex.tool' version '1.5' }
		repositories { $(repository "$1") }
		dependencies { compile 'org.ex:guava:1'; compile 'org.ex:dyn:1.+'; compile 'org.ex:snap:1.0-SNAPSHOT' }
		task files { doLast { configurations.runtimeClasspath.each { println "has " + it.name } } }
	END
}
gradle_at() { (cd "$T/app" && env HOME="$T/gh" GRADLE_USER_HOME="$T/gh" gradle --no-daemon --console=plain -Dhttp.proxyHost=127.0.0.1 -Dhttp.proxyPort=9 '-Dhttp.nonProxyHosts=127.0.0.1|localhost' "$@"); }

say "with a token: the build, the tool, the newest that fits"
project "$(cat token)"
expect 0 gradle_at build files
has out "the tool is applied" "BUILD SUCCESSFUL" "has guava-1.jar" "has leaf-4.jar" "has dyn-1.10.jar" "has snap-1.0-SNAPSHOT.jar"
hasnt out "has dyn-2.0.jar"

say "without one: Gradle's own words"
project wrong
rm -rf gh
expect 1 gradle_at build
cat out err | grep -q "could not resolve plugin artifact" || fail "$(cat out err)"

say "publishing: Gradle prints what it was answered"
cat >>app/build.gradle <<END
apply plugin: 'maven-publish'
group = 'org.new'; version = '1'
publishing { publications { main(MavenPublication) { from components.java } }
    repositories { maven { url '$URL/maven/'; credentials { username 'ferry'; password '$(cat token)' } } } }
END
sed -i "s/password 'wrong'/password '$(cat token)'/" app/build.gradle app/settings.gradle
expect 1 gradle_at publish
cat out err | grep -q "405" || fail "$(cat out err)"
