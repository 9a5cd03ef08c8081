#!/bin/bash
# Manifests of OCI repositories: by tag and by digest, byte for byte.
. "$(dirname "$0")/oci.sh"

image=$(make app image 1.0)
index=$(make app index latest --platform linux/amd64 --platform linux/arm64/v8)
list=$(make app index docker --docker --platform linux/amd64)
sha512=$(make app image long --alg sha512)
child=$(of app "$index" 'd["manifests"][0]["digest"]')
put_oci ghcr ghcr.io org/app app
serve
V2=$URL/v2/org/app

say "by tag and digest, whatever Accept says"
check() { # REFERENCE DIGEST TYPE
	local accept
	for accept in '' 'Accept: application/json' "Accept: $3" \
	    'Accept: application/vnd.docker.distribution.manifest.v1+json' \
	    'Accept-Encoding: gzip, zstd'; do
		get 200 ${accept:+-H "$accept"} "$V2/manifests/$1"
		same "$T/body" "$(blob app "$2")"
		is "type of $1" "$(header Content-Type)" "$3"
		is "digest of $1" "$(header Docker-Content-Digest)" "$2"
		is "etag of $1" "$(header ETag)" "\"$2\""
		is "encoding of $1" "$(header Content-Encoding)" ''
	done
	get 200 -I "$V2/manifests/$1"
	is "length of $1" "$(header Content-Length)" "$(stat -c %s "$(blob app "$2")")"
	is "digest of HEAD $1" "$(header Docker-Content-Digest)" "$2"
	is "type of HEAD $1" "$(header Content-Type)" "$3"
	is version "$(header Docker-Distribution-Api-Version)" registry/2.0
}
LIST=application/vnd.docker.distribution.manifest.list.v2+json
check 1.0 "$image" $MANIFEST
check latest "$index" $INDEX
check docker "$list" $LIST
check long "$sha512" $MANIFEST
check "$image" "$image" $MANIFEST
check "$child" "$child" $MANIFEST
check "$list" "$list" $LIST
check "$sha512" "$sha512" $MANIFEST
check "${image/:/%3A}" "$image" $MANIFEST
check "${image/:/%3a}" "$image" $MANIFEST

say caching
get 200 "$V2/manifests/1.0"
is "of a tag" "$(header Cache-Control)" no-cache
get 304 -H "If-None-Match: \"$image\"" "$V2/manifests/1.0"
get 200 "$V2/manifests/$image"
is "of a digest" "$(header Cache-Control)" 'public, max-age=31536000, immutable'

say "what is not there"
none=sha256:$(printf %064d 0)
get 404 "$V2/manifests/none"
error MANIFEST_UNKNOWN
get 404 "$V2/manifests/$none"
error MANIFEST_UNKNOWN
get 404 -I "$V2/manifests/$none"
get 404 "$URL/v2/org/other/manifests/1.0"
error NAME_UNKNOWN
get 404 "$V2/manifests/.x"
error MANIFEST_UNKNOWN
# The config's digest is a blob's, not a manifest's.
get 404 "$V2/manifests/$(of app "$image" 'd["config"]["digest"]')"
error MANIFEST_UNKNOWN

say "what cannot be"
get 400 "$V2/manifests/sha256:abc"
error DIGEST_INVALID
upper=$(printf %s "${image#*:}" | tr a-f A-F)
get 400 "$V2/manifests/sha256:$upper"
error DIGEST_INVALID
get 400 "$V2/manifests/md5:abc"
error DIGEST_INVALID
get 400 "$URL/v2/Org/app/manifests/1.0"
error NAME_INVALID
get 400 "$URL/v2/org//app/manifests/1.0"
error NAME_INVALID
get 400 "$URL/v2/-org/app/manifests/1.0"
error NAME_INVALID
get 400 "$URL/v2/org/%zz/manifests/1.0"
error NAME_INVALID

say "a tag that moves, a version that goes"
put_oci ghcr ghcr.io org/app "--tag=1.0=$index" "--delete=$child"
moved() { [ "$(curl -sI "$V2/manifests/1.0" | sed -n 's/^Docker-Content-Digest: *//Ip' | tr -d '\r')" = "$index" ]; }
wait_for 3 moved
get 404 "$V2/manifests/$child"
error MANIFEST_UNKNOWN
# The index is the same bytes without it.
check latest "$index" $INDEX
put_oci ghcr ghcr.io org/app --untag=1.0 "--delete=$sha512"
gone() { [ "$(curl -s -o /dev/null -w '%{http_code}' "$V2/manifests/1.0")" = 404 ]; }
wait_for 3 gone
get 404 "$V2/manifests/long"
error MANIFEST_UNKNOWN
get 200 "$V2/manifests/$image"
stop
