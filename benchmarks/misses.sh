#!/bin/bash
# What is not here, through ferryd and its puller beside the same file straight
# from the upstream, in turns: the time to the first byte and to the last.
#
#   benchmarks/misses.sh [--delay MS]… [--sizes "BYTES:PACKAGES …"] [--no-clients]
#
# The upstream is nginx with static files behind a way that takes MS milliseconds
# there and back (0 and 20 without --delay).  Each package is asked for once, over
# connections that are kept: its document, then its tarball.  Medians.  Then one
# `npm ci` of 500 packages, and 200 clients that want one file of 200 MB, with the
# puller's memory.  --sizes "": only those; --no-clients: not those.
set -euo pipefail
TOP=$(cd "$(dirname "$0")/.." && pwd)
BENCH=$TOP/build/bench
CLIENTS=1 DELAYS=() SIZES="1000:60 10000:60 1000000:30 50000000:4"
while [ $# -gt 0 ]; do
	case "$1" in
	--delay) DELAYS+=("$2") && shift ;;
	--sizes) SIZES=$2 && shift ;;
	--no-clients) CLIENTS=0 ;;
	*)
		sed -n '2,12s/^# \{0,1\}//p' "$0"
		[ "$1" = --help ] && exit 0 || exit 2
		;;
	esac
	shift
