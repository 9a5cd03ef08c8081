#!/bin/bash
# Blobs: through a repository whose manifests name them, and no other.
# ctest: COST 11
. "$(dirname "$0")/oci.sh"

small=$(make app image small)
large=$(make app image large --size 3000000)
both=$(make app image sha512 --alg sha512)
index=$(make app index multi --platform linux/amd64)
empty=sha256:$(sha256sum </dev/null | cut -d' ' -f1)
other=$(make other image x)
put_oci ghcr ghcr.io org/app app
put_oci ghcr ghcr.io org/other other
serve
V2=$URL/v2/org/app
layer() { of app "$1" 'd["layers"][0]["digest"]'; }
config() { of app "$1" 'd["config"]["digest"]'; }
l=$(layer "$large")

say "layers and configs, of the index and of files, from disk and memory"
for d in "$(config "$small")" "$(layer "$small")" "$(config "$large")" "$l" \
    "$(config "$both")" "$(layer "$both")"; do
	for _ in 1 2 3; do
		get 200 -H 'Accept-Encoding: gzip, zstd' "$V2/blobs/$d"
		same "$T/body" "$(blob app "$d")"
		is type "$(header Content-Type)" application/octet-stream
		is digest "$(header Docker-Content-Digest)" "$d"
		is etag "$(header ETag)" "\"$d\""
		is encoding "$(header Content-Encoding)" ''
		is cache "$(header Cache-Control)" 'public, max-age=31536000, immutable'
		is ranges "$(header Accept-Ranges)" bytes
	done
	get 200 -I "$V2/blobs/${d/:/%3A}"
	is length "$(header Content-Length)" "$(stat -c %s "$(blob app "$d")")"
	is "digest of HEAD" "$(header Docker-Content-Digest)" "$d"
	get 304 -H "If-None-Match: \"$d\"" "$V2/blobs/$d"
done

say ranges
size=$(stat -c %s "$(blob app "$l")")
get 206 -H 'Range: bytes=1000000-' "$V2/blobs/$l"
is Content-Range "$(header Content-Range)" "bytes 1000000-$((size - 1))/$size"
cmp -i 1000000:0 "$(blob app "$l")" "$T/body" || fail range
get 416 -H 'Range: bytes=99999999-' "$V2/blobs/$l"
# Several ranges: one part where they are nearly one, else whole; never multipart.
get 206 -H 'Range: bytes=5-6, 0-1' "$V2/blobs/$l"
is Content-Range "$(header Content-Range)" "bytes 0-6/$size"
is length "$(stat -c %s "$T/body")" 7
get 200 -H 'Range: bytes=0-1,5000-5001' "$V2/blobs/$l"
same "$T/body" "$(blob app "$l")"
is Content-Range "$(header Content-Range)" ''
get 206 -H 'Range: bytes=0-1,99999999-' "$V2/blobs/$l"
is Content-Range "$(header Content-Range)" "bytes 0-1/$size"
get 416 -H 'Range: bytes=99999998-,99999999-' "$V2/blobs/$l"

say "another repository's blobs are not here"
foreign=$(of other "$other" 'd["layers"][0]["digest"]')
get 200 "$URL/v2/org/other/blobs/$foreign"
get 404 "$V2/blobs/$foreign"
error BLOB_UNKNOWN
get 404 "$URL/v2/org/other/blobs/$l"
error BLOB_UNKNOWN
get 404 -I "$URL/v2/org/other/blobs/$l"
get 404 "$URL/v2/org/none/blobs/$l"
error NAME_UNKNOWN

say "a manifest is not a blob"
get 404 "$V2/blobs/$small"
error BLOB_UNKNOWN
get 404 "$V2/blobs/$index"
error BLOB_UNKNOWN
get 404 "$V2/blobs/$empty"
error BLOB_UNKNOWN
get 404 "$V2/blobs/sha512:$(printf %0128d 0)"
error BLOB_UNKNOWN

say "what cannot be"
for d in sha256:abc latest "sha256:$(printf %065d 0)" "${l^^}"; do
	get 400 "$V2/blobs/$d"
	error DIGEST_INVALID
done

say "the last version that names it goes, and with it the blob"
config=$(config "$small")
twin=$(make app image twin --annotation a=b)
put_oci ghcr ghcr.io org/app app "--delete=$large" "--delete=$both"
gone() { [ "$(curl -s -o /dev/null -w '%{http_code}' "$V2/blobs/$1")" = 404 ]; }
wait_for 3 gone "$l"
get 404 "$V2/blobs/$(layer "$both")"
error BLOB_UNKNOWN
get 200 "$V2/blobs/$config"
get 200 "$V2/blobs/$(layer "$twin")"

say "bytes that are gone: not 5xx, which clients try again"
again=$(make app image again --size 100000)
put_oci ghcr ghcr.io org/app app
stop
rm -r "$STORE/blobs"/*/*
serve
get 404 "$URL/v2/org/app/blobs/$(layer "$again")"
error BLOB_UNKNOWN
has "$T/body" 'damaged or gone'
stop
