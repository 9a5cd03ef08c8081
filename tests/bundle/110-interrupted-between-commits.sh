#!/bin/bash
# An import that was killed when a part of its records was visible already:
# nothing but those records, all of them, makes the catalog whole.
# ctest: COST 11
. "$(dirname "$0")/lib.sh"
pair
number() { store "$1" status | sed -n 's/^journal *record //p'; }
"$FILL" near --packages 6000 --versions 1 --size 60 --seed 3
cp -r near near.before
fill near 9000 10 100
near export --to medium >/dev/null
cp -r far empty
caught=no
for _ in $(seq 20); do
	rm -rf far
	cp -r empty far
	"$FERRY" --store far import medium --no-receipt >out 2>err &
	pid=$!
	while kill -0 $pid 2>/dev/null; do
		now=$(number far) || continue
		[ "${now:-0}" -eq 0 ] || break
	done
	kill -9 $pid 2>/dev/null || :
	wait $pid 2>/dev/null || :
	[ "$(number far)" -eq "$(number near)" ] || { caught=yes && break; }
done
[ $caught = yes ] || skip "the import was never caught between two commits"
say "killed at record $(number far) of $(number near)"

say "a bundle of another history of the same store is refused: 24"
cp -r near near.right
rm -rf near
cp -r near.before near
fill near 20000 30 100
mkdir other
near export --to other >/dev/null
expect 24 far import other --no-receipt
has err "was interrupted half-way" "import that bundle again"
rm -rf near
cp -r near.right near

say "a later one that contains it is welcome"
cp -r far far.half
fill near 30000 2
mkdir later
near export --to later >/dev/null
expect 0 far import later --no-receipt
agree

say "and so is the same again"
rm -rf far
mv far.half far
expect 0 far import medium --no-receipt
expect 0 far verify
expect 0 far import later --no-receipt
agree
