#!/bin/bash
# What Maven and Gradle ask of a repository: files with sums, HEAD, parts, lists
# of what is held, snapshots, plugins by prefix; 404 for all else, 405 for
# writes; by all the paths that lead to a package.
. "$(dirname "$0")/lib.sh"

mkmaven "$T/up" <<'END'
artifact("org.ex:lib:1.0", files={"linux-x86_64.jar": None}); artifact("org.ex:lib:1.10"); artifact("org.ex:lib:1.9.1-rc1"); artifact("org.ex:lib:2.0", needs=["org.ex:pomonly:1"])
artifact("org.ex:pomonly:1", needs=["org.ex:lib:1.0"])
snapshot("org.ex:snap:1.0-SNAPSHOT", ["20240501.120000-1"], files={"tests.jar": None})
snapshot("org.ex:snap:1.0-SNAPSHOT", ["20240502.130000-2"])
artifact("org.ex:snap:0.9")
artifact("org.ex:odd:1", packaging="&lt;b&gt;&lt;form action=//x&gt;", files={"jar": None})
artifact("org.ex.plugins:fine-maven-plugin:1", packaging="maven-plugin"); artifact("org.ex.plugins:maven-neat-plugin:3", packaging="maven-plugin", files={"jar": jar("<plugin><goalPrefix>tidy</goalPrefix></plugin>", "META-INF/maven/plugin.xml")})
metadata()
END
start_faulty up
cd "$T"
maven_conf "$BASE/octo/Tools" 'select = ( { name = "org.ex:lib"; }, { name = "org.ex:lib"; versions = "[1.9,)"; prereleases = true; },
    { name = "org.ex.plugins:fine-maven-plugin"; }, { name = "org.ex.plugins:maven-neat-plugin"; } );
    packages = [ "org.ex:lib:1.0:jar:linux-x86_64", "org.ex:snap:0.9", "org.ex:odd:1:jar", "org.ex:snap:1.0-SNAPSHOT", "org.ex:snap:1.0-20240501.120000-1", "org.ex:snap:1.0-20240501.120000-1:jar:tests" ];'
mkdir -p up/octo && ln -s .. up/octo/Tools
expect 0 near init --name near
expect 0 near sync
has out "0 failed"
over_the_gap
echo 'serve = { subdomains = true; };' >far.conf
start_ferryd far --config far.conf
get() { # STATUS PATH [CURL-OPTION…]: into $T/out, the header into $T/head
	local want=$1 path=$2 got
	shift 2
	got=$(curl -s --path-as-is -o out -D head -w '%{http_code}' "$@" "$URL/$path")
	[ "$got" = "$want" ] || fail "$got instead of $want for $path: $(cat out)"
}
lib=maven/org/ex/lib/1.0/lib-1.0

say "files as they were, with sums that nobody had"
get 200 $lib.jar
same out up/org/ex/lib/1.0/lib-1.0.jar
has head "Content-Type: application/java-archive" "X-Checksum-Sha1: $(cat up/org/ex/lib/1.0/lib-1.0.jar.sha1)" \
    "X-Checksum-Md5: $(cat up/org/ex/lib/1.0/lib-1.0.jar.md5)" "Last-Modified: " "ETag: " immutable
cp head get-head
get 200 $lib.jar -I
diff <(grep -v 'X-Request-Id\|^Date' head) <(grep -v 'X-Request-Id\|^Date' get-head) || fail "HEAD is not GET"
for sum in sha1 md5 sha256 sha512; do
	for file in lib-1.0.jar lib-1.0.pom lib-1.0-linux-x86_64.jar; do
		get 200 maven/org/ex/lib/1.0/$file.$sum
		[ "$(cat out)" = "$(${sum}sum up/org/ex/lib/1.0/$file | cut -d' ' -f1)" ] || fail "$file.$sum"
	done
done
get 206 $lib.jar -r 10-
[ "$(cat out | wc -c)" = $(($(stat -c %s up/org/ex/lib/1.0/lib-1.0.jar) - 10)) ] || fail "not a part"
etag=$(sed -n 's/^ETag: \(.*\)\r/\1/p' get-head)
get 304 $lib.jar -H "If-None-Match: $etag"

