#!/bin/bash
# Connections that break, registries that err, limit and lie: what can be mended
# is, what cannot is refused, and nothing wrong gets in.
# ctest: COST 15
. "$(dirname "$0")/lib.sh"
start_registry
start_proxy

image org/app big --size 3000000
big=$(curl -s "$REGISTRY/v2/org/app/manifests/big" -H 'Accept: application/vnd.oci.image.manifest.v1+json' |
    jq -r '.layers[0].digest')
for i in 1 2 3 4 5 6; do image org/app v$i --seed $i; done
image org/lies size --wrong-size --seed lies
layer() { # TAG: the digest of its first layer
	curl -s "$REGISTRY/v2/org/app/manifests/$1" -H 'Accept: application/vnd.oci.image.manifest.v1+json' |
	    jq -r '.layers[0].digest'
}
oci_conf "$PROXY" 'images = [ "org/app:big" ]; referrers = "off";'
expect 0 near init --name near

say "a layer that breaks off goes on where it broke; 500, 503 and 429 are retried"
cat >rules <<-END
	$big cut=1000000
	$big cut=1000000
	v1 status=500
	$(layer v1) status=503
	$(layer v2) status=429,Retry-After=1
END
oci_conf "$PROXY" 'images = [ "org/app:big", "org/app:v1", "org/app:v2" ]; referrers = "off";'
expect 0 near sync
has out "0 failed"
asked 1 "$big 200 - "
asked 1 "$big 206 bytes=1000000-"
asked 1 "$big 206 bytes=2000000-"
has err "hub asks to wait until"
expect 0 near verify

say "429 holds back everything else of the registry"
cat >rules <<-END
	HEAD:v3 status=429,Retry-After=2
END
oci_conf "$PROXY" 'images = [ "org/app:v3", "org/app:v4", "org/app:v5" ]; connections = 1; referrers = "off";'
: >log
start=$(date +%s%N)
expect 0 near sync
[ $((($(date +%s%N) - start) / 1000000)) -ge 1900 ] || fail "it did not wait"
# The log's last column is the time: nothing was asked in those two seconds.
awk '$3 == 429 { t = $NF; next } t && $NF < t + 1.9 { bad = 1 } END { exit bad }' log ||
    fail "something was asked in the meantime"

say "a rate limit that is used up, with a time of its reset, is waited for"
printf 'HEAD:big limit=2\n' >rules
oci_conf "$PROXY" 'images = [ "org/app:big", "org/app:v1" ]; connections = 1; referrers = "off";'
: >log
start=$(date +%s%N)
expect 0 near sync
[ $((($(date +%s%N) - start) / 1000000)) -ge 1900 ] || fail "it did not wait"
has err "hub asks to wait until"
asked 2 .

say "who wants hours gets none"
printf 'HEAD:v1 status=429,Retry-After=7200\n' >rules
expect 4 near sync
has out "longer than ferry waits (60 min); sync again then"

say "wrong bytes and lengths are fetched again, and refused if they stay"
rm -rf near
expect 0 near init --name near
cat >rules <<-END
	$(layer v1) flip
	$(layer v2) flip 99
	$(layer v3) short 99
	$(layer v4) long 99
END
oci_conf "$PROXY" 'tries = 3; referrers = "off";
	images = [ "org/app:v1", "org/app:v2", "org/app:v3", "org/app:v4", "org/lies:size" ];'
expect 4 near sync
has out "1 version pulled" "4 failed" "oci:org/app:v2: content is sha256:" \
    "oci:org/app:v3: content is sha256:" "oci:org/app:v4: it is longer than" \
    "oci:org/lies:size:"
expect 0 near verify
expect 0 "$FERRY_BUILD/tests/tools/records" near "tag oci org/app hub v2"
hasnt out version

say "pages instead of answers, one line each"
cat >rules <<-END
	manifests/v2 html 99
END
oci_conf "$PROXY" 'tries = 2; referrers = "off"; images = [ "org/app:v2" ];'
expect 8 near sync
has out "hub answered text/html where a manifest was asked for"
printf 'GET:manifests/sha256 html 99\n' >rules
expect 4 near sync
has out "it came as text/html: a page of a proxy or a login instead"

say "a digest that is not the manifest's"
printf 'HEAD:manifests/v2 digest=sha256:%064d 99\n' 1 >rules
expect 4 near sync
has out "oci:org/app:v2: content is sha256:" "said that the tag is sha256:0000"

say "headers beyond all limits are called that"
printf 'HEAD:manifests/v2 bigheader 99\n' >rules
expect 8 near sync
has out "the answer's header is longer than 100 kB"

say "a tag whose new image is broken keeps its old one"
: >rules
oci_conf "$PROXY" 'tries = 2; referrers = "off"; images = [ "org/app:v5" ];'
expect 0 near sync
old=$("$FERRY_BUILD/tests/tools/records" near "tag oci org/app hub v5" | jq -r .version)
image org/app v5 --seed broken
printf '%s flip 99\n' "$(layer v5)" >rules
expect 4 near sync
[ "$("$FERRY_BUILD/tests/tools/records" near "tag oci org/app hub v5" | jq -r .version)" = "$old" ] ||
    fail "the tag moved"
: >rules
expect 0 near sync
[ "$("$FERRY_BUILD/tests/tools/records" near "tag oci org/app hub v5" | jq -r .version)" = "$DIGEST" ] ||
    fail "the tag did not move"

say "a registry that does not tell digests"
rm -rf near
expect 0 near init --name near
start_proxy --plain-head
oci_conf "$PROXY" 'referrers = "off"; images = [ "org/app:v6" ];'
expect 0 near sync
has out "1 version pulled"
expect 0 near sync
has out "0 versions pulled, 1 here already"

say "stopped in the middle of a layer, it goes on with the rest"
rm -rf near
expect 0 near init --name near
start_proxy
printf '%s cut=10 99\n' "$big" >rules
oci_conf "$PROXY" 'referrers = "off"; images = [ "org/app:v6", "org/app:big" ]; tries = 20;'
"$FERRY" --config near.conf sync >out 2>err &
pid=$!
wait_for 10 grep -q "$big" log
kill -TERM $pid
wait $pid && fail "it was not stopped"
: >rules
: >log
expect 0 near sync
expect 0 near verify
asked 0 "GET .*$(layer v6)"
