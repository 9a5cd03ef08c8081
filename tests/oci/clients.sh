# shellcheck shell=bash
# For the scripts that drive container clients against ferryd.
. "$(dirname "${BASH_SOURCE[0]}")/../serve/oci.sh"

# missing CLIENT: say so where everybody sees it.
missing() { printf 'SKIP: %s is not installed\n' "$1"; }
# need CLIENT…: the whole script is about it.
need() {
	local client
	for client; do
		command -v "$client" >/dev/null || skip "$client is not installed"
	done
}
# What a client sees of its environment: no configuration or proxy of this
# machine; whatever leaves for another address ends at a port where nobody
# listens.
ISOLATED=(env -i "PATH=$PATH:/usr/sbin:/sbin" "HOME=$T/home" "TMPDIR=$T"
	"XDG_RUNTIME_DIR=$T/run" HTTPS_PROXY=http://127.0.0.1:9
	HTTP_PROXY=http://127.0.0.1:9 NO_PROXY=127.0.0.1)
isolated() { "${ISOLATED[@]}" "$@"; }
# daemon COMMAND…: in the background, its words in $T/daemon.log; sets DAEMON,
# its process.  (Of a function in the background that would be the shell.)
daemon() {
	"${ISOLATED[@]}" "$@" >"$T/daemon.log" 2>&1 &
	DAEMON=$!
	PIDS+=("$DAEMON")
}
# until_up COMMAND…: the daemon answers, or the script is skipped.
until_up() {
	local end=$(($(date +%s) + 20))
	until "$@" >/dev/null 2>&1; do
		[ "$(date +%s)" -lt $end ] ||
		    skip "it cannot run here: $(tail -n1 "$T/daemon.log")"
		sleep 0.2
	done
}
# start_dockerd [OPTION…]: one of its own; d is docker, asking it.
start_dockerd() {
	echo '{}' >"$T/daemon.json"
	daemon dockerd --config-file "$T/daemon.json" --iptables=false \
	    --ip6tables=false --bridge=none --ip-forward=false \
	    --storage-driver=vfs --data-root "$T/docker" \
	    --exec-root "$T/docker-exec" --pidfile "$T/docker.pid" \
	    -H "unix://$T/docker.sock" "$@"
	trap finish_dockerd EXIT
	until_up d version
}
# It leaves a mount behind.
finish_dockerd() {
	local status=$?
	set +e
	kill "$DAEMON" 2>/dev/null && wait "$DAEMON" 2>/dev/null
	umount "$T/docker" 2>/dev/null
	(exit $status)
	finish
}
d() { isolated docker -H "unix://$T/docker.sock" "$@"; }
# start_containerd: one of its own; c is ctr, asking it.
start_containerd() {
	cat >"$T/containerd.toml" <<-EOF
		version = 2
		root = "$T/containerd/root"
		state = "$T/containerd/state"
		disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.aufs"]
		[grpc]
		address = "$T/containerd.sock"
	EOF
	daemon containerd --config "$T/containerd.toml"
	until_up c version
}
c() { isolated ctr --address "$T/containerd.sock" "$@"; }
CONTAINERS=$T/home/.config/containers
mkdir -p "$CONTAINERS" "$T/run"
echo '{"default":[{"type":"insecureAcceptAnything"}]}' >"$CONTAINERS/policy.json"
: >"$CONTAINERS/registries.conf"
