#!/bin/bash
# A disk that fills up during sync: one clear error, nothing wrong, and the
# next sync completes once there is room.
. "$(dirname "$0")/../lib.sh"
cd "$T"
mkdir small
mount -t tmpfs -o size=12m none small 2>/dev/null || skip "no tmpfs can be mounted here"
trap 'umount "$T/small" 2>/dev/null || :; finish' EXIT
start_faulty tree
base=$BASE
python3 "$TOP/tests/tools/mkregistry.py" tree "$base" --packages 40 --versions 1 --size 400000
near_conf "$base" "select = ( $(cd tree && for p in pkg-* @load/*; do
	printf '%s{ name = "%s"; }' "${comma:-}" "$p" && comma=,
done) );"
expect 0 near --store small/near init --name near

say "sync fails with one error that says why"
expect 7 near --store small/near sync
has err "No space left on device"

say "with room, the store is sound and the sync completes"
mount -o remount,size=60m small
expect 0 near --store small/near verify
expect 0 near --store small/near sync
expect 0 near --store small/near verify
expect 0 near --store small/near list
[ "$(grep -c '1 version' out)" = 40 ] || fail "not everything is here"
