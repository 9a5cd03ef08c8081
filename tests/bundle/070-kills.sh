#!/bin/bash
# Export and import killed at random instants, KILLS times each (12): what was
# killed left nothing that could be taken for a bundle, and the same command
# completes it.
# ctest: COST 32
. "$(dirname "$0")/lib.sh"
KILLS=${KILLS:-12}
pair
mkdir m

# killed MS COMMAND…: end it after so many milliseconds, or let it end.
killed() {
	local ms=$1 pid
	shift
	"$@" >out 2>err &
	pid=$!
	sleep "$(printf '%d.%03d' $((ms / 1000)) $((ms % 1000)))"
	kill -9 "$pid" 2>/dev/null || true
	wait "$pid" 2>/dev/null || true
}
millis() { date +%s%3N; }
number() { store "$1" status | sed -n 's/^journal *record //p'; }

# How long each takes undisturbed, to kill within it.
fill near 0 40 60000
from=$(millis)
near export --to m --volume-size 900000 >/dev/null
export_ms=$(($(millis) - from + 20))
from=$(millis)
far import m --no-receipt >/dev/null
import_ms=$(($(millis) - from + 20))

seen=$(number far)
resumed=0
for ((i = 1; i <= KILLS; i++)); do
	fill near $((i * 40)) 40 60000
	last=$(number near)
	rm -f m/*
	command=("$FERRY" --store near export --to m --since "$seen" --volume-size 900000)
	for ((k = 0; k < 3; k++)); do
		killed $((RANDOM % export_ms)) "${command[@]}"
		# What lies there now is no bundle, or waits for volumes, or is
		# complete: an import says so and shows nothing otherwise.
		rm -rf scratch
		cp -r far scratch
		got=0
		store scratch import m --no-receipt >out 2>err || got=$?
		case $got in
		0) [ "$(number scratch)" = "$last" ] || fail "half a bundle" ;;
		1 | 30) invisible scratch "$seen" ;;
		*) cat err && fail "status $got after a killed export" ;;
		esac
	done
	expect 0 "${command[@]}"
	! grep -q "going on with an interrupted\|completing the export" err ||
	    resumed=$((resumed + 1))
	[ -z "$(ls m | grep -v '\.tar$')" ] || fail "left: $(ls m)"
	for ((k = 0; k < 3; k++)); do
		killed $((RANDOM % import_ms)) "$FERRY" --store far import m --no-receipt
		now=$(number far)
		[ "$now" = "$seen" ] || [ "$now" = "$last" ] ||
		    fail "half an import: $now"
	done
	expect 0 far import m --no-receipt
	[ "$(number far)" = "$last" ] || fail "not all records came"
	seen=$last
done
agree
expect 0 far gc
expect 0 far verify
say "$KILLS times three kills of each; $resumed exports were gone on with"

say "many records are applied in several commits, with kills between them"
"$FILL" near --first 90000 --packages 1500 --versions 2 --size 16 --seed 9
last=$(number near)
rm -f m/*
near export --to m --since "$seen" >/dev/null
cp -r far scratch.far
from=$(millis)
store scratch.far import m --no-receipt >/dev/null
import_ms=$(($(millis) - from + 20))
between=0
for ((k = 0; k < KILLS; k++)); do
	killed $((RANDOM % import_ms)) "$FERRY" --store far import m --no-receipt
	now=$(number far)
	[ "$now" = "$seen" ] || [ "$now" = "$last" ] || between=$((between + 1))
done
expect 0 far import m --no-receipt
[ "$(number far)" = "$last" ] || fail "not all records came"
agree
say "$between of $KILLS kills hit between two commits"
