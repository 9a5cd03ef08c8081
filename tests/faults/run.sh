#!/bin/bash
# kill -9 at a random instant of every operation that writes, or a disk that gives
# out there.
#
#	tests/faults/run.sh [--trials N] [--seed S] [--only OPERATION]…
#	    [--errors EIO|ENOSPC]
#
# Each trial starts from the same store, kills the operation, and asks three
# things: is every store sound (verify); does the same command complete; is the
# end then what it is when nobody kills anything: records, blobs, tags, trust,
# counts, what lies on the medium.  A line an operation, and a table at the end.
# With --errors nobody is killed: a random call that writes, syncs, reads or
# renames below the trial's folder fails (tools/fail_io.c), in every second trial
# all that follow as well; the operation ends with a status and a sentence, never
# by a signal.
. "$(dirname "$0")/../bundle/lib.sh"

TRIALS=20 SEED=$$ ONLY='' ERRORS=
while [ $# -gt 0 ]; do
	case $1 in
	--trials) TRIALS=$2 ;;
	--seed) SEED=$2 ;;
	--only) ONLY="$ONLY $2" ;;
	--errors) ERRORS=$2 ;;
	*)
		echo "usage: $0 [--trials N] [--seed S] [--only OPERATION]… [--errors EIO|ENOSPC]" >&2
		exit 2
		;;
	esac
	shift 2
done
RANDOM=$SEED
SHIM=$FERRY_BUILD/tests/tools/fail_io.so
case $ERRORS in
'') ;;
EIO) ERRNO=5 ;;
ENOSPC) ERRNO=28 ;;
*) fail "no such error: $ERRORS" ;;
esac
cd "$T"
PUT_ACCESS=$FERRY_BUILD/tests/tools/put_access
RECORDS=$FERRY_BUILD/tests/tools/records

mkdir tree
port=$(free_port)
BASE=http://127.0.0.1:$port
python3 "$TOP/tests/tools/mkregistry.py" tree "$BASE" --packages 16 --versions 2 --size 50000
start_nginx "access_log off;
	server { listen 127.0.0.1:$port; root $T/tree; default_type application/json;
	location / { try_files \$uri \$uri/packument.json =404; } }"
wait_for 10 curl -sf "$BASE/pkg-00000"
wants() { # LAST
	seq -f '%05g' 0 "$1" | while read -r n; do
		[ ! -d "tree/pkg-$n" ] || printf '%s{ name = "pkg-%s"; }' "${comma:-}" "$n"
		comma=,
	done
}
# near_conf names the store by a path below the configuration: a trial's own.
conf() { # FILE LAST
	near_conf "$BASE" "select = ( $(wants "$2") );"
	sed -i '/store = /d' near.conf
	mv near.conf "$1"
}
conf half.conf 7
conf all.conf 15

# Run in the folder of a trial, as the operation does: no shell between.
ferry() { "$FERRY" "$@"; }

# What every operation starts from: near, with something removed and two bundles
# written; far, which has imported the first of them; early, a backup of near
# between them; an origin of permissions.
mkdir start
(
	cd start
	pair
	ferry --config ../half.conf --store near sync
	near export --to medium
	near backup early
	far import medium
	near receipt add medium/ferry-receipt-far-near.txt
	mkdir second
	ferry --config ../all.conf --store near sync
	near export --to second --for far
	near remove pkg-00001
	openssl genpkey -algorithm ed25519 -out scanner.key
	openssl pkey -in scanner.key -pubout -out scanner.pem
	store other init --name other
	store big init --name big
	fill big 0 3 20000
	"$FILL" big --first 50 --packages 1 --versions 2 --size 700000 --seed 8
	store big key export big.pem
	store other key export other.pem
	"$PUT_ACCESS" near ghes "$TOP/tests/data/access/octo.jsonl" --taken=1
) >/dev/null 2>&1 || fail "the start cannot be made"

