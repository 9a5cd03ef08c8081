#!/bin/bash
# What a running writer commits is served soon, and nothing else
# is made again.
# ctest: RUN_SERIAL TRUE
. "$(dirname "$0")/lib.sh"

for v in 1.0.0 1.1.0 1.2.0; do
	make_version p $v '' 50000
done
make_version other 1.0.0
put p 1.0.0 1.0.0
put other 1.0.0 1.0.0
serve
get 200 "$NPM/p"
etag=$(header ETag)
get 200 "$NPM/other"
other=$(header ETag)
get 404 "$NPM/late"

shows() {
	curl -sS "$NPM/$1" | grep -qF "$2"
}

say "a new version"
put p 1.1.0 1.0.0 1.1.0
wait_for 2 shows p 1.1.0
get 200 -H "If-None-Match: $etag" "$NPM/p"
get 200 "$NPM/p/-/p-1.1.0.tgz"
same "$T/body" "$(tarball p 1.1.0)"
get 304 -H "If-None-Match: $other" "$NPM/other"

say "a new package"
make_version late 1.0.0
put late 1.0.0 1.0.0
wait_for 2 shows late 1.0.0

say "a removed version"
get 200 "$NPM/p/-/p-1.1.0.tgz"
ARGS=--delete=1.1.0 HOLD='' put p 1.1.0 1.0.0 1.1.0
gone() { [ "$(curl -s -o /dev/null -w '%{http_code}' "$NPM/p/-/p-1.1.0.tgz")" = 404 ]; }
wait_for 2 gone

say "readers beside many commits"
(
	for i in $(seq 30); do
		make_version busy "1.0.$i" '' 1000
		# shellcheck disable=SC2046
		put busy "1.0.$i" $(seq -f 1.0.%g "$i")
	done
) &
writer=$!
bad=0
while kill -0 $writer 2>/dev/null; do
	curl -sS -o "$T/busy" -w '%{http_code}\n' "$NPM/busy" >"$T/code"
	case $(cat "$T/code") in
	404) ;;
	200) python3 -c 'import json,sys; d=json.load(open(sys.argv[1])); assert d["dist-tags"]["latest"] in d["versions"]' "$T/busy" || bad=1 ;;
	*) bad=1 ;;
	esac
	get 304 -H "If-None-Match: $other" "$NPM/other"
done
wait $writer || fail "the writer"
is bad $bad 0
wait_for 2 shows busy 1.0.30
stop
