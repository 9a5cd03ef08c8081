#!/bin/bash
# Images that nobody used for longest go whole, with their tags and platforms;
# those that a sync or a recording wants stay.
# ctest: COST 15
. "$(dirname "$0")/../oci/lib.sh"
cd "$T"

start_registry
start_proxy
for n in 1 2 3 4 5; do
	image acme/i$n 1.0 --platforms linux/amd64,linux/arm64 --size 100000 --seed "s$n"
done
conf() {
	cat >near.conf <<-END
		store = "near";
		upstreams = ( { name = "hub"; format = "oci"; url = "$PROXY"; host = "ghcr.io"; pull = true; max_age = 3600; $1 } );
		pull = { cache_size = "${2:-1G}"; cache_keep = 1; };
		serve = { pull_wait = 20; };
	END
}
start_puller() {
	"$FERRY" --config near.conf pull >>puller.log 2>&1 &
	PULLER=$!
	PIDS+=("$PULLER")
	wait_for 20 test -S near/pull.sock
}
stop_puller() {
	kill "$PULLER"
	wait "$PULLER" || true
}
pull() {
	[ "$(curl -s -o manifest -w '%{http_code}' "$URL/v2/acme/i$1/manifests/1.0")" = 200 ] ||
		fail "image $1: $(cat manifest)"
}
# held N: how many of its versions are here, its tag included.
held() { near list --json "acme/i$1" 2>/dev/null | grep -c sha256 || true; }

conf ""
expect 0 near init --name near
start_puller
start_ferryd near --config near.conf
pull 1
bytes=$(near status --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["cached"]["bytes"])')
[ "$bytes" -gt 100000 ] || fail "$bytes"

say "one that a sync wants, too"
stop_puller
conf 'images = [ "acme/i1:1.0" ];'
expect 0 "$FERRY" --config near.conf sync
near status >status.out || true
has status.out "cached       2 versions" # its platforms, until something must go

say "there is room for two"
conf "" $((bytes * 5 / 2))
start_puller
for n in 2 3; do
	pull $n
	sleep 1.2
done
# A blob of 2 is asked for: 2 is used.
layer=$(python3 -c 'import json; m = json.load(open("manifest")); print(m["manifests"][0]["digest"])')
curl -sf -o one "$URL/v2/acme/i3/manifests/$layer"
blob=$(python3 -c 'import json; print(json.load(open("one"))["layers"][0]["digest"])')
curl -sf -o blob "$URL/v2/acme/i3/blobs/$blob"
sleep 2
pull 4
wait_for 30 grep -q "dropped .* versions" puller.log
gone() { [ "$(curl -s "$URL/metrics" | sed -n 's/^ferry_pull_cached_versions //p')" -le 6 ]; }
wait_for 30 gone
expect 0 near verify
near list >list.out
cat list.out puller.log >&2
has list.out acme/i1
near show oci:acme/i3:1.0 >/dev/null || fail "3 went"
near show oci:acme/i4:1.0 >/dev/null || fail "4 went"
near show oci:acme/i2:1.0 >/dev/null 2>&1 && fail "2 is still here"
expect 0 near gc --dry-run
has out "would free 0 blobs"

say "what went comes again, whole"
pull 2
expect 0 near verify
