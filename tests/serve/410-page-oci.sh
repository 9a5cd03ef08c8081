#!/bin/bash
# What the page tells docker, podman, skopeo and containerd is copied and run: http and
# https, with and without a token.  (issue 15)
# ctest: RESOURCE_LOCK dockerd,containerd,podman
# ctest: COST 40
. "$(dirname "$0")/../access/lib.sh"
. "$(dirname "$0")/page.sh"
need skopeo

# The page has an example's names.
ORIGIN=containers.ghes.example
named() { sed "s|ghcr\.io|$ORIGIN|g; s|OWNER/IMAGE:TAG|octo/tool:1.0|; s|NAME|tom|"; }

STORE=$T/closed
make_octo
new_token tom tom
TOKEN=$(token_of tom)
STORE=$T/open
put_oci ghes $ORIGIN octo/tool app
put_oci hub docker.io library/tool app
ISOLATED+=("SSL_CERT_FILE=$T/ca.pem" "CONTAINERS_REGISTRIES_CONF=$CONTAINERS/registries.conf")

# login LINE: the line asks for a password; here it comes from elsewhere.
login() { # COMMAND-WORDS LINE
	local words
	read -ra words <<<"$2"
	[ "${words[0]}" = "${1%% *}" ] || fail "'$2' is not for $1"
	# shellcheck disable=SC2086 # a command's words
	printf %s "$TOKEN" | isolated $1 "${words[@]:1}" --password-stdin >"$T/out" 2>&1 || {
		cat "$T/out" >&2
		fail "$2"
	}
}
gone() { rm -rf "$T/home" && mkdir -p "$CONTAINERS" && echo '{"default":[{"type":"insecureAcceptAnything"}]}' >"$CONTAINERS/policy.json"; }

of_skopeo() { # open|token
	local secret
	say "skopeo, $1"
	gone
	lines clients "podman, skopeo, CRI-O" | named >"$CONTAINERS/registries.conf"
	if [ "$1" = token ]; then
		secret=$(lines "with a token" "podman, skopeo, CRI-O" | named)
		login skopeo "${secret/podman/skopeo}"
	fi
	rm -rf "$T/copied"
	expect 0 isolated skopeo copy "docker://$ORIGIN/octo/tool:1.0" "dir:$T/copied"
	same "$T/copied/manifest.json" "$(blob app "$IMAGE")"
}

PODMAN=(podman --root "$T/podman" --runroot "$T/podman-run" --storage-driver vfs
	--cgroup-manager cgroupfs --events-backend none)
of_podman() {
	command -v podman >/dev/null || { missing podman; return; }
	gone
	: >"$CONTAINERS/registries.conf"
	isolated "${PODMAN[@]}" info >/dev/null 2>"$T/err" || {
		printf 'SKIP: podman cannot run here: %s\n' "$(tail -n1 "$T/err")"
		return
	}
	say "podman, $1"
	[ "$1" = open ] ||
	    login podman "$(lines "with a token" "podman, skopeo, CRI-O" | named)"
	local words
	read -ra words <<<"$(lines clients "podman, skopeo: by name" | named)"
	expect 0 isolated "${PODMAN[@]}" "${words[@]:1}"
	isolated "${PODMAN[@]}" rmi -af >/dev/null
	lines clients "podman, skopeo, CRI-O" | named >"$CONTAINERS/registries.conf"
	expect 0 isolated "${PODMAN[@]}" pull -q $ORIGIN/octo/tool:1.0
	isolated "${PODMAN[@]}" rmi -af >/dev/null
}

of_containerd() {
	command -v containerd >/dev/null || { missing containerd; return; }
	say "containerd, $1"
	rm -rf "$T/certs" && mkdir -p "$T/certs/_default"
	lines clients "containerd, Kubernetes" >"$T/certs/_default/hosts.toml"
	[ "$1" = open ] ||
	    lines "with a token" "containerd, Kubernetes" >>"$T/certs/_default/hosts.toml"
	expect 0 c content fetch --hosts-dir "$T/certs" $ORIGIN/octo/tool:1.0
	c images rm $ORIGIN/octo/tool:1.0 >/dev/null
	c content rm "$IMAGE" >/dev/null
}

of_docker() {
	local text pull
	command -v dockerd >/dev/null || { missing docker; return; }
	say "docker, $1"
	text=$(lines clients "docker: by name" | named)
	pull=$(tail -1 <<<"$text")
	{ grep '^{' <<<"$text" || echo '{}'; } >"$T/by-name.json"
	lines clients "docker: images of docker.io" | grep '^{' >"$T/mirror.json"
	jq -s 'add' "$T/by-name.json" "$T/mirror.json" >"$T/both.json"
	start_dockerd --config-file "$T/both.json"
	[ "$1" = open ] || login "docker -H unix://$T/docker.sock" \
	    "$(lines "with a token" docker | named | sed 's/ *#.*//')"
	expect 0 d pull -q "${pull#docker pull }"
	[ "$1" = token ] || expect 0 d pull -q tool:1.0
	finish_docker_only
}
finish_docker_only() {
	kill "$DAEMON" && wait "$DAEMON" || :
	umount "$T/docker" 2>/dev/null || :
	rm -rf "$T/docker" "$T/docker.pid"
	trap finish EXIT
}
command -v containerd >/dev/null && authority && start_containerd
all() {
	say "$1, $2"
	of_skopeo "$2"
	of_podman "$2"
	of_containerd "$2"
	of_docker "$2"
}
each_way all
