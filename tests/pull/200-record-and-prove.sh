#!/bin/bash
# A build is recorded, and the recording is what a sync of an empty store wants;
# a bundle is proven to build, and one that lacks a file is not.
# ctest: COST 40
. "$(dirname "$0")/lib.sh"
command -v npm >/dev/null || skip "npm is not on this machine"

start_faulty tree
python3 "$TOP/tests/tools/mkregistry.py" "$T/tree" "$BASE" --packages 12 \
    --versions 3 --size 20000
pull_conf "$BASE/" 'signatures = "off"; max_age = 3600;'
expect 0 near init --name near
mkdir -p app
printf '{"name":"p","version":"1.0.0","dependencies":{"pkg-00001":"^1","pkg-00002":"1.0.0"}}\n' >app/package.json

say "a build is recorded"
cd app
expect 0 near record --name app -- npm install --no-audit --no-fund
cd ..
has out "recorded 'app'"
[ -d app/node_modules/pkg-00001 ] || fail "nothing was installed"
[ ! -e near/pull.sock ] || fail "the puller goes on"
near record --list >list
has list "app"
near record --show app >app.json
installed=$(cd app && node -e '
const lock = require("./package-lock.json").packages;
for (const p in lock) if (p) console.log(p.replace(/.*node_modules\//, "") + "@" + lock[p].version)' | sort -u)
recorded=$(jq -r '.wants[] | "\(.package)@\(.version)"' app.json | sort -u)
[ "$installed" = "$recorded" ] || fail "installed $installed, recorded $recorded"
[ "$(jq -r '.wants[].upstream' app.json | sort -u)" = up ] || fail "$(cat app.json)"
expect 0 near verify

say "the command reached nothing else, if the machine lets us see to that"
closed=$(near --json record --name other -- true | jq .closed)
if [ "$closed" = true ]; then
	expect 0 near record --name other -- bash -c "! curl -sf --noproxy '*' --max-time 5 $BASE/"
else
	echo "SKIP: no network namespaces"
fi

say "one that fails records nothing; names are checked"
expect 1 near record --name failed -- bash -c 'exit 3'
has err "ended with status 3"
expect 1 near record --show failed
expect 2 near record --name ../x -- true
expect 2 near record

say "added to, removed"
expect 0 near record --name app --add -- bash -c 'curl -sf -o /dev/null $FERRY_URL/npm/pkg-00003/-/pkg-00003-1.0.0.tgz'
[ "$(near record --show app | jq '[.wants[].package] | index("pkg-00003") != null')" = true ] || fail "not added"
[ "$(near record --show app | jq '.wants | length')" -gt "$(jq '.wants | length' app.json)" ] || fail "replaced"
expect 0 near record --remove other
expect 1 near record --remove other

say "a bundle is proven to build"
mkdir disc
expect 0 near export --to disc
rm -rf app/node_modules
before=$(wc -l <log)
cd app
expect 0 near prove --bundle "$T/disc" -- npm ci --no-audit --no-fund
cd ..
has out "proven: "
[ "$(wc -l <log)" = "$before" ] || fail "the registry was asked"
rm -rf app/node_modules
cd app
expect 0 near prove -- npm ci --no-audit --no-fund
cd ..

say "the summary of an export says that it was proven"
mkdir proven
expect 0 near export --to proven
has out "proven 20" "'npm ci --no-audit --no-fund' found all that it asked for"
near --json export --to proven --dry-run | jq -e '.proven.command[0] == "npm"' >/dev/null ||
	fail "not in --json"

say "what a bundle lacks is said"
expect 0 near remove npm:pkg-00002@1.0.0
rm -rf disc app/node_modules
mkdir disc
expect 0 near export --to disc
cd app
expect 1 near prove --bundle "$T/disc" -- npm ci --no-audit --no-fund
cd ..
has out "not proven" "not there: npm:pkg-00002@1.0.0"
cd app
expect 1 near prove -- npm ci --no-audit --no-fund
cd ..
has out "not proven" "not there: npm:pkg-00002@1.0.0"
expect 0 near restore npm:pkg-00002@1.0.0

say "a sync of what is recorded, into a store that was lost"
near record --show app >recording.json
expect 0 "$FERRY" --config near.conf --store again init --name again
expect 0 "$FERRY" --config near.conf --store again record --name app --load recording.json
expect 0 "$FERRY" --config near.conf --store again sync
[ "$("$FERRY" --store again --json list --versions | jq -r '.name as $n | .versions[] | "\($n)@\(.)"' | sort)" = \
    "$(jq -r '.wants[] | "\(.package)@\(.version)"' recording.json | sort)" ] || fail "$(cat out)"
echo '{"wants":[{}]}' >recording.json
expect 1 "$FERRY" --store again record --load recording.json
has err "is not what 'ferry record --show' prints"

say "a store whose path is relative, and a puller that serves two"
mkdir -p rel/tmp
cd rel
sed 's/store = .*;/store = "st";/' ../near.conf >rel.conf
expect 0 "$FERRY" --config rel.conf init --name rel
export TMPDIR=tmp
"$FERRY" --config rel.conf record --name one -- bash -c 'curl -sf -o /dev/null $FERRY_URL/npm/pkg-00001/-/pkg-00001-1.0.0.tgz' >one.out 2>&1 &
ONE=$!
"$FERRY" --config rel.conf record --name two -- bash -c 'curl -sf -o /dev/null $FERRY_URL/npm/pkg-00002/-/pkg-00002-1.0.0.tgz' >two.out 2>&1 || echo "status $?" >>two.out
wait "$ONE" || echo "status $?" >>one.out
for n in one two; do
	# One whose puller was the other's says that it has not all.
	grep -q "recorded '$n': 1 versions" $n.out || has $n.out "nothing was recorded"
done
[ -z "$(ls tmp)" ] || fail "left: $(ls tmp)"

say "told to end, it ends all"
"$FERRY" --config rel.conf record --name three -- sleep 300 >three.out 2>&1 &
THREE=$!
wait_for 10 pgrep -P "$THREE" sleep
kill "$THREE"
code=0
wait "$THREE" || code=$?
[ "$code" = 9 ] || fail "status $code: $(cat three.out)"
[ -z "$(ls tmp)" ] || fail "left: $(ls tmp)"

say "killed, its folder goes with the next one; one that is held stays"
"$FERRY" --config rel.conf record --name three -- sleep 300 >three.out 2>&1 &
THREE=$!
wait_for 10 pgrep -P "$THREE" sleep
"$FERRY" --config rel.conf record --name four -- sleep 300 >four.out 2>&1 &
FOUR=$!
wait_for 10 pgrep -P "$FOUR" sleep
kill -KILL "$THREE"
wait "$THREE" || true
[ "$(find tmp -maxdepth 1 -name 'ferry-box-*' | wc -l)" -ge 2 ] || fail "$(ls tmp)"
find tmp -maxdepth 1 -name 'ferry-box-*' -exec touch -d '1 hour ago' {} +
sleep 0.5
expect 0 "$FERRY" --config rel.conf record --name five -- true
held=$(find tmp -maxdepth 1 -name 'ferry-box-*' | wc -l)
kill "$FOUR"
wait "$FOUR" || true
[ "$held" -ge 1 ] || fail "what is in use was removed"
[ -z "$(ls tmp)" ] || fail "left: $(ls tmp)"
