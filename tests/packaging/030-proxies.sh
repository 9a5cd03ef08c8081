#!/bin/bash
# The samples for nginx, HAProxy and Caddy, as they are but for ports and files:
# documents name the proxy, scoped names pass, the log knows the client.
# (issue 15)
. "$(dirname "$0")/../serve/lib.sh"
cd "$T"

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
    -keyout key.pem -out cert.pem -subj /CN=packages.example.com \
    -addext subjectAltName=DNS:packages.example.com -days 2 2>/dev/null
cat cert.pem key.pem >both.pem
make_version @acme/ui 1.0.0 '' 3000000
put @acme/ui 1.0.0 1.0.0
printf 'serve = { trusted_proxies = [ "127.0.0.1" ]; access_log = "access"; };\n' >ferry.conf
serve --config "$T/ferry.conf"
back=${URL##*:}

# A sample with this machine's ports and files.
sample() { # FILE PORT
	sed "s/127\.0\.0\.1:8470/127.0.0.1:$back/
	    s/:443 ssl/127.0.0.1:$2 ssl/; s/listen 443/listen 127.0.0.1:$2/
	    s|/etc/[a-z/]*packages\.key|$T/key.pem|
	    s|/etc/haproxy/packages\.pem|$T/both.pem|
	    s|/etc/[a-z/]*packages\.pem|$T/cert.pem|
	    s/^packages\.example\.com {/https:\/\/packages.example.com:$2 {/" "$TOP/etc/$1"
}
through() { # NAME PORT
	local front=https://packages.example.com:$2 name
	local get=(curl -s --cacert cert.pem --interface 127.0.0.9
	    --resolve "packages.example.com:$2:127.0.0.1")
	client() { "${get[@]}" -f "$@"; }
	wait_for 20 client "$front/readyz"
	for name in @acme/ui @acme%2fui @acme%2Fui; do
		client "$front/npm/$name" >body || fail "$1: $name"
		has body "\"tarball\":\"$front/npm/@acme/ui/-/ui-1.0.0.tgz\""
	done
	client "$front/npm/@acme/ui/-/ui-1.0.0.tgz" >body
	same body "$(tarball @acme/ui 1.0.0)"
	client -r 100-199 "$front/npm/@acme/ui/-/ui-1.0.0.tgz" >body
	cmp -i 100:0 -n 100 "$(tarball @acme/ui 1.0.0)" body || fail "$1: a range"
	[ "$("${get[@]}" -o /dev/null -w '%{http_code}' -X PUT -d '{}' "$front/npm/x")" = 405 ] ||
	    fail "$1: a write"
	wait_for 5 grep -q '"remote":"127.0.0.9"' access
	: >access
}

say "nginx"
if command -v nginx >/dev/null; then
	port=$(free_port)
	start_nginx "$(sample nginx.conf "$port")"
	through nginx "$port"
else
	echo "SKIP: no nginx"
fi

say "HAProxy"
if command -v haproxy >/dev/null; then
	port=$(free_port)
	{
		printf 'global\n\tmaxconn 100\ndefaults\n\ttimeout connect 5s\n\ttimeout client 20s\n\ttimeout server 20s\n'
		sample haproxy.cfg "$port"
	} >haproxy.cfg
	haproxy -c -q -f haproxy.cfg
	haproxy -db -f haproxy.cfg >haproxy.log 2>&1 &
	PIDS+=($!)
	through haproxy "$port"
else
	echo "SKIP: no haproxy"
fi

say "Caddy"
if command -v caddy >/dev/null; then
	port=$(free_port)
	{
		printf '{\n\tadmin off\n\tauto_https disable_redirects\n}\n'
		sample Caddyfile "$port"
	} >Caddyfile
	HOME=$T/home XDG_DATA_HOME=$T/home caddy run --config Caddyfile --adapter caddyfile \
	    >caddy.log 2>&1 &
	PIDS+=($!)
	through caddy "$port"
else
	echo "SKIP: no caddy"
fi
