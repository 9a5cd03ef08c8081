#!/bin/bash
# A build of several repositories: what one lacks is asked of its fallback, with
# what that needs in either; each name from where it is, protected names from
# nowhere else; what nobody has is one failure.
. "$(dirname "$0")/lib.sh"

mkmaven "$T/house" <<'END'
artifact("org.in:app:1", needs=["org.in:lib:1", "com.out:a:1", "com.out:ranged:[1,2)"], parent="com.out:parent:1")
artifact("org.in:lib:1", needs=["com.out:b:1", "no:where:1"])
artifact("com.out:shadow:1", files={"jar": b"house"}); artifact("com.out:a:1-house")
snapshot("com.out:snap:1.0-SNAPSHOT", ["20240503.120000-3"])
metadata()
END
mkmaven "$T/world" <<'END'
artifact("com.out:parent:1", packaging="pom", imports=["com.out:bom:1"]); artifact("com.out:bom:1", packaging="pom")
artifact("com.out:a:1", needs=["com.out:b:2", "com.out:c:1"]); artifact("com.out:b:1"); artifact("com.out:b:2")
artifact("com.out:c:1"); artifact("com.out:ranged:1.0"); artifact("com.out:ranged:1.5", needs=["com.out:deep:1"]); artifact("com.out:ranged:2.0")
artifact("com.out:deep:1"); artifact("com.out:shadow:1", files={"jar": b"world"}); artifact("com.out:user:1", needs=["com.out:shadow:1"])
artifact("org.in:lib:1", files={"jar": b"not the house's"})
snapshot("com.out:snap:1.0-SNAPSHOT", ["20240502.120000-2"], files={"tests.jar": None})
metadata()
END
start_faulty house
house=$BASE
rm -f "$T/port"
start_faulty world
world=$BASE
cd "$T"
conf() { # MEMBERS-OF-HOUSE MEMBERS-OF-WORLD
	cat >near.conf <<-END
		store = "near";
		upstreams = ( { name = "house"; format = "maven"; url = "$house"; fallback = "world"; $1 },
		    { name = "world"; format = "maven"; url = "$world"; $2 } );
	END
}
expect 0 "$FERRY" init --store near --name near

say "each from where it is, nearest wins across both, one failure for what nobody has"
conf 'packages = [ "org.in:app:1" ];' ''
expect 4 near sync
has out "maven:no:where" ", 1 failed"
near --json list --versions | jq -r 'select(.versions | length > 0) | "\(.owner) \(.name) \(.versions | join(","))"' | LC_ALL=C sort >got
cat >want <<'END'
house org.in:app 1
house org.in:lib 1
world com.out:a 1
world com.out:b 1,2
world com.out:bom 1
world com.out:c 1
world com.out:deep 1
world com.out:parent 1
world com.out:ranged 1.5
END
diff want got || fail "not from where they are"
held near >files
for file in a-1.jar b-1.jar c-1.jar deep-1.jar ranged-1.5.jar lib-1.jar; do has files "$file"; done
! grep -qx 'b-2.jar\|ranged-1.0.jar' files || fail "$(cat files)"

say "again: nothing new"
expect 4 near --json sync
has out '"added":0'

say "clients that know the names alone get all of it, over the gap"
rm -rf near
expect 0 "$FERRY" init --store near --name near
conf 'packages = [ "org.in:app:1", "com.out:a:1-house", "com.out:shadow:1", "com.out:snap:1.0-SNAPSHOT" ];' \
    'packages = [ "com.out:shadow:1", "com.out:snap:1.0-20240502.120000-2:jar:tests", "com.out:snap:1.0-20240502.120000-2" ];'
expect 4 near sync
over_the_gap
start_ferryd far
get() { # STATUS PATH: into $T/out
	local got
	got=$(curl -s -o out -w '%{http_code}' "$URL/maven/$2")
	[ "$got" = "$1" ] || fail "$got instead of $1 for $2: $(cat out)"
}
for path in org/in/app/1/app-1.jar org/in/lib/1/lib-1.jar com/out/a/1/a-1.jar com/out/a/1-house/a-1-house.jar com/out/parent/1/parent-1.pom \
    com/out/snap/1.0-SNAPSHOT/snap-1.0-20240502.120000-2-tests.jar com/out/snap/1.0-SNAPSHOT/snap-1.0-20240503.120000-3.jar; do
	get 200 $path
done
get 404 com/out/a/1-house/a-1-house-sources.jar
get 404 com/out/a/9/a-9.jar
get 200 com/out/shadow/1/shadow-1.jar
[ "$(cat out)" = house ] || fail "the first of them counts: $(cat out)"
get 200 com/out/a/maven-metadata.xml
tr -d ' \n' <out >flat
has flat "<versions><version>1</version><version>1-house</version></versions>"
get 200 com/out/snap/1.0-SNAPSHOT/maven-metadata.xml
tr -d ' \n' <out >flat
has flat "<timestamp>20240503.120000</timestamp>" "<value>1.0-20240503.120000-3</value>" \
    "<classifier>tests</classifier><extension>jar</extension><value>1.0-20240502.120000-2</value>"
get 200 world/com/out/a/maven-metadata.xml
hasnt out 1-house
get 404 house/com/out/a/1/a-1.jar

say "upstreams whose names end alike, in a circle"
sed -i 's/"world"/"use"/g; s|{ name = "use";|{ name = "use"; fallback = "house";|' near.conf
rm -rf near
expect 0 "$FERRY" init --store near --name near
expect 4 near sync
start_ferryd near --config near.conf
for path in com/out/a/1/a-1.jar com/out/a/1-house/a-1-house.jar com/out/c/1/c-1.jar; do get 200 $path; done

say "protected names come from their own upstream alone"
conf 'packages = [ "com.out:shadow:1" ];' 'protect = [ "com.out:*" ];'
expect 8 near sync
has out "maven:com.out:shadow"
near --json list com.out:shadow >out
hasnt out house

say "a fallback that is none is a mistake"
sed -i 's/fallback = "world"/fallback = "mars"/' near.conf
expect 3 near sync
