#!/bin/bash
# Maven packages of owners on GitHub: found in lists that do not tell the group,
# pulled from their repositories, read by whom the repository lets in, in both
# layouts; by mvn and gradle over the gap.
. "$(dirname "$0")/../access/github.sh"
. "$TOP/tests/maven/lib.sh"

mkmaven "$T/trees/octo/priv" <<'END'
artifact("com.octo:core:1.0", needs=["com.octo:open:1.0", "org.x:other:1"], parent="com.octo:parent:1", files={"sources.jar": None})
artifact("com.octo:core:1.1", needs=["com.octo:open:1.0"], parent="com.octo:parent:1")
artifact("com.octo:parent:1", packaging="pom", parent="org.x:top:1")
artifact("com.octo:My.Lib:2.0"); artifact("com.octo.deep:a.b.c:3")
snapshot("com.octo:snap:1.0-SNAPSHOT", ["20240501.120000-1", "20240502.120000-2"])
metadata()
END
mkmaven "$T/trees/octo/pub" <<<'artifact("com.octo:open:1.0"); metadata()'
mkmaven "$T/trees/octo/int" <<<'artifact("com.octo:int:1"); metadata()'
mkmaven "$T/trees/lab/secret" <<<'artifact("com.lab:x:1"); artifact("com.octo:open:7"); metadata()'
mkmaven "$T/world" <<<'artifact("org.x:top:1", packaging="pom"); artifact("org.x:other:1"); metadata()'
cd "$T"
start_faulty world
start_github --maven "$T/trees"
change '.packages += [
    { "id": 41, "owner": "octo", "type": "maven", "name": "com.octo.parent", "visibility": "private", "repo": "octo/priv" },
    { "id": 42, "owner": "octo", "type": "maven", "name": "com.octo.My.Lib", "visibility": "private", "repo": "octo/priv" },
    { "id": 43, "owner": "octo", "type": "maven", "name": "com.octo.deep.a.b.c", "visibility": "private", "repo": "octo/priv" },
    { "id": 44, "owner": "octo", "type": "maven", "name": "com.octo.snap", "visibility": "private", "repo": "octo/priv" },
    { "id": 45, "owner": "lab", "type": "maven", "name": "com.octo.open", "visibility": "private", "repo": "lab/secret" }]'
cat >near.conf <<END
store = "near";
upstreams = (
    { name = "gh"; format = "github"; url = "https://github.com"; api = "$GITHUB"; owners = [ "octo", "lab" ];
      types = [ "maven" ]; maven_url = "$GITHUB/maven"; token_file = "token"; maven = { sources = true; fallback = "world"; }; },
    { name = "world"; format = "maven"; url = "$BASE"; }
);
serve = { subdomains = true; };
END
expect 0 near init --name near

say "every version of every package, with the parents that are elsewhere"
expect 0 near sync
has out "0 failed"
expect 0 near list --versions
has out "maven:octo/com.octo.core" "maven:octo/com.octo.my.lib" "maven:octo/com.octo.deep.a.b.c" "maven:lab/com.octo.open" "maven:org.x:top"
held near >files
cat >want <<'END'
My.Lib-2.0.jar
My.Lib-2.0.pom
a.b.c-3.jar
a.b.c-3.pom
core-1.0-sources.jar
core-1.0.jar
core-1.0.pom
core-1.1.jar
core-1.1.pom
int-1.jar
int-1.pom
open-1.0.jar
open-1.0.pom
open-7.jar
open-7.pom
parent-1.pom
snap-1.0-20240502.120000-2.jar
snap-1.0-20240502.120000-2.pom
top-1.pom
x-1.jar
x-1.pom
END
diff want files || fail "not what the lists have"
expect 0 near --json show octo/com.octo.my.lib@2.0
expect 0 near verify
has out ": 0 problems"

say "again: no more than a request a package, also where the group was looked for"
: >api.log
expect 0 near --json sync
has out '"added":0' '"failures":[]'
api_asked 0 'maven.* (200|400|404)$'
api_asked 10 '/maven/.*metadata.xml 304$'

say "what a list has and the registry has not is one failure"
change '.packages += [ { "id": 46, "owner": "octo", "type": "maven", "name": "com.octo.gone", "visibility": "private", "repo": "octo/priv" } ]'
expect 4 near sync
has out "maven:octo/com.octo.gone" ", 1 failed"
change '.packages -= [ .packages[] | select(.id == 46) ]'

over_the_gap
for who in olga max len lea; do
	expect 0 "$FERRY" --store far --json token create --user $who --upstream gh
	jq -r .token <out >token.$who
done
echo 'store = "far"; serve = { subdomains = true; };' >far.conf
start_ferryd far --config far.conf
get() { # STATUS PATH [CURL-OPTION…]: into $T/out
	local want=$1 path=$2 got
	shift 2
	got=$(curl -s -o out -D head -w '%{http_code}' "$@" "$URL/$path")
	[ "$got" = "$want" ] || fail "$got instead of $want for $path: $(cat out)"
}
olga=(-u "ferry:$(cat token.olga)")
max=(-u "ferry:$(cat token.max)")
len=(-u "ferry:$(cat token.len)")
lea=(-u "ferry:$(cat token.lea)")
core=octo/priv/com/octo/core

say "in both layouts, by whatever case of owner and repository"
for path in maven/$core _registry/maven/$core _registry/maven/Octo/PRIV/com/octo/core; do
	get 200 $path/1.0/core-1.0.jar "${olga[@]}"
	same out trees/$core/1.0/core-1.0.jar
