#!/bin/bash
# verify holds records against the manifests that they name, too.
. "$(dirname "$0")/../lib.sh"
cd "$T"
PUT_OCI=$FERRY_BUILD/tests/tools/put_oci
make() { python3 "$TOP/tests/tools/mkoci.py" layout "$@"; }
put() { "$PUT_OCI" near hub hub.example org/app "$@"; }
verify() { "$FERRY" --store near "$@" verify; }

one=$(make image 1)
two=$(make image 2)
index=$(make index 3 --platform linux/amd64 --platform linux/arm64)
sbom=$(make artifact --subject "$one" --type application/vnd.example.sbom)
put layout
expect 0 verify
has out ": 0 problems"

say "a record that says another subject, or another type, is named"
put "--set=$sbom=subject=$two"
expect 5 verify
has out "bad record: its \"subject\" is not what its manifest says; oci org/app@$sbom of hub" ": 1 problem"
hasnt out "bad blob"
put "--set=$index=media_type=application/vnd.oci.image.manifest.v1+json"
expect 5 verify
has out "bad record: " "oci org/app@$index of hub" ": 2 problems"

say "so is a tag that names no digest"
put --tag=odd=nowhere
expect 5 verify
has out "oci org/app" ": 3 problems"
expect 5 verify --json
jq -e '[.problems[] | select(.record != null and .blob == null)] | length == 3' out >/dev/null || fail "$(cat out)"
jq -e --arg d "$sbom" '.problems | any(.record == ["version", "oci", "org/app", "hub", $d] and .code == "format")' out >/dev/null ||
    fail "$(cat out)"

say "no blob is lost by that, and what is removed is looked at, too"
expect 0 "$FERRY" --store near status
has out "problems     none"
expect 0 "$FERRY" --store near remove "oci:org/app@$sbom"
expect 5 verify
has out ": 3 problems"

say "removing it and gc make the store whole"
expect 0 "$FERRY" --store near remove "oci:org/app@$index"
put --untag=odd
expect 0 "$FERRY" --store near gc --grace 0
expect 0 verify
has out ": 0 problems"

say "a rotten manifest is a bad blob, and not a bad record as well"
big=$(python3 - "$two" <<'END'
import hashlib, json, sys
name = lambda digest: "layout/blobs/" + digest.replace(":", "/")
manifest = json.load(open(name(sys.argv[1])))
manifest["annotations"] = {"pad": "x" * 2200000}
data = json.dumps(manifest).encode()
digest = "sha256:" + hashlib.sha256(data).hexdigest()
open(name(digest), "wb").write(data)
index = json.load(open("layout/index.json"))
index["manifests"] = [{"mediaType": manifest["mediaType"], "digest": digest, "size": len(data)}]
json.dump(index, open("layout/index.json", "w"))
print(digest)
END
)
put layout
expect 0 verify
hex=${big#sha256:}
blob=near/blobs/${hex:0:2}/${hex:2}
chmod u+w "$blob"
printf y | dd of="$blob" bs=1 seek=1000000 conv=notrunc 2>/dev/null
expect 5 verify
has out "bad blob $big" ": 1 problem"
hasnt out "bad record"
expect 5 verify
has out ": 1 problem"
