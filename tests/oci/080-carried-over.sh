#!/bin/bash
# Images, tags and what refers to them go over in a bundle as they are.
. "$(dirname "$0")/lib.sh"
start_registry
image org/app 1 --platforms linux/amd64,linux/arm64 --attest
index=$DIGEST
image org/app - --subject "$index"
image org/app x --cosign "$index"
oci_conf "$REGISTRY" 'images = [ "org/app:1" ];'
expect 0 near init --name near
expect 0 near sync
far() { "$FERRY" --store far "$@"; }
expect 0 far init --name far
expect 0 near key export near.pem
expect 0 far key export far.pem
expect 0 far trust add near.pem --name near
expect 0 near trust add far.pem --name far
mkdir medium
expect 0 near export --to medium
expect 0 far import medium

say "every record and every byte"
for store in near far; do
	for kind in package version tag referrer upstream; do
		"$FERRY_BUILD/tests/tools/records" $store $kind | sed 's/,"seq":[0-9]*//'
	done >$store.records
done
same near.records far.records
[ "$(wc -l <far.records)" -ge 12 ] || fail "only $(wc -l <far.records) records"
expect 0 far verify

say "a tag that moves is a small bundle; the image that it left stays"
image org/app 1 --seed moved
expect 0 near sync
mkdir second
expect 0 near receipt add medium/ferry-receipt-far-near.txt
expect 0 near export --to second --for far
expect 0 far import second
[ "$("$FERRY_BUILD/tests/tools/records" far "tag oci org/app hub 1" | jq -r .version)" = "$DIGEST" ] ||
    fail "the tag did not move"
expect 0 far show "oci:org/app@$index"
