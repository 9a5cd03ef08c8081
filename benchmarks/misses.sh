#!/bin/bash
# What is not here, through ferryd and its puller beside the same straight from
# the upstream and through other caches, in turns: the time to the first byte and
# to the last.
#
#   benchmarks/misses.sh [--way MS[:MB/S]]… [--sizes "BYTES:PACKAGES …"]
#       [--images "BYTES:IMAGES …"] [--no-peers] [--no-clients]
#
# The upstream is behind a way that takes MS milliseconds there and back and lets so
# many million bytes a second through (without --way: 0, 20 and 20:100).  Packages
# are those of npm, from nginx with static files; peers are nginx with proxy_cache,
# and Verdaccio.  Images are of docker-registry, and a second one, as its proxy, is
# the peer.  Each is asked for once, so that nobody has it, over connections that are
# kept.  Medians; behind each figure how often straight goes into it.
#
# Then one `npm ci` of 500 packages, and 200 clients that want one file of 200 MB, with
# the puller's memory.  --sizes "" and --images "": none; --no-clients: not those.
set -euo pipefail
TOP=$(cd "$(dirname "$0")/.." && pwd)
BENCH=$TOP/build/bench
CLIENTS=1 PEERS=1 WAYS=() SIZES="1000:60 1000000:30 500000000:4" IMAGES="1000:30 1000000:15 200000000:4"
while [ $# -gt 0 ]; do
	case "$1" in
	--way) WAYS+=("$2") && shift ;;
	--sizes) SIZES=$2 && shift ;;
	--images) IMAGES=$2 && shift ;;
	--no-peers) PEERS=0 ;;
	--no-clients) CLIENTS=0 ;;
	*)
		sed -n '2,18s/^# \{0,1\}//p' "$0"
		[ "$1" = --help ] && exit 0 || exit 2
		;;
	esac
	shift
