#!/bin/bash
# Builds of each family of clients are recorded in a home of their own, and then
# proven to find all that they asked for.
# ctest: COST 60
. "$(dirname "$0")/../maven/lib.sh"

mkdir -p "$T/up"
start_faulty up
cd "$T"
cat >near.conf <<END
store = "near";
upstreams = (
    { name = "gems"; format = "rubygems"; url = "$BASE/gems/"; pull = true; max_age = 3600; },
    { name = "maven"; format = "maven"; url = "$BASE/maven/"; pull = true; max_age = 3600; },
    { name = "nuget"; format = "nuget"; url = "$BASE/nuget"; pull = true; max_age = 3600; } );
END
expect 0 near init --name near
# try NAME COMMAND…: recorded, and then proven with the registries gone.
try() {
	local name=$1
	shift
	: >rules
	expect 0 near record --name "$name" -- "$@"
	has out "recorded '$name'"
	[ "$(near record --show "$name" | jq '.wants | length')" -gt 0 ] || fail "nothing was asked for: $(cat out)"
	echo '* status=500' >rules
	expect 0 near prove -- "$@"
	has out "proven: "
}

if command -v bundle >/dev/null && command -v ruby >/dev/null; then
	say "bundler and gem"
	ruby "$TOP/tests/tools/mkgems.rb" "$T/up/gems" <<-'END'
		%w[1.0.0 1.1.0].each { |v| gem "foo-bar", v, needs: { "baz.qux" => [">= 1.0", "< 3"] } }
		%w[1.0 2.0].each { |v| gem "baz.qux", v }
		index
		marshal
	END
	mkdir rb
	printf 'source "https://gems.example"\ngem "foo-bar"\n' >rb/Gemfile
	try rb bash -c 'cd rb && rm -rf Gemfile.lock && bundle install --quiet'
	[ "$(near record --show rb | jq -r '.wants[] | "\(.package)@\(.version)"' | sort | tr '\n' ' ')" = \
	    "baz.qux@2.0 foo-bar@1.1.0 " ] || fail "$(near record --show rb)"
	try gem gem install --no-document foo-bar -v 1.0.0
else
	echo "SKIP: no bundler"
fi

if command -v mvn >/dev/null && [ -d /usr/share/maven-repo/org/apache/maven/plugins/maven-surefire-plugin ]; then
	say "mvn"
	debian_repository up/maven
	mkmaven up/maven <<-'END'
		artifact("org.ex:lib:1.0", files={"jar": b"x"})
		artifact("org.ex:lib:1.1", files={"jar": b"y"})
		metadata()
	END
	ln -s up/maven up-maven
	plugin() { echo "<plugin><artifactId>maven-$1-plugin</artifactId><version>$(debian_version up/maven "$1")</version></plugin>"; }
	mkdir -p mv/src/main/java
	echo 'public class A { }' >mv/src/main/java/A.java
	cat >mv/pom.xml <<-END
		<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
		<groupId>t</groupId><artifactId>app</artifactId><version>1</version>
		<properties><maven.compiler.source>11</maven.compiler.source><maven.compiler.target>11</maven.compiler.target>
		<project.build.sourceEncoding>UTF-8</project.build.sourceEncoding></properties>
		<build><plugins>$(plugin compiler)$(plugin resources)</plugins></build></project>
	END
	try mvn mvn -B -q -f mv/pom.xml clean:clean compile
	near record --show mvn | jq -e '[.wants[].files[]] | any(endswith(".jar"))' >/dev/null || fail "no jar"
	if command -v gradle >/dev/null; then
		say "gradle, whose build names another repository"
		mkdir -p gr
		echo >gr/settings.gradle
		cat >gr/build.gradle <<-'END'
			apply plugin: 'java'
			repositories { maven { url 'https://repo.example/m2' } }
			dependencies { compile 'org.ex:lib:1.+' }
			task deps { doLast { configurations.compile.each { println it } } }
		END
		try gr timeout 120 gradle --no-daemon -q -p gr deps
		near record --show gr | jq -e '.wants | map(select(.package == "org.ex:lib" and .version == "1.1")) | length == 1' >/dev/null ||
		    fail "$(near record --show gr)"
	fi
else
	echo "SKIP: no mvn"
fi

if command -v dotnet >/dev/null; then
	say "dotnet"
	python3 "$TOP/tests/tools/mknuget.py" "$T/up/nuget" "$BASE/nuget" <<-'END'
		pkg("App.Core", "1.0.0", needs={"net6.0": {"App.Base": "[1.0.0,3.0)"}})
		for i in range(3): pkg("App.Base", "1.%d.0" % i)
		feed()
	END
	mkdir net
	cat >net/net.csproj <<-END
		<Project Sdk="Microsoft.NET.Sdk">
		  <PropertyGroup><TargetFramework>$(dotnet --version | sed 's/\..*//; s/^/net/; s/$/.0/')</TargetFramework></PropertyGroup>
		  <ItemGroup><PackageReference Include="App.Core" Version="1.0.0" /></ItemGroup>
		</Project>
	END
	try net bash -c 'rm -rf net/obj; dotnet restore net >net.log 2>&1 || { cat net.log; exit 1; }'
	[ "$(near record --show net | jq -r '.wants[] | "\(.package)@\(.version)"' | sort | tr '\n' ' ')" = \
	    "app.base@1.0.0 app.core@1.0.0 " ] || fail "$(near record --show net)"
else
	echo "SKIP: no dotnet"
fi
