#!/bin/bash
# Keys that change without anybody going there: a root, signed by a threshold of
# keys of its own, travels in bundles; sites trust what it names and revoke what it
# no longer names.  Each trick with roots is refused with words of its own.
. "$(dirname "$0")/lib.sh"

near init --name near >/dev/null
fill near 0 2
k1=$(near key | sed -n '1s/ .*//p')
for i in a b c d; do
	openssl genpkey -algorithm ed25519 -out $i.key 2>/dev/null
	openssl pkey -in $i.key -pubout -out $i.pub
done
id() { openssl pkey -in "$1.key" -pubout -outform DER | tail -c 32 | sha256sum | cut -c1-32; }
root() { "$FERRY" root "$@"; }
# sign FILE KEY…
sign() {
	local file=$1 key
	shift
	for key; do root sign "$file" --key "$key.key" >/dev/null; done
}
bundle() { rm -rf "$1" && mkdir "$1" && near export --to "$1" "${@:2}" >/dev/null; }
site() {
	rm -rf "$1"
	store "$1" init --name "$1" >/dev/null
	store "$1" trust add --root "$2" >/dev/null
}

say "a draft goes round, without a store; it counts once enough people signed"
expect 0 near root
has out "has no root"
expect 0 near root new r1
has out "root 1 of near" "signs bundles" "a root needs 1 of 0 keys"
expect 1 root sign r1 --key a.key
has err "1 signatures of role 'root' cannot be asked for: there are 0 such keys"
expect 0 root add r1 a.pub --role root --name anna
expect 0 root add r1 b.pub --role root --name ben
root add r1 --key c.key --role root --name carl >/dev/null
expect 0 root require r1 2 --role root
has out "a root needs 2 of 3 keys" "anna  signs roots"
expect 2 root add r1 d.pub --role scanner
has err "--role root"
sign r1 a
expect 21 near root publish r1
has err "has 1 of the 2 signatures of keys of root 1 that it needs"
sign r1 a b
expect 0 near root publish r1
has out "signed by $(id a)" "signed by $(id b)"
expect 1 near root new r1
has err "r1 is there already"
expect 0 near root export out1
same r1 out1

say "anybody can check it with openssl"
head -n 1 r1 | tr -d '\n' >line
sed -n "s/^$(id b) //p" r1 | base64 -d >sig
expect 0 openssl pkeyutl -verify -pubin -inkey b.pub -rawin -in line -sigfile sig

