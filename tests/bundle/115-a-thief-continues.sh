#!/bin/bash
# Whoever has an origin's key and its last bundle can write what comes next.  When
# the true origin's next bundle arrives, that shows as another history (26), not as
# an older bundle (25) that may be thrown away.
. "$(dirname "$0")/lib.sh"
pair
fill near 0 2
near export --to medium >/dev/null
far import medium --no-receipt >/dev/null

say "the thief has a copy of the store, and writes more than the origin since"
cp -r near thief
store thief status --json >status
[ "$(jq -r .id status)" = "$(near status --json | jq -r .id)" ] || fail "not a copy"
fill thief 100 3
mkdir theft
store thief export --to theft >/dev/null
expect 0 far import theft --no-receipt
fill near 200 1
mkdir true
near export --to true >/dev/null
expect 26 far import true --no-receipt
has err "was not written by near" "key may be in other hands" "ferry trust revoke"

say "an older bundle of the right history stays an older one"
expect 25 far import medium --no-receipt
store other init --name other >/dev/null
store other trust add near.pem >/dev/null
fill near 300 1
mkdir newer newest
near export --to newer >/dev/null
fill near 400 1
near export --to newest >/dev/null
expect 0 store other import newest --no-receipt
for m in medium true newer; do expect 25 store other import $m --no-receipt; done
expect 26 store other import theft --no-receipt

say "bundles end by themselves, and a site knows how old its origin's word is"
python3 - newest/*.tar <<'END'
import json, sys, tarfile
from datetime import datetime
head = json.load(tarfile.open(sys.argv[1]).extractfile("head.json"))
t = lambda name: datetime.fromisoformat(head[name].replace("Z", "+00:00"))
assert (t("expires_at") - t("created_at")).days == 90, head["expires_at"]
END
printf 'store = "%s"; export = { expires = "never"; };\n' "$T/near" >near.conf
fill near 500 1
mkdir never
"$FERRY" --config near.conf export --to never >/dev/null
tar -xOf never/*.tar head.json | jq -e '.expires_at == null' >/dev/null || fail "it expires"
printf 'store = "%s"; export = { expires = "soon"; };\n' "$T/near" >near.conf
expect 3 "$FERRY" --config near.conf export --to never
has err "near.conf:1" "soon"
expect 0 store other status
has out "origin       near, up to record " "(0 d ago)"
store other --json status | jq -e '.origins[0].record.written > 0' >/dev/null || fail "no time of the origin"
