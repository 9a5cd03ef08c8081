#!/bin/bash
# A blob larger than a volume travels in pieces: any order, a kill anywhere, a
# damaged or missing volume named, nothing visible before the whole was hashed
# (issue 11, point 23).
# ctest: COST 20
. "$(dirname "$0")/lib.sh"
hand=$TOP/tests/bundle/check-by-hand.sh
KILLS=${KILLS:-12}
pair
fill near 0 6
"$FILL" near --first 100 --packages 1 --versions 2 --size 2500000 --seed 3
near export --to medium --volume-size 600000 >/dev/null
volumes=(medium/*.tar)
n=${#volumes[@]}
[ "$n" -ge 9 ] || fail "only $n volumes"
last=$(near status | sed -n 's/^journal *record //p')

# site NAME: one more that trusts near.
site() {
	store "$1" init --name "$1" >/dev/null
	store "$1" trust add near.pem >/dev/null
}
# Of the volumes, those that hold a piece of a blob.
pieces() { for v; do if tar -tf "$v" | grep '\.piece-' >/dev/null; then echo "$v"; fi; done; }
# No piece is left in the store.
tidy() {
	[ -z "$(ls "$1/pieces")" ] || fail "$1/pieces holds $(ls "$1/pieces")"
	[ -z "$(find "$1/blobs" -type f -links +1)" ] || fail "linked twice"
}

say "volumes of their size, each of which can be checked alone; an old ferry refuses them"
for v in "${volumes[@]}"; do
	[ "$(stat -c %s "$v")" -le 600000 ] || fail "$v is too large"
	expect 0 bash "$hand" near.pem "$v"
	has out "signature: good"
done
tar -xOf "${volumes[0]}" head.json | grep '"requires":\["piece-1"\]' >/dev/null
expect 0 bash "$hand" near.pem "${volumes[@]}"
has out "$n of $n volumes"
[ "$(grep -c ': good, in [5-9] pieces$' out)" = 2 ] || fail "$(cat out)"
[ "$(pieces "${volumes[@]}" | wc -l)" -ge 9 ]
expect 0 "$FERRY" bundle list medium
has out fill-00100

say "all at once; the store holds nothing twice"
expect 0 far import medium
has out "imported records 1 to $last"
agree
tidy far

say "each alone, last first; gc keeps what waits"
site a
for ((i = n - 1; i > 0; i--)); do
	expect 30 store a import "${volumes[i]}"
	has err "is missing"
	invisible a
	expect 0 store a gc
	has out "of an import that is not complete"
done
[ -n "$(ls a/pieces)" ]
cp -r a forgotten
expect 0 store forgotten gc --forget-imports
tidy forgotten
expect 0 store a import "${volumes[0]}"
agree a
tidy a

say "in any order, another one each time"
for ((k = 0; k < 4; k++)); do
	rm -rf any
	site any
	for v in $(shuf -e "${volumes[@]}"); do
		store any import "$v" >out 2>err || [ $? = 30 ] || fail "$(cat err)"
	done
	agree any
	tidy any
done

say "a missing one is named, and a damaged one; then only that one is needed"
middle=$(pieces "${volumes[@]}" | sed -n 3p)
number=$(echo "$middle" | sed 's/.*-0*\([0-9]*\)\.tar/\1/')
mkdir most
cp "${volumes[@]}" most
rm "most/$(basename "$middle")"
site b
expect 30 store b import most
has err "volume $number of $n is missing ($(basename "$middle"))"
invisible b
cp "$middle" most
flip "most/$(basename "$middle")" 300000
expect 20 store b import most
has err "$(basename "$middle")" ".piece-" "is damaged; copy the volume again"
invisible b
expect 1 bash "$hand" near.pem "most/$(basename "$middle")"
expect 0 store b import "$middle"
agree b
tidy b

say "volumes of two exports, of other sizes, help each other"
mkdir other
near export --to other --volume-size 900000 >/dev/null
site c
expect 30 store c import most/"$(basename "$(pieces "${volumes[@]}" | head -1)")"
expect 0 store c import other
agree c
tidy c

# killed MS COMMAND…: end it after so many milliseconds, or let it end.
killed() {
	local ms=$1 pid
	shift
	"$@" >out 2>err &
	pid=$!
	sleep "$(printf '%d.%03d' $((ms / 1000)) $((ms % 1000)))"
	kill -9 "$pid" 2>/dev/null || true
	wait "$pid" 2>/dev/null || true
}
millis() { date +%s%3N; }

say "exports that are killed, and go on within a blob"
"$FILL" near --first 200 --packages 1 --versions 2 --size 40000000 --seed 4
last=$(near status | sed -n 's/^journal *record //p')
mkdir m
command=("$FERRY" --store near export --to m --since 0 --volume-size 3000000)
from=$(millis)
"${command[@]}" >/dev/null
ms=$(($(millis) - from))
whole=$(ls m | wc -l)
within=0
for ((i = 0; i < KILLS; i++)); do
	rm -f m/*
	killed $((ms * (i + 1) / (KILLS + 2))) "${command[@]}"
	# On a machine that was slow just before, it had ended already.
	[ -e m/ferry-near.export ] || [ -z "$(ls m)" ] || ms=$((ms / 2 + 1))
	[ ! -e m/ferry-near.export ] ||
	    ! grep -q '"offset":[1-9]' m/ferry-near.export || within=$((within + 1))
	expect 0 "${command[@]}"
	[ -z "$(ls m | grep -v '\.tar$')" ] || fail "left: $(ls m)"
	[ "$(ls m | wc -l)" = "$whole" ] || fail "$(ls m | wc -l) volumes, not $whole"
done
expect 0 bash "$hand" near.pem m/*.tar
has out ": good, in 14 pieces"
say "$within of $KILLS kills hit within a blob"

say "imports that are killed"
site d
from=$(millis)
store d import m --no-receipt >/dev/null
ms=$(($(millis) - from))
agree d
rm -rf e
site e
for ((i = 0; i < KILLS; i++)); do
	killed $((RANDOM % ms)) "$FERRY" --store e import m --no-receipt
	now=$(store e status | sed -n 's/^journal *record //p')
	[ "$now" = 0 ] || [ "$now" = "$last" ] || fail "half an import: $now"
	[ "$now" = 0 ] || { rm -rf e && site e; }
done
expect 0 store e import m --no-receipt
agree e
expect 0 store e gc
tidy e

say "permissions in pieces can be looked at without importing them"
python3 - >users.jsonl <<'END'
import json, random
r = random.Random(7)
print(json.dumps({"kind": "meta", "upstream": "ghes", "realm": "ghes", "github": True,
                  "private_mode": False, "taken_at": 1790000000, "generation": 1}))
for i in range(1, 9000):
    print(json.dumps({"kind": "user", "id": i, "login": "%020x" % r.getrandbits(80)}))
END
store who init --name who >/dev/null
store who key export who.pem
"$FERRY_BUILD/tests/tools/put_access" who ghes users.jsonl
mkdir who.m
store who export --to who.m --volume-size 66000 >/dev/null
[ "$(pieces who.m/*.tar | wc -l)" -ge 2 ] || fail "$(ls who.m)"
cp "$(pieces who.m/*.tar | head -1)" who.m/a-copy.tar
site g
store g trust add who.pem >/dev/null
expect 0 store g access diff --bundle who.m
[ "$(grep -c '^+ user ' out)" = 8999 ] || fail "$(wc -l out)"
invisible g
expect 0 store g import who.m
expect 0 store g access show
has out "8999 user"

say "what rots at a site is brought again, in pieces"
hex=$(tar -tf "$(pieces "${volumes[@]}" | head -1)" |
    sed -n 's|blobs/sha256/\(.*\)\.piece-.*|\1|p' | head -1)
flip "far/blobs/${hex:0:2}/${hex:2}" 700000
expect 5 far verify
expect 0 far receipt --to .
near receipt add ferry-receipt-far-near.txt >/dev/null
mkdir again
expect 0 near export --to again --for far --volume-size 600000
[ "$(pieces again/*.tar | wc -l)" -ge 5 ]
expect 0 far import again
agree

say "rot at the origin is noticed before anything of the blob leaves"
rm -rf again/* m/*
flip "near/blobs/${hex:0:2}/${hex:2}" 2400000
expect 20 near export --to m --since 0 --volume-size 600000
has err "is damaged in this store; nothing was exported"
[ -z "$(ls m/*.tar 2>/dev/null)" ] || fail "a volume exists"
