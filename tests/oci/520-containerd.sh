#!/bin/bash
# containerd against ferryd as a mirror: hosts.toml, "?ns=" in every request.
# ctest: RESOURCE_LOCK containerd
. "$(dirname "$0")/clients.sh"
need containerd ctr

index=$(make app index latest --platform linux/amd64 --platform linux/arm64/v8 --size 100000)
quay=$(make quay image latest)
put_oci ghcr ghcr.io org/app app
put_oci quay quay.io org/app quay
printf 'serve : { access_log = "%s"; };\n' "$T/access" >"$T/d.conf"
serve --config "$T/d.conf"
HOST=${URL#http://}
mkdir -p "$T/certs/_default" "$T/certs/$HOST"
cat >"$T/certs/_default/hosts.toml" <<-EOF
	[host."$URL"]
	capabilities = ["pull", "resolve"]
EOF
start_containerd
fetch() { c content fetch --hosts-dir "$T/certs" "$@"; }
have() { c content get "$1" >"$T/got" && same "$T/got" "$(blob "$2" "$1")"; }

say "one name from two origins, told apart by ns"
fetch --all-platforms ghcr.io/org/app:latest >"$T/out" 2>&1 || {
	cat "$T/out" >&2
	fail "fetch"
}
have "$index" app
for child in $(of app "$index" '" ".join(m["digest"] for m in d["manifests"])'); do
	have "$child" app
	have "$(of app "$child" 'd["config"]["digest"]')" app
	have "$(of app "$child" 'd["layers"][0]["digest"]')" app
done
fetch quay.io/org/app:latest >/dev/null 2>&1
have "$quay" quay
fetch "ghcr.io/org/app@$index" >/dev/null 2>&1

say "by this server's name, with an origin in the path, with credentials"
c content fetch --plain-http "$HOST/quay.io/org/app:latest" >/dev/null 2>&1
c content fetch --plain-http -u me:secret "$HOST/ghcr.io/org/app:latest" >/dev/null 2>&1

say "pull: unpacked"
if c images pull --hosts-dir "$T/certs" --snapshotter native quay.io/org/app:latest >"$T/out" 2>&1; then
	c images ls -q | grep -qx quay.io/org/app:latest
else
	printf 'SKIP: unpacking: %s\n' "$(tail -n1 "$T/out")"
fi

say "what is not there"
expect 1 fetch ghcr.io/org/none:latest
expect 1 fetch gcr.io/org/app:latest
expect 1 c images push --plain-http "$HOST/org/new:1" quay.io/org/app:latest
stop
has "$T/access" '/v2/org/app/manifests/latest?ns=ghcr.io' '/v2/org/app/manifests/latest?ns=quay.io' '?ns=gcr.io'
