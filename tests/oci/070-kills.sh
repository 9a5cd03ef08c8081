#!/bin/bash
# A sync that is killed at any instant leaves nothing half: every tag's image is
# whole, and the next sync goes on.
. "$(dirname "$0")/lib.sh"
start_registry
for i in 1 2 3 4 5 6; do
	image org/app $i --seed $i --platforms linux/amd64,linux/arm64 --base shared --layers 2 --size 200000
done
oci_conf "$REGISTRY" 'select = ( { name = "org/app"; } ); rate = "4M";'
expect 0 near init --name near
records() { "$FERRY_BUILD/tests/tools/records" near "$@"; }

# whole: what every tag names is here, down to the blobs.
whole() {
	local digest
	expect 0 near verify
	for digest in $(records tag oci org/app hub | jq -r .version); do
		curl -s "$REGISTRY/v2/org/app/manifests/$digest" \
		    -H 'Accept: application/vnd.oci.image.index.v1+json' >index.json
		for child in $(jq -r '.manifests[].digest' index.json); do
			records version oci org/app hub "$child" >child.json
			[ "$(jq '.files | length' child.json)" -eq 5 ] ||
			    fail "tag of $digest, child $child: $(cat child.json)"
		done
	done
}

say "killed eight times"
for i in 1 2 3 4 5 6 7 8; do
	"$FERRY" --config near.conf sync >out 2>err &
	pid=$!
	sleep 0.$((i * 7 % 10))$i
	kill -KILL $pid 2>/dev/null || true
	wait $pid 2>/dev/null || true
	whole
done

say "and completed"
expect 0 near sync
whole
[ "$(records tag oci org/app hub | wc -l)" -eq 6 ] || fail "a tag is missing"
expect 0 near gc
expect 0 near verify
