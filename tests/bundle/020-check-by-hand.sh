#!/bin/bash
# A bundle can be checked without ferry: check-by-hand.sh needs only tar, zstd,
# sha256sum and openssl.
. "$(dirname "$0")/lib.sh"
hand="$TOP/tests/bundle/check-by-hand.sh"
pair
fill near 0 20
expect 0 near export --to medium --volume-size 700000
n=$(ls medium/*.tar | wc -l)
[ "$n" -gt 1 ] || fail "only $n volume"
expect 0 bash "$hand" near.pem medium/*.tar
has out "signature: good" "volume 1: good" "volume $n: good" "$n of $n volumes"

say "other tar programs agree about what is in it"
first=$(ls medium/*.tar | head -1)
tar -tf "$first" >list.tar
python3 -c 'import sys, tarfile
for m in tarfile.open(sys.argv[1]): assert m.isreg(); print(m.name)' "$first" >list.python
same list.tar list.python
command -v bsdtar >/dev/null && { bsdtar -tf "$first" >list.bsd; same list.tar list.bsd; }

say "what ferry refuses, the script finds too"
cp "$first" one.tar
flip one.tar $(($(stat -c %s one.tar) / 2))
expect 1 bash "$hand" near.pem one.tar
has err "FAILED"
cp "$first" two.tar
flip two.tar 700
expect 1 bash "$hand" near.pem two.tar
expect 1 bash "$hand" far.pem medium/*.tar