done
[ ${#DELAYS[@]} -gt 0 ] || DELAYS=(0 20)
if [ -z "${FERRY_BUILD:-}" ]; then
	cmake -S "$TOP" -B "$BENCH/build" -G Ninja -D PRESET=release >/dev/null
	ninja -C "$BENCH/build" ferry ferryd | tail -n 1
	export FERRY_BUILD=$BENCH/build
fi
export FERRY=$FERRY_BUILD/ferry FERRYD=$FERRY_BUILD/ferryd
export TMPDIR=$BENCH/tmp
mkdir -p "$TMPDIR"
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
cd "$T"

PORT=$(free_port)
cat >nginx.conf <<-END
	user root; worker_processes 1; daemon off; pid $T/nginx.pid; error_log $T/nginx.log;
	events { worker_connections 1024; }
	http { access_log off; sendfile on; tcp_nopush on; keepalive_requests 10000000;
	client_body_temp_path $T/n1; proxy_temp_path $T/n2; fastcgi_temp_path $T/n3;
	uwsgi_temp_path $T/n4; scgi_temp_path $T/n5;
	server { listen 127.0.0.1:$PORT; root $T/tree; default_type application/json;
	location / { try_files \$uri \$uri/packument.json =404; } } }
END
nginx -c "$T/nginx.conf" 2>/dev/null &
PIDS+=($!)
wait_for 10 curl -s -o /dev/null "http://127.0.0.1:$PORT/"

ask() { # DIRECT FERRY
	python3 - "$@" "$T/names" <<'END'
import http.client, statistics, sys, time, urllib.parse
direct, ferry, names = sys.argv[1:4]
class Side:
    def __init__(self, url):
        u = urllib.parse.urlsplit(url)
        self.path = u.path
        self.c = http.client.HTTPConnection(u.hostname, u.port)
        self.c.connect()
        self.times = {}
    def get(self, what, path):
        start = time.perf_counter()
        self.c.request("GET", self.path + path)
        r = self.c.getresponse()
        first = r.read(1)
        begun = time.perf_counter()
        n = len(first)
        while True:
            data = r.read(1 << 20)
            if not data:
                break
            n += len(data)
        end = time.perf_counter()
        assert r.status == 200, (path, r.status)
        self.times.setdefault(what, []).append((begun - start, end - start))
        return n
sides = [Side(direct), Side(ferry)]
# Both have spoken once: connections of the puller are kept, too.
for i, name in enumerate(open(names).read().split()):
    base = name.rsplit("/", 1)[-1]
    order = sides if i % 2 else sides[::-1]
    for what, path in (("document", f"/{name}"), ("tarball", f"/{name}/-/{base}-1.0.0.tgz")):
        for s in order:
            s.get(what, path)
for what in ("document", "tarball"):
    a, b = ([statistics.median(x[k] for x in s.times[what][1:]) * 1000 for k in (0, 1)] for s in sides)
    print(f"  {what:9} first byte {a[0]:8.2f} {b[0]:8.2f} ms {b[0]/a[0]:6.2f}   "
          f"last {a[1]:8.2f} {b[1]:8.2f} ms {b[1]/a[1]:6.2f}")
END
}

# start MS: a cold store, its puller and ferryd, and the way to the upstream.
start() {
	rm -rf near port
	python3 "$TOP/tests/tools/delay.py" "$T/port" "127.0.0.1:$PORT" "$1" &
	WAY=$!
	PIDS+=("$WAY")
	wait_for 10 test -s port
	UP=http://127.0.0.1:$(cat port)
	find tree -name packument.json -exec sed -i "s,http://127.0.0.1:[0-9]*/,$UP/,g" {} +
	cat >near.conf <<-END
		store = "near";
		upstreams = ( { name = "up"; format = "npm"; url = "$UP/"; signatures = "off"; pull = true; } );
	END
	"$FERRY" init --store near --name near >/dev/null
	"$FERRY" --config near.conf pull >>puller.log 2>&1 &
	PULLER=$!
	PIDS+=("$PULLER")
	wait_for 20 test -S near/pull.sock
	start_ferryd near --config near.conf
	FERRYD_PID=$LASTPID
}
end() {
	kill "$FERRYD_PID" "$PULLER" "$WAY" 2>/dev/null || true
	wait "$PULLER" || true
}

echo "                       upstream    ferry           upstream    ferry"
for size in $SIZES; do
	rm -rf tree
	python3 "$TOP/tests/tools/mkregistry.py" tree "http://127.0.0.1:$PORT" \
	    --packages "${size#*:}" --versions 1 --size "${size%:*}" >/dev/null
	(cd tree && find . -name packument.json | sed 's,^\./,,; s,/packument.json$,,' | sort) >names
	for ms in "${DELAYS[@]}"; do
		start "$ms"
		echo "$(numfmt --to=si "${size%:*}"), $ms ms"
		ask "$UP" "$URL/npm"
		end
	done
done

[ "$CLIENTS" = 1 ] || exit 0
peak_mb() { awk '/^VmHWM/ { printf "%d MB\n", $2 / 1024 }' "/proc/$1/status"; }
seconds() { # COMMAND…
	local start
	start=$(date +%s%N)
	"$@" >timed.out 2>&1 || {
		cat timed.out >&2
		fail "$*"
	}
	echo "$((($(date +%s%N) - start) / 1000000))"
}

rm -rf tree
python3 "$TOP/tests/tools/mkregistry.py" tree "http://127.0.0.1:$PORT" \
    --packages 500 --versions 1 --size 20000 >/dev/null
mkdir -p project
(cd tree && find . -name packument.json | sed 's,^\./,,; s,/packument.json$,,' | sort) >names
python3 - <<'END'
import json
names = open("names").read().split()
json.dump({"name": "p", "version": "1.0.0", "dependencies": {n: "1.0.0" for n in names}}, open("project/package.json", "w"))
END
ci() { # REGISTRY
	rm -rf project/node_modules npm-cache
	(cd project && isolated_npm ci --no-audit --no-fund --registry "$1" --replace-registry-host always)
}
for ms in "${DELAYS[@]}"; do
	start "$ms"
	(cd project && isolated_npm install --package-lock-only --no-audit --no-fund --registry "$UP") >/dev/null
	direct=$(seconds ci "$UP")
	ferry=$(seconds ci "$URL/npm/")
	echo "npm ci of 500 packages, $ms ms: $direct ms straight, $ferry ms through ferry; puller $(peak_mb "$PULLER"), ferryd $(peak_mb "$FERRYD_PID")"
	end
done

rm -rf tree
python3 "$TOP/tests/tools/mkregistry.py" tree "http://127.0.0.1:$PORT" --packages 1 --versions 1 --size 200000000 >/dev/null
name=$(basename "$(find tree -mindepth 1 -maxdepth 1 -type d | head -n 1)")
start 0
all() { # URL
	python3 - "$1" <<'END'
import socket, sys, threading, urllib.parse
u = urllib.parse.urlsplit(sys.argv[1])
def one():
    s = socket.create_connection((u.hostname, u.port))
    s.sendall(f"GET {u.path} HTTP/1.1\r\nHost: {u.netloc}\r\nConnection: close\r\n\r\n".encode())
    buf, n = bytearray(1 << 20), 0
    while k := s.recv_into(buf):
        n += k
    assert n > 199000000, n
ts = [threading.Thread(target=one) for _ in range(200)]
[t.start() for t in ts]
[t.join() for t in ts]
END
}
curl -s -o /dev/null "$URL/npm/$name"
file=$name/-/$name-1.0.0.tgz
ferry=$(seconds all "$URL/npm/$file")
again=$(seconds all "$URL/npm/$file")
direct=$(seconds all "http://127.0.0.1:$PORT/$file")
echo "200 clients, 200 MB: $direct ms from nginx, $ferry ms as a miss, $again ms as hits; puller $(peak_mb "$PULLER"), ferryd $(peak_mb "$FERRYD_PID")"
end
