# shellcheck shell=bash
# What the end-to-end scripts share.  Source it first:
#
#	. "$(dirname "$0")/../lib.sh"
#
# It makes a folder $T that is removed at the end (kept, and named, on a
# failure with KEEP=1), ends every server it started by its process id, and
# stops the script at the first command that fails.
# Sourcing it a second time, by another library, does nothing.
[ -z "${T:-}" ] || return 0
set -euo pipefail

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# Where it was built; what else a test names of it follows from that.
FERRY_BUILD=${FERRY_BUILD:-$TOP/build/strict}
FERRY=${FERRY:-$FERRY_BUILD/ferry}
FERRYD=${FERRYD:-$FERRY_BUILD/ferryd}
# npm packages that tests run (Verdaccio, pnpm, …) are installed once, here.
TOOLS=${FERRY_TEST_TOOLS:-$TOP/build/test-tools}
# Debian's python3 first: a version manager's takes most of a second each time.
if [ -x /usr/bin/python3 ]; then
	mkdir -p "$TOP/build/test-python"
	ln -s /usr/bin/python3 "$TOP/build/test-python/python3" 2>/dev/null || :
	PATH=$TOP/build/test-python:$PATH
fi
T=$(mktemp -d "${TMPDIR:-/tmp}/ferry-test-XXXXXX")
PIDS=()

finish() {
	local status=$?
	set +e
	for pid in "${PIDS[@]}"; do
		kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null
	done
	chmod -R u+w "$T" 2>/dev/null
	if [ $status -ne 0 ] && [ "${KEEP:-0}" = 1 ]; then
		echo "kept $T" >&2
	else
		rm -rf "$T"
	fi
	[ $status -eq 0 ] || [ $status -eq 77 ] || echo "FAILED with status $status" >&2
	exit $status
}
trap finish EXIT
trap 'echo "line $LINENO: $BASH_COMMAND" >&2' ERR

say() { printf -- '-- %s\n' "$*"; }
fail() {
	printf 'FAIL: %s\n' "$*" >&2
	exit 1
}
# A whole script that cannot run here; ctest shows it as skipped.
skip() {
	printf 'SKIP: %s\n' "$*"
	exit 77
}
# expect STATUS COMMAND…: its output goes to $T/out and $T/err.
expect() {
	local want=$1 got=0
	shift
	"$@" >"$T/out" 2>"$T/err" || got=$?
	[ "$got" -eq "$want" ] || {
		cat "$T/out" "$T/err" >&2
		fail "status $got instead of $want: $*"
	}
}
# has FILE TEXT…: each TEXT stands in FILE.
has() {
	local file=$1 text
	shift
	for text in "$@"; do
		grep -qF -- "$text" "$file" || {
			sed 's/^/  | /' "$file" >&2
			fail "'$text' is not in $file"
		}
	done
}
hasnt() {
	if grep -qF -- "$2" "$1"; then
		sed 's/^/  | /' "$1" >&2
		fail "'$2' is in $1"
	fi
}
same() { cmp "$1" "$2" || fail "$1 and $2 differ"; }

# A port for a server that cannot choose one itself.  It lies below those that
# the kernel gives to whoever asks for any, so that no connection and no server
# of another script takes it before it is used, or while the server is down.
free_port() {
	python3 - <<-'END'
		import random, socket
		while True:
		    port = random.randrange(10000, 32768)
		    with socket.socket() as s:
		        try:
		            s.bind(("127.0.0.1", port))
		        except OSError:
		            continue
		    print(port)
		    break
	END
}
# wait_for SECONDS COMMAND…: until it succeeds; a busy machine has four times as long.
wait_for() {
	local end=$(($(date +%s%3N) + $1 * 4000))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$(date +%s%3N)" -lt "$end" ] || fail "waited in vain for: $*"
		sleep 0.1
	done
}

# ferryd STORE [OPTION…]: sets URL (without a slash at its end) and LASTPID.
start_ferryd() {
	local store=$1
	shift
	rm -f "$T/ferryd.port"
	"$FERRYD" --store "$store" --allow-root --listen 127.0.0.1:0 \
	    --port-file "$T/ferryd.port" "$@" >>"$T/ferryd.log" 2>&1 &
	LASTPID=$!
	PIDS+=("$LASTPID")
	wait_for 20 test -s "$T/ferryd.port"
	URL=http://127.0.0.1:$(cat "$T/ferryd.port")
}

