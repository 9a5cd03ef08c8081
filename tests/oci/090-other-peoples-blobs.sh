#!/bin/bash
# Knowing the digest of a blob is not having it: a repository gets what the store
# has already only if its own registry has it, too.
. "$(dirname "$0")/lib.sh"
start_registry
start_proxy

image corp/secret 1 --seed secret --layers 2
layer=$(curl -s "$REGISTRY/v2/corp/secret/manifests/1" -H 'Accept: application/vnd.oci.image.manifest.v1+json' |
    jq -r '.layers[0].digest')
image pub/claim 1 --seed secret --layers 2
image pub/claim 2 --seed secret --layers 2 --plain
cat >near.conf <<-END
	store = "near";
	upstreams = (
	  { name = "corp"; format = "oci"; url = "$REGISTRY"; images = [ "corp/secret:1" ]; },
	  { name = "pub"; format = "oci"; url = "$PROXY"; images = [ "pub/claim:1" ];
	    referrers = "off"; tries = 1; }
	);
END
expect 0 near init --name near
expect 0 near sync corp

say "a registry that does not have what its manifest names"
for status in 404 403 500; do
	# Where HEAD says no, a GET decides.
	printf 'blobs/%s status=%s 2\n' "$layer" "$status" >rules
	expect 4 near sync pub
	has out "did not confirm" "answered $status"
	expect 1 near show oci:pub/claim:1
done

say "and one that has: one HEAD a blob, and no bytes"
: >log
: >rules
expect 0 near sync pub
asked 1 "^HEAD .*blobs/$layer 200"
asked 0 "^GET .*blobs"

say "what a version of the repository names needs none"
sed -i 's|pub/claim:1|pub/claim:2|' near.conf
: >log
expect 0 near sync pub
asked 0 "^HEAD .*blobs/$layer"
: >log
expect 0 near sync pub
asked 1 .
expect 0 near verify
