#!/bin/bash
# pull_background: what is old is served at once while a slow upstream is asked, and
# what has come is served then; an upstream that is down is said to be.
# ctest: COST 10
. "$(dirname "$0")/lib.sh"

start_faulty tree
python3 "$TOP/tests/tools/mkregistry.py" "$T/tree" "$BASE" --packages 2 \
    --versions 1 --size 2000
PULL_SERVE='pull_background = true; pull_wait = 20;'
pull_conf "$BASE/" 'signatures = "off"; max_age = 1; tries = 1;'
expect 0 near init --name near
start_puller
start_ferryd near --config "$T/near.conf"

get 200 /npm/pkg-00001
sleep 1.2
say "old: at once, although the upstream takes a while"
sed -i 's/"1.0.0":/"9.9.9": {"name": "pkg-00001", "version": "9.9.9", "dist": {"tarball": "x", "shasum": "0000000000000000000000000000000000000000"}}, "1.0.0":/' \
    tree/pkg-00001/packument.json
printf '/pkg-00001 pause=100:3 1\n' >rules
: >log
get 200 /npm/pkg-00001
hasnt body '"9.9.9"'

say "asked for once, and then the newer one is served"
for _ in 1 2 3 4; do get 200 /npm/pkg-00001; done
newer() {
	get 200 /npm/pkg-00001
	grep -q '"9.9.9"' body
}
wait_for 15 newer
asked 1 '^GET /pkg-00001 200'

say "an upstream that is down"
kill "$LASTPID" 2>/dev/null || true
start_ferryd near --config "$T/near.conf"
printf '* status=500 99\npkg status=500 99\n' >rules
sleep 1.2
get 200 /npm/pkg-00001
warned() {
	get 200 /npm/pkg-00001
	grep -q 'Warning: 110' head
}
wait_for 15 warned