done
[ ${#WAYS[@]} -gt 0 ] || WAYS=(0 20 20:100)
if [ -z "${FERRY_BUILD:-}" ]; then
	cmake -S "$TOP" -B "$BENCH/build" -G Ninja -D PRESET=release >/dev/null
	ninja -C "$BENCH/build" ferry ferryd | tail -n 1
	export FERRY_BUILD=$BENCH/build
fi
export FERRY=$FERRY_BUILD/ferry FERRYD=$FERRY_BUILD/ferryd
export TMPDIR=$BENCH/tmp
mkdir -p "$TMPDIR"
# shellcheck source=tests/oci/lib.sh
. "$TOP/tests/oci/lib.sh"
cd "$T"

# an_nginx NAME TEXT: one with this in its http block.
an_nginx() {
	cat >"$1.conf" <<-END
		user root; worker_processes 1; daemon off; pid $T/$1.pid; error_log $T/$1.log;
		events { worker_connections 1024; }
		http { access_log off; sendfile on; tcp_nopush on; keepalive_requests 10000000;
		client_body_temp_path $T/$1.1; proxy_temp_path $T/$1.2; fastcgi_temp_path $T/$1.3;
		uwsgi_temp_path $T/$1.4; scgi_temp_path $T/$1.5; $2 }
	END
	nginx -c "$T/$1.conf" 2>/dev/null &
	LASTPID=$!
	PIDS+=("$LASTPID")
}
PORT=$(free_port)
an_nginx static "server { listen 127.0.0.1:$PORT; root $T/tree; default_type application/json;
    location / { try_files \$uri \$uri/packument.json =404; } }"
wait_for 10 curl -s -o /dev/null "http://127.0.0.1:$PORT/"

# way WAY PORT: sets UP.
way() {
	UP=http://127.0.0.1:$2 RUNNING=()
	[ "$1" != 0 ] || return 0
	rm -f port
	# shellcheck disable=SC2086 # one word or two
	python3 "$TOP/tests/tools/delay.py" "$T/port" "127.0.0.1:$2" ${1/:/ } 2>/dev/null &
	RUNNING=($!)
	PIDS+=($!)
	wait_for 10 test -s port
	UP=http://127.0.0.1:$(cat port)
}
# start FORMAT MEMBERS…: a cold store, its puller and ferryd.
start() {
	local format=$1
	shift
	rm -rf near
	cat >near.conf <<-END
		store = "near";
		upstreams = ( { name = "up"; format = "$format"; url = "$UP/"; pull = true; $* } );
		serve = { pull_wait = 120; };
	END
	"$FERRY" init --store near --name near >/dev/null
	"$FERRY" --config near.conf pull >>puller.log 2>&1 &
	PULLER=$!
	PIDS+=("$PULLER")
	wait_for 20 test -S near/pull.sock
	start_ferryd near --config near.conf
	FERRYD_PID=$LASTPID
	RUNNING+=("$PULLER" "$FERRYD_PID")
}
# start_npm WAY: the tree, through ferry.
start_npm() {
	way "$1" "$PORT"
	find tree -name packument.json -exec sed -i "s,http://127.0.0.1:[0-9]*/,$UP/,g" {} +
	start npm 'signatures = "off";'
}
end() {
	kill "${RUNNING[@]}" 2>/dev/null || true
	for p in "${RUNNING[@]}"; do wait "$p" 2>/dev/null || true; done
}
# registry OPTION…: a tree of packages of this size, and their names.
registry() {
	rm -rf tree
	python3 "$TOP/tests/tools/mkregistry.py" tree "http://127.0.0.1:$PORT" --versions 1 --exact "$@" >/dev/null
	(cd tree && find . -name packument.json | sed 's,^\./,,; s,/packument.json$,,' | sort) >names
}
# npm_peers: sets SIDES to those beside ferry.
npm_peers() {
	local port
	SIDES=()
	[ "$PEERS" = 1 ] || return 0
	port=$(free_port)
	rm -rf cache cached.* verdaccio
	an_nginx cached "proxy_cache_path $T/cache keys_zone=c:10m max_size=100g;
	    upstream up { server ${UP#http://}; keepalive 8; }
	    server { listen 127.0.0.1:$port; location / { proxy_pass http://up; proxy_cache c; proxy_cache_valid 1d;
	    proxy_cache_lock on; proxy_http_version 1.1; proxy_set_header Connection \"\"; proxy_max_temp_file_size 2048m; } }"
	RUNNING+=("$LASTPID")
	SIDES+=("nginx=http://127.0.0.1:$port")
	wait_for 10 curl -s -o /dev/null "http://127.0.0.1:$port/none"
	port=$(free_port)
	mkdir verdaccio
	cat >verdaccio/config.yaml <<-END
		storage: $T/verdaccio/storage
		uplinks: { up: { url: "$UP/", timeout: 120s, agent_options: { keepAlive: true } } }
		packages: { '**': { access: \$all, proxy: up } }
		log: { type: file, path: $T/verdaccio/log, level: error }
	END
	"$VERDACCIO" --config verdaccio/config.yaml --listen "127.0.0.1:$port" >verdaccio/out 2>&1 &
	RUNNING+=($!)
	PIDS+=($!)
	SIDES+=("Verdaccio=http://127.0.0.1:$port")
	wait_for 30 curl -sf "http://127.0.0.1:$port/-/ping"
}

if [ "$PEERS" = 1 ] && [ -n "$SIZES" ]; then
	need_tool verdaccio verdaccio@6.1.2 ',"overrides":{"node-fetch":"2.7.0"}' || skip "Verdaccio cannot be installed"
	VERDACCIO=$TOOL/verdaccio
fi
for size in $SIZES; do
	registry --packages "${size#*:}" --size "${size%:*}"
	for w in "${WAYS[@]}"; do
		start_npm "$w"
		npm_peers
		echo "packages of $(numfmt --to=si "${size%:*}"), way $w"
		python3 "$TOP/benchmarks/misses.py" npm names "straight=$UP" "ferry=$URL/npm" "${SIDES[@]}"
		end
	done
done

[ -z "$IMAGES" ] || start_registry
for size in $IMAGES; do
	: >refs
	for ((i = 0; i < ${size#*:}; i++)); do
		image "acme/s${size%:*}" "$i" --layers 1 --size "${size%:*}" --seed "$size-$i"
		echo "acme/s${size%:*}:$i" >>refs
	done
	for w in "${WAYS[@]}"; do
		way "$w" "${REGISTRY##*:}"
		start oci 'host = "up.example";'
		SIDES=()
		if [ "$PEERS" = 1 ]; then
			port=$(free_port)
			rm -rf proxied
			cat >proxied.yml <<-END
				version: 0.1
				log: { level: error, accesslog: { disabled: true } }
				storage: { filesystem: { rootdirectory: $T/proxied } }
				proxy: { remoteurl: "$UP" }
				http: { addr: "127.0.0.1:$port" }
			END
			docker-registry serve proxied.yml >proxied.log 2>&1 &
			RUNNING+=($!)
			PIDS+=($!)
			SIDES=("docker-registry=http://127.0.0.1:$port")
			wait_for 20 curl -sf "http://127.0.0.1:$port/v2/"
		fi
		echo "images with a layer of $(numfmt --to=si "${size%:*}"), way $w"
		python3 "$TOP/benchmarks/misses.py" images refs "straight=$UP" "ferry=$URL" "${SIDES[@]}"
		end
	done
done

[ "$CLIENTS" = 1 ] || exit 0
peak_mb() { awk '/^VmHWM/ { printf "%d MB\n", $2 / 1024 }' "/proc/$1/status"; }
milliseconds() { # COMMAND…
	local start
	start=$(date +%s%N)
	"$@" >timed.out 2>&1 || {
		cat timed.out >&2
		fail "$*"
	}
	echo "$((($(date +%s%N) - start) / 1000000))"
}

registry --packages 500 --size 20000
mkdir -p project
python3 - <<'END'
import json
names = open("names").read().split()
json.dump({"name": "p", "version": "1.0.0", "dependencies": {n: "1.0.0" for n in names}}, open("project/package.json", "w"))
END
ci() { # REGISTRY
	rm -rf project/node_modules npm-cache
	(cd project && isolated_npm ci --no-audit --no-fund --registry "$1" --replace-registry-host always)
}
for w in "${WAYS[@]}"; do
	: >direct.ms
	: >ferry.ms
	for _ in 1 2 3; do
		start_npm "$w"
		(cd project && isolated_npm install --package-lock-only --no-audit --no-fund --registry "$UP") >/dev/null
		milliseconds ci "$UP" >>direct.ms
		milliseconds ci "$URL/npm/" >>ferry.ms
		memory="puller $(peak_mb "$PULLER"), ferryd $(peak_mb "$FERRYD_PID")"
		end
	done
	echo "npm ci of 500 packages, way $w: $(sort -n direct.ms | sed -n 2p) ms straight, $(sort -n ferry.ms | sed -n 2p) ms through ferry; $memory"
done

registry --packages 1 --size 200000000
start_npm 0
name=$(cat names)
curl -s -o /dev/null "$URL/npm/$name"
file=$name/-/$name-1.0.0.tgz
many() { python3 "$TOP/benchmarks/misses.py" many "$1"; }
ferry=$(milliseconds many "$URL/npm/$file")
again=$(milliseconds many "$URL/npm/$file")
direct=$(milliseconds many "http://127.0.0.1:$PORT/$file")
echo "200 clients, 200 MB: $direct ms from nginx, $ferry ms as a miss, $again ms as hits; puller $(peak_mb "$PULLER"), ferryd $(peak_mb "$FERRYD_PID")"
end
