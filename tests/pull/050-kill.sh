#!/bin/bash
# kill -9 of the puller and of ferryd at random instants: nothing is lost, nothing
# wrong is served, and the other goes on.
# ctest: COST 20
. "$(dirname "$0")/lib.sh"

start_faulty tree
python3 "$TOP/tests/tools/mkregistry.py" "$T/tree" "$BASE" --packages 40 \
    --versions 1 --size 200000
pull_conf "$BASE/" 'signatures = "off"; max_age = 0;'
expect 0 near init --name near
start_puller
start_ferryd near --config "$T/near.conf"
RANDOM=${SEED:-7}

# all: a client asks for everything until it has it.
all() {
	local n sha left=1
	while [ $left = 1 ]; do
		left=0
		for i in $(seq 0 39); do
			n=$(cd tree && find . -name "pkg-*$(printf %05d "$i")-1.0.0.tgz")
			n=${n#./}
			sha=$( (curl -s -f "$(cat url)/npm/$n" || true) | sha256sum | cut -d' ' -f1)
			[ "$sha" = "$(sha256sum <"tree/$n" | cut -d' ' -f1)" ] || left=1
		done
		sleep 0.1
	done
	: >all-here
}
echo "$URL" >url
all &
PIDS+=($!)
for _ in $(seq "${KILLS:-8}"); do
	sleep "0.$((RANDOM % 9))"
	if [ $((RANDOM % 2)) = 0 ]; then
		kill -9 "$PULLER"
		wait "$PULLER" 2>/dev/null || true
		"$FERRY" --config "$T/near.conf" pull >>"$T/puller.log" 2>&1 &
		PULLER=$!
		PIDS+=("$PULLER")
	else
		kill -9 "$LASTPID"
		wait "$LASTPID" 2>/dev/null || true
		start_ferryd near --config "$T/near.conf"
		echo "$URL" >url
	fi
done
wait_for 40 test -e all-here
expect 0 near verify
expect 0 near gc
expect 0 near verify
stop "$PULLER"
[ ! -e near/pull.sock ] || fail "a puller that was stopped left its socket"

say "what is no socket is not taken away for one"
echo mine >near/pull.sock
expect 7 near pull
has err "no socket"
has near/pull.sock mine
