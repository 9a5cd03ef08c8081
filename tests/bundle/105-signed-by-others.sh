#!/bin/bash
# Two people: what the origin wrote is taken only once a scanner and an approver
# have signed it, each with a key and on a machine of their own.
. "$(dirname "$0")/lib.sh"
cd "$T"

near init --name near >/dev/null
fill near 0 3
near key export near.pem
mkdir m
near export --to m >/dev/null
store far init --name far >/dev/null
store far trust add near.pem >/dev/null

# A scanner and an approver without stores; the approver's key has a passphrase.
openssl genpkey -algorithm ed25519 -out scanner.key 2>/dev/null
openssl pkey -in scanner.key -pubout -out scanner.pub
printf 'two words\n' >pass
openssl genpkey -algorithm ed25519 -aes256 -pass file:pass -out approver.key 2>/dev/null
openssl pkey -in approver.key -passin file:pass -pubout -out approver.pub

say "a site that wants both takes nothing before"
expect 2 store far trust require 1 --role scanner
has err "only 0 trusted keys of role scanner could sign bundles here"
expect 0 store far trust add scanner.pub --role scanner
has out "role scanner"
expect 0 store far trust add approver.pub --role approver
store far trust require 1 --role scanner
store far trust require 1 --role approver
expect 0 store far trust
has out "and 1 of role scanner" "and 1 of role approver"
expect 21 store far import m
has err "1 signature of role 'scanner' missing" "'ferry sign'"

say "a key with a role does not speak for the origin"
expect 0 store lone init --name lone
store lone trust add scanner.pub --role scanner >/dev/null
"$FERRY" sign --key scanner.key m >/dev/null
expect 21 store lone import m

say "both sign, one of them onto another folder since the medium is read-only"
expect 0 "$FERRY" sign --key scanner.key --signed-by near.pem m
has out "signed records 1 to " "sha256:"
expect 21 "$FERRY" sign --key scanner.key --signed-by scanner.pub m
has err "it is not signed by the key in scanner.pub"
expect 21 store far import m
has err "1 signature of role 'approver' missing"
mkdir sigs
expect 0 python3 - "$FERRY" sign --key approver.key --to sigs m <<'END'
# A terminal, for the passphrase.
import os, pty, sys
pid, fd = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], sys.argv[1:])
text = b""
while True:
    try:
        got = os.read(fd, 1000)
    except OSError:
        break
    if not got:
        break
    if b"pass phrase" in (text + got) and b"pass phrase" not in text:
        os.write(fd, b"two words\n")
    text += got
sys.stdout.buffer.write(text)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
END
ls sigs/*.sig >/dev/null
expect 21 store far import m
cp sigs/*.sig m
expect 0 store far import m

say "anybody can check such a signature with openssl"
file=$(ls sigs/*.sig)
tail -n 1 "$file" | base64 -d >sig.bin
tar -xOf "$(ls m/*.tar | head -n 1)" head.json >head.json
expect 0 openssl pkeyutl -verify -pubin -inkey approver.pub -rawin -in head.json -sigfile sig.bin
[ "sha256:$(sha256sum head.json | cut -d' ' -f1)" = "$(sed -n 's/^bundle //p' "$file")" ] ||
    fail "the file names another bundle"

say "a signature of another bundle, a forged one, and what is no signature"
near key new >/dev/null
mkdir m2
near export --to m2 --full >/dev/null 2>&1 || near export --to m2 >/dev/null
cp m/*.sig m2
expect 21 store far import m2
has err "of role"
rm m2/*.sig
"$FERRY" sign --key scanner.key m2 >/dev/null
forged=$(ls m2/*.sig)
sed -i "4s/^..../AAAA/" "$forged"
expect 21 store far import m2
has err "is wrong: this was changed after it was signed"
echo "not a signature" >"$forged"
expect 21 store far import m2
has err "skipping $(basename "$forged"): this is not a signature that 'ferry sign' wrote"

say "what was damaged is not signed; nor what is not whole"
cp -r m2 m3
rm m3/*.sig
flip m3/*.tar 60000
expect 20 "$FERRY" sign --key scanner.key m3
[ -z "$(ls m3/*.sig 2>/dev/null)" ] || fail "it was signed"
expect 2 "$FERRY" sign --key scanner.pub m2
has err "there is no private key"

say "a role lasts when its key is added again; any number of strangers may sign; and a revoked one"
expect 0 store far trust add scanner.pub --name scan-2
has out "role scanner"
near key export near2.pem
store far trust add near2.pem >/dev/null
rm m2/*.sig
"$FERRY" sign --key scanner.key m2 >/dev/null
first=$(ls m2/*.sig)
for i in $(seq 10 50); do
	sed "s/^key ../key $i/" "$first" >"m2/0-stranger-$i.sig"
done
openssl pkey -in approver.key -passin file:pass -out approver-plain.key
"$FERRY" sign --key approver-plain.key m2 >/dev/null
expect 0 store far import m2 --no-receipt
rm -rf m4
mkdir m4
near export --to m4 --since 0 >/dev/null
"$FERRY" sign --key scanner.key m4 >/dev/null
"$FERRY" sign --key approver-plain.key m4 >/dev/null
store far trust revoke "$(sed -n 's/^key //p' "$first")" >/dev/null
expect 22 store far import m4
has err "1 signature of role 'scanner' missing"
