#!/bin/bash
# npm installs what the store does not hold; again with the upstream and the
# puller gone.  What is known is shown, what is held is carried.
# ctest: COST 10
. "$(dirname "$0")/lib.sh"
command -v npm >/dev/null || skip "npm is not on this machine"

start_faulty tree
python3 "$TOP/tests/tools/mkregistry.py" "$T/tree" "$BASE" --packages 12 \
    --versions 3 --size 20000
pull_conf "$BASE/" 'signatures = "off"; max_age = 3600;'
expect 0 near init --name near
start_puller
start_ferryd near --config "$T/near.conf"

scoped=$(cd tree && ls -d @*/*)
install() {
	mkdir -p "$T/project"
	cd "$T/project"
	printf '{"name":"p","version":"1.0.0","dependencies":{%s}}\n' \
	    "\"pkg-00001\":\"^1\",\"pkg-00002\":\"1.0.0\",\"$scoped\":\"*\"" >package.json
	isolated_npm install --registry "$URL/npm/" >"$T/npm.out" 2>&1 || {
		cat "$T/npm.out" >&2
		fail "npm install"
	}
	cd "$T"
	[ -f project/node_modules/pkg-00001/index.js ] || fail "nothing was installed"
}
say "a cold store: each document and each tarball is asked for once"
install
asked 3 '^GET /[^-]*pkg-0000[0-9] 200 '
asked 3 '\.tgz 200'

say "known versions are shown; nothing but what was asked for is held"
get 200 /npm/pkg-00002
python3 -c '
import json, sys
d = json.load(open("body"))
assert len(d["versions"]) == 3, d["versions"].keys()'
expect 1 near show pkg-00002@1.1.0
expect 0 near show pkg-00002@1.0.0
expect 0 near verify

say "again, with an empty cache and a lock file: nothing reaches the upstream"
: >log
rm -rf project/node_modules npm-cache
install
asked 0 .

say "again, with the upstream and the puller gone"
stop "$PULLER"
rm -rf project npm-cache
install

say "a site that imports sees what is held, and only that"
mkdir disc
expect 0 near export --to "$T/disc"
expect 0 near key export near.pub
expect 0 "$FERRY" --store far init --name far
expect 0 "$FERRY" --store far trust add near.pub --name near
expect 0 "$FERRY" --store far import "$T/disc"
start_ferryd far
get 200 /npm/pkg-00002
python3 -c '
import json
d = json.load(open("body"))
assert list(d["versions"]) == ["1.0.0"], d["versions"].keys()
assert d["dist-tags"]["latest"] == "1.0.0"'
get 404 /npm/pkg-00005
