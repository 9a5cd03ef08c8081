#!/bin/bash
# Several bundles on one medium; a full disk on either side; a stop by signal.
. "$(dirname "$0")/lib.sh"
pair
fill near 0 10
near export --to medium >/dev/null
fill near 10 5
near export --to medium --since 30 >/dev/null
fill near 20 5
near export --to medium --since 45 >/dev/null
near export --to medium --for other --site-id "$(printf 'a%.0s' {1..32})" >/dev/null
touch medium/photo.tar
printf 'unfinished' >medium/ferry-x-1-2-001.tar.part

say "all of them in one go, in the right order"
expect 0 far import medium
has out "imported records 1 to 30" "imported records 31 to 45" \
    "imported records 46 to 60"
has err "for site 'other'" "skipping ferry-x-1-2-001.tar.part" \
    "skipping medium/photo.tar"
agree
say "and again: nothing new, and no failure"
expect 0 far import medium
has out "records 46 to 60 of near are imported already"

say "a stranger's bundle beside them is refused, the others come"
store stranger init --name stranger >/dev/null
fill stranger 0 1
stranger_export() { store stranger export --to medium >/dev/null; }
stranger_export
store site init --name site >/dev/null
store site trust add near.pem >/dev/null
expect 21 store site import medium
agree site

say "stopped by a signal: 9, and the same command goes on"
mkdir stop
fill near 100 150 60000
"$FERRY" --store near export --to stop --volume-size 2M --since 60 >out 2>err &
pid=$!
sleep 0.05
kill -TERM $pid 2>/dev/null || true
got=0
wait $pid || got=$?
[ $got -eq 9 ] || [ $got -eq 0 ] || [ $got -eq 143 ] || fail "status $got"
expect 0 near export --to stop --volume-size 2M --since 60
"$FERRY" --store far import stop >out 2>err &
pid=$!
sleep 0.1
kill -TERM $pid 2>/dev/null || true
got=0
wait $pid || got=$?
[ $got -eq 9 ] || [ $got -eq 0 ] || [ $got -eq 143 ] || fail "status $got"
expect 0 far import stop
agree

mkdir disk
mount -t tmpfs -o size=12m none disk 2>/dev/null || {
	say "no full disk: cannot mount"
	exit 0
}
trap 'umount disk 2>/dev/null; finish' EXIT
say "export: refused with the numbers before anything is written"
expect 7 near export --to disk --since 60
has err "free, the bundle needs about"
[ -z "$(ls disk)" ] || fail "left: $(ls disk)"
mount -o remount,size=40m disk
expect 0 near export --to disk --since 60
[ "$(ls disk | wc -l)" -eq 1 ] || fail "left: $(ls disk)"
rm disk/*

say "import: the store's disk fills up; after more room it completes"
mount -o remount,size=24m disk
store disk/small init --name small >/dev/null
store disk/small trust add near.pem >/dev/null
expect 0 store disk/small import medium/ferry-near-0*.tar
expect 7 store disk/small import stop
invisible disk/small 60
mount -o remount,size=80m disk
expect 0 store disk/small import stop
agree disk/small
