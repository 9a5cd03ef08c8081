# shellcheck shell=bash
# For the scripts about pulling through: an upstream that can be told to
# misbehave, a puller and ferryd.  Requests that reach the upstream are in
# $T/log.
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
cd "$T"

# pull_conf URL MEMBERS…: $T/near.conf with one npm upstream "up" that is pulled
# through; PULL_SERVE is the text of the group serve.
pull_conf() {
	local url=$1
	shift
	cat >"$T/near.conf" <<-EOF
		store = "near";
		upstreams = ( { name = "up"; format = "npm"; url = "$url"; pull = true; $* } );
		serve = { ${PULL_SERVE:-} };
	EOF
}
# start_puller: sets PULLER, its process.
start_puller() {
	"$FERRY" --config "$T/near.conf" pull >>"$T/puller.log" 2>&1 &
	PULLER=$!
	PIDS+=("$PULLER")
	wait_for 20 test -S "$T/near/pull.sock"
}
# stop PID [SIGNAL]: and wait for its end.
stop() {
	kill "-${2:-TERM}" "$1"
	wait "$1" || true
}
# get STATUS PATH [CURL-OPTION…]: of ferryd; the body goes to $T/body, the header
# to $T/head.
get() {
	local want=$1 path=$2 got
	shift 2
	got=$(curl -s -o "$T/body" -D "$T/head" -w '%{http_code}' "$@" "$URL$path")
	[ "$got" = "$want" ] || {
		cat "$T/head" "$T/body" >&2
		fail "$path: $got instead of $want"
	}
}
# asked N PATTERN: so many requests that reached the upstream fit.
asked() {
	local n
	n=$(grep -cE -- "$2" "$T/log" || true)
	[ "$n" -eq "$1" ] || {
		sed 's/^/  | /' "$T/log" >&2
		fail "$n requests instead of $1 fit '$2'"
	}
}
