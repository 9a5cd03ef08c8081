#!/bin/bash
# What the page tells mvn and Gradle is copied and run: http and https, with and
# without a token.  (issue 15)
# ctest: COST 60
. "$(dirname "$0")/../maven/lib.sh"
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/page.sh"
need_mvn

debian_repository up
start_faulty up
cd "$T"
. "$TOP/tests/maven/app.sh"
both_stores maven "$BASE/" 'projects = [ "app/pom.xml" ]; packages = [ "org.apache.maven.surefire:surefire-junit4:debian" ];'
authority
keytool -importcert -noprompt -alias ca -file ca.pem -keystore ca.jks -storepass changeit 2>/dev/null

with_mvn() { # open|token
	new_home
	mkdir "$T/home/.m2"
	behead "$(lines clients Maven)" >"$T/home/.m2/settings.xml"
	[ "$1" = open ] ||
	    python3 - "$T/home/.m2/settings.xml" "$(behead "$(lines "with a token" Maven)")" <<-'END'
		import sys
		text = open(sys.argv[1]).read()
		open(sys.argv[1], "w").write(text.replace("</settings>", sys.argv[2] + "</settings>"))
	END
	cp -r "$T/app" app
	(cd app && at_home mvn -B -pl core -am -DskipTests package) >"$T/out" 2>&1 || {
		cat "$T/home/.m2/settings.xml" "$T/out" >&2
		fail "mvn"
	}
	has "$T/out" "BUILD SUCCESS" "Downloaded from ferry: $URL/maven/"
}

# The lines need Gradle 7, which has allowInsecureProtocol in each repository.
with_gradle() { # open|token
	local file
	for file in "Gradle" "Gradle, Kotlin"; do
		new_home
		lines clients "$file" >"$(file_of "$(lines clients "$file")")"
		[ "$1" = open ] || python3 - settings.* "$(behead "$(lines "with a token" Gradle)")" <<-'END'
			import re, sys
			text = open(sys.argv[1]).read()
			text = re.sub(r'(maven\("[^"]*"\)) \{', r"\1 { " + sys.argv[2] + ";", text)
			text = re.sub(r'(maven\("[^"]*"\)) \}', r"\1 { " + sys.argv[2] + " } }", text)
			text = re.sub(r'(url = "[^"]*")', r"\1; " + sys.argv[2], text)
			open(sys.argv[1], "w").write(text)
		END
		cat >build.gradle <<-'END'
			plugins { id 'java' }
			dependencies { implementation 'com.google.guava:guava:debian' }
			task files { doLast { configurations.runtimeClasspath.each { println "has " + it.name } } }
		END
		at_home gradle --no-daemon --console=plain files >"$T/out" 2>&1 || {
			cat settings.* "$T/out" >&2
			fail "gradle"
		}
		has "$T/out" "has guava"
	done
}

gradle_of=$(gradle --version 2>/dev/null | sed -n 's/^Gradle \([0-9]*\).*/\1/p')
[ "${gradle_of:-0}" -ge 7 ] || say "SKIP Gradle: here is ${gradle_of:-none}, and 7 knows these lines"
all() { # http|https open|token
	say "$1, $2"
	ENV=("MAVEN_OPTS=-Duser.home=$T/home"
		"JAVA_TOOL_OPTIONS=-Djavax.net.ssl.trustStore=$T/ca.jks -Djavax.net.ssl.trustStorePassword=changeit" "GRADLE_USER_HOME=$T/home/gradle")
	with_mvn "$2"
	[ "${gradle_of:-0}" -lt 7 ] || with_gradle "$2"
}
each_way all
