#!/bin/bash
# Keys that never leave a token: a real SoftHSM, by PKCS#11.  It signs bundles,
# receipts and other stores' bundles; and what goes wrong with a token is said.
. "$(dirname "$0")/lib.sh"
cd "$T"
for tool in softhsm2-util pkcs11-tool; do
	command -v "$tool" >/dev/null || skip "no $tool"
done
module=$(dpkg -L libsofthsm2 | grep '/libsofthsm2\.so$' | head -1)

export SOFTHSM2_CONF=$T/softhsm2.conf
mkdir tokens
printf 'directories.tokendir = %s/tokens\nobjectstore.backend = file\nlog.level = ERROR\n' "$T" >"$SOFTHSM2_CONF"
softhsm2-util --init-token --free --label vault --pin 1234 --so-pin 5678 >/dev/null
tool() { pkcs11-tool --module "$module" --login --pin 1234 --token-label vault "$@" >/dev/null 2>&1; }
tool --keypairgen --key-type EC:edwards25519 --label near --id 01
# SoftHSM writes the public point of an imported key in another way.
openssl genpkey -algorithm ed25519 -out scanner.key 2>/dev/null
openssl pkey -in scanner.key -pubout -out scanner.pub
softhsm2-util --import scanner.key --token vault --label scanner --id 02 --pin 1234 >/dev/null
printf '1234\n' >pin
uri="pkcs11:token=vault;object=near?pin-source=file:$T/pin"
scanner="pkcs11:token=vault;object=scanner;type=private?module-path=$module&pin-source=$T/pin"

near init --name near >/dev/null
first=$(near key | sed -n '1s/ .*//p')
fill near 0 3

say "a store signs with a key in a token, and with no other"
expect 0 near key new "$uri"
has out "signs" "$uri"
key=$(sed -n '1s/ .*//p' out)
near key retire "$first"
expect 0 near key --json
has out '"uri":"pkcs11:token=vault'
near key export near.pem
mkdir m
expect 0 near export --to m
volume=$(only m/*.tar)
expect 0 tar -tf "$volume"
has out "signatures/$key.sig"
[ "$(grep -c signatures/ out)" = 1 ] || fail "more than one signature"
near doctor --offline >out || :
has out "ok       keys         1 of 2 sign"
grep -rl 'PRIVATE KEY' near/keys | grep -v retired && fail "there is a private key"

say "openssl and a site take its signature"
mkdir hand
tar -xf "$volume" -C hand
expect 0 openssl pkeyutl -verify -pubin -inkey near.pem -rawin -in hand/head.json \
    -sigfile "hand/signatures/$key.sig"
expect 0 bash "$TOP/tests/bundle/check-by-hand.sh" near.pem "$volume"
store far init --name far >/dev/null
store far trust add near.pem >/dev/null
store far trust add scanner.pub --role scanner >/dev/null
store far trust require 1 --role scanner
expect 21 store far import m

say "a scanner's key is in a token, too; the module is named, and no store is needed"
expect 0 "$FERRY" sign --key "$scanner" --signed-by near.pem m
expect 0 store far import m
agree

say "a site's receipt"
tool --keypairgen --key-type EC:edwards25519 --label far --id 03
own=$(store far key | sed -n '1s/ .*//p')
store far key new "pkcs11:token=vault;id=%03?pin-source=$T/pin" >/dev/null
store far key retire "$own"
store far key export far.pem
near trust add far.pem --only receipts >/dev/null
expect 0 store far receipt --to m
near receipt add m/ferry-receipt-far-near.txt >/dev/null

say "without a PIN file it is asked for on the terminal, and only there"
expect 2 setsid "$FERRY" sign --key "pkcs11:token=vault;object=scanner" m </dev/null
has err "there is no terminal to ask on"
expect 0 python3 - "$FERRY" sign --key "pkcs11:token=vault;object=scanner" m <<'END'
import os, pty, sys, termios, time
pid, fd = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], sys.argv[1:])
text, asked = b"", False
while True:
    try:
        got = os.read(fd, 1000)
    except OSError:
        break
    if not got:
        break
    text += got
    if b"PIN of the token" in text and not asked:
        asked = True
        # OpenSSL prompts first and turns the echo off then.
        while termios.tcgetattr(fd)[3] & termios.ECHO:
            time.sleep(0.01)
        os.write(fd, b"1234\n")
sys.stdout.buffer.write(text)
status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
sys.exit(9 if b"token: 1234" in text else status)
END

say "each mistake has words of its own"
refused() {
	local uri=$1
	shift
	expect 2 "$FERRY" sign --key "$uri" m
	has err "$@"
}
printf '9999\n' >wrong
refused "pkcs11:token=vault;object=near?pin-source=$T/wrong" "the token refuses this PIN"
refused "pkcs11:token=vault;object=near?pin-value=1234" "put the PIN into a file"
refused "pkcs11:token=valut;object=near?pin-source=$T/pin" "no token here fits the URI"
refused "pkcs11:token=vault;object=naer?pin-source=$T/pin" "no private key that fits"
refused "pkcs11:token=vault?pin-source=$T/pin" "several keys fit the URI"
refused "pkcs11:token=vault;objekt=near?pin-source=$T/pin" "'objekt' is not known here"
refused "pkcs11:token=vault;object=near;type=public?pin-source=$T/pin" "type=private"
expect 7 "$FERRY" sign --key "pkcs11:token=vault;object=near?module-path=$T/none.so" m
has err "cannot open shared object" "module-path"
tool --keypairgen --key-type EC:prime256v1 --label other --id 04
expect 20 "$FERRY" sign --key "pkcs11:token=vault;object=other?pin-source=$T/pin" m
has err "is not an Ed25519 key"
store lone init --name lone >/dev/null
softhsm2-util --import lone/keys/*.pem --token vault --label lone --id 05 --pin 1234 >/dev/null
expect 1 store lone key new "pkcs11:token=vault;object=lone?pin-source=$T/pin"
has err "is this key already, as a file; remove that one first"

say "a token that is not there, and another key in its place"
fill near 3 1
mkdir m2
mv tokens away
mkdir tokens
expect 0 near key
has out "$key" "signs"
expect 2 near export --to m2
has err "the key $key at pkcs11:token=vault" "no token here fits"
ls m2/*.tar 2>/dev/null && fail "a bundle without a signature"
rmdir tokens
mv away tokens
tool --delete-object --type privkey --id 01
tool --delete-object --type pubkey --id 01
tool --keypairgen --key-type EC:edwards25519 --label near --id 01
expect 20 near export --to m2
has err "is another key now"