say "the same by upstream, by GitHub's OWNER/REPO, and on a host of its own"
get 200 maven/up/org/ex/lib/1.0/lib-1.0.jar
get 200 _registry/maven/octo/Tools/org/ex/lib/1.0/lib-1.0.jar
get 200 _registry/maven/OCTO/tools/org/ex/lib/maven-metadata.xml
get 200 octo/Tools/org/ex/lib/1.0/lib-1.0.pom -H 'Host: maven.ferry.example'
same out up/org/ex/lib/1.0/lib-1.0.pom
get 404 maven/octo/Other/org/ex/lib/1.0/lib-1.0.jar
get 404 maven/down/org/ex/lib/1.0/lib-1.0.jar

say "lists have what is held, in Maven's order, and nothing of what only POMs need"
get 200 maven/org/ex/lib/maven-metadata.xml
tr -d ' \n' <out >flat
has flat "<latest>2.0</latest><release>2.0</release><versions><version>1.0</version><version>1.9.1-rc1</version><version>1.10</version><version>2.0</version></versions>"
for sum in sha1 md5 sha256 sha512; do
	get 200 maven/org/ex/lib/maven-metadata.xml.$sum
	cp out sum
	get 200 maven/org/ex/lib/maven-metadata.xml
	[ "$(cat sum)" = "$(${sum}sum out | cut -d' ' -f1)" ] || fail "metadata.$sum"
done
get 200 maven/org/ex/pomonly/1/pomonly-1.pom

say "snapshots: the newest of each file, old builds stay"
get 200 maven/org/ex/snap/maven-metadata.xml
tr -d ' \n' <out >flat
has flat "<latest>1.0-SNAPSHOT</latest><release>0.9</release><versions><version>0.9</version><version>1.0-SNAPSHOT</version></versions>"
get 200 maven/org/ex/snap/1.0-SNAPSHOT/maven-metadata.xml
tr -d ' \n' <out >flat
has flat "<timestamp>20240502.130000</timestamp><buildNumber>2</buildNumber>" "<lastUpdated>20240502130000</lastUpdated>" \
    "<classifier>tests</classifier><extension>jar</extension><value>1.0-20240501.120000-1</value><updated>20240501120000</updated>" \
    "<snapshotVersion><extension>pom</extension><value>1.0-20240502.130000-2</value>"
for file in snap-1.0-20240502.130000-2.jar snap-1.0-20240501.120000-1.jar snap-1.0-20240501.120000-1-tests.jar snap-1.0-20240502.130000-2.pom.sha1; do
	get 200 maven/org/ex/snap/1.0-SNAPSHOT/$file
done
for path in 1.0-SNAPSHOT/snap-1.0-20240502.130000-2-tests.jar 1.0-SNAPSHOT/snap-1.0-SNAPSHOT.jar 1.0-20240502.130000-2/snap-1.0-20240502.130000-2.jar 1.1-SNAPSHOT/maven-metadata.xml; do
	get 404 maven/org/ex/snap/$path
done

say "plugins by their prefix"
get 200 maven/org/ex/plugins/maven-metadata.xml
tr -d ' \n' <out >flat
has flat "<prefix>fine</prefix><artifactId>fine-maven-plugin</artifactId>" "<prefix>tidy</prefix>"
get 200 maven/up/org/ex/plugins/maven-metadata.xml
get 200 maven/org/ex/plugins/maven-metadata.xml.sha1
get 404 maven/org/ex/maven-metadata.xml

say "prefix lists have all that is here; what clients probe is 404"
get 200 maven/.meta/prefixes.txt
printf '## repository-prefixes/2.0\n/org/ex\n' >want
diff want out || fail "not all prefixes"
get 200 maven/up/.meta/prefixes.txt
diff want out || fail "not the upstream's prefixes"
get 200 maven/octo/Tools/.meta/prefixes.txt
has out "@ unsupported"
for path in org/ex/lib/1.0/lib-1.0.module org/ex/lib/1.0/lib-1.0-sources.jar org/ex/lib/1.0/lib-1.0.jar.asc org/ex/lib/3/lib-3.pom \
    org/ex/none/1/none-1.pom org/ex/none/maven-metadata.xml org/ex/lib/ org/ex/lib archetype-catalog.xml .index/x \
    org/ex/lib/1.0/../1.0/lib-1.0.jar org/ex/lib/1.0/other-1.0.jar ORG/ex/lib/1.0/lib-1.0.jar; do
	get 404 "maven/$path"
