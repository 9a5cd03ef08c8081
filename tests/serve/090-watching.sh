#!/bin/bash
# Health, metrics, the access log, and the page for people.
. "$(dirname "$0")/lib.sh"

make_version p 1.0.0
make_version @s/n 1.0.0
put p 1.0.0 1.0.0
put @s/n 1.0.0 1.0.0
printf 'serve = { access_log = "access.log"; };\n' >"$T/ferry.conf"
serve --config "$T/ferry.conf"

get 200 "$URL/healthz"
get 200 "$URL/readyz"
get 200 "$NPM/p"
get 200 -A 'agent "quoted"' "$NPM/@s%2fn"
get 304 -H "If-None-Match: $(header ETag)" "$NPM/@s%2fn"
get 404 "$NPM/absent%22%3cb%3e?a=%22"
get 405 -X PUT -d '{}' "$NPM/p"

say metrics
get 200 "$URL/metrics"
has "$T/body" 'ferry_http_requests_total{format="npm",status="2xx"} 2' \
    'ferry_http_requests_total{format="npm",status="3xx"} 1' \
    'ferry_http_requests_total{format="npm",status="4xx"} 2' \
    'ferry_http_not_modified_total 1' \
    'ferry_http_request_duration_seconds_bucket{le="+Inf"} 7' \
    'ferry_http_request_duration_seconds_count 7' \
    'ferry_store_journal_seq 5' ferry_build_info ferry_uptime_seconds \
    ferry_cache_hits_total ferry_cache_bytes
python3 - "$T/body" <<'PY'
import re, sys
for line in open(sys.argv[1]):
	assert line.startswith("# ") or re.fullmatch(
		r'[a-z_]+(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})? [0-9.e+-]+\n', line), line
PY

say "the access log"
wait_for 5 grep -q PUT "$T/access.log"
python3 - "$T/access.log" <<'PY'
import json, sys
lines = [json.loads(l) for l in open(sys.argv[1])]
by = {l["path"]: l for l in lines}
p = by["/npm/p"]
assert by["/npm/@s%2fn"]["package"] == "@s/n", by
assert any(l.get("agent") == 'agent "quoted"' for l in lines)
assert len({l["id"] for l in lines}) == len(lines)
assert all(l["remote"] == "127.0.0.1" and l["format"] == "npm"
    for l in lines if l["path"].startswith("/npm"))
assert {l["status"] for l in lines} == {200, 304, 404, 405}
assert by["/npm/absent%22%3cb%3e?a=%22"]["status"] == 404
assert "format" not in by["/healthz"] and by["/healthz"]["bytes"] == 3
assert all(l["time"].endswith("Z") and l["ms"] >= 0 for l in lines)
PY

say "the page"
get 200 "$URL/"
has "$T/body" "npm config set registry $NPM/" '2 packages, 2 versions'
has "$T/head" 'text/html' Content-Security-Policy
get 200 -H 'Host: a.example:81' "$URL/"
has "$T/body" 'http://a.example:81/npm/'
get 400 -H 'Host: <script>' "$URL/"
hasnt "$T/body" '<script>'
stop

say "a service manager is told"
python3 - "$T/notify" >"$T/told" <<'PY' &
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
s.settimeout(20)
for _ in range(2):
	print(s.recv(100).decode(), flush=True)
PY
listener=$!
wait_for 5 test -S "$T/notify"
NOTIFY_SOCKET=$T/notify serve
wait_for 5 grep -q READY=1 "$T/told"
stop
wait $listener
has "$T/told" STOPPING=1
