#!/bin/bash
# Where ferryd listens, and what it says when it cannot start.
. "$(dirname "$0")/lib.sh"

make_version p 1.0.0
put p 1.0.0 1.0.0

say "an address that others reach needs a word"
expect 2 "$FERRYD" --store "$STORE" --listen 0.0.0.0:0
has "$T/err" 'refusing to listen on 0.0.0.0:0' --public
expect 2 "$FERRYD" --store "$STORE" --listen '[::]:0'
expect 2 "$FERRYD" --store "$STORE" --listen "$(hostname -I 2>/dev/null | cut -d' ' -f1 | grep . || echo 10.255.255.1):0"
serve --listen 0.0.0.0:0 --public
get 200 "$NPM/p"
stop
if [ -e /proc/net/if_inet6 ] && grep -q ' lo$' /proc/net/if_inet6; then
	serve --listen '[::1]:0'
	get 200 "http://[::1]:${URL##*:}/npm/p"
	has "$T/body" "http://[::1]:${URL##*:}/npm/p/-/"
	stop
fi
printf 'serve = { listen = "0.0.0.0:0"; public = true; };\n' >"$T/ferry.conf"
serve --config "$T/ferry.conf"
get 200 "$NPM/p"
stop

say "mistakes"
serve
expect 7 "$FERRYD" --store "$STORE" --listen "127.0.0.1:${URL##*:}"
has "$T/err" 'cannot listen on 127.0.0.1' 'in use'
stop
expect 2 "$FERRYD" --store "$STORE" --listen nonsense
expect 2 "$FERRYD" --store "$STORE" --listen 127.0.0.1:99999
expect 2 "$FERRYD" --nonsense
has "$T/err" --nonsense
expect 2 "$FERRYD" --store
expect 7 "$FERRYD" --store "$T/absent" --listen 127.0.0.1:0
has "$T/err" absent 'ferry init'
mkdir "$T/empty"
expect 1 "$FERRYD" --store "$T/empty" --listen 127.0.0.1:0
has "$T/err" 'not a ferry store'
mistake() { # TEXT WANT…
	local text=$1
	shift
	printf '\n%s\n' "$text" >"$T/ferry.conf"
	expect 3 "$FERRYD" --store "$STORE" --listen 127.0.0.1:0 \
	    --config "$T/ferry.conf"
	has "$T/err" 'ferry.conf:2' "$@"
}
mistake 'serve = { cachee = 1; };' cachee
mistake 'serve = { cache = "lots"; };' cache
mistake 'serve = { public_url = "packages.example"; };' public_url
mistake 'serve = { tls_key = "x.pem"; };' tls_certificate
mistake 'serve = { trusted_proxies = [ "10.0.0.0/99" ]; };' trusted_proxies
expect 0 "$FERRYD" --help
has "$T/out" --port-file
expect 0 "$FERRYD" --version
has "$T/out" ferryd
