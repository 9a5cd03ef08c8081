#!/bin/bash
# What rots at a site is asked for by the receipt and comes with the next
# bundle; what rots at the origin does not leave it.
. "$(dirname "$0")/lib.sh"
pair
fill near 0 5 90000
near export --to medium >/dev/null
far import medium >/dev/null
blob=$(find far/blobs -type f | sort | head -1)
flip "$blob" 1000
hex=$(basename "$(dirname "$blob")")$(basename "$blob")
expect 5 far verify
expect 0 far receipt
has out "\"wanted\":[\"$hex\"]"
expect 0 far receipt --to .
expect 0 near receipt add ferry-receipt-far-near.txt
has out "wants 1 lost blob"

say "nothing new but what is wanted"
mkdir wanted
expect 0 near export --to wanted --for far
has out "0 records that stand, 1 blob"
expect 0 far import wanted
has out "imported already; 1 lost blob repaired"
expect 0 far verify
expect 0 far status
has out "problems     none"
expect 0 near receipt add wanted/ferry-receipt-far-near.txt
has out "wants 0 lost blobs"

say "the last bundle itself repairs as well"
flip "$blob" 1000
expect 5 far verify
expect 0 far import medium
has out "imported already; 1 lost blob repaired"
expect 0 far verify

say "with new records in the same bundle"
flip "$blob" 1000
expect 5 far verify
far receipt >r.txt
near receipt add r.txt >/dev/null
fill near 10 1
mkdir both
expect 0 near export --to both --for far
has out "3 records that stand, 4 blobs"
expect 0 far import both
agree

rot=$(find near/blobs -type f | sort | tail -1)
say "rot at the origin: nothing leaves"
flip "$rot" 500
mkdir rotten
expect 20 near export --to rotten
has err "is damaged in this store; nothing was exported"
[ -z "$(ls rotten/*.tar 2>/dev/null)" ] || fail "a volume exists"
expect 5 near status
has out "found damaged by an export"
expect 30 near export --to rotten
has err "is lost in this store" "ferry sync"