say "a site trusts it once, by hand, and its keys with it; within limits"
far init --name far >/dev/null
expect 0 far trust add --root r1 --packages 'fill-*'
has out "root 1 of near" "anna"
expect 0 far trust
has out "root 1 of near" "its bundles need 1 of 1 keys" "$k1" "only for packages fill-*"
bundle m1
tar -xOf m1/*.tar head.json >head.json
grep -q '^{"roots":"' head.json
expect 0 far import m1
agree
near key export near.pem

say "who trusts keys by hand passes over it"
store lone init --name lone >/dev/null
store lone trust add near.pem >/dev/null
expect 0 store lone import m1
hasnt err root
expect 2 store lone trust add --root r1 --only receipts
expect 0 store lone trust add --root r1
near key new >/dev/null
k2=$(near key | sed -n 's/  signs$//p' | grep -v "$k1")
near key export near2.pem
expect 2 store lone trust add near2.pem
has err "its root 1 says here, and it does not name key $k2"
store other init --name other >/dev/null
store other trust add near2.pem >/dev/null
expect 2 store other trust add --root r1
has err "key $k2 (near) signs bundles of near here, and its root does not name it"

say "a new key comes and the old one goes: the site follows, revokes, and says what came"
near root new r2 >/dev/null
root add r2 near2.pem --role bundle >/dev/null
root remove r2 "$k1" >/dev/null
sign r2 b c
expect 0 near root publish r2
near key retire "$k1"
near key export k2.pem
fill near 2 1
bundle m2 --since 0
cp -r far far-before
expect 0 far import m2
has err "root 2 of near does not name key $k1 (near) any more: it is revoked here; 1 import came by it" \
    "'ferry trust brought $k1'" "root 2 of near is trusted here now"
agree
expect 0 far trust brought "$k1"
has out "fill-00000" "came by key $k1"
expect 0 far trust
has out "root 2 of near" "$k2" "revoked at"
[ "$(grep -c 'only for packages fill-\*' out)" = 2 ] || fail "the new key has no limits"

say "what the old key signs is refused, and the old root with it changes nothing back"
expect 22 far import m1
has err "signed by key $k1, which was revoked here"
expect 25 far trust add --root r1
has err "this is root 1 of near, and here is root 2; an older root changes nothing back"
expect 0 far trust
has out "root 2 of near"

say "a dry run looks, and takes nothing"
rm -rf far
cp -r far-before far
expect 0 far import --dry-run m2
expect 0 far trust
has out "root 1 of near"

say "a key that was dropped comes back neither at the origin nor at a site"
near root new r3 >/dev/null
root add r3 near.pem --role bundle >/dev/null
sign r3 a b
expect 2 near root publish r3
has err "key $k1 was in root 1 and not in root 2: sites have revoked it"

say "several at once; one that a bundle skips; too few old keys; too few new ones"
rm r3
near root new r3 >/dev/null
root remove r3 "$(id a)" >/dev/null
root add r3 d.pub --role root --name dora >/dev/null
sign r3 b d
expect 21 near root publish r3
has err "root 3 of near has 1 of the 2 signatures of keys of root 2 that it needs"
rm -f r3x
cp r3 r3x
sign r3 a
expect 0 near root publish r3
bundle m3 --since 0
expect 0 far import m3
has err "root 2 of near is trusted here now" "root 3 of near is trusted here now"
expect 0 far trust
has out "root 3 of near"

# roots IN OUT KEY FILE…: a volume with these roots in its head, signed again.
forge() {
	python3 - "$@" <<'END'
import base64, hashlib, io, json, subprocess, sys, tarfile
src, dst, key, files = sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:]
out = tarfile.open(dst, "w", format=tarfile.USTAR_FORMAT)
kid = None
with tarfile.open(src) as tar:
    for m in tar.getmembers():
        data = tar.extractfile(m).read()
        if m.name == "head.json":
            size = len(data)
            text = data.decode().rstrip()
            head = json.loads(text)
            words = " ".join(base64.b64encode(open(f, "rb").read()).decode() for f in files)
            head = {"roots": words, **{k: v for k, v in head.items() if k != "roots"}}
            def pack():
                return json.dumps(head, separators=(",", ":")).encode()
            grow = (len(pack()) + 512) // 512 * 512 - (size + 511) // 512 * 512
            size = max(size, (len(pack()) + 512) // 512 * 512)
            head["volumes"][0]["size"] += max(grow, 0)
            data = pack()
            data = data + b" " * (size - len(data) - 1) + b"\n"
            m.size = len(data)
            open("head.bin", "wb").write(data)
            subprocess.run(["openssl", "pkeyutl", "-sign", "-rawin", "-inkey", key,
                "-in", "head.bin", "-out", "head.sig"], check=True)
            der = subprocess.run(["openssl", "pkey", "-in", key, "-pubout", "-outform", "DER"],
                check=True, capture_output=True).stdout
            kid = hashlib.sha256(der[-32:]).hexdigest()[:32]
            out.addfile(m, io.BytesIO(data))
            data = open("head.sig", "rb").read()
            m = tarfile.TarInfo("signatures/%s.sig" % kid)
            m.size = len(data)
        elif m.name.startswith("signatures/"):
            continue
        out.addfile(m, io.BytesIO(data))
out.close()
END
}
cp -r far far3
key2=$(only near/keys/"$k2".pem)
rm -rf far && cp -r far-before far
rm -rf trick && mkdir trick
forge m3/*.tar trick/ferry-skip.tar "$key2" r1 r3
expect 24 far import trick
has err "this is root 3 of near, and here is root 1: root 2 is missing" "ferry-skip.tar"
forge m3/*.tar trick/ferry-skip.tar "$key2" r1 r2 r3x
expect 21 far import trick
has err "root 3 of near has 1 of the 2 signatures of keys of root 2"
expect 0 far trust
has out "root 2 of near"

say "a fork: two roots of one number, both signed by enough"
sed 's/dora/dore/; /^[0-9a-f]\{32\} /d' r3 >r3f
sign r3f a b d
expect 26 store far3 trust add --root r3f
has err "this is another root 3 of near than the one that is here" "nothing was changed"
forge m3/*.tar trick/ferry-skip.tar "$key2" r1 r2 r3f
expect 26 store far3 import trick
has err "this is another root 3 of near"
sed 's/dora/dore/' r3 >r3f
expect 21 store far3 trust add --root r3f
has err "the signature of key" "is wrong: this was changed after it was signed"

say "one that thieves of too few keys made up"
sed 's/"number":3/"number":4/; /^[0-9a-f]\{32\} /d' r3 >r4
sign r4 d
expect 21 store far3 trust add --root r4
has err "root 4 of near has 1 of the 2"

say "members, roles and versions of a later ferry, and what is no root"
for change in 's/"number":/"more":1,"number":/' 's/"bundle"\]/"bundle","other"]/' \
    's/"version":1/"version":2/' 's/"root":2/"root":2,"x":1/' 's/"name":"anna"/"name":"anna","x":1/'; do
	sed "$change" r1 >bad
	expect 28 root show bad
	has err "update"
	expect 28 store far3 trust add --root bad
done
for change in 's/"number":1/"number":0/' 's/"root":2/"root":4/' 's/"root":2/"root":0/' \
    's/ferry-root/ferry-rot/' 's/"key":"..../"key":"/' '1s/.*/{}/' '1s/.$//' '$s/ .*/ xx/' \
    's/"name":"anna"/"name":"a na"/' 's/"roles":\["root"\]/"roles":[]/'; do
	sed "$change" r1 >bad
	expect 1 store far3 trust add --root bad