# One line an operation: its name, what precedes it, and the command, of which
# each word is one.
operations() {
	cat <<-'END'
		init|rm -rf fresh|--store fresh init --name fresh
		sync-cold|rm -rf near; ferry --store near init --name near|--config ../all.conf --store near sync
		sync-more|rm -rf near; ferry --store near init --name near; ferry --config ../half.conf --store near sync|--config ../all.conf --store near sync
		export|rm -rf medium; mkdir medium|--store near export --to medium --volume-size 512Ki
		export-for|rm -rf medium; mkdir medium|--store near export --to medium --for far
		export-pieces|rm -rf medium; mkdir medium|--store big export --to medium --volume-size 200000
		import-pieces|rm -rf far medium; mkdir medium; ferry --store far init --name far; far trust add big.pem; store big export --to medium --volume-size 200000|--store far import medium
		import|rm -rf far; ferry --store far init --name far; far trust add near.pem|--store far import medium
		import-next|:|--store far import second
		import-anew|far import second; rm -rf near; store early backup near; near remove pkg-00000; rm -rf medium; mkdir medium; near export --to medium|--store far import --new-history near medium
		backup|:|--store near backup saved
		backup-again|mv early saved|--store near backup saved
		receipt|rm -f medium/*.txt|--store far receipt --to medium
		receipt-add|far import second|--store near receipt add second/ferry-receipt-far-near.txt
		sign|near trust add near.pem|--store near sign --key scanner.key --signed-by near.pem medium
		remove|:|--store near remove pkg-00002 pkg-00003
		restore|near remove pkg-00002|--store near restore pkg-00001 pkg-00002
		gc|near remove pkg-00002|--store near gc --grace 0
		gc-unwanted|unwant near|--store near gc --unwanted --grace 0
		wishes-accept|wish|--config ../all.conf --store near wishes --from far --accept
		verify|rot near|--store near verify
		rebuild|:|--store near rebuild
		rebuild-lossy|lose near|--store near rebuild
		key-new|:|--store near key new
		key-retire|near key new|--store near key retire KEY
		trust-add|:|--store near trust add other.pem
		trust-revoke|near trust add other.pem|--store near trust revoke OTHER
		trust-require|near trust add scanner.pem --role scanner|--store near trust require 1 --role scanner
		root-publish|root|--store near root publish draft
		trust-root|root; near root publish draft; near root export root; rm -rf far; ferry --store far init --name far|--store far trust add --root root
		trust-alias|rm -rf far; ferry --store far init --name far; far trust add near.pem|--store far trust alias near up over
		hand-over|near trust add other.pem --of OTHERID|--store near access hand-over up OTHERID
		trust-limit|:|--store near trust add other.pem --packages pkg-*
		prefer|:|--store near access prefer ghes up
		key-export|:|--store near key export new.pem
		token-revoke|near token create --user tom|--store near token revoke TOKEN
		token-create|:|--store near token create --user tom
	END
}

# A sync two days on that wants half of what is there, with `keep` of a day.
unwant() { # STORE
	sed 's/name = "up";/name = "up"; keep = "1d";/' ../half.conf >keep.conf
	FERRY_NOW=$(($(date +%s) + 172800)) ferry --config keep.conf --store "$1" sync
}
# What clients of far asked for in vain, brought home.
wish() {
	printf '{"time":"%s","format":"npm","package":"pkg-%05d","status":404}\n' \
	    "$(date -u +%FT%TZ)" 90 "$(date -u +%FT%TZ)" 91 >asked.log
	printf 'store = "far"; serve = { asked_log = "asked.log"; };\n' >wish.conf
	ferry --config wish.conf receipt --to . && near receipt add ferry-receipt-far-near.txt
}
root() { near root new draft && near root add draft near.pem --role root && near root sign draft; }
# A blob's file with another byte, a table of the index gone.
rot() { # STORE
	local file
	file=$(find "$1/blobs" -type f | sort | head -1)
	printf x | dd of="$file" conv=notrunc status=none
}
lose() {
	near gc >/dev/null
	rm "$(find "$1/index" -name '*.sst' -printf '%s %p\n' | sort -n | tail -1 | cut -d' ' -f2)"
}

# What counts of the stores and media in this folder.  Times, generated ids and
# how often bytes changed are left out; unnamed blobs are gc's.
state() {
	local s kind
	for s in $stores; do
		[ -d "$s" ] || continue
		echo "== $s"
		"$FERRY" --store "$s" gc >/dev/null 2>&1
		"$FERRY" --store "$s" --json status >status.json || :
		jq -S '[.packages, .versions, .removed, .blobs, .stored_bytes, .records,
		    (.problems | map(.key)), (.origins | map(.record.seq)), (.wanted | length)]' status.json
		"$FERRY" --store "$s" --json list
		for kind in version package upstream; do
			"$RECORDS" "$s" $kind
		done | sed 's/"\(pulled_at\|deleted_at\|taken_at\|seq\)":[0-9]*//g'
		"$FERRY" --store "$s" --json trust list |
		    jq -S 'del(.added_at, .revoked_at) + {revoked: (.revoked_at // 0 | . != 0)}'
		find "$s/blobs" -type f -printf '%P\n' | sort
		find "$s" -name '*.new' -o -name '*.part' -o -name 'index.[ncs]*'
	done
	for s in medium second; do
		# A bundle's bytes hold times; its name and that it is whole count.
		find "$s" -type f ! -name '*.txt' -printf '%P\n' | sort
	done
}
# Every store is sound, whatever was killed.
sound() { # AFTER
	local s status
	for s in $stores; do
		[ -e "$s/ferry.json" ] || continue
		status=0
		"$FERRY" --store "$s" verify >verify.out 2>&1 || status=$?
		case $operation:$status in
		*:0 | verify:5 | rebuild-lossy:[57]) ;;
		rebuild:5) [ "$told" = 1 ] || fail "$operation: losses were not told after $1" ;;
		*)
			cat verify.out >&2
			fail "$operation: $s is not sound after $1"
			;;
		esac
	done
}
# Statuses with which a repetition ends that finds the work done.
done_already() { # STATUS
	case $operation:$1 in
	*:0 | verify:5 | rebuild-lossy:4) ;;
	init:1) grep -q 'not empty' repeat.err ;;
	rebuild:1 | rebuild-lossy:1) grep -q 'index.old' repeat.err ;;
	key-retire:1) grep -q 'signs here' repeat.err ;;
	trust-revoke:1) grep -q 'revoked' repeat.err ;;
	*) false ;;
	esac
}

