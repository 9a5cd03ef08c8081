#!/bin/bash
# Connections that only wait, or send and read as little as they can, keep
# nobody out: they make room, of one address and in all.
. "$(dirname "$0")/lib.sh"

make_version p 1.0.0 '' 3000000
put p 1.0.0 1.0.0
printf 'serve = { connections = 240; head_timeout = 3; access_log = "%s"; };\n' "$T/access.log" >"$T/ferry.conf"
serve --config "$T/ferry.conf"
cat >"$T/flood.py" <<'P'
# flood.py PORT KIND N ADDRESS…: N connections from each, and "ready"; then, until
# stdin ends, one byte of each a second.
import select, socket, sys, time
port, kind, n = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
first = {"idle": b"", "head": b"GET /npm/p HTTP/1.1\r\nX: ",
    "body": b"POST /npm/p HTTP/1.1\r\nHost: x\r\nContent-Length: 99999\r\n\r\n",
    "answer": b"GET /npm/p/-/p-1.0.0.tgz HTTP/1.1\r\nHost: x\r\n\r\n"}[kind]
held = []
for address in sys.argv[4:]:
    for i in range(n):
        try:
            s = socket.socket()
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            s.bind((address, 0))
            s.settimeout(5)
            s.connect(("127.0.0.1", port))
            s.sendall(first)
            s.setblocking(False)
            held.append(s)
        except OSError:
            pass
print("ready", flush=True)
while not select.select([sys.stdin], [], [], 1)[0]:
    for s in held:
        try:
            s.send(b"a") if kind in ("head", "body") else s.recv(1)
        except OSError:
            pass
P
# flood KIND N ADDRESS…
flood() {
	rm -f "$T/flood.in" "$T/flood.out"
	mkfifo "$T/flood.in"
	python3 "$T/flood.py" "${URL##*:}" "$@" <"$T/flood.in" >"$T/flood.out" &
	FLOOD=$!
	exec 9>"$T/flood.in"
	wait_for 30 grep -q ready "$T/flood.out"
}
dry() {
	exec 9>&-
	wait "$FLOOD" || :
}
# honest ADDRESS: 20 requests, each on a connection of its own, none of which
# takes long.
honest() {
	local i took
	for i in $(seq 20); do
		took=$(curl -sS -o "$T/body" -m 5 --interface "$1" -w '%{http_code} %{time_total}' "$NPM/p") ||
		    fail "request $i of $1: $took"
		[ "${took% *}" = 200 ] || fail "request $i of $1: $took"
		awk -v t="${took#* }" 'BEGIN { exit !(t < 1.5) }' ||
		    fail "request $i of $1 took ${took#* } s"
	done
}
metric() { curl -sS --interface 127.0.0.9 "$URL/metrics" | sed -n "s/^ferry_http_connections$1 //p"; }

# at_most N: connections that are told to go take a moment to be gone.
at_most() { wait_for 10 few "$1"; }
few() { [ "$(metric '')" -le "$1" ]; }

say "of one address a quarter: for its own new connections the old ones go"
for kind in idle head body answer; do
	flood $kind 200 127.0.0.1
	at_most 70
	# Answers are under way: of the same address a new one may be refused.
	[ $kind = answer ] || honest 127.0.0.1
	honest 127.0.0.2
	dry
	at_most 5
done

say "many addresses: all of them together"
for kind in idle head body; do
	flood $kind 60 127.0.1.1 127.0.1.2 127.0.1.3 127.0.1.4 127.0.1.5 127.0.1.6
	at_most 250
	honest 127.0.0.2
	dry
done
[ "$(metric '_closed_total{why="room"}')" -gt 100 ] || fail "none was closed"
[ "$(grep -c 'as many as' "$T/ferryd.log")" -le 3 ] || fail "logged too often"
has "$T/ferryd.log" 'serve.connections_per_address allows'

say "a head must be there in time, however its bytes come"
cat >"$T/drip.py" <<'P'
import socket, sys, time
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
start, got = time.time(), b""
s.sendall(b"GET /npm/p HTTP/1.1\r\nX: ")
s.settimeout(0.3)
while time.time() - start < 30:
    try:
        s.sendall(b"a")
        if not (block := s.recv(4096)):
            break
        got += block
    except TimeoutError:
        pass
    except OSError:
        break
print(got[9:12].decode(), time.time() - start > 2)
P
is "a drip" "$(python3 "$T/drip.py" "${URL##*:}")" '408 True'
[ "$(metric '_closed_total{why="late"}')" -ge 1 ] || fail "no late one"
stop

say "proxies that are trusted have no limit of their own"
printf 'serve = { connections = 240; connections_per_address = 20; trusted_proxies = [ "127.0.0.1" ]; };\n' >"$T/ferry.conf"
serve --config "$T/ferry.conf"
flood idle 100 127.0.0.1
[ "$(metric '')" -ge 100 ] || fail "$(metric '') connections"
dry
flood idle 100 127.0.0.2
at_most 30
dry
stop