done
head -c 20000 /dev/zero | tr '\0' 'x' >bad
expect 1 root show bad

say "expiry: of the root, of a key; told at the export, too"
rm r4
near root new r4 --expires 30d >/dev/null
root add r4 k2.pem --role bundle --expires 10d >/dev/null
sign r4 b c
near root publish r4 >/dev/null
bundle m4 --since 0 --expires never
expect 0 store far3 import m4
expect 5 store far3 status
has out "root near: root 4 expires at 20"
expect 0 store far3 trust
has out "until 20"
now=$(date +%s)
export FERRY_NOW=$((now + 11 * 86400))
fill near 3 1
bundle m5 --since 0 --expires never
expect 27 store far3 import m5
has err "signed by key $k2, which its origin's root lets sign until"
mkdir m6
expect 0 near export --to m6 --expires never
has err "root 4 of this store expires at"
has err "root 4 asks for 1 signature on a bundle, and 0 of its keys sign here"
export FERRY_NOW=$((now + 31 * 86400))
mkdir m7
expect 27 near export --to m7
has err "root 4 of this store expired at" "'ferry root new'"
near root new r5 --expires 60d >/dev/null
root add r5 k2.pem --role bundle --expires never >/dev/null
sign r5 b c
near root publish r5 >/dev/null
bundle m8 --since 0
expect 0 store far3 import m8
has err "root 5 of near is trusted here now"
site late r1
export FERRY_NOW=$((now + 100 * 86400))
expect 27 store far3 import m6
has err "expired"
rm -rf late
store late init --name late >/dev/null
expect 27 store late trust add --root r5
has err "root 5 of near expired at"
unset FERRY_NOW

