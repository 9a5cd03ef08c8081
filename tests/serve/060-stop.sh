#!/bin/bash
# SIGTERM finishes what is under way; SIGHUP reads the configuration again.
. "$(dirname "$0")/lib.sh"

make_version big 1.0.0 '' 20000000
put big 1.0.0 1.0.0
printf 'serve = { drain = 20; cache = "8Mi"; };\n' >"$T/ferry.conf"
serve --config "$T/ferry.conf"

say "a slow download survives SIGTERM"
curl -sS --limit-rate 4M -o "$T/slow" "$NPM/big/-/big-1.0.0.tgz" &
download=$!
sleep 0.5
kill "$LASTPID"
sleep 0.5
kill -0 $download || fail "the download was over too soon to mean anything"
curl -s -m 2 -o /dev/null "$NPM/-/ping" && fail "accepted after SIGTERM"
wait $download || fail "the download was cut"
wait "$LASTPID" || fail "ferryd ended with status $?"
same "$T/slow" "$(tarball big 1.0.0)"
has "$T/ferryd.log" stopped

say "an end comes even if a client does not read"
printf 'serve = { drain = 1; };\n' >"$T/ferry.conf"
serve --config "$T/ferry.conf"
curl -sS --limit-rate 1k -o "$T/slow" "$NPM/big/-/big-1.0.0.tgz" 2>/dev/null &
download=$!
sleep 0.5
stop
kill $download 2>/dev/null || :
wait $download && fail "the download cannot have ended"

say "SIGHUP: new options, the port and downloads stay"
printf 'serve = { drain = 20; access_log = "log"; };\n' >"$T/ferry.conf"
serve --config "$T/ferry.conf"
get 200 "$NPM/big"
has "$T/body" "$NPM/big/-/"
curl -sS --limit-rate 4M -o "$T/slow" "$NPM/big/-/big-1.0.0.tgz" &
download=$!
sleep 0.3
mv "$T/log" "$T/log.1"
printf 'serve = { public_url = "https://mirror.example/"; access_log = "log"; };\n' \
    >"$T/ferry.conf"
kill -HUP "$LASTPID"
wait_for 5 grep -q 'read again' "$T/ferryd.log"
get 200 "$NPM/big"
has "$T/body" https://mirror.example/npm/big/-/
wait $download || fail "the download was cut by a reload"
same "$T/slow" "$(tarball big 1.0.0)"
wait_for 3 grep -q big-1.0.0.tgz "$T/log"

say "SIGHUP with a mistake in the file changes nothing"
printf 'serve = { public_url = "x"; };\n' >"$T/ferry.conf"
kill -HUP "$LASTPID"
wait_for 5 grep -q 'stays as it was' "$T/ferryd.log"
has "$T/ferryd.log" 'ferry.conf:1: public_url'
get 200 "$NPM/big"
has "$T/body" https://mirror.example/npm/big/-/
stop

say "an assertion of a library ends it with a word and 7, as a failing disk does"
serve
kill -ABRT "$LASTPID"
status=0
wait "$LASTPID" || status=$?
[ $status = 7 ] || fail "ended with status $status"
has "$T/ferryd.log" 'nothing after the last commit was kept'
