#!/bin/bash
# Packuments: both forms, every spelling of a name, validators, gzip, HEAD.
. "$(dirname "$0")/lib.sh"

make_version plain 1.0.0
make_version plain 1.1.0 '"dependencies":{"@s/n":"^2"},"scripts":{"postinstall":"true"},"license":"MIT"'
make_version @s/n 2.0.0
TAGS='"next":"1.0.0"' put plain 1.1.0 1.0.0 1.1.0
put @s/n 2.0.0 2.0.0
serve

say "full form"
get 200 "$NPM/plain"
is type "$(header Content-Type)" application/json
is vary "$(header Vary)" 'Accept, Accept-Encoding'
has "$T/body" '"readme":"# plain"' '"1.1.0":"2020-01-01T00:00:00.000Z"' \
    '"license":"MIT"' "\"tarball\":\"$NPM/plain/-/plain-1.1.0.tgz\""
hasnt "$T/body" registry.example
full=$(header ETag)
[ -n "$(header X-Request-Id)" ] || fail "no request id"

say "what is not rewritten keeps its bytes"
make_packument plain 1.1.0 1.0.0 1.1.0 | sed "s,https://registry.example,$NPM,g" |
    sed 's/"latest":"1.1.0"/&,"next":"1.0.0"/' >"$T/want"
same "$T/body" "$T/want"

say "abbreviated form"
corgi='Accept: application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8, */*'
get 200 -H "$corgi" "$NPM/plain"
is type "$(header Content-Type)" application/vnd.npm.install-v1+json
is members "$(member 'sorted(d)')" "['dist-tags', 'modified', 'name', 'versions']"
is modified "$(member 'd["modified"]')" 2020-02-02T00:00:00.000Z
is install "$(member 'd["versions"]["1.1.0"]["hasInstallScript"]')" True
hasnt "$T/body" scripts
hasnt "$T/body" license
has "$T/body" '"dependencies":{"@s/n":"^2"}' integrity shasum
[ "$(header ETag)" != "$full" ] || fail "both forms have one ETag"

say "names"
for name in @s/n @s%2fn @s%2Fn %40s%2fn; do
	get 200 "$NPM/$name"
	is "$name" "$(member 'd["name"]')" @s/n
	has "$T/body" "$NPM/@s/n/-/n-2.0.0.tgz"
done
get 200 "$URL/_registry/npm/@s%2fn"
has "$T/body" "$URL/_registry/npm/@s/n/-/n-2.0.0.tgz"
get 404 "$NPM/absent"
has "$T/body" '{"error":"absent: this package is not in the mirror"}'
get 404 "$NPM/@s"
get 404 "$NPM/npm"
get 400 "$NPM/a%zz"
get 404 "$NPM/..%2f..%2fetc"

say "validators"
get 304 -H "If-None-Match: $full" "$NPM/plain"
is etag "$(header ETag)" "$full"
[ ! -s "$T/body" ] || fail "a 304 with a body"
get 304 -H "If-None-Match: \"other\", W/$full" "$NPM/plain"
get 200 -H 'If-None-Match: "other"' "$NPM/plain"
get 200 -H "$corgi" -H "If-None-Match: $full" "$NPM/plain"

say gzip
get 200 "$NPM/plain"
cp "$T/body" "$T/identity"
get 200 -H 'Accept-Encoding: gzip, deflate, br' "$NPM/plain"
is encoding "$(header Content-Encoding)" gzip
[ "$(header ETag)" != "$full" ] || fail "both encodings have one ETag"
gzip -dc <"$T/body" >"$T/unzipped"
same "$T/unzipped" "$T/identity"
get 304 -H 'Accept-Encoding: gzip' -H "If-None-Match: $(header ETag)" "$NPM/plain"
for none in 'gzip;q=0' 'br, zstd' identity 'gzip;q=0.0, *'; do
	get 200 -H "Accept-Encoding: $none" "$NPM/plain"
	is "$none" "$(header Content-Encoding)" ''
done

say HEAD
get 200 -I "$NPM/plain"
is length "$(header Content-Length)" "$(stat -c %s "$T/identity")"
is etag "$(header ETag)" "$full"

say "parts of it"
get 200 "$NPM/plain/1.0.0"
is version "$(member 'd["version"]')" 1.0.0
get 200 "$NPM/plain/latest"
is latest "$(member 'd["version"]')" 1.1.0
get 200 "$NPM/plain/next"
is next "$(member 'd["version"]')" 1.0.0
has "$T/body" "$NPM/plain/-/plain-1.0.0.tgz"
get 200 "$NPM/@s%2fn/2.0.0"
get 200 "$NPM/@s/n/latest"
get 404 "$NPM/plain/9.9.9"
get 200 "$NPM/-/package/plain/dist-tags"
is tags "$(cat "$T/body")" '{"latest":"1.1.0","next":"1.0.0"}'
get 200 "$NPM/-/package/@s%2fn/dist-tags"
get 404 "$NPM/-/package/absent/dist-tags"

say "keep-alive"
curl -sS -o /dev/null -o /dev/null -w '%{num_connects}\n' "$NPM/plain" \
    "$NPM/plain" | tail -1 >"$T/connects"
is connects "$(cat "$T/connects")" 0
stop
