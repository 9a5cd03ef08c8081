#!/bin/bash
# What lies on the medium is not believed: a changed state of an interrupted
# export is passed over, a stranger's volume is not replaced, and a removed part
# that comes again in the same commit stays.
. "$(dirname "$0")/lib.sh"
pair
fill near 0 120 60000
mkdir m
say "an interrupted export leaves its state"
for _ in $(seq 40); do
	"$FERRY" --store near export --to m --volume-size 1M >out 2>err &
	pid=$!
	sleep "0.0$((RANDOM % 9 + 1))"
	kill -9 $pid 2>/dev/null || :
	wait $pid 2>/dev/null || :
	[ -e m/ferry-near.export ] && grep -q '"number":1' m/ferry-near.export && break
	rm -f m/*
done
[ -e m/ferry-near.export ] || skip "the export was never caught in the middle"
say "changed by one digit, it is worth nothing, and the export is right"
sed -i '2s/"stage":[0-9]/"stage":4/' m/ferry-near.export
expect 0 near export --to m --volume-size 1M
has err "not as this store wrote it"
hasnt err "going on"
expect 0 far import m --no-receipt
expect 0 far verify

say "a store of the same name does not write over another's bundle"
cp -r m keep
expect 0 "$FERRY" --store twin init --name near
fill twin 0 120 60000
expect 1 "$FERRY" --store twin export --to m --volume-size 1M
has err "no key of this store signed it"
diff -r keep m || fail "the other store's bundle was changed"

say "a bundle again in other volumes, after one of its volumes was lost"
far2() { store far2 "$@"; }
far2 init --name far2 >/dev/null
far2 trust add near.pem >/dev/null
mkdir a b
fill near 200 900 200
expect 0 near export --to a --volume-size 2M
rm "$(find a -name '*.tar' | sort | tail -n 1)"
expect 30 far2 import a --no-receipt
sleep 1
expect 0 near export --to b --volume-size 3M
expect 0 far2 import b --no-receipt
expect 0 far2 verify

say "another trusted origin does not replace the bytes of a version"
"$FERRY" --store evil init --name evil >/dev/null
"$FILL" evil --packages 1 --versions 1 --size 500 --seed 7
"$FERRY" --store evil key export evil.pem >/dev/null
far2 trust add evil.pem >/dev/null
mkdir e
expect 0 "$FERRY" --store evil export --to e
far2 --json show fill-00000@1.0.0 >before
expect 4 far2 import e --no-receipt
has err "skipped: upstream 'fill': evil brings it"
far2 --json show fill-00000@1.0.0 >after
same before after
say "nor does one that the upstream was handed to"
expect 0 far2 access hand-over fill evil
expect 1 far2 import e --no-receipt
has err "brings other bytes for npm fill-00000@1.0.0"
far2 --json show fill-00000@1.0.0 >after
same before after
