#!/bin/bash
# A folder that others can write in: nothing is written through what they left
# there, and what they point at is not read.
. "$(dirname "$0")/lib.sh"
pair
fill near 0 1
echo precious >victim
untouched() { [ "$(cat victim)" = precious ] || fail "the victim was written to"; }

say "keys and port files are not written through links"
ln -s "$T/victim" link
expect 7 near key export link
has err "link is not a file"
untouched
"$FERRYD" --store near --listen 127.0.0.1:0 --port-file "$T/link" >ferryd.out 2>&1 && fail "ferryd started"
grep -q "is not a file" ferryd.out || fail "$(cat ferryd.out)"
untouched
ln victim hard
expect 0 near key export hard
untouched

say "an export replaces what has the name of its volumes"
base=$(near export --to medium --dry-run --json | jq -r .base)
ln victim "medium/$base-001.tar.part"
expect 0 near export --to medium
untouched
rm medium/*
ln -s "$T/victim" "medium/$base-001.tar.part"
expect 0 near export --to medium
untouched

say "an import reads no links of a medium"
mv medium/*.tar elsewhere.tar
ln -s "$T/elsewhere.tar" "medium/$base-001.tar"
expect 1 far import medium --no-receipt
has err "a link"
expect 0 far import "medium/$base-001.tar" --no-receipt
