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
CONTAINERS=$T/home/.config/containers
mkdir -p "$CONTAINERS" "$T/run"
echo '{"default":[{"type":"insecureAcceptAnything"}]}' >"$CONTAINERS/policy.json"
: >"$CONTAINERS/registries.conf"
