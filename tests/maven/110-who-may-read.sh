#!/bin/bash
# A private upstream beside a public one: 401 with Basic where a login helps and
# never else, lists and plugins for each client its own; mvn with and without a
# token.
. "$(dirname "$0")/lib.sh"

mkmaven "$T/in" <<'END'
artifact("org.in:inner:1.0", needs=["org.out:outer:1"]); artifact("org.shared:both:1", files={"jar": b"inner"})
artifact("org.in:root:1", packaging="pom")
artifact("org.in:in-maven-plugin:1", packaging="maven-plugin")
metadata()
END
mkmaven "$T/out-repo" <<'END'
artifact("org.out:outer:1"); artifact("org.out:out-maven-plugin:1", packaging="maven-plugin")
artifact("org.in:free-maven-plugin:1", packaging="maven-plugin")
artifact("org.in:inner:0.9"); artifact("org.in:inner:1.0", files={"jar": b"not the house's"})
metadata()
END
start_faulty in
inner=$BASE
rm -f "$T/port"
start_faulty out-repo
outer=$BASE
cd "$T"
cat >access.conf <<'END'
signed_off_by = "test"; realm = "local"; users = [ "olga", "max" ];
registries = ( { upstream = "house"; grants = ( { type = "maven"; name = "org.in:*"; users = [ "olga" ]; role = "read"; } ); } );
END
cat >near.conf <<END
store = "near"; access = "access.conf";
upstreams = (
    { name = "house"; format = "maven"; url = "$inner"; fallback = "world"; visibility = "private"; dependencies = false;
      packages = [ "org.in:inner:1.0", "org.in:in-maven-plugin:1", "org.shared:both:1", "org.in:root:1" ]; },
    { name = "world"; format = "maven"; url = "$outer"; packages = [ "org.out:outer:1", "org.out:out-maven-plugin:1", "org.in:free-maven-plugin:1", "org.in:inner:0.9" ]; }
);
END
expect 0 near init --name near
expect 0 near sync
has out "0 failed"
for who in olga max; do
	expect 0 near --json token create --user $who
	jq -r .token <out >token.$who
done
start_ferryd near --config near.conf
get() { # STATUS PATH [CURL-OPTION…]: into $T/out
	local want=$1 path=$2 got
	shift 2
	got=$(curl -s -o out -D head -w '%{http_code}' "$@" "$URL/$path")
	[ "$got" = "$want" ] || fail "$got instead of $want for $path: $(cat out)"
}

say "without a token: what is public, 401 with a challenge for the rest"
get 200 maven/org/out/outer/1/outer-1.jar
get 401 maven/org/in/inner/1.0/inner-1.0.jar
has head "WWW-Authenticate: Basic"
get 401 maven/org/in/inner/1.0/inner-1.0.jar.sha1
get 401 maven/house/org/in/inner/maven-metadata.xml
get 401 maven/house/org/in/inner/1.0/inner-1.0.pom
get 401 maven/house/org/in/inner/ -H 'Accept: text/html'
get 405 maven/org/in/inner/1.0/inner-1.0.jar -X PUT -d x

get 200 maven/.meta/prefixes.txt
has out "@ unsupported"

say "what is hidden is as what is not there"
for path in org/in/inner/1.0/inner-1.0.jar org/in/none/1.0/none-1.0.jar; do
	get 401 "maven/$path"
	grep -v 'X-Request-Id\|Date' head >"head.$(basename $path)"
	cp out "out.$(basename $path)"
done
same head.inner-1.0.jar head.none-1.0.jar
same out.inner-1.0.jar out.none-1.0.jar

olga=(-u "ferry:$(cat token.olga)")
max=(-u "ferry:$(cat token.max)")
none=(-H 'X-Nobody: 1')

say "with one: what it may, and no more"
get 200 maven/org/in/inner/1.0/inner-1.0.jar "${olga[@]}"
has head "Vary: Authorization" "private"
get 200 maven/house/org/in/inner/maven-metadata.xml "${olga[@]}"
get 200 maven/org/in/inner/1.0/inner-1.0.jar.md5 "${olga[@]}"
for path in org/in/inner/1.0/inner-1.0.jar org/shared/both/1/both-1.jar; do
	get 404 "maven/$path" "${max[@]}"
done
# Clients ask the next repository then; 403 would end the build.
get 404 maven/org/shared/both/1/both-1.jar "${olga[@]}"
get 404 maven/org/in/none/1/none-1.jar "${olga[@]}"
hasnt head "public"
get 404 maven/org/in/inner/1.0/inner-1.0.module "${olga[@]}"
hasnt head "public"
get 401 maven/org/in/inner/1.0/inner-1.0.jar -u ferry:wrong

say "a name that a public upstream behind it has, too: each client's own list"
get 200 maven/org/in/inner/maven-metadata.xml "${olga[@]}"
has out "<version>0.9</version>" "<version>1.0</version>"
get 200 maven/org/in/inner/ -H 'Accept: text/html' "${max[@]}"
has out "<code>0.9</code>"
hasnt out "<code>1.0</code>"
for client in max none; do
	declare -n as=$client
	get 200 maven/org/in/inner/maven-metadata.xml "${as[@]}"
	has out "<version>0.9</version>"
	hasnt out "<version>1.0</version>"
	get 200 maven/org/in/inner/0.9/inner-0.9.jar "${as[@]}"
done
get 401 maven/org/in/inner/1.0/inner-1.0.jar

say "plugins of a group: each client sees its own"
get 200 maven/org/in/maven-metadata.xml "${olga[@]}"
has out "<prefix>in</prefix>" "<prefix>free</prefix>"
get 200 maven/org/in/maven-metadata.xml "${max[@]}"
has out "<prefix>free</prefix>"
hasnt out "<prefix>in</prefix>"
get 200 maven/org/out/maven-metadata.xml "${max[@]}"

say "mvn: with a token a build, without one its own words"
if command -v mvn >/dev/null; then
	mkdir app
	sed 's/^\t*//' >app/pom.xml <<-END
		<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
		<parent><groupId>org.in</groupId><artifactId>root</artifactId><version>1</version><relativePath/></parent>
		<groupId>t</groupId><artifactId>app</artifactId><packaging>pom</packaging></project>
	END
	settings "$URL/maven/" m2
	(cd app && expect 1 mvn_at m2 -B -s ../settings.xml validate)
	cat out err | grep -q "401 Unauthorized" || fail "$(cat out)"
	rm -rf m2
	settings "$URL/maven/" m2 "<servers><server><id>ferry</id><username>ferry</username><password>$(cat token.olga)</password></server></servers>"
	(cd app && expect 0 mvn_at m2 -B -s ../settings.xml validate)
	ls m2/repository/org/in/root/1/root-1.pom >/dev/null
else
	say "SKIP: mvn is not installed"
fi
