#!/bin/bash
# The README's first command, as a new user types it, with --serve.
# ctest: COST 60 PROCESSORS 2
. "$(dirname "$0")/../lib.sh"
command -v npm >/dev/null || skip "no npm on this machine"
FERRY_QUICKSTART_DIR=$T/trip "$TOP/packaging/quickstart.sh" --serve >"$T/out" 2>&1 || {
	cat "$T/out" >&2
	fail "quickstart"
}
pid=$(sed -n 's/^ferryd (process \([0-9]*\)).*/\1/p' "$T/out")
PIDS+=("$pid")
has "$T/out" "legs:" "npm ci" "crossed the gap:" "goes on serving"
[ -d "$T/trip/project/node_modules/express" ] || fail "express is not installed"
registry=$(sed -n 's/^ *npm config set registry //p' "$T/out")
isolated_npm view express version --registry "$registry" >"$T/version"
[ -s "$T/version" ] || fail "the server does not serve"
kill "$pid"
wait_for 10 bash -c "! kill -0 $pid"
