#!/bin/bash
# Everything goes over, then only what is new; receipts come back.
. "$(dirname "$0")/lib.sh"
pair
fill near 0 10

say "a dry run counts and writes nothing"
expect 0 near export --to medium --dry-run
has out "would export records 1 to 30 for any site: 30 records that stand, 30 blobs"
[ -z "$(ls medium)" ]

say "everything, for any site"
expect 0 near export --to medium
has out "exported records 1 to 30 for any site"
expect 0 far import medium
has out "imported records 1 to 30 of near: 30 records, 30 new blobs" \
    "receipt: medium/ferry-receipt-far-near.txt"
agree
expect 0 far status
has out "records 1 to 30 of near"
expect 0 near status
has out "records 1 to 30 for any site, 1 volume"

say "the same once more: success, and nothing changes"
expect 0 far import medium
has out "imported already"
expect 0 near export --to medium
has out "is in medium already"

say "the receipt makes the next bundle small"
expect 0 near receipt add medium/ferry-receipt-far-near.txt
has out "was at record 30"
expect 0 near export --to medium --for far
has out "nothing to export: far everything up to record 30"
fill near 10 1
mkdir second
expect 0 near export --to second --for far
has out "exported records 31 to 33 for far: 3 records that stand, 3 blobs"
expect 0 far import second
has out "imported records 31 to 33 of near: 3 records, 3 new blobs"
agree

say "removals travel, and cost next to nothing"
expect 0 near remove fill-00003
expect 0 near receipt add second/ferry-receipt-far-near.txt
mkdir third
expect 0 near --json export --to third --for far
has out '"outcome":"written"' '"code":"ok"' '"blobs":0'
expect 0 far --json import third
has out '"code":"ok"' '"outcome":"imported"' '"blobs":0'
agree
expect 0 far list
has out "0 versions"

say "--since, --one-way and --site-id"
mkdir since one new
expect 0 near export --to since --since 33
has out "exported records 34 to"
expect 2 near export --to since --since 99999
expect 2 near export --to since --since 1 --one-way
expect 1 near export --to new --for nobody
has err "no site 'nobody' is known here"
store other init --name other >/dev/null
id=$(store other --json status | python3 -c 'import json,sys; print(json.load(sys.stdin)["id"])')
expect 0 near export --to new --for other --site-id "$id"
has out "exported records 1 to"
store other trust add near.pem >/dev/null
expect 0 store other import new
agree other
fill near 20 1
expect 0 near export --to one --for other --one-way
has err "assuming that the bundle up to record"
expect 0 store other import one
agree other
expect 0 near export --to one --for other --one-way
has out "nothing to export: assuming that everything up to record"

say "a site without any import introduces itself"
store fresh init --name fresh >/dev/null
store fresh receipt >fresh.txt
expect 21 near receipt add fresh.txt
store fresh key export fresh.pem
near trust add fresh.pem --name fresh --only receipts >/dev/null
expect 0 near receipt add fresh.txt
mkdir fresh.d
expect 0 near export --to fresh.d --for fresh
has out "exported records 1 to"

say "a site exports to further sites"
far export --to . --for sub --site-id "$(printf '7%.0s' {1..32})" >/dev/null
[ -e "$(only ferry-far-sub-*-001.tar)" ]