say "two of its keys must sign a bundle: the second with 'ferry sign'"
near root new r6 >/dev/null
root add r6 d.pub --role bundle >/dev/null
root require r6 2 --role bundle >/dev/null
sign r6 b c
near root publish r6 >/dev/null
mkdir m9
expect 0 near export --to m9 --since 0
has err "root 6 asks for 2 signatures on a bundle, and 1 of its keys signs here"
expect 21 store far3 import m9
has err "it has 1 of the 2 signatures of keys of root 6 of near"
"$FERRY" sign --key d.key m9 >/dev/null
expect 0 store far3 import m9
agree far3

say "a thief with a signing key alone cannot name another, nor speak for another origin"
expect 2 store far3 root publish r6
has err "this is a root of near" "not of this store"
expect 2 near trust add --root r6
has err "this store's own root"

say "root keys that are lost: begun anew by hand; what was revoked stays so"
near root new n7 >/dev/null
for i in a b c d; do "$FERRY" root remove n7 "$(id $i)" --role root >/dev/null || true; done
openssl genpkey -algorithm ed25519 -out e.key 2>/dev/null
"$FERRY" root add n7 --key e.key --role root >/dev/null
"$FERRY" root require n7 1 --role root >/dev/null
sign n7 e
expect 21 near root publish n7
expect 0 near root publish n7 --anew
bundle m10 --since 0
"$FERRY" sign --key d.key m10 >/dev/null
expect 21 store far3 import m10
has err "root 7 of near has 0 of the 2 signatures of keys of root 6"
expect 21 store far3 trust add --root n7
expect 1 near trust forget nobody
expect 0 store far3 trust forget near
expect 0 store far3 trust add --root n7
expect 0 store far3 import m10
expect 0 store far3 trust
has out "root 7 of near" "revoked at"
expect 22 store far3 import m1

say "a root takes no key from another origin, nor a scanner's"
store evil init --name evil >/dev/null
store evil key export evil.pem
evil=$(store evil key | sed -n '1s/ .*//p')
store far3 trust add evil.pem >/dev/null
store far3 trust add c.pub --role scanner >/dev/null
near root new n8 >/dev/null
root add n8 evil.pem --role bundle >/dev/null
root add n8 c.pub --role bundle >/dev/null
sign n8 e
near root publish n8 >/dev/null
bundle m11 --since 0
"$FERRY" sign --key d.key m11 >/dev/null
expect 0 store far3 import m11
has err "names key $evil, which speaks for somebody else here" \
    "names key $(id c), which speaks for somebody else here"
expect 0 store far3 trust
has out "role scanner"
near root new n9 >/dev/null
root remove n9 "$evil" >/dev/null
root remove n9 "$(id c)" >/dev/null
sign n9 e
near root publish n9 >/dev/null

say "a bundle for another site brings the root, and no more"
rm -rf m12 && mkdir m12
near export --to m12 --for elsewhere --site-id 0123456789abcdef0123456789abcdef >/dev/null
"$FERRY" sign --key d.key m12 >/dev/null
expect 23 store far3 import m12
expect 0 store far3 trust
has out "root 9 of near" "role scanner"
grep -A3 "^$evil" out | grep -q "trusted since" || fail "another origin's key was revoked"

say "a key that expired does not count again because the roots are forgotten"
near root new n10 >/dev/null
root add n10 k2.pem --role bundle --expires 1d >/dev/null
sign n10 e
near root publish n10 >/dev/null
bundle m13 --since 0
"$FERRY" sign --key d.key m13 >/dev/null
expect 0 store far3 import m13
fill near 20 1
bundle m14 --since 0
"$FERRY" sign --key d.key m14 >/dev/null
export FERRY_NOW=$(($(date +%s) + 5 * 86400))
expect 0 store far3 trust require 2
expect 27 store far3 import m14
expect 0 store far3 trust forget near
expect 27 store far3 import m14
expect 0 store far3 trust add --root n10
expect 27 store far3 import m14
unset FERRY_NOW
expect 0 store far3 import m14
