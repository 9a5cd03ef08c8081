#!/bin/bash
# The server's own walls: what holds is said, and what is served goes on behind
# them, also after a reload and with what comes later.
. "$(dirname "$0")/lib.sh"

make_version p 1.0.0 '' 2000000
make_version q 1.0.0
put p 1.0.0 1.0.0
"$FERRY" --store "$STORE" key new >/dev/null
"$FERRY" --store "$STORE" key export "$T/key.pub" >/dev/null
mkdir "$T/tmp" "$T/logs"
export TMPDIR=$T/tmp

say "what holds"
expect 0 "$FERRYD" --store "$STORE" --check-sandbox
cat "$T/out"
has "$T/out" 'yes  no new privileges' 'yes  no core dumps'
if grep -q '^yes  landlock' "$T/out"; then
	has "$T/out" "yes  the store's keys cannot be read" \
	    'yes  nothing can be written to the store'
fi
! grep -q '^yes  seccomp' "$T/out" ||
    has "$T/out" 'yes  no program can be started'
is "left in TMPDIR" "$(ls "$T/tmp")" ''

if [ "$(id -u)" = 0 ]; then
	say "root is refused where other machines come, and warned of elsewhere"
	expect 2 "$FERRYD" --store "$STORE" --public --listen 0.0.0.0:0
	has "$T/err" 'refusing to run as root on 0.0.0.0:0' --allow-root
	timeout 2 "$FERRYD" --store "$STORE" --listen 127.0.0.1:0 2>"$T/err" || :
	has "$T/err" 'running as root' 'serving'
fi

say "everything goes on behind them"
certificate here.example
conf() {
	printf 'serve = { access_log = "%s"; audit_log = "%s"; tls_certificate = "%s/cert.pem"; tls_key = "%s/key.pem"; cache = "%s"; };\n' \
	    "$T/logs/access.log" "$T/logs/audit.log" "$T" "$T" "$1"
}
conf 64Mi >"$T/ferry.conf"
serve --config "$T/ferry.conf"
HTTPS=https://${URL#http://}
works() {
	get 200 --cacert "$T/cert.pem" "$HTTPS/npm/$1"
	get 200 --cacert "$T/cert.pem" "$HTTPS/npm/$1/-/$1-1.0.0.tgz"
	get 200 --cacert "$T/cert.pem" "$HTTPS/npm/-/v1/search?text=$1"
}
works p
grep -q '^NoNewPrivs:.*1' "/proc/$LASTPID/status" || fail "new privileges"
put q 1.0.0 1.0.0
wait_for 5 curl -sf -o /dev/null --cacert "$T/cert.pem" "$HTTPS/npm/q"
works q
mv "$T/logs/access.log" "$T/logs/access.log.1"
certificate here.example
conf 32Mi >"$T/ferry.conf"
kill -HUP "$LASTPID"
wait_for 5 test -e "$T/logs/access.log"
wait_for 5 grep -q 'configuration read again' "$T/ferryd.log"
works p
wait_for 3 grep -q '"package":"p"' "$T/logs/access.log"
hasnt "$T/ferryd.log" 'ermission denied'
is "scratch folders" "$(find "$T/tmp" -maxdepth 1 -name 'ferryd-*' | wc -l)" 1

say "what a killed one leaves, the next removes"
kill -9 "$LASTPID"
wait "$LASTPID" || :
serve
is "scratch folders" "$(find "$T/tmp" -maxdepth 1 -name 'ferryd-*' | wc -l)" 1
stop
is "left in TMPDIR" "$(ls "$T/tmp")" ''
