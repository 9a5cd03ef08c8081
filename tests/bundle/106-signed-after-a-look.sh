#!/bin/bash
# Whoever signs has had all of it read: what an import would refuse is not signed,
# each with the import's own status, in bounded memory.
# ctest: COST 20
. "$(dirname "$0")/lib.sh"
near init --name near >/dev/null
"$FILL" near --packages 6 --versions 3 --size 40000 --seed 5
mkdir medium
near export --to medium >/dev/null
good=$(only medium/*.tar)
key=$(only near/keys/*.pem)
forge() { python3 "$TOP/tests/tools/forge.py" "$@"; }
openssl genpkey -algorithm ed25519 -out scanner.key 2>/dev/null
sign() { "$FERRY" sign --key scanner.key "$@"; }

peak() {
	python3 -c '
import resource, subprocess, sys
rc = subprocess.run(sys.argv[1:], stdout=open("out", "w"), stderr=open("err", "w")).returncode
print(rc, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)' "$@"
}
limit=131072
grep -q __asan_init "$FERRY" && limit=10000000

say "every manipulation that an import refuses, but what a site alone can tell"
forge --list >attacks
refused=0
while read -r name status; do
	# What the reader of volumes refuses, which both share, 040 has.
	case $name in
	piece* | recipe* | raw-* | zstd-* | record* | part-*) ;;
	gap | missing-volume | newer-feature | member-missing | extra-member | truncated-end) ;;
	*) continue ;;
	esac
	case $name in
	# What a site has already.
	record-names-missing-blob | record-lies-about-size) continue ;;
	gap) status=29 ;; # Here the records are not those of the head.
	pieces-of-a-blob-for-no-disk) status=30 ;;
	esac
	rm -rf hostile
	mkdir hostile
	forge "$name" "$good" "hostile/ferry-$name.tar" "$key"
	case $name in
	recipe-*) command=("$FERRY" --store near sign --key scanner.key --recipes hostile) ;;
	*) command=("$FERRY" sign --key scanner.key hostile) ;;
	esac
	# The base is nowhere, and the site would ask for the blob.
	case $name in
	recipe-without-its-base) status=0 ;;
	recipe-of-itself) status=20 ;; # Here its base is.
	esac
	case $name in
	recipe-* | pieces-*) read -r got kb < <(peak "${command[@]}") ;;
	*)
		kb=0 got=0
		"${command[@]}" >out 2>err || got=$?
		;;
	esac
	[ "$got" -eq "$status" ] || {
		cat err
		fail "$name: status $got instead of $status"
	}
	[ "$kb" -lt "$limit" ] || fail "$name: $kb kB"
	[ "$status" -ne 0 ] || continue
	[ "$name" = missing-volume ] || has err "ferry-$name.tar"
	[ -z "$(find hostile -name '*.sig')" ] || fail "$name: it was signed"
	refused=$((refused + 1))
done <attacks
[ "$refused" -ge 50 ] || fail "only $refused attacks"

say "what is whole says how much it was"
expect 0 sign medium
has out "checked 24 blobs and 24 records"
hasnt out recipe

say "several volumes, pieces across them, and a copy that differs"
"$FILL" near --first 6 --packages 1 --versions 1 --size 900000 --seed 6
mkdir split
near export --to split --volume-size 300000 --whole >/dev/null
[ "$(ls split/*.tar | wc -l)" -gt 3 ]
for v in split/*.tar; do tar -tf "$v"; done >members
[ "$(grep -c '\.piece-' members)" -ge 3 ]
expect 0 sign split
has out "checked 26 blobs and"
mkdir lone
cp split/*-002.tar lone
expect 30 sign lone
has err "volume 1 of" "only a whole bundle can be signed"
cp split/*-002.tar split/copy.tar
flip split/copy.tar 200000
rm split/*.sig
expect 20 sign split
has err "copy.tar" "damaged"
rm split/copy.tar

say "the head alone, for media that come one by one, and that is said"
expect 0 sign --head-only lone
has out "the head alone was looked at, no volume"
expect 0 sign --head-only --json lone
has out '"head_only":true' '"blobs":0'
[ -n "$(find lone -name '*.sig')" ]
