#!/bin/bash
# Signatures, SBOMs and what refers to those: by the API, by the fallback tag,
# by cosign's tags.
# ctest: COST 20
. "$(dirname "$0")/lib.sh"
start_registry
start_proxy

accept='Accept: application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json'
image org/app 1 --platforms linux/amd64,linux/arm64
index=$DIGEST
child=$(curl -s "$REGISTRY/v2/org/app/manifests/1" -H "$accept" | jq -r '.manifests[0].digest')
image org/app - --subject "$index" --seed sbom
sbom=$DIGEST
image org/app - --subject "$sbom" --seed proof --artifact application/vnd.example.proof
proof=$DIGEST
image org/app x --cosign "$child"
signature=$DIGEST
oci_conf "$PROXY" 'images = [ "org/app:1" ];'
expect 0 near init --name near

mirrored() { for d in "$@"; do expect 0 near show "oci:org/app@$d"; done; }
# refers SUBJECT DIGEST: the record for the referrers API is there.
refers() {
	local shown
	shown=$("$FERRY_BUILD/tests/tools/records" near "referrer oci org/app hub $1 $2")
	[ "$(jq -r .digest <<<"$shown")" = "$2" ] || fail "no referrer record of $2"
	jq -e '.size > 0 and .mediaType == "application/vnd.oci.image.manifest.v1+json" and
	    (.artifactType | length > 0) and .annotations["org.example.seed"] != null' <<<"$shown" >/dev/null ||
	    fail "the referrer record is $shown"
}

say "without the API: the fallback tag and cosign's, and what refers to those"
expect 0 near sync
has out "0 failed"
mirrored "$index" "$child" "$sbom" "$proof" "$signature"
refers "$index" "$sbom"
refers "$sbom" "$proof"
asked 1 "referrers/"
tag() { "$FERRY_BUILD/tests/tools/records" near "tag oci org/app hub $1" | jq -r .version; }
[ "$(tag "${child/:/-}.sig")" = "$signature" ] || fail "cosign's tag is not here"
[ -n "$(tag "${index/:/-}")" ] || fail "the fallback tag is not here"
expect 0 near verify

say "nothing new: one HEAD"
: >log
expect 0 near sync
asked 1 .

say "new ones are found where the list is fetched anyway"
image org/app x --cosign "$index"
late=$DIGEST
oci_conf "$PROXY" 'select = ( { name = "org/app"; tags = [ "?" ]; } );'
: >log
expect 0 near sync
mirrored "$late"
[ "$(tag "${index/:/-}.sig")" = "$late" ] || fail "the new signature's tag is not here"
asked 0 "referrers/${child}"
: >log
expect 0 near sync
asked 0 '^GET .*/manifests/'

say "or when told to look always"
image org/app - --subject "$child" --seed always
late=$DIGEST
oci_conf "$PROXY" 'images = [ "org/app:1" ]; referrers = "always";'
expect 0 near sync
mirrored "$late"
refers "$child" "$late"

say "with the API; cosign's tags are asked for all the same"
rm -rf near
start_proxy --referrers
oci_conf "$PROXY" 'images = [ "org/app:1" ];'
expect 0 near init --name near
: >log
expect 0 near sync
mirrored "$index" "$child" "$sbom" "$proof" "$signature" "$late"
refers "$index" "$sbom"
refers "$sbom" "$proof"
asked 0 "HEAD .*/manifests/${index/:/-} "

say "nonsense from the API means the fallback tag"
rm -rf near
expect 0 near init --name near
start_proxy
printf '/referrers/ html 99\n' >rules
oci_conf "$PROXY" 'images = [ "org/app:1" ];'
expect 0 near sync
mirrored "$sbom" "$proof" "$signature"

say "an API that goes round in circles ends"
rm -rf near
expect 0 near init --name near
python3 - "$index" "$(curl -s "$REGISTRY/v2/org/app/manifests/$index" -H "$accept" | wc -c)" >circle.json <<'END'
import json, sys
print(json.dumps({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": [
    {"mediaType": "application/vnd.oci.image.index.v1+json", "digest": sys.argv[1], "size": int(sys.argv[2])}]}))
END
printf '/referrers/ body=circle.json,application/vnd.oci.image.index.v1+json 99\n' >rules
expect 0 near sync

say "off means off"
rm -rf near
expect 0 near init --name near
: >rules
oci_conf "$PROXY" 'images = [ "org/app:1" ]; referrers = "off";'
expect 0 near sync --dry-run
hasnt out "not counted"
: >log
expect 0 near sync
asked 0 'referrers|sha256-'
expect 1 near show "oci:org/app@$sbom"

say "a signature that cannot be had is a failure, and is tried again"
oci_conf "$PROXY" 'images = [ "org/app:1" ]; tries = 1;'
printf 'sha256-%s.sig status=500\n' "${child#sha256:}" >rules
expect 4 near sync
has out "looking for what refers to it"
expect 0 near sync
mirrored "$signature"

say "a list of referrers that fails once is a failure of its image, not the end of the API"
for answer in 500 403 401; do
	rm -rf near
	start_proxy --referrers
	oci_conf "$PROXY" 'images = [ "org/app:1" ]; tries = 1;'
	expect 0 near init --name near
	printf 'referrers/%s status=%s\n' "$index" "$answer" >rules
	expect 4 near sync
	has out "looking for what refers to it" "answered $answer"
	expect 0 near sync
	mirrored "$sbom" "$proof"
done

say "so is a second page, whatever is wrong with it"
for wrong in status=404 status=500 html; do
	rm -rf near
	start_proxy --referrers
	oci_conf "$PROXY" 'images = [ "org/app:1" ]; tries = 1;'
	expect 0 near init --name near
	printf 'page=2 %s\nreferrers/%s header=Link=</v2/org/app/referrers/%s?page=2>;rel="next"\n' \
	    "$wrong" "$index" "$index" >rules
	expect 4 near sync
	has out "looking for what refers to it"
	expect 0 near sync
	mirrored "$sbom" "$proof"
done