done
get 200 $core/1.1/core-1.1.pom "${olga[@]}" -H 'Host: maven.ghes.example'
get 200 maven/octo/*/com/octo/core/1.0/core-1.0-sources.jar "${olga[@]}"
get 200 maven/$core/1.0/core-1.0.jar.sha512 "${olga[@]}"
get 200 maven/$core/maven-metadata.xml "${olga[@]}"
tr -d ' \n' <out >flat
has flat "<groupId>com.octo</groupId><artifactId>core</artifactId>" "<versions><version>1.0</version><version>1.1</version></versions>"
get 200 maven/octo/priv/com/octo/deep/a.b.c/maven-metadata.xml "${olga[@]}"
has out "<groupId>com.octo.deep</groupId>" "<artifactId>a.b.c</artifactId>"
get 200 maven/octo/priv/com/octo/My.Lib/2.0/My.Lib-2.0.pom.md5 "${olga[@]}"
get 200 maven/octo/priv/com/octo/snap/1.0-SNAPSHOT/maven-metadata.xml "${olga[@]}"
has out "<groupId>com.octo</groupId>" "<value>1.0-20240502.120000-2</value>"
get 200 maven/octo/priv/com/octo/snap/1.0-SNAPSHOT/snap-1.0-20240502.120000-2.jar "${olga[@]}"

say "another repository, another split of the name, another case: not there"
for path in octo/pub/com/octo/core/1.0/core-1.0.jar octo/priv/com/octo.core/maven-metadata.xml octo/priv/com/octo/my.lib/2.0/my.lib-2.0.pom \
    octo/priv/com/octo/deep/a/b/c/maven-metadata.xml octo/priv/com/octo/core/9/core-9.pom com/octo/core/1.0/core-1.0.jar; do
	get 404 maven/$path "${olga[@]}"
done

say "two owners may have packages of one name"
get 200 maven/octo/pub/com/octo/open/1.0/open-1.0.jar "${olga[@]}"
get 404 maven/octo/pub/com/octo/open/7/open-7.jar "${olga[@]}"
expect 0 "$FERRY" --store far explain --as olga --package maven:octo/com.octo.core

say "whom the repository lets in: 401 without a token, also of what is public"
for path in $core/1.0/core-1.0.jar octo/pub/com/octo/open/1.0/open-1.0.jar octo/priv/com/octo/none/1/none-1.jar $core/maven-metadata.xml; do
	get 401 maven/$path
	has head "WWW-Authenticate: Basic"
done
get 200 maven/$core/1.0/core-1.0.jar "${max[@]}"            # a collaborator
get 200 maven/octo/int/com/octo/int/1/int-1.jar "${olga[@]}"
get 200 maven/octo/pub/com/octo/open/1.0/open-1.0.jar "${lea[@]}" # public
for who in len lea; do
	declare -n as=$who
	get 404 maven/$core/1.0/core-1.0.jar "${as[@]}"
done
get 405 maven/$core/1.2/core-1.2.jar "${olga[@]}" -T near.conf

say "GitHub's REST interface lists them under GitHub's names"
get 200 'api/v3/orgs/octo/packages?package_type=maven' "${olga[@]}"
jq -e '[.[].name] | index("com.octo.core")' out >/dev/null || fail "$(cat out)"
get 200 api/v3/orgs/octo/packages/maven/com.octo.core/versions "${olga[@]}"
[ "$(jq -c '[.[].name] | sort' out)" = '["1.0","1.1"]' ] || fail "$(cat out)"

say "mvn resolves through the owner's repository and the world's"
if command -v mvn >/dev/null; then
	mkdir app
	sed 's/^\t*//' >app/pom.xml <<-END
		<project><modelVersion>4.0.0</modelVersion>
		<parent><groupId>com.octo</groupId><artifactId>parent</artifactId><version>1</version><relativePath/></parent>
		<groupId>t</groupId><artifactId>app</artifactId><packaging>pom</packaging></project>
	END
	cat >settings.xml <<-END
		<settings><localRepository>$T/m2/repository</localRepository>
		<servers><server><id>github</id><username>any</username><password>$(cat token.olga)</password></server></servers>
		<mirrors><mirror><id>ferry</id><mirrorOf>*,!github</mirrorOf><url>$URL/maven/</url></mirror></mirrors>
		<profiles><profile><id>github</id><repositories><repository><id>github</id><url>$URL/_registry/maven/octo/priv</url>
		<snapshots><enabled>true</enabled></snapshots></repository></repositories></profile></profiles>
		<activeProfiles><activeProfile>github</activeProfile></activeProfiles></settings>
	END
	(cd app && expect 0 mvn_at m2 -B -s ../settings.xml validate)
	[ -s m2/repository/com/octo/parent/1/parent-1.pom ] && [ -s m2/repository/org/x/top/1/top-1.pom ] || fail "$(cat out)"
else
	say "SKIP: mvn is not installed"
fi

say "gradle, with credentials, a dynamic version and a snapshot"
if command -v gradle >/dev/null; then
	mkdir gapp
	touch gapp/settings.gradle
	cat >gapp/build.gradle <<-END
		repositories { maven { url '$URL/maven/octo/priv'; credentials { username 'any'; password '$(cat token.max)' } }
		    maven { url '$URL/maven/octo/pub'; credentials { username 'any'; password '$(cat token.max)' } }
		    maven { url '$URL/maven/' } }
		configurations { app }
		dependencies { app 'com.octo:core:1.+'; app 'com.octo:snap:1.0-SNAPSHOT' }
		task files { doLast { configurations.app.each { println "has " + it.name } } }
	END
	(cd gapp && expect 0 env HOME="$T/gh" GRADLE_USER_HOME="$T/gh" gradle --no-daemon --console=plain files)
	has out "has core-1.1.jar" "has open-1.0.jar" "has snap-1.0-SNAPSHOT.jar"
else
	say "SKIP: gradle is not installed"
fi
