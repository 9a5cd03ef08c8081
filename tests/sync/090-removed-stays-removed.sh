#!/bin/bash
# What an operator removed stays away from every later sync, also when gc has
# taken it, until it is restored.
. "$(dirname "$0")/../lib.sh"
cd "$T"
start_faulty tree
python3 "$TOP/tests/tools/mkregistry.py" tree "$BASE" --packages 2 --versions 3 --size 5000
near_conf "$BASE" 'select = ( { name = "pkg-00000"; }, { name = "pkg-00001"; } );'
expect 0 near init --name near
expect 0 near sync
has out "6 versions pulled"
expect 0 near remove pkg-00000@1.1.0 pkg-00001
has out "4 versions removed"
hasnt out "named"

say "while the bytes are here"
expect 0 near sync
has out "0 versions pulled, 2 here already, 0 failed" "4 left alone that were removed"

say "and when gc has taken them"
FERRY_NOW=$(($(date +%s) + 31 * 86400)) expect 0 near gc
has out "freed 4 versions"
: >log
expect 0 near sync
has out "0 versions pulled, 2 here already, 0 failed" "4 left alone that were removed"
! grep -q tgz log || fail "a removed version was fetched again"
expect 0 near --json sync
tail -n 1 out | jq -e '.added == 0 and .removed == 4' >/dev/null || fail "$(tail -n 1 out)"
expect 0 near sync --dry-run
has out "0 versions would be pulled"
expect 0 near verify
# gc ran in the future, and status tells.
expect 5 near status
has out "2 versions" "ahead of the clock here"

say "a new version of the package comes all the same"
python3 "$TOP/tests/tools/mkregistry.py" tree "$BASE" --packages 2 --versions 4 --size 5000
expect 0 near sync
has out "2 versions pulled"

say "show says what is away, and how to lift it"
expect 0 near show pkg-00000
grep -q "^  1.1.0 .*removed, bytes freed" out || fail "$(cat out)"
expect 0 near --json show pkg-00000
jq -e '.removed == ["1.1.0"]' out >/dev/null || fail "$(cat out)"
expect 1 near show pkg-00000@1.1.0
has err "was removed, and gc freed its bytes" "'ferry restore"
expect 1 near remove pkg-00000@1.1.0
has err "was removed"

say "restore lifts it; the next sync brings it"
expect 0 near restore pkg-00000@1.1.0
has out "0 versions restored" "1 removal lifted" "the next sync"
expect 0 near show pkg-00000
hasnt out "removed"
expect 0 near sync
has out "1 version pulled"
expect 0 near restore pkg-00001
has out "3 removals lifted"
expect 0 near --json sync
expect 0 near list
hasnt out "0 versions"

say "a removal without grace is one, too"
expect 0 near remove pkg-00000@1.0.0
expect 0 near gc --grace 0
expect 0 near sync
has out "0 versions pulled"
expect 0 near --json restore pkg-00000@1.0.0
jq -e '.changed == 0 and .lifted == 1' out >/dev/null || fail "$(cat out)"