done
get 404 maven/org/ex/lib/1.0/lib-1.0.module
has head "Cache-Control: public, max-age=60"
get 200 maven/
get 200 maven/org/ex/lib/1%2E0/lib-1.0.jar

say "writes are refused in words that Maven 4 and Gradle 9 show"
get 405 maven/org/ex/lib/3/lib-3.jar -T up/org/ex/lib/1.0/lib-1.0.jar
has head "Allow: GET, HEAD" "Content-Type: application/problem+json"
jq -e '.detail | test("ferry sync")' out >/dev/null || fail "$(cat out)"
get 405 maven/org/ex/lib/maven-metadata.xml -X PUT -d x

say "a page has the lines for clients"
get 200 ''
has out "mirrorOf" "dependencyResolutionManagement"

say "and each artifact its own, for who asks for HTML: versions, and what to write"
html=(-H 'Accept: text/html,application/xhtml+xml,*/*;q=0.8')
get 404 maven/org/ex/lib/
get 200 maven/org/ex/lib/ "${html[@]}"
has head "Content-Type: text/html" "Content-Security-Policy: default-src 'none'"
has out "<code>1.9.1-rc1</code>" "&lt;artifactId&gt;lib&lt;/artifactId&gt;" "&lt;version&gt;2.0&lt;/version&gt;" \
    "implementation 'org.ex:lib:2.0'" "implementation(&quot;org.ex:lib:2.0&quot;)" "maven { url = uri('$URL/maven/') }"
hasnt out "<a "
get 200 _registry/maven/octo/Tools/org/ex/snap/ "${html[@]}"
has out "1.0-SNAPSHOT" "uri(&quot;$URL/_registry/maven/octo/Tools/&quot;)"
get 200 maven/org/ex/plugins/fine-maven-plugin/ "${html[@]}"
has out "&lt;plugin&gt;"
get 200 maven/org/ex/odd/ "${html[@]}"
has out "&lt;form action=//x&gt;"
hasnt out "<form" "<b>"
for path in maven/org/ex/ maven/org/ex/none/ maven/org/; do
	get 404 $path "${html[@]}"
done

for _ in 1 2 3; do
	get 404 maven/one/lib/1/lib-1.jar
	has head "Cache-Control: public, max-age=60"
	get 404 maven/octo/Tools/one/lib/1/lib-1.pom
	get 404 maven/one/lib/maven-metadata.xml
done

say "upstream has more, and so have we a second later; a removed version is gone"
mkmaven up <<<'artifact("org.ex:lib:2.1"); artifact("one:lib:1"); snapshot("org.ex:snap:1.0-SNAPSHOT", ["20240601.120000-3"]); metadata()'
sed -i 's/"org.ex:snap:0.9", /&"one:lib:1", /' near.conf
: >log
expect 0 near sync
[ "$(asked '.*/lib-2.1.*')" = 4 ] || fail "$(cat log)"
! grep -q 'lib-1.0\|lib-2.0' log || fail "$(cat log)"
over_the_gap
wait_for 10 bash -c "curl -s $URL/maven/org/ex/lib/maven-metadata.xml | grep -q '<latest>2.1'"
get 200 maven/org/ex/snap/1.0-SNAPSHOT/maven-metadata.xml
has out "<buildNumber>3</buildNumber>"
for path in one/lib/1/lib-1.jar octo/Tools/one/lib/1/lib-1.pom one/lib/maven-metadata.xml; do
	get 200 "maven/$path"
done
get 200 maven/.meta/prefixes.txt
has out "/one/lib" "/org/ex"
expect 0 "$FERRY" --store far remove org.ex:lib@2.1
wait_for 10 bash -c "curl -s $URL/maven/org/ex/lib/maven-metadata.xml | grep -q '<latest>2.0'"
get 404 maven/org/ex/lib/2.1/lib-2.1.jar
