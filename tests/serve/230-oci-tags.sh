#!/bin/bash
# Lists of tags: byte order, pages, only what can be pulled.
. "$(dirname "$0")/oci.sh"

image=$(make app image)
other=$(make app image)
tags='1 1-rc 1.0 1.10 1.2 1.9 10 V1 _x latest v1'
args=()
for t in $(tr ' ' '\n' <<<"$tags" | shuf); do
	args+=("--tag=$t=$image")
done
put_oci ghcr ghcr.io org/app app "${args[@]}"
put_oci ghcr ghcr.io org/bare app
serve
V2=$URL/v2/org/app
list() { member '" ".join(d["tags"])'; }

say "all of them, in the order of bytes"
get 200 "$V2/tags/list"
is name "$(member 'd["name"]')" org/app
is tags "$(list)" "$tags"
is type "$(header Content-Type)" application/json
is cache "$(header Cache-Control)" no-cache
is link "$(header Link)" ''
get 304 -H "If-None-Match: $(header ETag)" "$V2/tags/list"
get 200 -I "$V2/tags/list"
get 200 "$URL/v2/org/bare/tags/list"
is "no tags" "$(member 'd["tags"]')" '[]'
get 404 "$URL/v2/org/none/tags/list"
error NAME_UNKNOWN

say pages
page() { # QUERY TAGS LINK
	get 200 "$V2/tags/list?$1"
	is "tags of $1" "$(list)" "$2"
	is "link of $1" "$(header Link)" "${3:+</v2/org/app/tags/list?$3>; rel=\"next\"}"
}
page n=3 '1 1-rc 1.0' 'n=3&last=1.0'
page 'n=3&last=1.0' '1.10 1.2 1.9' 'n=3&last=1.9'
page 'n=5&last=1.9' '10 V1 _x latest v1' ''
page 'n=4&last=1.9' '10 V1 _x latest' 'n=4&last=latest'
page n=0 '' ''
page n=11 "$tags" ''
page n=99999999999999999999 "$tags" ''
page last=latest v1 ''
page last=v1 '' ''
page last=1.11 '1.2 1.9 10 V1 _x latest v1' ''
page n=x "$tags" ''
# Following the links gives each once.
url=/v2/org/app/tags/list?n=2 all=
while [ -n "$url" ]; do
	get 200 "$URL$url"
	all="$all $(list)"
	url=$(header Link | sed 's/^<\(.*\)>;.*/\1/')
done
is "all pages" "${all# }" "$tags"

say "a tag that is gone while somebody pages"
put_oci ghcr ghcr.io org/app --untag=1.10 "--tag=2=$other"
shorter() { [ "$(curl -s "$V2/tags/list" | jq -r '.tags|join(" ")')" = '1 1-rc 1.0 1.2 1.9 10 2 V1 _x latest v1' ]; }
wait_for 3 shorter
page 'n=2&last=1.10' '1.2 1.9' 'n=2&last=1.9'

say "tags of a deleted version are not listed, cosign's are tags like others"
sig=sha256-${image#*:}.sig
put_oci ghcr ghcr.io org/app "--tag=$sig=$image" "--delete=$other"
listed() { [ "$(curl -s "$V2/tags/list" | jq -r '.tags|join(" ")')" = "1 1-rc 1.0 1.2 1.9 10 V1 _x latest $sig v1" ]; }
wait_for 3 listed
get 200 "$V2/manifests/$sig"
get 404 "$V2/manifests/2"

say "repositories named like endpoints"
for name in tags/list org/blobs org/manifests a/referrers/b manifests/x/blobs; do
	put_oci ghcr ghcr.io "$name" app "--tag=1=$image"
done
wait_for 3 curl -sf "$URL/v2/manifests/x/blobs/tags/list"
for name in tags/list org/blobs org/manifests a/referrers/b manifests/x/blobs; do
	get 200 "$URL/v2/$name/tags/list"
	is "name of $name" "$(member 'd["name"]')" "$name"
	get 200 "$URL/v2/$name/manifests/1"
	same "$T/body" "$(blob app "$image")"
	get 200 "$URL/v2/$name/blobs/$(of app "$image" 'd["config"]["digest"]')"
	get 200 "$URL/v2/$name/referrers/$image"
done
stop
