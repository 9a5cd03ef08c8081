#!/bin/bash
# Each refusal has its own status and says what to do; nothing changes.
. "$(dirname "$0")/lib.sh"
pair
fill near 0 4
mkdir a b c

say "unknown key: 21"
store stranger init --name stranger >/dev/null
near export --to a >/dev/null
expect 21 store stranger import a
has err "is not trusted here" "ferry trust add"
expect 21 store stranger --json import a
has out '"code":"signature"'
invisible stranger

say "too few signatures: 21; with a second key: fine"
expect 2 far trust require 2
has err "only 1 trusted key could sign bundles here"
near key new >/dev/null
near key export both.pem
far trust add both.pem --name near >/dev/null
far trust require 2
expect 21 far import a
has err "it has 1 trusted signature, but 2 are required"
expect 0 far trust list
has out "a bundle needs 2 trusted signatures"
rm a/*
near export --to a >/dev/null
expect 0 far import a --no-receipt
[ -z "$(ls a/*.txt 2>/dev/null)" ] || fail "a receipt was written"
far trust require 1

say "revoked key: 22; a second, trusted one makes up for it"
first=$(openssl pkey -pubin -in near.pem -outform DER | tail -c 32 | sha256sum | cut -c1-32)
store site2 init --name site2 >/dev/null
store site2 trust add near.pem >/dev/null
expect 0 store site2 trust revoke "$first"
expect 22 store site2 import a
has err "was revoked here"
expect 0 store site2 trust brought "$first"
has out "0 versions came by key $first"
expect 22 store site2 trust add near.pem
store site2 trust add both.pem >/dev/null 2>&1 || true
second=$(near key | grep signs | cut -c1-32 | grep -v "$first")
near key retire "$first"
expect 0 near key
has out "retired"
expect 2 near key retire "$second"
near key export second.pem
store site2 trust add second.pem >/dev/null
expect 0 store site2 import a --no-receipt

say "a key for receipts signs no bundles: 21"
store site3 init --name site3 >/dev/null
store site3 trust add both.pem --only receipts >/dev/null
expect 21 store site3 import a
has err "trusted for something else"

say "another site's: 23; a store's own: 23"
id=$(store site3 --json status | python3 -c 'import json,sys; print(json.load(sys.stdin)["id"])')
near export --to b --for site3 --site-id "$id" >/dev/null
expect 23 far import b
has err "is for site 'site3'" "--for far"
near trust add second.pem >/dev/null
expect 23 near import a
has err "by this very store"

say "a gap: 24, naming it"
store site4 init --name site4 >/dev/null
store site4 trust add second.pem >/dev/null
fill near 10 1
near export --to c --since 12 >/dev/null
expect 24 store site4 import c
has err "records 1 to 12 of near are missing here"
invisible site4

say "a replay: 25"
expect 0 far import c --no-receipt
expect 25 far import a
has err "ends at record 12 of near, this site is at 15 already"
mkdir ac
cp a/*.tar c/*.tar ac
expect 0 far import ac --no-receipt
has err "not imported: this bundle ends at record 12"

say "a fork: 26, found with an incremental and with a full bundle"
# As if near had been restored from a backup and gone another way.
cp -r near near.backup
fill near 20 1
mkdir d e f
near export --to d --since 15 >/dev/null
expect 0 far import d
expect 0 near receipt add d/ferry-receipt-far-near.txt
rm -rf near
mv near.backup near
fill near 30 2
near export --to e --since 15 >/dev/null
expect 26 far import e
has err "does not show that it goes on from record 18 of near" "nothing was changed"
near export --to f >/dev/null
expect 26 far import f
expect 26 near receipt add d/ferry-receipt-far-near.txt
has err "of another history"
near export --to f --since 18 >/dev/null
expect 26 far import f/ferry-near-000019-*.tar
invisible far 18

say "expired: 27"
mkdir g
near export --to g --expires 2h >/dev/null
expect 27 env FERRY_NOW=$(($(date +%s) + 7201)) "$FERRY" --store site4 import g
has err "this bundle expired at"
expect 0 store site4 import g --no-receipt
expect 0 env FERRY_NOW=$(($(date +%s) + 7201)) "$FERRY" --store site4 import g --no-receipt

say "nothing there: 1; no such folder: 7; no arguments: 2"
mkdir empty
expect 1 far import empty
has err "there is no bundle"
expect 7 far import nowhere
expect 2 far import
expect 7 near export --to nowhere

say "what came by a key is listed for the day it is revoked"
store list init --name list >/dev/null
store list trust add both.pem >/dev/null
mkdir -p all
near export --to all >/dev/null
expect 0 store list import all --no-receipt
expect 0 store list trust brought "$second"
has out "records 1 to " " versions came by key $second and are served here"
[ "$(grep -c '^  npm ' out)" -ge 1 ] || fail "no version is listed: $(cat out)"
store list --json trust brought "$second" | tail -n 1 | jq -e '.versions > 0' >/dev/null || fail "none in JSON"
expect 2 store list trust brought nonsense
