#!/bin/bash
# ferry beside its peers and beside the physical limit, in one run.
#
#   benchmarks/run.sh [--only serve|access|oci|images|sync|gems|nuget|maven|bundle|start]
#       [--rounds N]
#
# Prints one table and writes build/bench/results.json.  Every figure is the
# median of N rounds (default 3) in which ferry and its peer take turns; peers
# serve the same bytes, from the same disk, over loopback.
set -euo pipefail
TOP=$(cd "$(dirname "$0")/.." && pwd)
BENCH=$TOP/build/bench
ROUNDS=3 ONLY=all SECONDS_EACH=4
while [ $# -gt 0 ]; do
	case "$1" in
	--only) ONLY=$2 && shift ;;
	--rounds) ROUNDS=$2 && shift ;;
	*)
		sed -n '2,9s/^# \{0,1\}//p' "$0"
		[ "$1" = --help ] && exit 0 || exit 2
		;;
	esac
	shift
done
"$TOP/packaging/install-deps.sh" --bench
cmake -S "$TOP" -B "$BENCH/build" -G Ninja -D PRESET=release >/dev/null
ninja -C "$BENCH/build" ferry ferryd fill put_oci put_npm put_gems put_nuget put_access | tail -n 1
export FERRY=$BENCH/build/ferry FERRYD=$BENCH/build/ferryd FILL=$BENCH/build/tests/tools/fill
export TMPDIR=$BENCH/tmp
mkdir -p "$TMPDIR"
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
cd "$T"
: >results

# row NAME UNIT BETTER TARGET FERRY PEER PEER-NAME: BETTER is more or less; the
# ratio is ferry/peer.  FERRY and PEER are files with a figure a line.
row() {
	python3 - "$@" <<'EOF' >>results
import json, statistics, sys
name, unit, better, target, a, b, peer = sys.argv[1:8]
med = lambda f: statistics.median(float(x) for x in open(f)) if f != "-" else None
x, y = med(a), med(b)
print(json.dumps({"name": name, "unit": unit, "better": better, "target": target,
                  "ferry": x, "peer": y, "peer_name": peer, "ratio": x / y if y else None}))
EOF
}
# rps URL [HEADER…]: requests a second that wrk gets.
rps() {
	local url=$1 headers=()
	shift
	for h in "$@"; do headers+=(-H "$h"); done
	wrk -t1 -c32 -d"${SECONDS_EACH}s" "${headers[@]}" "$url" >wrk.out
	grep -q 'Non-2xx' wrk.out && {
		cat wrk.out >&2
		fail "errors from $url"
	}
	sed -n 's/^Requests\/sec: *//p' wrk.out
}
# latencies HEADER URL FILE URL FILE: microseconds of one request after the other,
# by turns; each file gets their median.
latencies() {
	python3 - "$@" <<'EOF'
import socket, statistics, sys, time, urllib.parse
header, pairs = sys.argv[1], [(urllib.parse.urlsplit(u), f) for u, f in zip(sys.argv[2::2], sys.argv[3::2])]
s = socket.create_connection((pairs[0][0].hostname, pairs[0][0].port))
times = {f: [] for _, f in pairs}
for _ in range(20000):
    for url, f in pairs:
        start = time.perf_counter_ns()
        s.sendall(f"GET {url.path} HTTP/1.1\r\nHost: {url.netloc}\r\n{header}\r\n\r\n".encode())
        assert s.recv(65536).startswith(b"HTTP/1.1 404"), url
        times[f].append((time.perf_counter_ns() - start) / 1000)
for f, v in times.items():
    open(f, "a").write(f"{statistics.median(v):.2f}\n")
EOF
}
# timed FILE-FOR-SECONDS FILE-FOR-KB COMMAND…
timed() {
	local seconds=$1 kb=$2
	shift 2
	/usr/bin/time -o time.out -f '%e %M' "$@" >timed.out 2>&1 || {
		cat timed.out >&2
		fail "$*"
	}
	cut -d' ' -f1 time.out >>"$seconds"
	cut -d' ' -f2 time.out >>"$kb"
}
peak_kb() { sed -n 's/^VmHWM:[[:space:]]*\([0-9]*\) kB/\1/p' "/proc/$1/status"; }
start_nginx() { # ROOT: sets NGINX
	local port
	port=$(free_port)
	cat >nginx.conf <<-EOF
		user root; worker_processes auto; daemon off; pid $T/nginx.pid; error_log $T/nginx.log;
		events { worker_connections 1024; }
		http { access_log off; sendfile on; tcp_nopush on; keepalive_requests 10000000; gzip_static on;
		client_body_temp_path $T/n1; proxy_temp_path $T/n2; fastcgi_temp_path $T/n3;
		uwsgi_temp_path $T/n4; scgi_temp_path $T/n5;
		server { listen 127.0.0.1:$port; root $1; default_type application/json;
		location / { try_files \$uri \$uri/packument.json =404; } } }
	EOF
	nginx -c "$T/nginx.conf" 2>/dev/null &
	PIDS+=($!)
	NGINX=http://127.0.0.1:$port
	wait_for 10 curl -s -o /dev/null "$NGINX/"
}

