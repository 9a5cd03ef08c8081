#!/bin/bash
# kill -9 at random instants of sync, export, import and gc: nothing is lost,
# nothing is wrong, and repeating completes.
#
#   KILLS=200 tests/faults/010-kill-at-any-instant.sh
#
# KILLS (default 15) is how often each command is killed; SEED repeats a run.
# ctest: COST 16
. "$(dirname "$0")/../lib.sh"
KILLS=${KILLS:-15}
RANDOM=${SEED:-$$}
say "seed ${SEED:-$$}, $KILLS kills of each command"
cd "$T"

mkdir tree
port=$(free_port)
base=http://127.0.0.1:$port
python3 "$TOP/tests/tools/mkregistry.py" tree "$base" --packages 60 --versions 4 --size 60000
start_nginx "access_log off;
	server { listen 127.0.0.1:$port; root $T/tree; default_type application/json;
	location / { try_files \$uri \$uri/packument.json =404; } }"
wait_for 10 curl -sf "$base/pkg-00000"
near_conf "$base" "rate = \"40M\"; select = ( $(cd tree && for p in pkg-* @load/*; do
	printf '%s{ name = "%s"; }' "${comma:-}" "$p" && comma=,
done) );"

# How long the command takes when nobody kills it, in milliseconds.
took() {
	local start
	start=$(date +%s%N)
	"$@" >/dev/null 2>&1 || fail "$*"
	echo $((($(date +%s%N) - start) / 1000000 + 1))
}
# Run a command and kill it after a random part of MS.
shoot() { # MS COMMAND…
	local ms=$1 pid
	shift
	"$@" >shot.out 2>&1 &
	pid=$!
	sleep "$(awk "BEGIN { print $((RANDOM % (ms + ms / 5 + 1))) / 1000 }")"
	kill -9 $pid 2>/dev/null || :
	wait $pid 2>/dev/null || :
}
versions() {
	"$FERRY" --store "$1" --json list |
	    jq -r '.name as $n | .versions[] | "\($n)@\(.)"' | sort >"$2"
}
sound() {
	expect 0 "$FERRY" --store "$1" verify
}

say "sync"
expect 0 near --store golden init --name golden
ms=$(took "$FERRY" --config near.conf --store golden sync)
versions golden golden.list
expect 0 near init --name near
: >before.list
for _ in $(seq "$KILLS"); do
	shoot "$ms" "$FERRY" --config near.conf sync
	sound near
	versions near after.list
	comm -23 before.list after.list | grep -q . && fail "a version was lost"
	cp after.list before.list
	# Start over now and then, or everything would soon be here.
	if [ $((RANDOM % 4)) = 0 ]; then
		rm -rf near && : >before.list
		expect 0 near init --name near
	fi
done
expect 0 near sync
versions near near.list
same near.list golden.list
sound near

say "export"
expect 0 near key export near.pub
mkdir probe medium
ms=$(took "$FERRY" --store near export --to probe --volume-size 4M)
for _ in $(seq "$KILLS"); do
	shoot "$ms" "$FERRY" --store near export --to medium --volume-size 4M
	sound near
	[ $((RANDOM % 4)) = 0 ] && rm -rf medium && mkdir medium
done
expect 0 near export --to medium --volume-size 4M
find medium -name '*.part' | grep -q . && fail "parts were left"
sound near

say "import"
init_far() {
	rm -rf "$1"
	expect 0 "$FERRY" --store "$1" init --name "$1"
	expect 0 "$FERRY" --store "$1" trust add near.pub
}
init_far probe2
ms=$(took "$FERRY" --store probe2 import medium --no-receipt)
init_far far
for _ in $(seq "$KILLS"); do
	shoot "$ms" "$FERRY" --store far import medium --no-receipt
	sound far
	[ $((RANDOM % 4)) = 0 ] && init_far far
done
expect 0 "$FERRY" --store far import medium --no-receipt
sound far
versions far far.list
same far.list golden.list

say "gc"
sed -n 's/^\(pkg-000[0-3][0-9]\)@.*/\1/p' golden.list | sort -u >doomed
[ -s doomed ] || fail "nothing to remove"
# shellcheck disable=SC2046
expect 0 near remove $(cat doomed)
cp -r near near.removed
export FERRY_NOW=$(($(date +%s) + 31 * 86400))
ms=$(took "$FERRY" --store near.removed gc)
versions near.removed left.list
for _ in $(seq "$KILLS"); do
	shoot "$ms" "$FERRY" --store near gc
	sound near
	versions near after.list
	comm -23 left.list after.list | grep -q . && fail "gc took a served version"
done
expect 0 near gc
sound near
versions near after.list
same after.list left.list
