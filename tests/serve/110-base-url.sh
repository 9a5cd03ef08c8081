#!/bin/bash
# The base of absolute URLs: the client's, a trusted proxy's, the configured.
. "$(dirname "$0")/lib.sh"

make_version p 1.0.0
put p 1.0.0 1.0.0
base() { # WANT CURL-OPTION…
	local want=$1
	shift
	get 200 "$@"
	is base "$(member 'd["versions"]["1.0.0"]["dist"]["tarball"]')" "$want/p/-/p-1.0.0.tgz"
}
serve
base "$NPM" "$NPM/p"
base http://a.example/npm -H 'Host: a.example' "$NPM/p"
base http://a.example:8080/_registry/npm -H 'Host: a.example:8080' "$URL/_registry/npm/p"
say "nobody is believed without being trusted"
base "$NPM" -H 'X-Forwarded-Proto: https' -H 'X-Forwarded-Host: evil.example' "$NPM/p"
stop

printf 'serve = { trusted_proxies = [ "127.0.0.0/8" ]; access_log = "log"; };\n' >"$T/ferry.conf"
serve --config "$T/ferry.conf"
base https://front.example/npm -H 'X-Forwarded-Proto: https' -H 'X-Forwarded-Host: front.example' \
    -H 'X-Forwarded-For: 6.6.6.6, 192.0.2.7' -H 'X-Request-Id: from-the-proxy.1' "$NPM/p"
is id "$(header X-Request-Id)" from-the-proxy.1
wait_for 3 grep -q '"remote":"192.0.2.7"' "$T/log"
base http://127.0.0.1:"${URL##*:}"/npm -H 'X-Forwarded-Proto: gopher' \
    -H 'X-Request-Id: "><' "$NPM/p"
hasnt "$T/head" '><'
stop

printf 'serve = { public_url = "https://packages.example/mirror/"; };\n' >"$T/ferry.conf"
serve --config "$T/ferry.conf"
base https://packages.example/mirror/npm "$NPM/p"
base https://packages.example/mirror/_registry/npm "$URL/_registry/npm/p"
stop

say "npm.HOST"
printf 'serve = { subdomains = true; };\n' >"$T/ferry.conf"
serve --config "$T/ferry.conf"
base http://npm.ghe.example -H 'Host: npm.ghe.example' "$URL/p"
get 200 -H 'Host: npm.ghe.example' "$URL/p/-/p-1.0.0.tgz"
get 200 -H 'Host: npm.ghe.example' "$URL/-/ping"
get 404 -H 'Host: npm.ghe.example' "$URL/metrics"
base "$NPM" "$NPM/p"
stop