# The operation with the shim: FAIL_AT, FAIL_ON and such are as said.
shimmed() { # VARIABLE=VALUE…
	env LD_PRELOAD="$SHIM" FAIL_UNDER="$PWD" FAIL_WITH="${ERRNO-}" FAIL_READS=1 \
	    "$@" "$FERRY" "${words[@]}"
}
# Call number N fails there.
give_out() { # N
	local status=0 on=once
	[ $((RANDOM % 2)) = 0 ] || on=on
	shimmed FAIL_AT="$1" FAIL_ON=$on >failed.out 2>failed.err || status=$?
	[ $status -lt 124 ] || {
		cat failed.err >&2
		fail "$operation: status $status when call $1 gave $ERRORS ($on)"
	}
	[ $status = 0 ] || [ -s failed.out ] || [ -s failed.err ] ||
	    fail "$operation: no word when call $1 gave $ERRORS ($on)"
	[ $status = 0 ] || killed=$((killed + 1))
	# What an old index does not give back is lost to a new one, and told.
	! grep -qs '^lost: ' failed.out || told=1
	sound "call $1 gave $ERRORS ($on)"
}

try() { # FOLDER MILLISECONDS|none: the operation there, killed after that
	local pid delay
	told=0
	rm -rf "$1"
	cp -r base "$1"
	cd "$1"
	if [ "$2" != none ] && [ -n "$ERRORS" ]; then
		give_out "$2"
	elif [ "$2" != none ]; then
		delay=$(printf '%d.%03d' $(($2 / 1000)) $(($2 % 1000)))
		"$FERRY" "${words[@]}" >killed.out 2>&1 &
		pid=$!
		sleep "$delay"
		kill -9 $pid 2>/dev/null || :
		wait $pid 2>/dev/null || [ $? != 137 ] || killed=$((killed + 1))
		sound "a kill after $2 ms"
	fi
	# Somebody tries again minutes later: a token's file is not being written.
	find . -path '*/tokens/*.new' -exec touch -d '2 minutes ago' {} +
	local status=0
	"$FERRY" "${words[@]}" >repeat.out 2>repeat.err || status=$?
	done_already $status || {
		cat repeat.err >&2
		cat failed.err >&2 2>/dev/null || :
		fail "$operation: status $status after a fault at $2"
	}
	sound "the repetition"
	state >state.out 2>state.err
	cd ..
}

