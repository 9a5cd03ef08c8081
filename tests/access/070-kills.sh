#!/bin/bash
# A sync that is killed at any time leaves no snapshot, or a whole one; the next
# sync completes it.
# ctest: COST 17
. "$(dirname "$0")/github.sh"
start_github
CONF='access = "access.conf";'
github_conf 'owners = [ "octo", "lab", "uma" ]; enterprise = "acme";'
printf 'signed_off_by = "olga";\n' >access.conf
expect 0 near init --name near
expect 0 near sync
snapshot near gh | sed 's/"taken_at.*//' >whole

killed=0
for ms in 20 60 100 140 180 220 260 300 340 400 500 600; do
	rm -rf again
	"$FERRY" --store again init --name again >/dev/null
	"$FERRY" --config near.conf --store again sync >/dev/null 2>&1 &
	pid=$!
	sleep "$(printf '0.%03d' $ms)"
	if kill -9 $pid 2>/dev/null; then
		killed=$((killed + 1))
	fi
	wait $pid 2>/dev/null || true
	if snapshot again gh >part 2>/dev/null; then
		sed -i 's/"taken_at.*//' part
		same part whole
	fi
	expect 0 "$FERRY" --config near.conf --store again sync
	snapshot again gh | sed 's/"taken_at.*//' >part
	same part whole
	expect 0 "$FERRY" --store again verify
done
say "killed $killed of 12"
[ $killed -gt 0 ] || fail "none was killed"
