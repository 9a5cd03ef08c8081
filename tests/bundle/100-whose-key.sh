#!/bin/bash
# A key speaks for one store: what it signs in another's name is refused, at the
# site and at the origin.
. "$(dirname "$0")/lib.sh"
pair
fill near 0 3
id() { store "$1" --json status | jq -r .id; }
expect 0 near export --to medium
expect 0 far import medium

say "the file of a key says whose it is, and the list repeats it"
expect 0 far trust list
has out "of store $(id near)"

say "a second trusted store cannot speak for the first"
store other init --name near >/dev/null
fill other 100 2
store other key export other.pem >/dev/null
expect 0 far trust add other.pem --name other
forged=forged
mkdir $forged
store other export --to $forged >/dev/null
python3 "$TOP/tests/tools/forge.py" origin "$(only $forged/*.tar)" \
    "$forged/ferry-forged.tar" "$(only other/keys/*.pem)" "$(id near)"
rm $forged/ferry-near-*.tar
expect 21 far import $forged
has err "in the name of store $(id near)" "speaks for store $(id other)" "--of $(id near)"
invisible far 9

say "nor a key whose file did not say, where the store has another"
sed '/^Store:/d' other.pem >anonymous.pem
store far2 init --name far2 >/dev/null
expect 0 store far2 trust add near.pem
expect 0 store far2 trust add anonymous.pem --name anonymous
expect 0 store far2 trust list
has out "of the store that it signs for first"
expect 21 store far2 import $forged
has err "which has another"

say "but it is bound to the first that it signs for"
mkdir right
store other export --to right >/dev/null
expect 0 store far2 import right
store far2 --json trust list >list
jq -es --arg id "$(id other)" 'any(.[]; .name == "anonymous" and .store == $id)' list >/dev/null ||
    fail "not bound"
expect 21 store far2 import $forged

say "until the operator says otherwise"
expect 0 far trust add other.pem --of "$(id near)"
expect 26 far import $forged

say "a new key of the same store needs no more than its file"
near key new >/dev/null
near key retire "$(openssl pkey -pubin -in near.pem -outform DER | tail -c 32 | sha256sum | cut -c1-32)" >/dev/null
near key export near2.pem
fill near 10 1
mkdir next
near export --to next >/dev/null
expect 21 far import next
expect 0 far trust add near2.pem
expect 0 far import next

say "a site does not sign another site's receipt"
store site2 init --name site2 >/dev/null
store site2 key export site2.pem
near trust add site2.pem >/dev/null
expect 0 far receipt --to .
receipt=$(only ferry-receipt-far-*.txt)
python3 - "$receipt" "$(only site2/keys/*.pem)" site2.pem <<-'END'
	import base64, hashlib, subprocess, sys
	text = open(sys.argv[1]).read().splitlines()[0]
	open("text", "w").write(text)
	sig = subprocess.run(["openssl", "pkeyutl", "-sign", "-rawin", "-in", "text",
	    "-inkey", sys.argv[2]], stdout=subprocess.PIPE, check=True).stdout
	der = subprocess.run(["openssl", "pkey", "-pubin", "-in", sys.argv[3],
	    "-outform", "DER"], stdout=subprocess.PIPE, check=True).stdout
	keyid = hashlib.sha256(der[-32:]).hexdigest()[:32]
	open("stolen.txt", "w").write(
	    text + "\n" + keyid + " " + base64.b64encode(sig).decode() + "\n")
END
expect 21 near receipt add stolen.txt
has err "speaks for store $(id site2)"
expect 0 near receipt add "$receipt"