# need_tool NAME PACKAGE@VERSION [JSON-MEMBERS]: an npm package in its own
# folder below $TOOLS; sets TOOL to its node_modules/.bin.  Status 1 if it
# cannot be installed.  Of several scripts that want it, one installs it.
need_tool() {
	local dir=$TOOLS/$1
	TOOL=$dir/node_modules/.bin
	mkdir -p "$TOOLS"
	(
		flock 9
		[ ! -e "$dir/.done" ] || exit 0
		rm -rf "$dir"
		mkdir "$dir"
		printf '{"private":true%s}\n' "${3:-}" >"$dir/package.json"
		cd "$dir" || exit 1
		npm install --no-audit --no-fund --save-exact "$2" >install.log 2>&1 || exit 1
		touch .done
	) 9>"$TOOLS/$1.lock"
}

# A Verdaccio without uplinks: sets UPSTREAM (with a slash at its end).
start_verdaccio() {
	local port
	need_tool verdaccio verdaccio@6.1.2 ',"overrides":{"node-fetch":"2.7.0"}' ||
	    skip "Verdaccio cannot be installed"
	port=$(free_port)
	mkdir -p "$T/verdaccio"
	cat >"$T/verdaccio/config.yaml" <<-EOF
		storage: $T/verdaccio/storage
		auth: { htpasswd: { file: $T/verdaccio/htpasswd } }
		packages: { '**': { access: \$all, publish: \$all } }
		max_body_size: 100mb
		log: { type: file, path: $T/verdaccio/log, level: info }
	EOF
	"$TOOL/verdaccio" --config "$T/verdaccio/config.yaml" \
	    --listen "127.0.0.1:$port" >"$T/verdaccio/out" 2>&1 &
	PIDS+=($!)
	UPSTREAM=http://127.0.0.1:$port/
	wait_for 30 curl -sf "${UPSTREAM}-/ping"
}

# start_faulty DIR: tests/tools/faulty.py over DIR in $T, with rules in $T/rules
# and requests in $T/log; sets BASE.
start_faulty() {
	mkdir -p "$T/$1"
	: >"$T/rules"
	python3 "$TOP/tests/tools/faulty.py" "$T/$1" "$T/port" "$T/rules" "$T/log" &
	PIDS+=($!)
	wait_for 10 test -s "$T/port"
	BASE=http://127.0.0.1:$(cat "$T/port")
}

# start_nginx TEXT: an nginx with this in its http block.
start_nginx() {
	cat >"$T/nginx.conf" <<-EOF
		user root; worker_processes 1; daemon off; pid $T/nginx.pid; error_log $T/nginx.log;
		events { worker_connections 512; }
		http { client_body_temp_path $T/n1; proxy_temp_path $T/n2; fastcgi_temp_path $T/n3;
		uwsgi_temp_path $T/n4; scgi_temp_path $T/n5; $1 }
	EOF
	nginx -c "$T/nginx.conf" 2>/dev/null &
	PIDS+=($!)
}

# publish NAME VERSION [JSON-MEMBERS [FILE-SIZE]]: a small package to Verdaccio,
# under the dist-tag TAG, with an npm-shrinkwrap.json of the text SHRINKWRAP.
publish() {
	local dir=$T/publish
	rm -rf "$dir"
	mkdir -p "$dir"
	printf '{"name":"%s","version":"%s"%s}\n' "$1" "$2" "${3:-}" >"$dir/package.json"
	printf 'module.exports = "%s %s";\n' "$1" "$2" >"$dir/index.js"
	[ -z "${SHRINKWRAP:-}" ] || printf '%s\n' "$SHRINKWRAP" >"$dir/npm-shrinkwrap.json"
	[ -z "${4:-}" ] || head -c "$4" /dev/urandom >"$dir/data"
	(cd "$dir" && isolated_npm publish --tag "${TAG:-latest}" \
	    --registry "$UPSTREAM" "--//${UPSTREAM#http://}:_authToken=any") \
	    >"$T/publish.log" 2>&1 || {
		cat "$T/publish.log" >&2
		fail "publishing $1@$2"
	}
}

# npm with no configuration, cache or proxy of this machine.
isolated_npm() {
	HOME=$T/home npm_config_userconfig=$T/home/.npmrc \
	    npm_config_cache=$T/npm-cache npm_config_update_notifier=false \
	    npm_config_fund=false npm_config_audit=false npm "$@"
}
mkdir -p "$T/home"

# near_conf URL MEMBERS…: writes $T/near.conf with one npm upstream "up".
near_conf() {
	local url=$1
	shift
	cat >"$T/near.conf" <<-EOF
		store = "near";
		upstreams = ( { name = "up"; format = "npm"; url = "$url"; $* } );
	EOF
}
near() { "$FERRY" --config "$T/near.conf" "$@"; }
