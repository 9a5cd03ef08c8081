#!/bin/bash
# Export and import of recipes ended at random instants, KILLS times (6), by kill
# or by asking: nothing is half there, and the same command completes it.
# ctest: COST 20
. "$(dirname "$0")/lib.sh"
KILLS=${KILLS:-6}
PUT_NPM=$FERRY_BUILD/tests/tools/put_npm
pair

# tarballs VERSION: of six packages, 400 kB of text each, a little of its version.
tarballs() {
	python3 - "$1" "$T" <<-'END'
		import gzip, io, random, sys, tarfile
		for p in range(6):
		    r = random.Random(p)
		    text = "".join("%x %s\n" % (r.getrandbits(60), "version " + sys.argv[1]
		        if i % 3000 == 7 else "line %d" % (i % 500)) for i in range(18000))
		    with gzip.GzipFile("%s/p%d-%s.tgz" % (sys.argv[2], p, sys.argv[1]),
		            "wb", 9, mtime=0) as gz:
		        with tarfile.open(fileobj=gz, mode="w") as tar:
		            info = tarfile.TarInfo("package/index.js")
		            info.size = len(text)
		            tar.addfile(info, io.BytesIO(text.encode()))
	END
}
put() {
	tarballs "$1"
	for p in 0 1 2 3 4 5; do
		printf '{"name":"p%d","versions":{}}' $p >"$T/p.json"
		"$PUT_NPM" near up "$T/p.json" "$1=$T/p$p-$1.tgz"
	done
}
# ended MS SIGNAL COMMAND…: end it after so many milliseconds, or let it end.
ended() {
	local ms=$1 signal=$2 pid
	shift 2
	"$@" >out 2>err &
	pid=$!
	sleep "$(printf '%d.%03d' $((ms / 1000)) $((ms % 1000)))"
	kill "-$signal" "$pid" 2>/dev/null || true
	wait "$pid" 2>/dev/null || true
}
millis() { date +%s%3N; }
receipt() {
	far receipt --to . >/dev/null
	near receipt add ferry-receipt-far-near.txt >/dev/null
}

say "undisturbed"
put 1.0.0
from=$(millis)
expect 0 near export --to medium --for far --site-id "$(far status | sed -n 's/.*id //p' | head -n 1)"
export_ms=$(($(millis) - from + 20))
from=$(millis)
expect 0 far import medium
import_ms=$(($(millis) - from + 20))
agree
receipt

say "ended at any instant"
for ((i = 1; i <= KILLS; i++)); do
	put "1.0.$i"
	rm -f medium/*
	signal=$([ $((i % 2)) = 0 ] && echo TERM || echo KILL)
	for k in 1 2; do
		ended $((RANDOM % export_ms)) "$signal" \
		    "$FERRY" --store near export --to medium --for far
	done
	expect 0 near export --to medium --for far
	for v in medium/*.tar; do tar -tf "$v"; done >"$T/members"
	[ "$(grep -c '\.recipe$' "$T/members")" = 6 ] || fail "not six recipes"
	for k in 1 2; do
		ended $((RANDOM % import_ms)) "$signal" \
		    "$FERRY" --store far import medium --no-receipt
	done
	expect 0 far import medium --no-receipt
	agree
	receipt
	[ -z "$(find near/tmp far/tmp -type f)" ] || fail "left something"
done
