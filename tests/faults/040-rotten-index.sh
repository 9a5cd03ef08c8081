#!/bin/bash
# An index with a bit that flipped, or a file that is gone: 'ferry verify' sees
# whatever a writer or an export would stumble over, and says which part it is;
# 'ferry rebuild' makes the index anew of what is left, and a sync brings the
# rest.  Nothing that is lost is lost in silence, and no trust outlives its
# limits.
#
#	FLIPS=20 SEED=7 tests/faults/040-rotten-index.sh
#
# FLIPS (default 1) is how many bits of each file are tried, one at a time.
# ctest: COST 20
# In memory: what a crash leaves is not the matter here, and disks sync slowly.
[ ! -w /dev/shm ] || export TMPDIR=/dev/shm
. "$(dirname "$0")/../bundle/lib.sh"
FLIPS=${FLIPS:-1}
RANDOM=${SEED:-$$}
say "seed ${SEED:-$$}, $FLIPS flips of each file"

start_faulty tree
python3 "$TOP/tests/tools/mkregistry.py" tree "$BASE" --packages 24 --versions 2 --size 60000
near_conf "$BASE" "select = ( $(cd tree && for p in pkg-* @load/*; do
	printf '%s{ name = "%s"; }' "${comma:-}" "$p" && comma=,
done) );"
near() { "$FERRY" --config "$T/near.conf" --store near "$@"; }
pair
expect 0 near sync
expect 0 near export --to medium
expect 0 near remove pkg-00001
FERRY_NOW=$(($(date +%s) + 40 * 86400)) expect 0 near gc
expect 0 near remove pkg-00002
expect 0 near gc # moves the log into tables
expect 0 near remove pkg-00003 # and this one stays in the log
near --json list >list.golden
near --json show pkg-00004 | jq -c '[.. | .sha256? // empty] | sort' >show.golden
mv near golden

# What of an index can be compared: all but a count of changes.
records() { "$FERRY_BUILD/tests/tools/records" near "$1"; }

say "a sound index rebuilt is the same"
cp -r golden near
for kind in version package upstream; do records $kind; done >records.golden
expect 0 near export --to . --dry-run
cp out export.golden
expect 0 near rebuild
[ -d near/index.old ] || fail "the old index is not kept"
for kind in version package upstream; do records $kind; done >records.new
same records.golden records.new
expect 0 near export --to . --dry-run
same out export.golden
expect 0 near verify
expect 0 near gc
expect 1 near rebuild
has err "index.old" "remove it"

files=0 seen=0 harmless=0 kept=0
# What happened to the file WHAT of the store near.
judge() { # WHAT
	local status=0 found
	files=$((files + 1))
	"$FERRY" --store near --json verify >verify.out 2>verify.err || status=$?
	case $status in
	0)
		# Then nothing may stumble over it.
		harmless=$((harmless + 1))
		expect 0 near gc
		rm -rf probe && mkdir probe
		expect 0 near export --to probe
		near --json list >list.new
		same list.golden list.new
		return
		;;
	5) jq -e '[.problems[] | select(.index)] | length > 0' verify.out >/dev/null ||
	    fail "no part of the index is named: $1" ;;
	7) has verify.err "ferry rebuild" ;;
	*) fail "verify ended with $status: $1: $(cat verify.err)" ;;
	esac
	seen=$((seen + 1))
	status=0
	near --json rebuild >rebuild.out 2>rebuild.err || status=$?
	[ "$status" = 0 ] || [ "$status" = 4 ] ||
	    fail "rebuild ended with $status: $1: $(cat rebuild.err)"
	[ "$status" = 4 ] || kept=$((kept + 1))
	[ "$(jq .new_id rebuild.out)" = true ] ||
	    [ "$(jq -r .id near/ferry.json)" = "$(jq -r .id golden/ferry.json)" ] ||
	    fail "a new id that was not told of: $1"
	# The far key may be trusted no more, and then that was said.
	found=$(near --json trust list | jq -s '[.[] | select(.id)] | length')
	[ "$found" = 1 ] || [ "$(jq '.untrusted | length' rebuild.out)" = 1 ] ||
	    [ "$(jq .local_lost rebuild.out)" = true ] || fail "trust is lost in silence: $1"
	# What is lost comes back, but for what was removed; that a version was may
	# be lost itself, and was told then.
	expect 0 near sync
	expect 0 near gc --grace 0
	expect 0 near verify
	near --json list >list.new
	if [ "$(jq '.records_lost or .local_lost' rebuild.out)" = false ]; then
		same list.golden list.new
	fi
	near --json show pkg-00004 | jq -c '[.. | .sha256? // empty] | sort' >show.new
	same show.golden show.new
	rm -rf probe && mkdir probe
	expect 0 near export --to probe
}
fresh() {
	rm -rf near
	cp -r golden near
}
for file in golden/index/*; do
	name=$(basename "$file")
	case $name in LOCK | LOG* | IDENTITY | OPTIONS*) continue ;; esac
	size=$(stat -c %s "$file")
	[ "$size" -gt 0 ] || continue
	for _ in $(seq "$FLIPS"); do
		fresh
		offset=$(((RANDOM * 32768 + RANDOM) % size))
		flip "near/index/$name" $offset
		judge "bit $offset of $name"
	done
	# Without its whole log a store is what it was before, and nothing in it
	# says otherwise.
	[ "${name%.log}" = "$name" ] || continue
	fresh
	rm "near/index/$name"
	judge "no $name"
done
say "what is lost comes back from bundles, the store's own and the origin's"
expect 0 store far import medium --no-receipt
bytes() { # STORE: remove the largest table, of small blobs and documents
	rm "$(find "$1/index" -name '*.sst' -printf '%s %p\n' | sort -n | tail -1 | cut -d' ' -f2)"
}
fresh
expect 0 store far gc
for site in near far; do
	bytes $site
	expect 5 store $site verify
	has out "bad index, bytes"
	expect 4 store $site rebuild
	has out "or import bundles that carry them"
done
expect 0 near key export near.pub
expect 0 store near trust add near.pub
for site in near far; do
	expect 5 store $site verify
	expect 0 store $site import medium --no-receipt
	expect 0 store $site verify
done
expect 23 store near import medium --no-receipt

say "of a large table only the block is lost that cannot be read"
expect 0 store large init --name large
"$FILL" large --packages 400 --versions 3 --size 3000
expect 0 store large gc
store large --json list >list.large
tables=0
for file in large/index/*.sst; do
	size=$(stat -c %s "$file")
	[ "$size" -gt 20000 ] || continue
	tables=$((tables + 1))
	rm -rf near
	cp -r large near
	flip "near/index/$(basename "$file")" $((size / 2))
	expect 5 store near verify
	status=0
	store near --json rebuild >rebuild.out || status=$?
	[ $status = 0 ] || [ $status = 4 ] || fail "rebuild ended with $status"
	[ "$(jq '.blobs_lost < 10 and (.records_lost | not)' rebuild.out)" = true ] ||
	    fail "too much is lost: $(cat rebuild.out)"
	store near --json list >list.new
	same list.large list.new
done
[ $tables -ge 5 ] || fail "too few large tables"

say "$seen of $files damages were seen, the other $harmless did no harm; $kept lost nothing"
[ $seen -gt 10 ] || fail "too few were seen"
[ $kept -gt 0 ] || fail "every damage lost something"
