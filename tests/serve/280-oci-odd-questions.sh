#!/bin/bash
# Odd questions get sound answers: ranges of a HEAD, searches for bytes, pages
# behind what is no digest, repositories of which nothing is left.
. "$(dirname "$0")/oci.sh"

image=$(make app image 1.0)
sub=$(make app artifact --subject "$image")
put_oci ghcr ghcr.io org/app app "--tag=1.0=$image"
gone=$(make gone image 1.0)
put_oci ghcr ghcr.io org/gone gone "--tag=1.0=$gone"
serve
V2=$URL/v2/org/app
layer=$(of app "$image" 'd["layers"][0]["digest"]')

say "a range is of GET"
get 200 -I -H 'Range: bytes=0-9' "$V2/blobs/$layer"
is range "$(header Content-Range)" ''
get 206 -r 0-9 "$V2/blobs/$layer"

say "a search is text"
get 400 "$URL/v1/search?q=%ff"
member d >/dev/null
get 200 "$URL/v1/search?q=%C3%A9"
is query "$(member 'd["query"]')" é

say "referrers behind a long word"
get 200 "$V2/referrers/$image?last=$(printf %03000d 0)"
is all "$(member 'd["manifests"][0]["digest"]')" "$sub"
get 200 "$V2/referrers/$image?last=$(printf '%0400d' 0 | tr 0 z)"
is none "$(member 'd["manifests"]')" '[]'

say "a repository of which nothing is left"
get 200 "$URL/v2/_catalog"
is both "$(member 'd["repositories"]')" "['org/app', 'org/gone']"
put_oci ghcr ghcr.io org/gone "--delete=$gone"
absent() { [ "$(curl -s -o /dev/null -w '%{http_code}' "$URL/v2/org/gone/tags/list")" = 404 ]; }
wait_for 3 absent
get 404 "$URL/v2/org/gone/tags/list"
error NAME_UNKNOWN
get 200 "$URL/v2/_catalog"
is one "$(member 'd["repositories"]')" "['org/app']"
get 200 "$URL/v2/org/gone/referrers/$gone"
stop
