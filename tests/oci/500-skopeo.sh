#!/bin/bash
# skopeo against ferryd: inspect, list, copy, and what umoci made comes out
# byte for byte.
. "$(dirname "$0")/clients.sh"
need skopeo

image=$(make app image 1.0 --layers 3 --size 200000)
index=$(make app index multi --platform linux/amd64 --platform linux/arm64/v8)
list=$(make app index docker --docker --platform linux/amd64 --platform linux/s390x)
put_oci ghcr ghcr.io org/app app
if command -v umoci >/dev/null; then
	say "an image that umoci made"
	umoci init --layout "$T/umoci"
	umoci new --image "$T/umoci:v1"
	umoci config --image "$T/umoci:v1" --config.cmd /bin/true --architecture amd64 --os linux
	mkdir "$T/files"
	echo hello >"$T/files/hello"
	umoci insert --rootless --image "$T/umoci:v1" "$T/files" /files 2>/dev/null
	put_oci ghcr ghcr.io org/umoci umoci
else
	missing umoci
fi
serve
HOST=${URL#http://}
sk() { isolated skopeo "$@"; }
src() { printf 'docker://%s/%s' "$HOST" "$1"; }

say inspect
sk inspect --tls-verify=false "$(src ghcr.io/org/app:1.0)" >"$T/body"
is digest "$(member 'd["Digest"]')" "$image"
is tags "$(member 'sorted(d["RepoTags"])')" "['1.0', 'docker', 'multi']"
sk inspect --tls-verify=false --raw "$(src org/app:multi)" >"$T/raw"
same "$T/raw" "$(blob app "$index")"
sk inspect --tls-verify=false --raw "$(src "org/app@$list")" >"$T/raw"
same "$T/raw" "$(blob app "$list")"
sk inspect --tls-verify=false --config "$(src org/app:1.0)" | jq -e '.rootfs.diff_ids|length == 3' >/dev/null
sk list-tags --tls-verify=false "$(src org/app)" >"$T/body"
is tags "$(member 'd["Tags"]')" "['1.0', 'docker', 'multi']"

say "copy, with all children, keeps every byte"
for ref in 1.0 multi docker; do
	sk copy --all --preserve-digests --src-tls-verify=false "$(src org/app:$ref)" "dir:$T/out-$ref" >/dev/null
done
same "$T/out-1.0/manifest.json" "$(blob app "$image")"
same "$T/out-multi/manifest.json" "$(blob app "$index")"
same "$T/out-docker/manifest.json" "$(blob app "$list")"
for f in "$T"/out-*/*; do
	name=${f##*/}
	case $name in
	*.manifest.json) name=${name%.manifest.json} ;;
	manifest.json | version) continue ;;
	esac
	same "$f" "$T/app/blobs/sha256/$name"
done
is "files of three layers" "$(ls "$T/out-1.0" | wc -l)" 6
if [ -d "$T/umoci" ]; then
	sk copy --src-tls-verify=false "$(src org/umoci:v1)" "oci:$T/back:v1" >/dev/null
	for f in "$T"/back/blobs/sha256/*; do
		same "$f" "$T/umoci/blobs/sha256/${f##*/}"
	done
	is "manifest" "$(jq -r '.manifests[0].digest' "$T/back/index.json")" \
	    "$(jq -r '.manifests[0].digest' "$T/umoci/index.json")"
fi

say "a mirror by registries.conf: the name stays, the path gets its origin"
cat >"$CONTAINERS/registries.conf" <<-EOF
	[[registry]]
	prefix = "ghcr.io"
	location = "ghcr.io"
	blocked = false
	[[registry.mirror]]
	location = "$HOST/ghcr.io"
	insecure = true
EOF
sk inspect --raw docker://ghcr.io/org/app:1.0 >"$T/raw"
same "$T/raw" "$(blob app "$image")"

say "credentials of a user do not keep anybody out"
sk copy --src-creds me:secret --src-tls-verify=false "$(src org/app:1.0)" "dir:$T/out-creds" >/dev/null
sk login --tls-verify=false --authfile "$T/auth.json" -u me -p secret "$HOST" >/dev/null
sk inspect --authfile "$T/auth.json" --tls-verify=false --raw "$(src org/app:1.0)" >"$T/raw"
same "$T/raw" "$(blob app "$image")"

say "what is not there, and what cannot be written"
refused() { # TEXT COMMAND…
	local text=$1
	shift
	if sk "$@" >"$T/out" 2>&1; then fail "$*"; fi
	has "$T/out" "$text"
}
refused 'manifest' inspect --tls-verify=false "$(src org/app:none)"
refused 'is not in the mirror' inspect --tls-verify=false "$(src org/none:1.0)"
refused 'read-only mirror' copy --dest-tls-verify=false "dir:$T/out-1.0" "$(src org/app:2.0)"
refused 'read-only mirror' delete --tls-verify=false "$(src org/app:1.0)"
stop
