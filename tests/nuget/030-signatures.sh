#!/bin/bash
# Signatures inside packages, made by dotnet with certificates of our own: what was
# signed must be what came; roots say whom to trust.
# ctest: COST 15
. "$(dirname "$0")/lib.sh"
need_dotnet

mkdir "$T/up"
start_nuget up
cd "$T"

# dotnet signs with a certificate of its own root, or one that it trusts.
openssl req -x509 -newkey rsa:2048 -nodes -keyout code.key -out root.pem -days 30 -subj '/CN=Anna the Author/O=Example' \
    -addext 'basicConstraints=critical,CA:false' -addext 'keyUsage=critical,digitalSignature' \
    -addext 'extendedKeyUsage=codeSigning' 2>/dev/null
openssl pkcs12 -export -inkey code.key -in root.pem -out code.pfx -passout pass:x
openssl req -x509 -newkey rsa:2048 -nodes -keyout other.key -out other.pem -days 30 -subj '/CN=Other Root' 2>/dev/null

mknuget up <<'END'
pkg("Signed", "1.0.0", size=100000, needs={"": {"Plain": "1.0"}})
pkg("Changed", "1.0.0", size=100000)
pkg("Plain", "1.0.0")
END
for id in signed changed; do
	client "$T/home" dotnet nuget sign "up/nupkgs/$id.1.0.0.nupkg" --certificate-path code.pfx --certificate-password x \
	    --overwrite >log.txt 2>&1 || fail "$(cat log.txt)"
done
# One byte of the content, where nothing else depends on it.
python3 - up/nupkgs/changed.1.0.0.nupkg <<'END'
import sys, zipfile
path = sys.argv[1]
with zipfile.ZipFile(path) as z:
    info = z.getinfo("content/data.bin")
data = bytearray(open(path, "rb").read())
at = info.header_offset + 10  # the time of the member, in its local header
data[at] ^= 2
open(path, "wb").write(data)
END
mknuget up <<<'feed()'
near_of() { # STORE MEMBERS
	expect 0 "$FERRY" --store "$1" init --name near
	nuget_conf "$BASE/index.json" "$2"
	sed -i "s/store = \"near\"/store = \"$1\"/" near.conf
}

say "without roots: whole or refused, and whose it says to be"
near_of near 'packages = [ "Signed", "Changed" ];'
expect 4 near sync
has err "nuget:changed@1.0.0" "the signature in the nupkg is of other content"
expect 0 near show signed@1.0.0
has out "signature    intact" "author_signed_by O=Example,CN=Anna the Author, sha256:$(openssl x509 -in root.pem -outform DER | sha256sum | cut -d' ' -f1)"
expect 0 near show plain@1.0.0
has out "signature    none"

say "the contentHash is the client's"
nuget_config app "$BASE/index.json"
project app "$(framework)" '<PackageReference Include="Signed" Version="1.0.0" />' '<RestorePackagesWithLockFile>true</RestorePackagesWithLockFile>'
client "$T/home" dotnet restore app >log.txt 2>&1 || fail "$(cat log.txt)"
hash=$(jq -r '.dependencies[].Signed.contentHash' app/packages.lock.json)
expect 0 near show signed@1.0.0
has out "content_hash $hash"
[ "$hash" != "$(openssl dgst -sha512 -binary up/nupkgs/signed.1.0.0.nupkg | base64 -w0)" ] || fail "it is the file's"

say "with a root it is known what was whole before, and what comes"
nuget_conf "$BASE/index.json" 'packages = [ "Signed" ]; signature_roots = "root.pem";'
expect 0 near sync
expect 0 near show signed@1.0.0
has out "signature    verified"
near_of far 'packages = [ "Signed" ]; signature_roots = "other.pem";'
expect 0 near sync
expect 0 near show signed@1.0.0
has out "signature    untrusted"

say "required: signed, and by somebody who is trusted"
near_of strict 'packages = [ "Signed" ]; signatures = "required"; signature_roots = "root.pem";'
expect 4 near sync
has err "nuget:plain@1.0.0" "is not signed, and signatures are required"
expect 0 near show signed@1.0.0
near_of stricter 'packages = [ "Signed" ]; signatures = "required"; signature_roots = "other.pem";'
expect 4 near sync
has err "leads to none of 'signature_roots'"
nuget_conf "$BASE/index.json" 'signatures = "required";'
expect 3 near sync
has err "'signature_roots' must say whom to trust"
nuget_conf "$BASE/index.json" 'signature_roots = "code.key";'
expect 3 near sync
has err "has no certificates in PEM"
