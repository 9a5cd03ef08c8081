#!/bin/bash
# What may not come for its licence, or has no signature where there must be one, is
# refused with a word: to the client, in the audit log, in ferry status.
# ctest: COST 10
. "$(dirname "$0")/lib.sh"
command -v npm >/dev/null || skip "npm is not on this machine"

start_faulty tree
python3 "$TOP/tests/tools/mkregistry.py" "$T/tree" "$BASE" --packages 9 \
    --versions 1 --size 2000
# licence N JSON: what package N states.
licence() {
	python3 - "tree/pkg-0000$1/packument.json" "$2" <<-'END'
		import json, sys
		path, licence = sys.argv[1:]
		d = json.load(open(path))
		v = d["versions"]["1.0.0"]
		v.pop("license")
		v.update(json.loads(licence))
		json.dump(d, open(path, "w"))
	END
}
licence 2 '{"license": "GPL-3.0-only"}'
licence 3 '{"license": "(MIT OR GPL-3.0-only)"}'
licence 4 '{"licenses": [{"type": "ISC"}, {"type": "Apache-2.0"}]}'
licence 5 '{}'
licence 6 '{"license": {"type": "mit", "url": "x"}}'
PULL_SERVE='audit_log = "'$T'/audit.log";'
pull_conf "$BASE/" 'signatures = "off"; licences = [ "MIT", "Apache-2.0" ]; licences_deny = [ "ISC" ];'
expect 0 near init --name near
start_puller
start_ferryd near --config "$T/near.conf"

say "allowed, refused with the reason"
tgz() { get "$2" "/npm/pkg-0000$1/-/pkg-0000$1-1.0.0.tgz"; }
tgz 1 200
tgz 2 403
has body "may bring no version with its licence, GPL-3.0-only"
tgz 3 200
tgz 4 200
tgz 5 403
has body "its licence, which it does not state"
tgz 6 200
asked 0 'pkg-0000[25]-1.0.0.tgz'

say "npm says so, too"
mkdir project
(
	cd project
	printf '{"name":"p","version":"1.0.0","dependencies":{"pkg-00002":"*"}}\n' >package.json
	isolated_npm install --registry "$URL/npm/" >"$T/npm.out" 2>&1
) && fail "npm installed it"
has npm.out "403"

say "the audit log and ferry status have it"
grep 'pkg-00002-1.0.0.tgz' audit.log | grep '"verdict":"not-pulled"' >refused ||
	fail "$(cat audit.log)"
has refused '"reason":"' GPL-3.0-only '"owner":"up"'
stop "$PULLER"
near status >status.out || true
has status.out "refused      npm:pkg-00002@1.0.0: " "GPL-3.0-only" "npm:pkg-00005@1.0.0: "

say "a sync is refused it as well"
sed 's/pull = true;/pull = true; packages = [ "pkg-00002", "pkg-00007" ];/' near.conf >sync.conf
expect 4 "$FERRY" --config sync.conf sync
has out "GPL-3.0-only"
expect 0 near show pkg-00007@1.0.0

say "only signed"
pull_conf "$BASE/" 'signatures = "required";'
start_puller
tgz 8 403
has body "signature"

say "an upstream that tells no licences cannot have the option"
printf 'store = "near"; upstreams = ( { name = "m"; format = "maven"; url = "%s"; licences = [ "MIT" ]; } );' "$BASE" >bad.conf
expect 3 "$FERRY" --config bad.conf config check
cat out err >told
has told "does not tell its licence"
