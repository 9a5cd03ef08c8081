#!/bin/bash
# Bytes that rot on the disk: what verify finds is not served from memory
# either, and what a repair brings is served at once.
. "$(dirname "$0")/oci.sh"

image=$(make app image 1.0 --size 300000)
make_version p 1.0.0 '' 300000
again() {
	put_oci ghcr ghcr.io org/app app "--tag=1.0=$image"
	put p 1.0.0 1.0.0
}
again
layer=$(of app "$image" 'd["layers"][0]["digest"]')
start() {
	serve
	TARBALL=$NPM/p/-/p-1.0.0.tgz
	LAYER=$URL/v2/org/app/blobs/$layer
}
start
code() { curl -s -o /dev/null -w '%{http_code}' "$1"; }
are() { [ "$(code "$TARBALL")$(code "$LAYER")" = "$1$1" ]; }
# of FILE: where the store has the bytes of this file.
stored() {
	local hex
	hex=$(sha256sum "$1" | cut -d' ' -f1)
	printf '%s/blobs/%s/%s' "$STORE" "${hex:0:2}" "${hex:2}"
}
whole() {
	get 200 "$TARBALL"
	same "$T/body" "$(tarball p 1.0.0)"
	get 200 "$LAYER"
	same "$T/body" "$(blob app "$layer")"
}
rot() { # COMMAND…: with each file
	local file
	for file in "$(tarball p 1.0.0)" "$(blob app "$layer")"; do
		file=$(stored "$file")
		chmod u+w "$file"
		"$@" "$file"
	done
}
flip() { printf 'XXXX' | dd of="$1" bs=1 seek=1000 conv=notrunc status=none; }

say "what verify found is gone within a second, what a repair brought is there"
whole
whole # in memory now
rot flip
expect 5 "$FERRY" --store "$STORE" verify
wait_for 2 are 404
again
wait_for 2 are 200
whole
expect 0 "$FERRY" --store "$STORE" verify

say "a file that was cut short, before and after it was opened; or is gone"
shorten() { truncate -s 1000 "$1"; }
logged() { grep -c "is damaged or gone and not served" "$T/ferryd.log" || true; }
: >"$T/ferryd.log"
get 206 -r 0-9 "$LAYER" # a descriptor
rot shorten
are 404 || fail "served what was cut short"
are 404
is logged "$(logged)" 2
stop
start
are 404 || fail "opened what was cut short"
expect 5 "$FERRY" --store "$STORE" verify
has "$T/out" "it has 1000 bytes instead of"
again
wait_for 2 are 200
whole
stop
start
rot rm
are 404 || fail "served what is gone"
stop
