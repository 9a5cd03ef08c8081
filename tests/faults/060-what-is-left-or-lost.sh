#!/bin/bash
# Small faults with a sentence each: a lost key, an init that was killed, a
# folder that cannot be opened, too little memory; and what killed processes
# leave is swept.
. "$(dirname "$0")/../bundle/lib.sh"
pair
fill near 0 4

say "a lost key is an error, and no new one is made in silence"
mkdir kept
mv near/keys/*.pem kept
for command in 'export --to medium' 'key export' 'key' 'sign medium' 'receipt --to .'; do
	# shellcheck disable=SC2086
	expect 1 near $command
	has err "the store has lost its key" "ferry key new"
	ls near/keys/* 2>/dev/null && fail "'$command' made a key"
done
rmdir near/keys
for command in 'export --to medium' 'key export' 'key'; do
	# shellcheck disable=SC2086
	rm -rf near/keys
	expect 1 near $command
	has err "the store has lost its key" "ferry key new"
	ls near/keys/* 2>/dev/null && fail "'$command' made a key"
done
expect 0 near verify
rm -rf near/keys
expect 5 near doctor --offline
has out "wrong    keys         none signs"
expect 0 near key new
rm near/keys/*.pem
mv kept/*.pem near/keys
expect 0 near export --to medium
expect 0 far import medium
rm near/keys/*.pem
expect 0 near key new
rm medium/*
expect 0 near export --to medium
expect 21 far import medium

say "a killed init is repeated; a store, or what is not ours, is left alone"
for n in $(seq 30); do
	rm -rf new
	"$FERRY" --store new init --name new >/dev/null 2>&1 &
	pid=$!
	sleep "0.0$(printf '%02d' $((n % 25)))"
	kill -9 $pid 2>/dev/null || :
	wait $pid 2>/dev/null || :
	# Either it had finished, or it can be repeated.
	status=0
	"$FERRY" --store new init --name new >out 2>err || status=$?
	[ $status = 0 ] || { [ $status = 1 ] && grep -q "not empty" err; } || fail "$(cat err)"
	expect 0 "$FERRY" --store new verify
	expect 0 "$FERRY" --store new key
done
for part in index 'index tmp' 'index blobs tmp keys'; do
	rm -rf new
	# shellcheck disable=SC2086
	(mkdir new && cd new && mkdir $part)
	expect 0 "$FERRY" --store new init --name new
	expect 0 "$FERRY" --store new key
done
expect 1 "$FERRY" --store new init --name new
has err "not empty"
# All but the key: killed in between.
rm new/keys/*.pem
expect 0 "$FERRY" --store new init --name new
expect 0 "$FERRY" --store new key
# Without its ferry.json it still has a key, and is not made anew.
cp -r near broken
rm broken/ferry.json
expect 1 "$FERRY" --store broken init --name near
has err "not empty"
mkdir other
touch other/thing
expect 1 "$FERRY" --store other init --name other

say "only where nothing is, 'ferry init' is the advice"
expect 7 "$FERRY" --store nowhere status
has err "make a store with 'ferry init'"
ln -s loop loop
expect 7 "$FERRY" --store loop status
hasnt err "ferry init"

say "too little memory or too few threads: a sentence, and status 7"
told=0
for mb in 90 130 170 210 250 300 400; do
	status=0
	(ulimit -v $((mb * 1000)) && exec "$FERRY" --store near verify) >out 2>err || status=$?
	case $status in
	0) ;;
	7)
		[ "$(wc -l <err)" = 1 ] && has err "out of memory"
		told=$((told + 1))
		;;
	127) ;; # not even its libraries
	*) fail "status $status with $mb MB: $(cat err)" ;;
	esac
done
[ $told -gt 0 ] || fail "memory never ran out"
expect 0 near verify

say "what killed readers and writers left is swept, and nothing that is used"
mkdir tmp
export TMPDIR=$T/tmp
left() { find tmp -name 'ferry-reader-*' | wc -l; }
for _ in $(seq 200); do
	"$FERRY" --store near verify >/dev/null 2>&1 &
	pid=$!
	# Killed as soon as its folder is there, however long it took to start.
	until compgen -G 'tmp/ferry-reader-*' >/dev/null; do
		kill -0 $pid 2>/dev/null || break
	done
	kill -9 $pid 2>/dev/null || :
	wait $pid 2>/dev/null || :
	[ "$(left)" = 0 ] || break
done
[ "$(left)" -gt 0 ] || fail "no reader was killed in time"
mkdir tmp/ferry-reader-held
flock tmp/ferry-reader-held sleep 60 &
PIDS+=($!)
wait_for 5 bash -c '! flock -n tmp/ferry-reader-held true'
expect 0 near status
[ "$(left)" -gt 1 ] || fail "a folder was swept that may be used in a moment"
touch -d '1 hour ago' tmp/ferry-reader-*
expect 0 near status
[ "$(find tmp -name 'ferry-reader-*')" = tmp/ferry-reader-held ] || fail "$(ls tmp)"
touch near/ferry.json.new
expect 0 near gc
[ ! -e near/ferry.json.new ] || fail "ferry.json.new is left"

say "a key that was half written when its writer was killed"
"$FERRY" init --store halfkey --name halfkey >/dev/null
touch halfkey/keys/0123456789abcdef0123456789abcdef.pem.new
expect 0 "$FERRY" --store halfkey key new
[ "$(find halfkey/keys -name '*.new')" = "" ] || fail "$(ls halfkey/keys)"
