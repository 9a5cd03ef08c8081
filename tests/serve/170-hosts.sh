#!/bin/bash
# Which names this server answers to: hosts, public_url, and subdomains below
# them alone.
. "$(dirname "$0")/lib.sh"

make_version p 1.0.0
put p 1.0.0 1.0.0
port() { printf %s "${URL##*:}"; }

say "hosts: others are misdirected"
printf 'serve = { hosts = [ "packages.example", "10.0.0.5:8470" ]; subdomains = true; };\n' >"$T/ferry.conf"
serve --config "$T/ferry.conf"
for host in packages.example PACKAGES.example packages.example:8470 10.0.0.5:8470; do
	get 200 -H "Host: $host" "$NPM/p"
done
get 200 -H 'Host: npm.packages.example' "$URL/p"
get 200 -H 'Host: containers.packages.example' "$URL/v2/token"
for host in evil.example 10.0.0.5:8471 10.0.0.5 packages.example.evil npm.evil.example \
    x.packages.example packages.exampl "127.0.0.1:$(port)"; do
	get 421 -H "Host: $host" "$NPM/p"
	has "$T/body" 'serve.hosts'
	get 421 -H "Host: $host" "$URL/"
done
get 421 -0 -H 'Host:' "$NPM/p"
say "but for monitors, which call it by its address"
get 200 "$URL/healthz"
get 200 "$URL/readyz"
get 421 "$URL/metrics"
stop

say "a proxy that is trusted tells the host"
printf 'serve = { hosts = [ "packages.example" ]; trusted_proxies = [ "127.0.0.1" ]; };\n' >"$T/ferry.conf"
serve --config "$T/ferry.conf"
get 200 -H 'X-Forwarded-Host: packages.example' "$NPM/p"
get 421 -H 'Host: packages.example' -H 'X-Forwarded-Host: evil.example' "$NPM/p"
get 200 -H 'X-Forwarded-For: 192.0.2.1' -H 'X-Forwarded-Host: evil.example, packages.example' "$NPM/p"
stop

say "public_url: subdomains are below it alone, and other names are let in"
printf 'serve = { public_url = "https://packages.example/"; subdomains = true; };\n' >"$T/ferry.conf"
serve --config "$T/ferry.conf"
get 200 -H 'Host: npm.packages.example' "$URL/p"
for host in npm.x.example npm.packages.example.evil npm.; do
	get 404 -H "Host: $host" "$URL/p"
done
get 200 -H 'Host: anything.example' "$NPM/p"
is tarball "$(member 'd["versions"]["1.0.0"]["dist"]["tarball"]')" https://packages.example/npm/p/-/p-1.0.0.tgz
stop

say "the client's address: the last that no proxy of ours has, over all lines"
printf 'serve = { trusted_proxies = [ "127.0.0.1", "10.0.0.0/8" ]; access_log = "%s"; };\n' "$T/log" >"$T/ferry.conf"
serve --config "$T/ferry.conf"
remote() { # WANT HEADER…
	local want=$1 args=() h
	shift
	for h; do
		args+=(-H "X-Forwarded-For: $h")
	done
	: >"$T/log"
	get 200 "${args[@]}" "$NPM/p"
	wait_for 3 grep -q '"remote"' "$T/log"
	is "remote of $*" "$(sed 's/.*"remote":"\([^"]*\)".*/\1/' "$T/log")" "$want"
}
remote 192.0.2.7 '6.6.6.6' '192.0.2.7'
remote 192.0.2.7 '6.6.6.6, 192.0.2.7' '10.0.0.2'
remote 192.0.2.7 '10.9.9.9' '6.6.6.6, 192.0.2.7, 10.0.0.2' '10.0.0.3'
remote 2001:db8::1 '6.6.6.6, [2001:db8::1]:4711, 10.0.0.2'
remote 127.0.0.1 'nonsense'
stop

say "mistakes"
printf 'serve = { hosts = [ "https://packages.example" ]; };\n' >"$T/ferry.conf"
expect 3 "$FERRYD" --store "$STORE" --listen 127.0.0.1:0 --config "$T/ferry.conf"
has "$T/err" hosts
