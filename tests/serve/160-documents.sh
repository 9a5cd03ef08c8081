#!/bin/bash
# Large documents cost one body, whatever Host they are asked for by and however
# few of their bytes are read; and they are made once a change.
# ctest: COST 40
. "$(dirname "$0")/lib.sh"

make_version p 1.0.0
put p 1.0.0 1.0.0
# big NAME BYTES: so many bytes, and two versions of 202 are held.
big() {
	make_version "$1" 1.0.0
	make_version "$1" 2.0.0
	make_packument "$1" 2.0.0 1.0.0 2.0.0 >"$T/small.json"
	python3 - "$T/small.json" "$2" >"$T/packument.json" <<-'P'
		import base64, json, random, sys
		random.seed(1)
		d = json.load(open(sys.argv[1]))
		d["readme"] = base64.b64encode(random.randbytes(int(sys.argv[2]) * 3 // 4)).decode()
		for i in range(200):
		    d["versions"]["0.0.%d" % i] = {"name": d["name"], "notes": "n" * 1000}
		json.dump(d, sys.stdout)
	P
	"$PUT_NPM" "$STORE" up "$T/packument.json" "1.0.0=$(tarball "$1" 1.0.0)" "2.0.0=$(tarball "$1" 2.0.0)"
}
big big11 11000000
big big38 38000000
big other38 38000000
rss() { awk '/^VmRSS/ { print int($2 / 1024) }' "/proc/$LASTPID/status"; }
# cpu: milliseconds that the server has used.
cpu() { awk '{ print ($14 + $15) * 10 }' "/proc/$LASTPID/stat"; }
honest() {
	local i took
	for i in $(seq 10); do
		took=$(curl -sS -o "$T/body" -m 5 -w '%{time_total}' "$NPM/p") || fail "request $i"
		awk -v t="$took" 'BEGIN { exit !(t < 1.5) }' || fail "request $i took $took s"
	done
}
cat >"$T/hosts.py" <<'P'
# hosts.py PORT PATH N ENCODING: N requests of other Hosts, of which the first
# bytes are read; "ready"; and nothing more until stdin ends.
import socket, sys
port, path, n, encoding = int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4]
held = []
for i in range(n):
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    s.settimeout(60)
    s.connect(("127.0.0.1", port))
    s.sendall(b"GET %s HTTP/1.1\r\nHost: h%d.example\r\nAccept-Encoding: %s\r\n\r\n" % (path.encode(), i, encoding.encode()))
    assert s.recv(12) == b"HTTP/1.1 200"
    held.append(s)
print("ready", flush=True)
sys.stdin.read()
P
# unread PATH N ENCODING, then dry
unread() {
	rm -f "$T/in" "$T/out"
	mkfifo "$T/in"
	python3 "$T/hosts.py" "${URL##*:}" "$@" <"$T/in" >"$T/out" &
	READER=$!
	exec 9>"$T/in"
	wait_for 120 grep -q ready "$T/out"
}
dry() {
	exec 9>&-
	wait "$READER" || fail "the unread requests were not answered"
}

serve
get 200 "$NPM/p"
before=$(rss)
for encoding in identity gzip; do
	say "150 Hosts, 11 MB each, unread: $encoding"
	used=$(cpu)
	unread /npm/big11 150 $encoding
	used=$(($(cpu) - used))
	echo "rss $before MB before, $(rss) MB now; $used ms of the processor"
	[ $(($(rss) - before)) -le 60 ] || fail "$(($(rss) - before)) MB more"
	[ "$used" -le 10000 ] || fail "$used ms of the processor"
	honest
	dry
done
say "what each of them gets is right, in both encodings"
for host in h1.example h149.example; do
	get 200 -H "Host: $host" "$NPM/big11"
	is tarball "$(member 'd["versions"]["2.0.0"]["dist"]["tarball"]')" "http://$host/npm/big11/-/big11-2.0.0.tgz"
	tag=$(header ETag)
	cp "$T/body" "$T/plain"
	get 200 --compressed -H "Host: $host" "$NPM/big11"
	cmp "$T/body" "$T/plain" || fail "encodings differ"
	get 304 -H "Host: $host" -H "If-None-Match: $tag" "$NPM/big11"
	get 200 -H "Host: h2.example" -H "If-None-Match: $tag" "$NPM/big11"
	get 200 -I -H "Host: $host" "$NPM/big11"
	is length "$(header Content-Length)" "$(stat -c %s "$T/plain")"
	get 200 -H "Host: $host" "$NPM/big11/latest"
	is tarball "$(member 'd["dist"]["tarball"]')" "http://$host/npm/big11/-/big11-2.0.0.tgz"
done

say "memory goes back"
wait_for 40 test "$(($(rss) - before))" -le 40
stop

say "documents larger than the cache, and documents of versions, are made once"
printf 'serve = { cache = "16Mi"; };\n' >"$T/ferry.conf"
serve --config "$T/ferry.conf"
for path in big38 other38 big38/1.0.0 other38/latest -/package/big38/dist-tags big38/3.0.0; do
	curl -sS -o /dev/null --compressed "$NPM/$path"
	curl -sS -o /dev/null "$NPM/$path"
done
used=$(cpu)
for i in $(seq 20); do
	for path in big38/1.0.0 other38/latest -/package/big38/dist-tags; do
		get 200 "$NPM/$path"
	done
	get 404 "$NPM/big38/3.0.0"
	for path in big38 other38; do
		get 200 -I -H 'Accept-Encoding: gzip' "$NPM/$path"
		get 200 -I "$NPM/$path"
	done
done
used=$(($(cpu) - used))
echo "160 requests: $used ms of the processor; rss $(rss) MB"
[ "$used" -le 2000 ] || fail "$used ms"
get 200 "$URL/metrics"
spilled=$(sed -n 's/^ferry_cache_spilled_bytes //p' "$T/body")
[ "$spilled" -gt 70000000 ] || fail "$spilled bytes in files"
wait_for 40 test "$(rss)" -le 110
get 200 --compressed "$NPM/big38"
is versions "$(member 'len(d["versions"])')" 2
stop
