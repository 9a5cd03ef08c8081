#!/bin/bash
# A version that came out lately is neither shown nor pulled until it is old
# enough; the newest older one takes its place.
# ctest: COST 10
. "$(dirname "$0")/lib.sh"

start_faulty tree
python3 "$TOP/tests/tools/mkregistry.py" "$T/tree" "$BASE" --packages 2 --versions 4 --size 1000
# ages NAME AGE…: the versions of a package, from the lowest, came out so many
# seconds ago.
ages() {
	local name=$1
	shift
	python3 - "$T/tree/$name" "$@" <<-'END'
		import json, os, sys, time
		path = os.path.join(sys.argv[1], "packument.json")
		doc = json.load(open(path))
		for v, age in zip(sorted(doc["versions"]), sys.argv[2:]):
		    doc["time"][v] = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(time.time() - float(age)))
		json.dump(doc, open(path, "w"))
	END
}
ages pkg-00001 900000 900000 900000 60
pull_conf "$BASE/" 'signatures = "off"; max_age = 1; min_age = "1d";'
expect 0 near init --name near
start_puller
start_ferryd near --config "$T/near.conf"

say "the newest is not shown; what is older is"
get 200 /npm/pkg-00001
latest=$(jq -r '."dist-tags".latest' tree/pkg-00001/packument.json)
[ "$(jq --arg v "$latest" '.versions | has($v)' "$T/body")" = false ] || fail "$latest is shown"
[ "$(jq '.versions | length' "$T/body")" = 3 ] || fail "$(cat "$T/body")"
shown=$(jq -r '."dist-tags".latest' "$T/body")
[ "$shown" = 1.2.0 ] || fail "latest is $shown"

say "nor pulled, and the client is told why"
get 403 "/npm/pkg-00001/-/pkg-00001-$latest.tgz"
has "$T/body" "min_age"
asked 0 "pkg-00001-$latest"
get 200 "/npm/pkg-00001/-/pkg-00001-$shown.tgz"

say "it is, once it is old enough"
ages pkg-00001 900000 900000 900000 90000
sleep 1.1
get 200 /npm/pkg-00001
wait_for 10 bash -c "curl -sf $URL/npm/pkg-00001 | jq -e --arg v $latest '.versions | has(\$v)'"
get 200 "/npm/pkg-00001/-/pkg-00001-$latest.tgz"

say "a wrong age is a mistake of the configuration"
sed 's/min_age = "1d"/min_age = "soon"/' "$T/near.conf" >"$T/wrong.conf"
expect 3 "$FERRY" --config "$T/wrong.conf" config check
cat "$T/out" "$T/err" >said
has said "min_age"

say "where nobody tells when a version came out, it was when it was first seen"
stop "$PULLER"
stop "$LASTPID"
python3 "$TOP/tests/tools/mkmaven.py" "$T/tree" <<'END'
artifact("org.ex:lib:1.0", files={"jar": b"x"})
metadata()
END
cat >"$T/near.conf" <<END
store = "near";
upstreams = ( { name = "m"; format = "maven"; url = "$BASE"; pull = true; max_age = 1; min_age = "1d"; } );
END
start_puller
start_ferryd near --config "$T/near.conf"
get 200 /maven/org/ex/lib/maven-metadata.xml
has "$T/body" "<version>1.0</version>"
python3 "$TOP/tests/tools/mkmaven.py" "$T/tree" <<'END'
artifact("org.ex:lib:1.1", files={"jar": b"y"})
snapshot("org.ex:lib:2.0-SNAPSHOT", builds=["20240601.120000-1"])
metadata()
END
sleep 1.1
get 200 /maven/org/ex/lib/maven-metadata.xml
sleep 1.1
get 200 /maven/org/ex/lib/maven-metadata.xml
hasnt "$T/body" "<version>1.1</version>"
hasnt "$T/body" "2.0-SNAPSHOT"
get 403 /maven/org/ex/lib/1.1/lib-1.1.jar
has "$T/body" "min_age"
get 200 /maven/org/ex/lib/1.0/lib-1.0.jar

say "a sync that comes between does not make it old"
stop "$PULLER"
sed 's/pull = true;/pull = true; packages = [ "org.ex:lib:1.0" ];/' "$T/near.conf" >"$T/sync.conf"
expect 0 "$FERRY" --config "$T/sync.conf" sync
start_puller
sleep 1.1
get 200 /maven/org/ex/lib/maven-metadata.xml
hasnt "$T/body" "<version>1.1</version>"
get 403 /maven/org/ex/lib/1.1/lib-1.1.jar
