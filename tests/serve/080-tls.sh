#!/bin/bash
# TLS by certificate files; a new certificate without a restart.
. "$(dirname "$0")/lib.sh"

certificate one.example
make_version p 1.0.0 '' 5000000
put p 1.0.0 1.0.0
printf 'serve = { tls_certificate = "cert.pem"; tls_key = "key.pem"; };\n' \
    >"$T/ferry.conf"
serve --config "$T/ferry.conf"
has "$T/ferryd.log" "https://127.0.0.1:"
port=${URL##*:}
URL=https://127.0.0.1:$port
NPM=$URL/npm
tls=(--cacert "$T/cert.pem")

get 200 "${tls[@]}" "$NPM/p"
has "$T/body" "\"tarball\":\"$NPM/p/-/p-1.0.0.tgz\""
get 200 "${tls[@]}" "$NPM/p/-/p-1.0.0.tgz"
same "$T/body" "$(tarball p 1.0.0)"
get 206 "${tls[@]}" -H 'Range: bytes=4000000-4000099' "$NPM/p/-/p-1.0.0.tgz"
cmp -i 4000000:0 -n 100 "$(tarball p 1.0.0)" "$T/body" ||
    fail "a range over TLS"
get 200 "${tls[@]}" -I "$NPM/p/-/p-1.0.0.tgz"
curl -s -o /dev/null "$URL/" && fail "an unknown certificate was accepted"
curl -s -m 5 -o /dev/null "http://127.0.0.1:$port/" && fail "plain HTTP was answered"

say "a new certificate"
cp "$T/cert.pem" "$T/old.pem"
certificate two.example
kill -HUP "$LASTPID"
wait_for 5 grep -q 'read again' "$T/ferryd.log"
get 200 "${tls[@]}" "$NPM/p"
curl -s -o /dev/null --cacert "$T/old.pem" "$URL/" && fail "still the old one"

say "a wrong one leaves the old one"
echo nonsense >"$T/cert.pem"
kill -HUP "$LASTPID"
wait_for 5 grep -q 'stays as it was' "$T/ferryd.log"
get 200 --insecure "$NPM/p"
stop
expect 3 "$FERRYD" --store "$STORE" --listen 127.0.0.1:0 --config "$T/ferry.conf"
rm "$T/key.pem"
expect 3 "$FERRYD" --store "$STORE" --listen 127.0.0.1:0 --config "$T/ferry.conf"
has "$T/err" key.pem
