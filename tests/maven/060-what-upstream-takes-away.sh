#!/bin/bash
# What a repository takes away: versions that its list had, and whole artifacts.
# They are kept, told once and listed by status; lists still have them, or not.
# What no list ever had is not missed.
. "$(dirname "$0")/lib.sh"

mkmaven "$T/up" <<'END'
artifact("g:a:1"); artifact("g:a:2", files={"sources.jar": None}); artifact("g:b:1"); artifact("g:c:1")
snapshot("g:s:1-SNAPSHOT", builds=["20240501.120000-1"])
metadata()
artifact("g:c:0.9"); artifact("g:bare:1")
END
start_faulty up
cd "$T"
wants='"g:a:[1,)", "g:b:1", "g:c:0.9", "g:c:1", "g:bare:1", "g:s:1-SNAPSHOT"'
conf() { maven_conf "$BASE/" "select = ( { name = \"g:a\"; } ); packages = [ $wants ]; $*"; }
conf
expect 0 "$FERRY" init --store near --name near
expect 0 near sync
expect 0 near sync
hasnt out withdrawn
start_ferryd near
code() { curl -so body -w '%{http_code}' "$URL/maven/$1"; }
is() { [ "$(code "$1")" = "$2" ]; }

say "a version of a list, and an artifact; told once"
mkdir away
mv up/g/a/2 up/g/b away/
mkmaven up <<<'metadata()'
hasnt up/g/a/maven-metadata.xml ">2<"
expect 0 near sync
has out "maven:g:a@2: upstream lists it no more; it is kept, and clients still get it" \
    "maven:g:b@1: upstream lists it no more" "2 withdrawn upstream" "0 failed"
expect 0 near sync
hasnt out "taken away"
has out "2 withdrawn upstream"
expect 0 near status
has out "withdrawn    maven:g:a: upstream lists 1 version no more (2); kept, and still served" \
    "withdrawn    maven:g:b: upstream lists 1 version no more (1)"
is g/a/2/a-2.jar 200 && is g/b/1/b-1.pom 200 || fail "not served"
expect 0 near verify

say "more of its files are asked for: it is as withdrawn as before"
conf 'sources = true;'
near sync >out 2>err || true
expect 0 near --json show g:a@2
has out gone_at

say "hidden"
conf 'withdrawn = "hide";'
near sync >out 2>err || true
has out "2 withdrawn upstream"
wait_for 10 is g/b/maven-metadata.xml 404
hidden() { code g/a/maven-metadata.xml >/dev/null && ! grep -q ">2<" body; }
wait_for 10 hidden # commits may be apart
has body ">1<"
for file in g/a/2/a-2.jar g/b/1/b-1.pom g/c/0.9/c-0.9.pom; do is $file 200 || fail $file; done
expect 0 near status
has out "not shown to clients"

say "over the gap, and back"
mkdir disc
expect 0 near export --to disc
expect 0 near key export near.pub
expect 0 "$FERRY" --store far init --name far
expect 0 "$FERRY" --store far trust add near.pub --name near
expect 0 "$FERRY" --store far import disc
mv away/2 up/g/a/
mv away/b up/g/
mkmaven up <<<'metadata()'
expect 0 near sync
hasnt out withdrawn
wait_for 10 is g/b/maven-metadata.xml 200
expect 0 near --json show g:a@2
hasnt out gone_at