start_peer_registry() { # sets REGISTRY
	local port
	port=$(free_port)
	cat >registry.yml <<-EOF
		version: 0.1
		log: { level: error, accesslog: { disabled: true } }
		storage: { filesystem: { rootdirectory: $T/registry }, cache: { blobdescriptor: inmemory } }
		http: { addr: 127.0.0.1:$port }
	EOF
	docker-registry serve registry.yml >registry.log 2>&1 &
	PIDS+=($!)
	REGISTRY=http://127.0.0.1:$port
	wait_for 10 curl -sf "$REGISTRY/v2/"
}

bench_serve() {
	say "serving: packument of 165 kB beside Verdaccio, tarball of 300 kB beside nginx"
	start_verdaccio
	local readme
	# Words by chance: compresses about as the documents of registries do.
	readme=$(python3 -c 'import random; r = random.Random(1)
words = ["".join(r.choices("abcdefghijklmnopqrstuvwxyz", k=r.randint(2, 9))) for _ in range(900)]
print(" ".join(r.choices(words, k=12600))[:81000])')
	publish bench-doc 1.0.0 ",\"readme\":\"$readme\"" 100
	publish bench-tgz 1.0.0 '' 300000
	near_conf "$UPSTREAM" 'packages = [ "bench-doc", "bench-tgz" ];'
	near init --name bench >/dev/null
	near sync >/dev/null
	mkdir root
	curl -s "${UPSTREAM}bench-tgz/-/bench-tgz-1.0.0.tgz" >root/t.tgz
	curl -s "${UPSTREAM}bench-doc" >root/doc.json
	gzip -k root/doc.json
	start_nginx "$T/root"
	start_ferryd near
	local ferryd=$LASTPID doc
	doc=$(curl -s "$URL/npm/bench-doc" | wc -c)
	say "the packument has $doc bytes, the tarball $(stat -c %s root/t.tgz)"
	for _ in $(seq "$ROUNDS"); do
		rps "$URL/npm/bench-doc" "Accept-Encoding: gzip" >>doc.ferry
		rps "${UPSTREAM}bench-doc" "Accept-Encoding: gzip" >>doc.verdaccio
		rps "$URL/npm/bench-tgz/-/bench-tgz-1.0.0.tgz" >>tgz.ferry
		rps "$NGINX/t.tgz" >>tgz.nginx
		rps "$NGINX/doc.json" "Accept-Encoding: gzip" >>doc.nginx
		rps "${UPSTREAM}bench-tgz/-/bench-tgz-1.0.0.tgz" >>tgz.verdaccio
	done
	row "packument 165 kB" req/s more ">= 100" doc.ferry doc.verdaccio Verdaccio
	row "packument 165 kB" req/s more "" doc.ferry doc.nginx "nginx, static"
	row "tarball 300 kB" req/s more ">= 0.9" tgz.ferry tgz.nginx "nginx, static"
	row "tarball 300 kB" req/s more "" tgz.ferry tgz.verdaccio Verdaccio
	peak_kb "$ferryd" >mem.ferryd
	awk '{ print $1 / 1000 }' mem.ferryd >mem.mb
	row "ferryd memory" MB less "<= 128" mem.mb - ""
}

bench_access() {
	say "serving with permissions: a token checked and a decision for each request"
	local tools=$BENCH/build/tests/tools token readme peer auth
	readme=$(python3 -c 'import random; r = random.Random(1)
words = ["".join(r.choices("abcdefghijklmnopqrstuvwxyz", k=r.randint(2, 9))) for _ in range(900)]
print(" ".join(r.choices(words, k=12600))[:81000])')
	mkdir package
	echo '{"name":"@octo/svc","version":"1.0.0"}' >package/package.json
	head -c 300000 /dev/urandom >package/data
	tar -czf t.tgz package
	printf '{"name":"@octo/svc","dist-tags":{"latest":"1.0.0"},"versions":{"1.0.0":{"name":"@octo/svc","version":"1.0.0","readme":"%s","dist":{"tarball":"https://registry.example/t.tgz","integrity":"sha512-%s"}}},"time":{},"readme":"%s"}' \
	    "$readme" "$(openssl dgst -sha512 -binary t.tgz | base64 -w0)" "$readme" >doc.json
	"$tools/put_npm" open ghes doc.json 1.0.0=t.tgz
	"$tools/put_npm" closed ghes doc.json 1.0.0=t.tgz
	# The fixture's people, and 100,000 packages that are nobody's business.
	cp "$TOP/tests/data/access/octo.jsonl" permissions
	python3 -c 'for i in range(100000): print("{\"kind\":\"package\",\"id\":%d,\"owner\":100,\"type\":\"npm\",\"name\":\"@octo/p%d\",\"visibility\":\"private\",\"granular\":true,\"inherits\":\"no\"}" % (1000 + i, i))' >>permissions
	"$tools/put_access" closed ghes permissions
	token=$("$FERRY" --store closed --json token create --user tom | jq -r .token)
	auth="Authorization: Bearer $token"
	start_ferryd open
	peer=$URL/npm
	start_ferryd closed
	for _ in $(seq "$ROUNDS"); do
		rps "$URL/npm/@octo%2fsvc" "Accept-Encoding: gzip" "$auth" >>doc.ferry
		rps "$peer/@octo%2fsvc" "Accept-Encoding: gzip" >>doc.open
		rps "$URL/npm/@octo/svc/-/svc-1.0.0.tgz" "$auth" >>tgz.ferry
		rps "$peer/@octo/svc/-/svc-1.0.0.tgz" >>tgz.open
	done
	printf 'serve : { hide_existence = true; };\n' >hide.conf
	start_ferryd closed --config hide.conf
	token=$("$FERRY" --store closed --json token create --user eve | jq -r .token)
	for _ in $(seq "$ROUNDS"); do
		latencies "Authorization: Bearer $token" "$URL/npm/@octo/svc" hidden "$URL/npm/@octo/xyz" absent
	done
	row "404: hidden, and not there" us less "" hidden absent "not there"
	row "packument 165 kB, token checked" req/s more ">= 0.95" doc.ferry doc.open "without permissions"
	row "tarball 300 kB, token checked" req/s more ">= 0.95" tgz.ferry tgz.open "without permissions"
}

bench_oci() {
	say "serving: a manifest and blobs of an image beside docker-registry, with a token"
	local port image digest blob tool=$BENCH/build/tests/tools/put_oci
	image=$(python3 "$TOP/tests/tools/mkoci.py" app image 1.0 --size 20000)
	python3 "$TOP/tests/tools/mkoci.py" app image large --size 64000000 >/dev/null
	"$tool" store ghcr ghcr.io org/app app
	start_peer_registry
	port=${REGISTRY##*:}
	for digest in 1.0 large; do
		skopeo copy --insecure-policy --dest-tls-verify=false "oci:app:$digest" \
		    "docker://127.0.0.1:$port/org/app:$digest" >/dev/null
	done
	start_ferryd store
	local token accept=Accept:\ application/vnd.oci.image.manifest.v1+json
	local ferry=$URL/v2/org/app peer=http://127.0.0.1:$port/v2/org/app
	token=$(curl -s "$URL/v2/token?scope=repository:org/app:pull" | jq -r .token)
	token="Authorization: Bearer $token"
	blob=$(jq -r '.layers[0].digest' "app/blobs/${image/://}")
	digest=$(curl -s -H "$accept" "$peer/manifests/large" | jq -r '.layers[0].digest')
	mkdir -p large
	cp "app/blobs/${digest/://}" large/blob
	start_nginx "$T/large"
	for _ in $(seq "$ROUNDS"); do
		rps "$ferry/manifests/1.0" "$token" "$accept" >>manifest.ferry
		rps "$peer/manifests/1.0" "$accept" >>manifest.registry
		rps "$ferry/blobs/$blob" "$token" >>blob.ferry
		rps "$peer/blobs/$blob" >>blob.registry
		curl -s -o /dev/null -w '%{speed_download}\n' "$ferry/blobs/$digest" |
		    awk '{ print $1 / 1e6 }' >>large.ferry
		curl -s -o /dev/null -w '%{speed_download}\n' "$peer/blobs/$digest" |
		    awk '{ print $1 / 1e6 }' >>large.registry
		curl -s -o /dev/null -w '%{speed_download}\n' "$NGINX/blob" |
		    awk '{ print $1 / 1e6 }' >>large.nginx
	done
	row "OCI manifest by tag" req/s more ">= 20" manifest.ferry manifest.registry docker-registry
	row "OCI blob 20 kB" req/s more ">= 20" blob.ferry blob.registry docker-registry
	row "OCI blob 64 MB, one client" MB/s more "" large.ferry large.registry docker-registry
	row "OCI blob 64 MB, one client" MB/s more "" large.ferry large.nginx "nginx, static"
	peak_kb "$LASTPID" | awk '{ print $1 / 1000 }' >oci.mb
	row "ferryd memory" MB less "<= 128" oci.mb - ""
}

bench_images() {
	say "cold sync of 24 images beside skopeo sync; 1,000 tags with nothing new"
	local i digest
	start_peer_registry
	for i in $(seq 24); do
		python3 "$TOP/tests/tools/mkimage.py" "$REGISTRY" "team/app$((i % 6))" "1.$i" \
		    --base $((i % 3)) --layers 5 --size 2000000 --seed "$i" >/dev/null
		printf '    team/app%d: ["1.%d"]\n' $((i % 6)) "$i" >>skopeo.images
	done
	digest=$(python3 "$TOP/tests/tools/mkimage.py" "$REGISTRY" team/tags t0 --layers 2 --size 10000)
	curl -s -H 'Accept: application/vnd.oci.image.manifest.v1+json' \
	    "$REGISTRY/v2/team/tags/manifests/$digest" >tags.json
	for i in $(seq 999); do
		printf 'url = "%s/v2/team/tags/manifests/t%d"\nrequest = PUT\nheader = "Content-Type: application/vnd.oci.image.manifest.v1+json"\ndata-binary = "@tags.json"\noutput = /dev/null\nnext\n' "$REGISTRY" "$i"
	done | sed '$d' >curl.conf
	curl -sf -K curl.conf
	# skopeo.images has each repository several times: join their tags.
	python3 - "${REGISTRY#http://}" >skopeo.yaml <<-'END'
		import re, sys
		tags = {}
		for line in open("skopeo.images"):
		    name, tag = re.match(r' *(\S+): \["(.*)"\]', line).groups()
		    tags.setdefault(name, []).append(tag)
		print(f'"{sys.argv[1]}":\n  tls-verify: false\n  images:')
		for name, list in tags.items():
		    print(f"    {name}: {list}".replace("'", '"'))
	END
	for _ in $(seq "$ROUNDS"); do
		rm -rf near out
		cat >near.conf <<-END
			store = "near";
			upstreams = ( { name = "hub"; format = "oci"; url = "$REGISTRY"; referrers = "off";
			select = ( $(for i in 0 1 2 3 4 5; do printf '{ name = "team/app%d"; },' "$i"; done | sed 's/,$//') ); } );
		END
		near init --name bench >/dev/null
		sync
		timed images.ferry images.kb "$FERRY" --config near.conf sync
		sync
		timed images.skopeo images.skopeo.kb skopeo --insecure-policy sync --src yaml --dest dir skopeo.yaml out
	done
	cat >near.conf <<-END
		store = "near"; upstreams = ( { name = "hub"; format = "oci"; url = "$REGISTRY";
		select = ( { name = "team/tags"; } ); } );
	END
	near sync >/dev/null
	for _ in $(seq "$ROUNDS"); do
		timed tags.ferry tags.kb "$FERRY" --config near.conf sync
	done
	row "cold sync, 24 images" s less "<= 1.3" images.ferry images.skopeo "skopeo sync"
	row "warm sync, 1,000 tags" s less "< 2" tags.ferry - ""
	awk '{ print $1 / 1000 }' images.kb >images.mb
	row "sync memory" MB less "<= 128" images.mb - ""
}

bench_sync() {
	say "cold sync of 500 packages beside aria2c -j16, then a warm one"
	mkdir tree
	start_nginx "$T/tree"
	python3 "$TOP/tests/tools/mkregistry.py" tree "$NGINX" --packages 500 \
	    --versions 3 --size 100000 --readme 20000
	local names
	names=$(cd tree && ls -d pkg-* @load/*)
	near_conf "$NGINX" "select = ( $(for p in $names; do
		printf '{ name = "%s"; latest = 1; },' "$p"
	done | sed 's/,$//') );"
	for p in $names; do
		printf '%s\n out=%s.json\n%s\n out=%s.tgz\n' "$NGINX/$p" "${p#*/}" \
		    "$NGINX/$p/-/${p#*/}-1.2.0.tgz" "${p#*/}"
	done >urls
	for _ in $(seq "$ROUNDS"); do
		rm -rf near out
		near init --name bench >/dev/null
		sync
		timed cold.ferry cold.kb "$FERRY" --config near.conf sync
		sync
		timed cold.aria cold.aria.kb aria2c -q -j16 -i urls -d out --file-allocation=none
		timed warm.ferry warm.kb "$FERRY" --config near.conf sync
	done
	row "cold sync, 500 packages" s less "<= 1.3" cold.ferry cold.aria "aria2c -j16"
	awk '{ print $1 * 2 }' warm.ferry >warm.1000
	row "warm sync, per 1,000 packages" s less "< 2" warm.1000 - ""
	awk '{ print $1 / 1000 }' cold.kb >cold.mb
	row "sync memory" MB less "<= 128" cold.mb - ""
}

bench_gems() {
	say "500 gems beside aria2c -j16; 200,000 gems: /versions, and a change"
	mkdir gems
	for i in $(seq 500); do
		printf 'gem "g%03d", "1.0", size: 100000\n' "$i"
	done | cat - <(echo 'index; marshal') | ruby "$TOP/tests/tools/mkgems.rb" gems
	start_nginx "$T/gems"
	cat >near.conf <<-EOF
		store = "near";
		upstreams = ( { name = "gems"; format = "rubygems"; url = "$NGINX";
		    packages = [ $(seq -f '"g%03g"' -s, 500) ]; } );
	EOF
	for i in $(seq -f 'g%03g' 500); do
		printf '%s\n out=%s\n' "$NGINX/info/$i" "$i" "$NGINX/gems/$i-1.0.gem" "$i.gem" \
		    "$NGINX/quick/Marshal.4.8/$i-1.0.gemspec.rz" "$i.rz"
	done >urls
	printf '%s\n out=versions\n' "$NGINX/versions" >>urls
	for _ in $(seq "$ROUNDS"); do
		rm -rf near out
		near init --name bench >/dev/null
		sync
		timed cold.ferry cold.kb "$FERRY" --config near.conf sync
		sync
		timed cold.aria cold.aria.kb aria2c -q -j16 -i urls -d out --file-allocation=none
		timed warm.ferry warm.kb "$FERRY" --config near.conf sync
	done
	row "cold sync, 500 gems" s less "<= 1.3" cold.ferry cold.aria "aria2c -j16"
	awk '{ print $1 * 2 }' warm.ferry >warm.1000
	row "warm sync, per 1,000 gems" s less "< 2" warm.1000 - ""
	start_ferryd near
	curl -sf "$URL/rubygems/versions" >gems/versions
	for _ in $(seq "$ROUNDS"); do
		rps "$NGINX/info/g001" >>info.nginx
		rps "$URL/rubygems/info/g001" >>info.ferry
		rps "$NGINX/versions" >>versions.nginx
		rps "$URL/rubygems/versions" >>versions.ferry
		rps "$NGINX/gems/g001-1.0.gem" >>gem.nginx
		rps "$URL/rubygems/gems/g001-1.0.gem" >>gem.ferry
	done
	row "/info of a gem" req/s more ">= 1.0" info.ferry info.nginx "nginx, static"
	row "/versions of 500 gems" req/s more ">= 1.0" versions.ferry versions.nginx "nginx, static"
	row "a gem, 100 kB" req/s more ">= 0.9" gem.ferry gem.nginx "nginx, static"
	local put=$BENCH/build/tests/tools/put_gems bytes
	"$put" many 200000 3
	for i in $(seq "$ROUNDS"); do
		start_ferryd many
		# The empty cache of a server that has just begun.
		curl -sf -o many.versions -w '%{time_total}\n' "$URL/rubygems/versions" >>build.s
		bytes=$(stat -c %s many.versions)
		"$put" many 1 4 "$i"
		sleep 1
		curl -sf -o part -w '%{http_code} %{time_total}\n' -H "Range: bytes=$((bytes - 1))-" \
		    "$URL/rubygems/versions" >change.out
		grep -q ^206 change.out || fail "$(cat change.out)"
		awk '{ print $2 * 1000 }' change.out >>change.ms
		awk '/VmHWM/ { print $2 / 1000 }' "/proc/$LASTPID/status" >>many.mb
		kill "$LASTPID"
	done
	row "/versions of 200,000 gems, made" s less "" build.s - ""
	row "/versions after a change of one" ms less "< 50" change.ms - ""
	row "memory of that" MB less "<= 128" many.mb - ""
}

# nuget_restore FILE SOURCE: wall seconds of a restore of app, with nothing here.
nuget_restore() {
	rm -rf home app/obj
	mkdir home
	cat >app/nuget.config <<-EOF
		<configuration><packageSources><clear />
		<add key="one" value="$2" allowInsecureConnections="true" />
		</packageSources></configuration>
	EOF
	timed "$1" restore.kb env HOME="$T/home" NUGET_PACKAGES="$T/home/packages" DOTNET_NOLOGO=1 \
	    DOTNET_CLI_TELEMETRY_OPTOUT=1 NUGET_CERT_REVOCATION_MODE=offline MSBUILDDISABLENODEREUSE=1 \
	    dotnet restore app
}

bench_nuget() {
	local i sources
	say "200 NuGet packages beside aria2c -j16"
	mkdir nuget
	start_nginx "$T/nuget"
	python3 "$TOP/tests/tools/mknuget.py" nuget "$NGINX" <<-'EOF'
		for i in range(200): pkg("P%03d" % i, "1.0.0", size=100000, needs={"net8.0": {"P%03d" % (i // 2): "1.0"}})
		feed()
	EOF
	cat >near.conf <<-EOF
		store = "near";
		upstreams = ( { name = "nuget"; format = "nuget"; url = "$NGINX/index.json";
		    packages = [ $(seq -f '"P%03g"' -s, 0 199) ]; } );
	EOF
	for i in $(seq -f 'p%03g' 0 199); do
		printf '%s\n out=%s\n' "$NGINX/reg/$i/index.json" "$i" "$NGINX/flat/$i/1.0.0/$i.1.0.0.nupkg" "$i.nupkg"
	done >urls
	for _ in $(seq "$ROUNDS"); do
		rm -rf near out
		near init --name bench >/dev/null
		sync
		timed cold.ferry cold.kb "$FERRY" --config near.conf sync
		sync
		timed cold.aria cold.aria.kb aria2c -q -j16 -i urls -d out --file-allocation=none
		timed warm.ferry warm.kb "$FERRY" --config near.conf sync
		sed -n 's/.*; \([0-9]*\) requests.*/\1/p' timed.out | awk '{ print $1 / 200 }' >>warm.requests
	done
	row "cold sync, 200 NuGet packages" s less "<= 1.3" cold.ferry cold.aria "aria2c -j16"
	row "warm sync: requests for each package" "" less "<= 1" warm.requests - ""
	awk '{ print $1 * 5 }' warm.ferry >warm.1000
	row "warm sync, per 1,000 packages" s less "< 2" warm.1000 - ""
	start_ferryd near
	mkdir -p nuget/same
	curl -sf "$URL/nuget/registration-semver2/p001/index.json" >nuget/same/index.json
	for _ in $(seq "$ROUNDS"); do
		rps "$NGINX/same/index.json" >>reg.nginx
		rps "$URL/nuget/registration-semver2/p001/index.json" >>reg.ferry
		rps "$NGINX/flat/p001/1.0.0/p001.1.0.0.nupkg" >>nupkg.nginx
		rps "$URL/nuget/download/p001/1.0.0/p001.1.0.0.nupkg" >>nupkg.ferry
	done
	row "registration of a package" req/s more ">= 1.0" reg.ferry reg.nginx "nginx, static"
	row "a nupkg, 100 kB" req/s more ">= 0.9" nupkg.ferry nupkg.nginx "nginx, static"

	say "a search over 100,000 packages"
	"$BENCH/build/tests/tools/put_nuget" many 100000 3
	printf 'serve = { search_index = "64Mi"; };\n' >many.conf
	start_ferryd many --config many.conf
	wait_for 60 sh -c "curl -sf '$URL/nuget/query?q=package' | grep -q '\"totalHits\":100000'"
	for i in $(seq 20); do
		curl -sf -o search.json -w '%{time_total}\n' "$URL/nuget/query?q=number+$((i * 7))&take=20&semVerLevel=2.0.0"
	done | awk '{ print $1 * 1000 }' >search.ms
	row "search over 100,000 packages, 20 hits" ms less "< 20" search.ms - ""
	peak_kb "$LASTPID" | awk '{ print $1 / 1000 }' >search.mb
	row "memory of that" MB less "" search.mb - ""

	# The registry that dotnet has by its configuration, if it answers.
	sources=$(dotnet nuget list source --format short 2>/dev/null | sed -n 's/^E \(http.*json\)$/\1/p' | head -1)
	[ -n "$sources" ] || {
		say "SKIP: dotnet has no source to compare a restore with"
		return 0
	}
	say "a restore of a project beside the registry itself"
	mkdir app
	cat >app/app.csproj <<-'EOF'
		<Project Sdk="Microsoft.NET.Sdk"><PropertyGroup><TargetFramework>netstandard2.0</TargetFramework>
		<RestorePackagesWithLockFile>true</RestorePackagesWithLockFile></PropertyGroup><ItemGroup>
		<PackageReference Include="Microsoft.Extensions.Hosting" Version="9.0.0" />
		<PackageReference Include="Serilog" Version="4.0.0" />
		<PackageReference Include="Newtonsoft.Json" Version="13.0.3" />
		<PackageReference Include="xunit" Version="2.9.3" />
		</ItemGroup></Project>
	EOF
	(nuget_restore first.s "$sources") >first.log 2>&1 || {
		say "SKIP: the registry that dotnet has lacks a package of this benchmark"
		return 0
	}
	cat >real.conf <<-EOF
		store = "real";
		upstreams = ( { name = "nuget"; format = "nuget"; url = "$sources"; lockfiles = [ "app/packages.lock.json" ]; } );
	EOF
	"$FERRY" --config real.conf init --name bench >/dev/null
	"$FERRY" --config real.conf sync >real.log
	start_ferryd real
	say "$(grep -c '"resolved"' app/packages.lock.json) packages"
	for _ in $(seq "$ROUNDS"); do
		nuget_restore restore.peer "$sources"
		nuget_restore restore.ferry "$URL/nuget/index.json"
	done
	row "dotnet restore, whole process" s less "" restore.ferry restore.peer "the registry itself"
}

bench_maven() {
	say "1,000 Maven artifacts beside aria2c -j16; files and 404 beside nginx; mvn package"
	# shellcheck source=tests/maven/lib.sh
	. "$TOP/tests/maven/lib.sh"
	mkmaven tree <<-'END'
		import random
		random.seed(1)
		for i in range(1000):
		    artifact("org.load:a%03d:1.0" % i, files={"jar": random.randbytes(50000)}, sums=("sha1",),
		        needs=["org.load:a%03d:1.0" % k for k in (2 * i + 1, 2 * i + 2) if k < 1000])
		artifact("org.load:big:1.0", files={"jar": random.randbytes(5000000)}, sums=("sha1",))
		metadata()
	END
	start_nginx "$T/tree"
	maven_conf "$NGINX" 'packages = [ "org.load:a000:1.0", "org.load:big:1.0" ];'
	(cd tree && find . -name '*.pom' -o -name '*.jar' -o -name '*.pom.sha1' -o -name '*.jar.sha1' -o -name maven-metadata.xml) |
	    sed "s|^\./\(.*\)|$NGINX/\1\n out=\1|" >urls
	for _ in $(seq "$ROUNDS"); do
		rm -rf near out
		near init --name bench >/dev/null
		sync
		timed cold.ferry cold.kb "$FERRY" --config near.conf sync
		sync
		timed cold.aria cold.aria.kb aria2c -q -j16 -i urls -d out --file-allocation=none
		timed warm.ferry warm.kb "$FERRY" --config near.conf sync
	done
	row "cold sync, 1,000 artifacts" s less "<= 1.3" cold.ferry cold.aria "aria2c -j16"
	row "warm sync, 1,000 artifacts" s less "< 2" warm.ferry - ""
	awk '{ print $1 / 1000 }' cold.kb >cold.mb
	row "memory of that" MB less "<= 128" cold.mb - ""
	start_ferryd near
	local pom=org/load/a001/1.0/a001-1.0.pom big=org/load/big/1.0/big-1.0.jar
	curl -sf -o /dev/null "$URL/maven/$big" && curl -sf -o /dev/null "$URL/maven/$pom"
	for _ in $(seq "$ROUNDS"); do
		rps "$NGINX/$pom" >>pom.nginx
		rps "$URL/maven/$pom" >>pom.ferry
		rps "$NGINX/$big" >>big.nginx
		rps "$URL/maven/$big" >>big.ferry
		rps "$URL/maven/$pom.sha512" >>sum.ferry
		rps "$URL/maven/org/load/a001/maven-metadata.xml" >>metadata.ferry
		rps "$NGINX/org/load/a001/maven-metadata.xml" >>metadata.nginx
		for at in ferry nginx; do
			wrk -t1 -c32 -d"${SECONDS_EACH}s" "$([ $at = ferry ] && echo "$URL/maven" || echo "$NGINX")/org/load/a001/1.0/a001-1.0.module" |
			    sed -n 's/^Requests\/sec: *//p' >>none.$at
			wrk -t1 -c32 -d"${SECONDS_EACH}s" "$([ $at = ferry ] && echo "$URL/maven" || echo "$NGINX")/org/none/a001/1.0/a001-1.0.pom" |
			    sed -n 's/^Requests\/sec: *//p' >>nothing.$at
		done
	done
	row "a POM" req/s more ">= 1.0" pom.ferry pom.nginx "nginx, static"
	row "a jar, 5 MB" req/s more ">= 0.9" big.ferry big.nginx "nginx, static"
	row "maven-metadata.xml" req/s more "" metadata.ferry metadata.nginx "nginx, static"
	row "a .sha512 that upstream lacks" req/s more "" sum.ferry - ""
	row "404 for a .module" req/s more ">= 1.0" none.ferry none.nginx "nginx, static"
	row "404 for an artifact" req/s more ">= 1.0" nothing.ferry nothing.nginx "nginx, static"

	debian_repository up
	# shellcheck source=tests/maven/app.sh
	. "$TOP/tests/maven/app.sh"
	start_nginx "$T/up"
	maven_conf "$NGINX" 'projects = [ "app/pom.xml" ]; packages = [ "org.apache.maven.surefire:surefire-junit4:debian" ];'
	rm -rf near
	near init --name bench >/dev/null
	near sync >/dev/null
	start_ferryd near
	for _ in $(seq "$ROUNDS"); do
		for at in "$URL/maven" "$NGINX"; do
			rm -rf m2
			settings "$at" m2
			(cd app && timed "$T/mvn.$([ "$at" = "$NGINX" ] && echo nginx || echo ferry)" "$T/mvn.kb" \
			    env HOME="$T/m2" mvn -B -q -s ../settings.xml clean package)
		done
	done
	row "mvn package, nothing cached" s less "" mvn.ferry mvn.nginx "nginx, the whole tree"
}

bench_bundle() {
	say "export and import of about 1 GB beside tar | sha256sum on the same disk"
	mkdir plain
	"$FERRY" --store big init --name big >/dev/null
	"$FILL" big --packages 400 --versions 4 --size 600000 >/dev/null
	"$FERRY" --store big key export big.pub >/dev/null
	find big/blobs -type f >files
	for _ in $(seq "$ROUNDS"); do
		rm -rf medium far plain.tar
		mkdir medium
		sync
		timed export.ferry export.kb "$FERRY" --store big export --to medium
		sync
		timed export.tar export.tar.kb bash -c 'tar -cf - -T files | tee plain.tar | sha256sum && sync plain.tar'
		"$FERRY" --store far init --name far >/dev/null
		"$FERRY" --store far trust add big.pub >/dev/null
		sync
		timed import.ferry import.kb "$FERRY" --store far import medium --no-receipt
		rm -rf plain && mkdir plain
		sync
		timed import.tar import.tar.kb bash -c 'cat medium/*.tar | tee >(sha256sum >&2) | tar -xf - -C plain && sync -f plain'
	done
	local bytes
	bytes=$(du -sb medium | cut -f1)
	for f in export.ferry export.tar import.ferry import.tar; do
		awk -v b="$bytes" '{ print b / 1e6 / $1 }' $f >$f.mbs
	done
	row "export" MB/s more ">= 0.7" export.ferry.mbs export.tar.mbs "tar | sha256sum"
	row "import" MB/s more ">= 0.7" import.ferry.mbs import.tar.mbs "sha256sum | tar -x"
	for f in export import; do
		awk '{ print $1 / 1000 }' $f.kb >$f.mb
		row "$f memory" MB less "<= 128" $f.mb - ""
	done
}

bench_start() {
	say "start of ferryd with 1,000,000 synthetic versions"
	"$FERRY" --store million init --name million >/dev/null
	"$FILL" million --packages 100000 --versions 10 --size 10 >/dev/null
	local start name
	name=$("$FERRY" --store million --json list 2>/dev/null | head -n 1 |
	    python3 -c 'import json,sys; print(json.loads(sys.stdin.readline())["name"])') || :
	for _ in $(seq "$ROUNDS"); do
		start=$(date +%s%N)
		start_ferryd million
		curl -sf -o /dev/null "$URL/npm/$name"
		awk "BEGIN { print ($(date +%s%N) - $start) / 1e9 }" >>start.ferry
		curl -s -o /dev/null -w '%{time_total}\n' "$URL/npm/$name" |
		    awk '{ print $1 * 1000 }' >>latency.ferry
		peak_kb "$LASTPID" | awk '{ print $1 / 1000 }' >>start.mb
		kill "$LASTPID"
		wait "$LASTPID" || :
	done
	row "start to first answer, 1,000,000 versions" s less "< 1" start.ferry - ""
	row "request then" ms less "" latency.ferry - ""
	row "ferryd memory then" MB less "<= 128" start.mb - ""
}

for part in serve access oci images sync gems nuget maven bundle start; do
	[ "$ONLY" = all ] || [ "$ONLY" = $part ] || continue
	mkdir -p "$T/$part" && cd "$T/$part"
	T_SAVED=$T T=$T/$part
	ln -sf "$T_SAVED/results" results
	mkdir -p home
	"bench_$part"
	for pid in "${PIDS[@]}"; do kill "$pid" 2>/dev/null || :; done
	PIDS=()
	T=$T_SAVED
	cd "$T" && rm -rf "$part"
done

python3 - results "$BENCH/results.json" <<'EOF'
import json, sys
rows = [json.loads(l) for l in open(sys.argv[1])]
json.dump(rows, open(sys.argv[2], "w"), indent=1)
num = lambda v: "" if v is None else f"{v:,.0f}" if v >= 1000 else f"{v:.1f}" if v >= 10 else f"{v:.2f}"
print()
print(f"{'':44} {'ferry':>10} {'peer':>10} {'':6} {'ferry/peer':>10}  target")
for r in rows:
    print(f"{r['name']:44} {num(r['ferry']):>10} {num(r['peer']):>10} {r['unit']:6} "
          f"{num(r['ratio']):>10}  {r['target']} {r['peer_name']}")
EOF