total=0 hit=0 table=
while IFS='|' read -r operation before command; do
	[ -z "$ONLY" ] || [[ " $ONLY " = *" $operation "* ]] || continue
	rm -rf base
	cp -r start base
	cd base
	eval "${before//OTHERID/$(jq -r .id ../start/other/ferry.json)}" >before.out 2>&1 ||
	    fail "$operation cannot be prepared: $(cat before.out)"
	command=${command//OTHERID/$(jq -r .id other/ferry.json)}
	command=${command//OTHER/$(basename other/keys/*.pem .pem)}
	[[ "$command" != *TOKEN* ]] ||
	    command=${command//TOKEN/$(ferry --store near --json token list | jq -r .id)}
	# shellcheck disable=SC2012
	command=${command//KEY/$(ls near/keys | head -1 | cut -d. -f1)}
	cd ..
	read -ra words <<<"$command"
	# The store that it works on: the others are not touched.
	stores=$(sed 's/.*--store \([a-z]*\).*/\1/' <<<"$command")
	case $operation in
	backup*) stores="near saved" ;;
	esac
	for other in near far other big early; do
		[[ " $stores " = *" $other "* ]] || rm -rf "base/$other"
	done
	killed=0
	try undisturbed none
	from=$(date +%s%N)
	rm -rf timed
	cp -r base timed
	(cd timed && from=$(date +%s%N) && { "$FERRY" "${words[@]}" >/dev/null 2>&1 || :; } &&
	    echo $((($(date +%s%N) - from) / 1000000 + 1)) >../ms)
	ms=$(cat ms)
	if [ -n "$ERRORS" ]; then
		rm -rf timed
		cp -r base timed
		(cd timed && shimmed FAIL_COUNT="$T/ms" >/dev/null 2>&1 || :)
		ms=$(cat ms)
	fi
	for n in $(seq "$TRIALS"); do
		if [ -n "$ERRORS" ]; then
			try trial $(((RANDOM * 32768 + RANDOM) % ms + 1))
		else
			try trial $((RANDOM % (ms + ms / 5 + 2)))
		fi
		[ $told = 1 ] || same undisturbed/state.out trial/state.out
	done
	total=$((total + TRIALS))
	hit=$((hit + killed))
	if [ -n "$ERRORS" ]; then
		line=$(printf '%-14s %5d trials, %5d failed, of %6d calls' "$operation" "$TRIALS" "$killed" "$ms")
	else
		line=$(printf '%-14s %5d trials, %5d killed, of %5d ms' "$operation" "$TRIALS" "$killed" "$ms")
	fi
	say "$line"
	table="$table$line"$'\n'
done < <(operations)
[ $total -gt 0 ] || fail "no operation is called$ONLY"
printf '%s' "$table"
if [ -n "$ERRORS" ]; then
	echo "seed $SEED: $total trials, $hit of them ended with an error, nothing was lost"
else
	echo "seed $SEED: $total trials, $hit of them killed before they ended, nothing was lost"
fi
