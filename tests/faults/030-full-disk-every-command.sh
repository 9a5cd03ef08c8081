#!/bin/bash
# A full disk, with every command that writes, and those that only read: each
# ends with 0, or with 7 and one sentence; none aborts.  'ferry remove' and
# 'ferry gc' work there and make room, and what is then left completes.
#
#	TRIALS=50 SEED=7 tests/faults/030-full-disk-every-command.sh
#
# On a real ext4, where blocks are found later than bytes are written and where
# RocksDB can preallocate; and on a small tmpfs.  TRIALS (default 3) is how
# often each is filled up, but for a random rest.
# ctest: COST 20
. "$(dirname "$0")/../bundle/lib.sh"
TRIALS=${TRIALS:-3}
RANDOM=${SEED:-$$}
say "seed ${SEED:-$$}, $TRIALS trials"
SIZE_MB=96

# What all trials start from: a near store with something in it, a registry with
# more, a far store that lacks it, and a bundle.
start_faulty tree
python3 "$TOP/tests/tools/mkregistry.py" tree "$BASE" --packages 30 --versions 2 --size 30000
wants() { # FIRST LAST
	seq -f '%05g' "$1" "$2" | while read -r n; do
		[ -d "tree/pkg-$n" ] || continue
		printf '%s{ name = "pkg-%s"; }' "${comma:-}" "$n" && comma=,
	done
}
near_conf "$BASE" "select = ( $(wants 0 9) );"
mv near.conf half.conf
near_conf "$BASE" "select = ( $(wants 0 30) );"
pair
expect 0 "$FERRY" --config half.conf --store near sync
expect 0 near export --to medium --volume-size 1M
mkdir disk golden
mv near far golden

mounted=
unmount() {
	[ -z "$mounted" ] || umount disk
	mounted=
}
trap 'unmount; finish' EXIT

# Leave KB free of the disk, if more is; the last may go to the map of blocks.
fill_up() {
	local avail
	avail=$(df -k --output=avail disk | tail -1)
	[ "$avail" -le "$1" ] ||
	    head -c "$((avail - $1))K" /dev/zero >>disk/ballast 2>/dev/null || :
	sync -f disk
}
# told COMMAND…: 0, or 7 and one sentence that says what is full.
told() {
	local status=0
	fill_up "$left"
	"$@" >"$T/out" 2>"$T/err" || status=$?
	case $status in
	0) return ;;
	7)
		has "$T/err" "No space left on device"
		[ "$(grep -c '^ferry: ' "$T/err")" = 1 ] || fail "not one sentence: $(cat "$T/err")"
		full=$((full + 1))
		;;
	*)
		cat "$T/err" >&2
		fail "status $status: $*"
		;;
	esac
}

trial() { # KB-FREE
	local left=$1 before
	rm -rf disk/*
	cp -r golden/near golden/far disk
	mkdir disk/medium disk/tmp
	export TMPDIR=$T/disk/tmp # readers keep something there
	told "$FERRY" --config near.conf --store disk/near sync
	told store disk/near export --to disk/medium
	told store disk/far import medium
	told store disk/far trust add near.pem
	told store disk/near access show
	told store disk/near key export disk/key.pem
	told store disk/new init --name new
	told store disk/near list
	told store disk/near status
	told store disk/near show pkg-00001
	told store disk/near verify
	told store disk/near restore pkg-00003
	fill_up 0 # again, for what the failures gave back
	before=$(df -k --output=avail disk | tail -1)
	expect 0 store disk/near remove pkg-00001 pkg-00002 pkg-00003 pkg-00004
	expect 0 store disk/near gc --grace 0
	has out "freed 8 versions"
	[ "$(df -k --output=avail disk | tail -1)" -gt "$before" ] || fail "gc made no room"
	unset TMPDIR
	rm disk/ballast
	expect 0 store disk/near verify
	expect 0 store disk/far verify
	expect 0 "$FERRY" --config near.conf --store disk/near sync
	expect 0 store disk/near verify
	expect 0 store disk/far import medium
	expect 0 store disk/far verify
	[ "$(stat -c %s disk/near/reserve)" -gt 1000000 ] || fail "no reserve"
}

run() { # KIND
	local left
	full=0
	for n in $(seq "$TRIALS"); do
		# The first: nothing at all.
		left=$((n == 1 ? 0 : RANDOM % 3000))
		say "$1, $left kB left"
		trial "$left"
	done
	unmount
	[ "$full" -gt 0 ] || fail "nothing was full on $1"
	say "$1: $full commands met a full disk, none aborted"
}

ran=
truncate -s "${SIZE_MB}M" image
if mkfs.ext4 -q -F -m 0 image 2>/dev/null && mount -o loop image disk 2>/dev/null; then
	mounted=1
	run ext4
	ran=1
else
	echo "SKIP: no ext4 image can be mounted here"
fi
if mount -t tmpfs -o size="${SIZE_MB}m" none disk 2>/dev/null; then
	mounted=1
	run tmpfs
	ran=1
else
	echo "SKIP: no tmpfs can be mounted here"
fi
[ -n "$ran" ] || skip "no small disk can be mounted here"
