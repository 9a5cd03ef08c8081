#!/bin/bash
# skopeo and podman with tokens: credentials, login, pulls that are allowed and
# not, and public images without any.
# ctest: RESOURCE_LOCK podman
. "$(dirname "$0")/lib.sh"
need skopeo

make_octo
new_token tom tom
new_token eve eve
FERRY_NOW=1000 new_token exp eve --expires 1h
printf 'serve : { access_log = "%s"; };\n' "$T/access.log" >"$T/d.conf"
serve --config "$T/d.conf"
HOST=${URL#http://}
sk() { isolated skopeo "$@"; }
inspect() { sk inspect --tls-verify=false "$@"; }

say "skopeo: nobody, somebody, somebody else"
expect 0 inspect "docker://$HOST/octo/web:1.0"
is digest "$(jq -r .Digest "$T/out")" "$IMAGE"
expect 1 inspect "docker://$HOST/octo/tool:1.0"
has "$T/err" 'unauthorized: '
expect 0 inspect --creds "tom:$(token_of tom)" "docker://$HOST/octo/tool:1.0"
is digest "$(jq -r .Digest "$T/out")" "$IMAGE"
expect 1 inspect --creds "eve:$(token_of eve)" "docker://$HOST/octo/tool:1.0"
has "$T/err" 'denied: '
expect 1 inspect --creds "eve:$(token_of exp)" "docker://$HOST/octo/web:1.0"
expect 1 inspect --creds "eve:nonsense" "docker://$HOST/octo/web:1.0"
expect 0 inspect --registry-token "$(token_of tom)" "docker://$HOST/octo/tool:1.0"
expect 0 sk list-tags --tls-verify=false --creds "tom:$(token_of tom)" "docker://$HOST/octo/tool"
expect 1 sk list-tags --tls-verify=false "docker://$HOST/octo/tool"
expect 0 sk copy --src-tls-verify=false --src-creds "x:$(token_of tom)" \
    "docker://$HOST/containers.ghes.example/octo/tool:1.0" "dir:$T/copied"
same "$T/copied/manifest.json" "$(blob app "$IMAGE")"

if command -v podman >/dev/null; then
	pod() {
		isolated podman --root "$T/podman" --runroot "$T/podman-run" \
		    --storage-driver vfs --cgroup-manager cgroupfs \
		    --events-backend none "$@"
	}
	printf '[[registry]]\nlocation = "%s"\ninsecure = true\n' "$HOST" >"$CONTAINERS/registries.conf"
	if pod info >/dev/null 2>"$T/err"; then
		say "podman: login, pull, and without"
		pod pull -q "$HOST/octo/web:1.0" >/dev/null
		expect 125 pod pull -q "$HOST/octo/tool:1.0"
		has "$T/err" 'unauthorized: '
		expect 125 pod login --tls-verify=false -u tom -p nonsense "$HOST"
		expect 0 pod login --tls-verify=false -u tom -p "$(token_of tom)" "$HOST"
		has "$T/out" 'Login Succeeded'
		pod pull -q "$HOST/octo/tool:1.0" >/dev/null
		expect 125 pod pull -q "$HOST/uma/app:1.0"
		has "$T/err" 'denied: '
		pod search --tls-verify=false --format '{{.Name}}' "$HOST/octo" | sort >"$T/out"
		# It searches as nobody, whoever is logged in; tags it lists as
		# who is.
		is found "$(tr '\n' ' ' <"$T/out")" "$HOST/octo/web "
		pod search --tls-verify=false --list-tags "$HOST/octo/tool" >"$T/out"
		is tags "$(awk 'NR > 1 { print $2 }' "$T/out")" 1.0
		expect 0 pod logout "$HOST"
		expect 125 pod pull -q "$HOST/octo/tool:1.0"
		say "podman: an older login"
		expect 0 pod login --tls-verify=false -u tom -p "$(token_of tom)" "$HOST"
		"$FERRY" --store "$STORE" token revoke "$(id_of tom)" >/dev/null
		sleep 1
		expect 125 pod pull -q "$HOST/octo/tool:1.0"
	else
		printf 'SKIP: podman cannot run here: %s\n' "$(tail -n1 "$T/err")"
	fi
else
	missing podman
fi
stop
hasnt "$T/access.log" ferry_u_
