#!/bin/bash
# An image, an index, what they name; then nothing new.
. "$(dirname "$0")/lib.sh"
start_registry
start_proxy

image org/app 1.0 --layers 2 --base shared --zstd --plain
one=$DIGEST
image org/app multi --platforms linux/amd64,linux/arm64/v8 --base shared
index=$DIGEST
image org/other latest --docker --base shared --seed 2
oci_conf "$PROXY" 'images = [ "org/app:1.0", "org/app:multi", "org/other" ];'
expect 0 near init --name near

say "everything arrives, shared layers once"
expect 0 near sync
has out "2 packages: 5 versions pulled" "0 failed"
shared=$(curl -s "$REGISTRY/v2/org/app/manifests/$one" -H 'Accept: application/vnd.oci.image.manifest.v1+json' |
    jq -r '.layers[0].digest')
asked 1 "GET .*blobs/$shared"
asked 3 '^HEAD /v2/[^ ]*/manifests/(1.0|multi|latest) 200'
expect 0 near verify
expect 0 near show "oci:org/app@$one"
has out "$shared"
expect 0 near show "oci:org/app@$index"

say "people name images by their tags"
expect 0 near show org/app:1.0
has out "org/app@$one"
expect 0 near show oci:org/app@multi
has out "org/app@$index"
expect 1 near show org/app:2.0
has err "org/app has no version '2.0' here"
expect 0 near list --versions
has out "2 tags" "$one"

say "nothing new: one HEAD a tag, and nothing else"
: >log
expect 0 near sync
has out "0 versions pulled" "3 here already"
asked 3 '^HEAD .*/manifests/(1.0|multi|latest) 200'
asked 3 .
