#!/bin/bash
# Hostile volumes, signed by a trusted key wherever something is signed: each is
# refused with its own status, in bounded memory, and nothing is visible.
# ctest: COST 33
. "$(dirname "$0")/lib.sh"
pair
"$FILL" near --packages 6 --versions 3 --size 40000 --seed 5
near export --to medium >/dev/null
good=$(only medium/*.tar)
key=$(only near/keys/*.pem)
forge() { python3 "$TOP/tests/tools/forge.py" "$@"; }

# The peak in kB, where the build shows it (not with a sanitizer).
peak() {
	python3 -c '
import resource, subprocess, sys
rc = subprocess.run(sys.argv[1:], stdout=open("out", "w"), stderr=open("err", "w")).returncode
print(rc, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)' "$@"
}
limit=131072
grep -q __asan_init "$FERRY" && limit=10000000

mv far empty
forge --list >attacks
[ "$(wc -l <attacks)" -gt 60 ]
while read -r name status; do
	[ "$name" != nothing ] || continue
	# Blobs of an attack before would be passed over.
	rm -rf hostile far
	cp -r empty far
	mkdir hostile
	forge "$name" "$good" "hostile/ferry-$name.tar" "$key"
	read -r got kb < <(peak "$FERRY" --store far import hostile)
	[ "$got" -eq "$status" ] || {
		cat err
		fail "$name: status $got instead of $status"
	}
	[ "$kb" -lt "$limit" ] || fail "$name: $kb kB"
	[ -s err ] || fail "$name: no words"
	printf '%-28s %s\n' "$name" "$(tail -1 err | cut -c8-100)"
	invisible far
done <attacks
[ ! -e /tmp/owned ] || fail "a path was followed"

say "and the sound one is still welcome, also when python wrote its tar"
rm -rf far
cp -r empty far
forge nothing "$good" same.tar "$key"
expect 0 far import same.tar
has out "imported records 1 to 24 of near"
agree
