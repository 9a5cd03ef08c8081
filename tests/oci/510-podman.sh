#!/bin/bash
# podman and buildah against ferryd: pull, search, push refused.
# ctest: RESOURCE_LOCK podman
. "$(dirname "$0")/clients.sh"
need podman

index=$(make app index latest --platform linux/amd64 --platform linux/arm64/v8)
hub=$(make hub image latest)
put_oci ghcr ghcr.io org/app app
put_oci hub docker.io library/tiny hub
printf 'serve : { access_log = "%s"; };\n' "$T/access" >"$T/d.conf"
serve --config "$T/d.conf"
HOST=${URL#http://}
pod() {
	isolated podman --root "$T/podman" --runroot "$T/podman-run" \
	    --storage-driver vfs --cgroup-manager cgroupfs \
	    --events-backend none "$@"
}
cat >"$CONTAINERS/registries.conf" <<-EOF
	unqualified-search-registries = []
	[[registry]]
	location = "$HOST"
	insecure = true
	[[registry]]
	prefix = "docker.io"
	location = "docker.io"
	[[registry.mirror]]
	location = "$HOST/docker.io"
	insecure = true
EOF
pod info >/dev/null 2>"$T/err" || skip "podman cannot run here: $(tail -n1 "$T/err")"

say "pull by name"
arch=$(pod info --format '{{.Host.Arch}}')
child=$(of app "$index" "[m['digest'] for m in d['manifests'] if m['platform']['architecture'] == '$arch'][0]")
config=$(of app "$child" 'd["config"]["digest"]')
id=$(pod pull -q "$HOST/ghcr.io/org/app:latest")
is id "$id" "${config#*:}"
pod image inspect "$id" >"$T/body"
member 'd[0]["RepoDigests"]' | grep -qF "$index" || fail "the index is not in RepoDigests"

say "pull by digest, and under the origin's own name"
pod pull -q "$HOST/org/app@$child" >/dev/null
id=$(pod pull -q docker.io/library/tiny)
is id "$id" "$(of hub "$hub" 'd["config"]["digest"].split(":")[1]')"

say search
pod search --tls-verify=false --format '{{.Name}}' "$HOST/app" >"$T/out"
is found "$(cat "$T/out")" "$HOST/org/app"
pod search --tls-verify=false --list-tags "$HOST/org/app" >"$T/out"
is tags "$(awk 'NR > 1 { print $2 }' "$T/out")" latest

say "what is not there, and pushing"
expect 125 pod pull -q "$HOST/org/none"
has "$T/err" 'is not in the mirror'
expect 125 pod push --tls-verify=false "$id" "$HOST/org/new:1"
has "$T/err" 'read-only mirror'

if command -v buildah >/dev/null; then
	say buildah
	isolated buildah --root "$T/podman" --runroot "$T/podman-run" \
	    --storage-driver vfs pull --tls-verify=false -q "$HOST/org/app" >"$T/out"
	is id "$(cat "$T/out")" "${config#*:}"
else
	missing buildah
fi
stop
# It asked for a token before anything else.
has "$T/access" '/v2/token?' '/v2/docker.io/library/tiny/manifests/latest'
