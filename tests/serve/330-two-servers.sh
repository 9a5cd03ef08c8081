#!/bin/bash
# Two servers on one store behind a proxy: both follow the store and take the same
# tokens; when one is killed, clients notice nothing.  When the store is gone, a
# backup of it is served, with the same tokens.
. "$(dirname "$0")/lib.sh"
store() { "$FERRY" --store "$STORE" "$@"; }
store init --name site >/dev/null
make_version a 1.0.0 '' 60000
put a 1.0.0 1.0.0
token=$(store --json token create --service watch --scopes read:metrics | jq -r .token)

serve
one=$URL one_pid=$LASTPID
serve
two=$URL two_pid=$LASTPID
[ "$one" != "$two" ] || fail "one server"
port=$(free_port)
start_nginx "access_log off;
	upstream ferryd { server ${one#http://} max_fails=1 fail_timeout=1s;
	server ${two#http://} max_fails=1 fail_timeout=1s; }
	server { listen 127.0.0.1:$port;
	location / { proxy_pass http://ferryd; proxy_next_upstream error timeout http_502 http_503; } }"
proxy=http://127.0.0.1:$port
wait_for 10 curl -sf "$proxy/readyz"
digest() { sha256sum | cut -d' ' -f1; }
want=$(digest <"$(tarball a 1.0.0)")
same_bytes() { # URL
	[ "$(curl -sf "$1/npm/a/-/a-1.0.0.tgz" | digest)" = "$want" ] || fail "other bytes from $1"
}
for url in "$one" "$two" "$proxy"; do
	same_bytes "$url"
	get 200 -H "Authorization: Bearer $token" "$url/metrics"
done

say "both follow the store, also beside gc"
make_version a 1.1.0 '' 60000
put a 1.1.0 1.0.0 1.1.0
store gc >/dev/null
has_new() { curl -sf "$1/npm/a" | grep -q '"latest":"1.1.0"'; }
for url in "$one" "$two"; do wait_for 5 has_new "$url"; done

say "one is killed: nobody behind the proxy notices"
(
	for _ in $(seq 150); do
		curl -sf -o /dev/null "$proxy/npm/a/-/a-1.1.0.tgz" || echo "lost a request"
	done
) >"$T/requests.out" 2>&1 &
requests=$!
sleep 0.3
kill -9 "$one_pid"
wait "$one_pid" 2>/dev/null || true
wait $requests
[ ! -s "$T/requests.out" ] || fail "$(sort "$T/requests.out" | uniq -c)"
same_bytes "$proxy"

say "the store is gone: its backup is served"
store backup "$T/backup" >/dev/null
kill "$two_pid"
wait "$two_pid" || true
mv "$STORE" "$T/gone"
start_ferryd "$T/backup"
same_bytes "$URL"
get 200 -H "Authorization: Bearer $token" "$URL/metrics"
[ -e "$T/backup/backup.json" ] || fail "serving wrote to the backup"
