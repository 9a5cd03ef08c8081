#!/bin/bash
# What clients asked for is bounded: what nobody used for longest goes, what a
# sync, a recording or an export holds stays; hits and misses are counted.
# ctest: COST 20
. "$(dirname "$0")/lib.sh"
command -v npm >/dev/null || skip "npm is not on this machine"

start_faulty tree
python3 "$TOP/tests/tools/mkregistry.py" "$T/tree" "$BASE" --packages 30 \
    --versions 1 --size 100000
pull_conf "$BASE/" 'signatures = "off"; max_age = 3600;'
echo 'pull = { cache_size = "420k"; cache_keep = 1; };' >>near.conf
expect 0 near init --name near
start_puller
start_ferryd near --config "$T/near.conf"

# tgz N: the tarball of package N, as a client gets it.
tgz() { get 200 "/npm/pkg-0000$1/-/pkg-0000$1-1.0.0.tgz"; }
held() { near show "pkg-0000$1@1.0.0" >/dev/null 2>&1; }
drops() { grep -c '^.*dropped .* version' puller.log || true; }

say "four fit; of five the one goes that was used least lately"
for n in 1 2 3 4; do
	tgz $n
	sleep 1.1
done
tgz 1 # a hit
sleep 2.2
cp body one.tgz
tgz 5
wait_for 20 grep -q "dropped 2 versions" puller.log
held 2 && fail "2 is still here"
held 3 && fail "3 is still here"
for n in 1 4 5; do held $n || fail "$n went"; done
has puller.log "of 420.0 kB ('cache_size')"
expect 0 near why pkg-00001
has out "pulled for a client, last used"
expect 0 near verify

say "its bytes are gone, too, and it comes again when it is asked for"
expect 0 near gc --dry-run
has out "would free 0 blobs"
: >log
tgz 2
asked 1 '^GET /pkg-00002/-/'
tgz 2
asked 1 '^GET /pkg-00002/-/'

say "npm installs through a cache that is smaller than what it needs"
mkdir project
(
	cd project
	printf '{"name":"p","version":"1.0.0","dependencies":{%s}}\n' \
	    "$(seq -f '"pkg-%05g":"*"' -s, 11 18)" >package.json
	isolated_npm install --registry "$URL/npm/" >"$T/npm.out" 2>&1
) || {
	cat npm.out puller.log >&2
	fail "npm install"
}
sleep 2.5
bytes() { curl -s "$URL/metrics" | sed -n 's/^ferry_pull_cached_bytes //p'; }
small() { [ "$(bytes)" -le 420000 ]; }
wait_for 20 small
expect 0 near verify
rm -rf project/node_modules npm-cache
(cd project && isolated_npm install --registry "$URL/npm/" >"$T/npm.out" 2>&1) ||
	fail "npm install, again"

say "what a sync wants and what was exported stays, and is not counted"
stop "$PULLER"
sed 's/pull = true;/pull = true; packages = [ "pkg-00006" ];/' near.conf >sync.conf
tgz_held() {
	start_puller
	tgz 6
	tgz 7
	stop "$PULLER"
}
tgz_held
expect 0 "$FERRY" --config sync.conf sync
mkdir disc
held 7 || fail "7 is not here"
expect 0 near export --to "$T/disc" --dry-run
has out "would export records 1 to"
has out "came through 'ferry pull' only, because clients asked"
expect 0 near export --to "$T/disc"
has out "came through 'ferry pull' only, because clients asked"
start_puller
for n in 1 2 3 4 5; do tgz $n; done
sleep 2.2
tgz 8
sleep 2.2
for n in 6 7; do held $n || fail "$n went"; done
expect 0 near verify

say "told by status, metrics"
stop "$PULLER"
near status >status.out || true
has status.out "pulled from  up: "
has status.out "cached       "
curl -s "$URL/metrics" >metrics.out
has metrics.out 'ferry_pull_hits_total{upstream="up",format="npm"}'
has metrics.out 'ferry_pull_upstream_bytes{upstream="up"}'
near status --json | python3 -c '
import json, sys
s = json.load(sys.stdin)
t = s["traffic"][0]["record"]
assert t["hits"] >= 2 and t["misses"] >= 8 and t["saved"] >= 50000, t
assert t["bytes"] > 1000000, t
assert s["cached"]["bytes"] <= 420000, s["cached"]'
