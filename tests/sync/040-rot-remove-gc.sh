#!/bin/bash
# Rot is found, named and mended by the next sync; removal can be undone until
# gc takes it; a second writer and a newer store are refused.
. "$(dirname "$0")/../lib.sh"
cd "$T"
start_faulty tree
base=$BASE
python3 "$TOP/tests/tools/mkregistry.py" tree "$base" --packages 3 --versions 3 --size 90000
near_conf "$base" 'select = ( { name = "pkg-00000"; }, { name = "pkg-00001"; } );'
expect 0 near init --name near
expect 0 near sync

say "one flipped bit in a file: verify names blob and version, status keeps it"
victim=$(sha256sum tree/pkg-00000/-/pkg-00000-1.1.0.tgz | cut -d' ' -f1)
python3 - "near/blobs/${victim:0:2}/${victim:2}" <<'EOF'
import sys
with open(sys.argv[1], "r+b") as f:
    f.seek(1000)
    b = f.read(1)
    f.seek(1000)
    f.write(bytes([b[0] ^ 4]))
EOF
expect 5 near verify
has out "bad blob sha256:$victim" "affects npm pkg-00000@1.1.0 of up" "1 problem"
expect 5 near status
has out "lost $victim" "    in " "pkg-00000" "1.1.0"
expect 0 near --json list
say "the next sync fetches it again, and nothing else"
expect 0 near sync
has out "1 version pulled, 5 here already"
expect 0 near verify
expect 0 near status
has out "problems     none"
say "a file that is gone is the same"
rm "near/blobs/${victim:0:2}/${victim:2}"
expect 5 near verify
has out "its bytes are gone"
expect 0 near sync
expect 0 near verify

say "remove stops serving, sync leaves it alone, restore undoes it"
expect 0 near remove pkg-00000@1.0.0 pkg-00001
has out "4 versions removed"
expect 0 near list
has out "2 versions up to 1.2.0" "0 versions"
expect 0 near sync
expect 0 near list
has out "0 versions"
expect 0 near restore pkg-00000@1.0.0
has out "1 version restored"
expect 1 near remove pkg-00000@9.9.9
has err "has no version '9.9.9'"

say "gc waits 30 days, explains, and takes then"
expect 0 near gc
has out "freed 0 versions" "of 3 removed versions that can be restored"
expect 0 near gc --dry-run --grace 0
has out "would free 3 versions removed more than 0 days ago"
expect 2 near gc --grace soon
export FERRY_NOW=$(($(date +%s) + 31 * 86400))
expect 0 near gc --dry-run
has out "would free 3 versions" "would free 3 blobs"
expect 0 near gc
has out "freed 3 versions" "freed 3 blobs"
expect 0 near show pkg-00001
has out "versions     0"
expect 0 near verify
has out ": 0 problems"
expect 0 near gc
has out "freed 0 versions" "freed 0 blobs"
unset FERRY_NOW

say "a second writer is refused, a reader is not"
printf 'pkg-00002-1 slow 9\n' >rules
near_conf "$base" 'select = ( { name = "pkg-00002"; } );'
"$FERRY" --config near.conf sync >/dev/null 2>&1 &
pid=$!
wait_for 10 grep -q pkg-00002-1 log
expect 6 near sync
has err "process $pid is writing"
expect 0 near status
say "and a sync that is told to stop, stops with what it has"
kill -TERM $pid
status=0
wait $pid || status=$?
[ $status = 9 ] || fail "status $status after SIGTERM"
: >rules
expect 0 near sync
has out "3 versions pulled"

sed -i 's/"version":1/"version":2/' near/ferry.json
expect 28 near status
has err "newer ferry"
