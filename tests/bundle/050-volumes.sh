#!/bin/bash
# Volumes stand alone: any order, one at a time; a damaged or missing one is
# named, and then only that one is needed.
. "$(dirname "$0")/lib.sh"
pair
fill near 0 30
near export --to medium --volume-size 600000 >/dev/null
volumes=(medium/*.tar)
n=${#volumes[@]}
[ "$n" -ge 4 ] || fail "only $n volumes"
for v in "${volumes[@]}"; do
	[ "$(stat -c %s "$v")" -le 600000 ] || fail "$v is too large"
done

say "each alone, last first: only the last one completes it"
for ((i = n - 1; i > 0; i--)); do
	expect 30 far import "${volumes[i]}"
	has err "is missing"
	invisible far
	expect 0 far gc
	has out "kept" "of an import that is not complete"
done
expect 0 far import "${volumes[0]}"
agree

say "one missing: named; then only that one"
store b init --name b >/dev/null
store b trust add near.pem >/dev/null
mkdir most
cp "${volumes[@]}" most
rm "most/$(basename "${volumes[1]}")"
expect 30 store b import most
has err "volume 2 of $n is missing ($(basename "${volumes[1]}"))"
invisible b
expect 0 store b import "${volumes[1]}"
has out "imported records 1 to 90"
agree b

say "several missing: all named"
[ "$n" -ge 4 ]
store b2 init --name b2 >/dev/null
store b2 trust add near.pem >/dev/null
mkdir some
cp "${volumes[1]}" some
expect 30 store b2 import some
has err "volume 1, 3-$n of $n is missing" "and so on"
expect 0 store b2 gc
has out "blobs of an import that is not complete"
cp -r b2 b4
expect 0 store b4 gc --forget-imports
hasnt out "freed 0 blobs"
hasnt out "not complete"
expect 0 store b2 import "${volumes[0]}" "${volumes[@]:2}"
agree b2
expect 0 store b4 import "${volumes[@]}"
agree b4

say "one damaged: named; then only that one"
store c init --name c >/dev/null
store c trust add near.pem >/dev/null
cp "${volumes[@]}" most
flip "most/$(basename "${volumes[2]}")" 400000
expect 20 store c import most
has err "$(basename "${volumes[2]}")"
invisible c
expect 0 store c import "${volumes[2]}"
agree c

say "a damaged copy beside a good one does no harm"
store d init --name d >/dev/null
store d trust add near.pem >/dev/null
cp "${volumes[@]}" most
cp "${volumes[2]}" most/a-copy.tar
flip most/a-copy.tar 400000
expect 0 store d import most
agree d

say "swapped names mean nothing; another bundle's volume does not fit in"
store e init --name e >/dev/null
store e trust add near.pem >/dev/null
mkdir mixed
cp "${volumes[@]}" mixed
mv "mixed/$(basename "${volumes[0]}")" x
mv "mixed/$(basename "${volumes[1]}")" "mixed/$(basename "${volumes[0]}")"
mv x "mixed/$(basename "${volumes[1]}")"
expect 0 store e import mixed
agree e
store f init --name f >/dev/null
store f trust add near.pem >/dev/null
mkdir other
near export --to other --since 1 --volume-size 600000 >/dev/null
rm most/* && cp "${volumes[@]}" most
others=(other/*.tar)
cp "${others[1]}" "most/$(basename "${volumes[1]}")"
expect 30 store f import most
has err "volume 2 of $n is missing"
invisible f
expect 0 store f import "${volumes[1]}"
agree f

say "a read-only medium"
store g init --name g >/dev/null
store g trust add near.pem >/dev/null
mkdir ro
cp "${volumes[@]}" ro
chmod 0444 ro/*
chmod 0555 ro
before=$(find ro -exec stat -c '%n %Y %s' {} + | sort)
if mount --bind ro ro 2>/dev/null && mount -o remount,ro,bind ro 2>/dev/null; then
	expect 0 store g import ro
	has err "no receipt on the medium"
	umount ro
else
	expect 0 store g import ro --no-receipt
fi
[ "$before" = "$(find ro -exec stat -c '%n %Y %s' {} + | sort)" ] ||
    fail "the medium was changed"
agree g

say "volumes that are too small"
mkdir small
expect 2 near export --to small --volume-size 70000
[ -z "$(ls small)" ] || fail "left something: $(ls small)"

say "a damaged older bundle beside a whole newer one does no harm"
store b3 init --name b3 >/dev/null
store b3 trust add near.pem >/dev/null
fill near 500 1
mkdir newer
near export --to newer >/dev/null
cp "${volumes[1]}" newer
expect 0 store b3 import newer
agree b3
[ -e newer/ferry-receipt-b3-near.txt ] || fail "no receipt"
rm -rf newer
