#!/bin/bash
# Tarballs: bytes, ranges, the canonical path and upstream's own.
. "$(dirname "$0")/lib.sh"

make_version small 1.0.0
make_version @s/large 1.0.0-rc.1+b5 '' 500000
make_version @octo/ui 1.2.3 '' 40000
make_version odd 0.1.0
put small 1.0.0 1.0.0
put @s/large 1.0.0-rc.1+b5 1.0.0-rc.1+b5
ARGS=--path=/download/@octo/ui/%s/0123abc put @octo/ui 1.2.3 1.2.3
ARGS=--path=/repo/npm/odd/-/odd_%s.tgz put odd 0.1.0 0.1.0
serve

say "bytes, of a file of its own and of the index"
get 200 "$NPM/small/-/small-1.0.0.tgz"
same "$T/body" "$(tarball small 1.0.0)"
large=$(tarball @s/large 1.0.0-rc.1+b5)
for path in @s/large/-/large-1.0.0-rc.1+b5.tgz \
    @s%2flarge/-/large-1.0.0-rc.1%2Bb5.tgz \
    @s/large/-/@s/large-1.0.0-rc.1+b5.tgz; do
	get 200 "$NPM/$path"
	same "$T/body" "$large"
	is "length of $path" "$(header Content-Length)" "$(stat -c %s "$large")"
done
get 200 "$URL/_registry/npm/@s/large/-/large-1.0.0-rc.1+b5.tgz"
same "$T/body" "$large"
path=@s/large/-/large-1.0.0-rc.1+b5.tgz

say "no Content-Encoding, whatever is asked"
get 200 -H 'Accept-Encoding: gzip, br' -H 'Accept: application/vnd.npm.install-v1+json' "$NPM/$path"
is encoding "$(header Content-Encoding)" ''
is type "$(header Content-Type)" application/octet-stream
etag=$(header ETag)
is etag "$etag" "\"$(sha256sum "$large" | cut -d' ' -f1)\""
get 304 -H "If-None-Match: $etag" "$NPM/$path"

say ranges
size=$(stat -c %s "$large")
range() { # RANGE OFFSET SIZE URL-PATH FILE
	get 206 -H "Range: bytes=$1" "$NPM/$4"
	is "Content-Range of $1" "$(header Content-Range)" \
	    "bytes $2-$(($2 + $3 - 1))/$(stat -c %s "$5")"
	is "size of $1" "$(stat -c %s "$T/body")" "$3"
	cmp -i "$2:0" -n "$3" "$5" "$T/body" || fail "range $1"
}
range 0-0 0 1 $path "$large"
range 100000-199999 100000 100000 $path "$large"
range 499000- 499000 $((size - 499000)) $path "$large"
range -1000 $((size - 1000)) 1000 $path "$large"
range 100-99999999 100 $((size - 100)) $path "$large"
small=$(tarball small 1.0.0)
range 10-19 10 10 small/-/small-1.0.0.tgz "$small"
get 416 -H 'Range: bytes=9999999-' "$NPM/$path"
is Content-Range "$(header Content-Range)" "bytes */$size"
get 200 -H 'Range: bytes=0-1,500-600' "$NPM/$path"
same "$T/body" "$large"
for odd in 'bytes=5-2' 'lines=1-2' 'bytes=a-b' 'bytes=-' 'bytes='; do
	get 200 -H "Range: $odd" "$NPM/$path"
done
get 206 -H 'Range: bytes=0-9' -H "If-Range: $etag" "$NPM/$path"
get 200 -H 'Range: bytes=0-9' -H 'If-Range: "old"' "$NPM/$path"
get 200 -I -H 'Range: bytes=0-9' "$NPM/$path"
is range "$(header Content-Range)" ''

say "the same from an address that is not this machine's loopback"
away=$(hostname -I | tr ' ' '\n' | grep -m1 -F . || :)
if [ -n "$away" ] && curl -s -o /dev/null --interface "$away" "$NPM/$path"; then
	get 200 --interface "$away" "$NPM/$path"
	same "$T/body" "$large"
	get 206 --interface "$away" -H 'Range: bytes=100000-399999' "$NPM/$path"
	cmp -i 100000:0 -n 300000 "$large" "$T/body" || fail "range from $away"
else
	say "SKIP: no other address to ask from"
fi

say "a cut download goes on"
head -c 123456 "$large" >"$T/partial"
curl -sS -C - -o "$T/partial" "$NPM/$path"
same "$T/partial" "$large"

say "HEAD"
get 200 -I "$NPM/$path"
is length "$(header Content-Length)" "$size"

say "upstream's own paths"
get 200 "$NPM/download/@octo/ui/1.2.3/0123abc"
same "$T/body" "$(tarball @octo/ui 1.2.3)"
get 200 "$NPM/@octo/ui/-/ui-1.2.3.tgz"
same "$T/body" "$(tarball @octo/ui 1.2.3)"
get 404 "$NPM/download/@octo/ui/1.2.3/other"
get 200 "$NPM/repo/npm/odd/-/odd_0.1.0.tgz"
get 200 "$NPM/odd/-/odd_0.1.0.tgz"
get 200 "$NPM/odd/-/odd-0.1.0.tgz"
get 404 "$NPM/odd/-/odd_0.2.0.tgz"
get 404 "$NPM/small/-/odd-0.1.0.tgz"
get 404 "$NPM/small/-/small-1.0.1.tgz"
has "$T/body" '{"error":"small '
get 404 "$NPM/small/-/"
get 404 "$NPM/small/-/.tgz"

say "a blob whose file is gone: not 5xx, which clients try again and again"
rm -r "$STORE/blobs"/*/*
stop
serve
get 404 "$NPM/$path"
has "$T/body" 'damaged or gone'
get 200 "$NPM/small/-/small-1.0.0.tgz"
stop
