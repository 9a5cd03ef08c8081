#!/bin/bash
# What the server does not do, said as the specification has it.
# ctest: COST 10
. "$(dirname "$0")/oci.sh"

image=$(make app image 1.0)
put_oci ghcr ghcr.io org/app app
printf 'serve : { access_log = "%s"; };\n' "$T/access" >"$T/d.conf"
serve --config "$T/d.conf"
V2=$URL/v2/org/app

say "pushing and deleting"
readonly_() {
	get 405 "$@"
	error UNSUPPORTED
	has "$T/body" 'read-only mirror' 'ferry sync'
	is allow "$(header Allow)" 'GET, HEAD'
}
readonly_ -X POST "$V2/blobs/uploads/"
readonly_ -X POST "$V2/blobs/uploads/?mount=$image&from=org/other"
readonly_ -X PATCH -d x "$V2/blobs/uploads/0123"
readonly_ -X PUT -d x "$V2/blobs/uploads/0123?digest=$image"
readonly_ -X PUT -d '{}' -H "Content-Type: $MANIFEST" "$V2/manifests/1.0"
readonly_ -X DELETE "$V2/manifests/$image"
readonly_ -X DELETE "$V2/manifests/1.0"
readonly_ -X DELETE "$V2/blobs/$image"
readonly_ -X POST "$URL/v2/"
readonly_ -X POST -H 'Authorization: Bearer x' "$V2/blobs/uploads/"
readonly_ -X PUT "$URL/v2/%zz"
get 405 -X POST -T "$(blob app "$image")" "$V2/blobs/uploads/"

say "paths of nothing: JSON and 404, never a page"
for path in /v2/x /v2/org/app /v2/org/app/ /v2/org/app/tags /v2/org/app/tags/ \
    /v2/org/app/tags/list/ /v2/org/app/manifests/ /v2/manifests/latest \
    /v2/org/app/blobs/ /v2/tags/list /v2// /v2/_catalog/ /v2/index.html \
    /v2/org/app/blobs/uploads/0123 /v2/org/app/other/1.0; do
	get 404 "$URL$path"
	error UNSUPPORTED
done
get 404 "$URL/v22"
is "another path's type" "$(header Content-Type)" 'text/plain; charset=utf-8'

say "names that are too long"
long=$(printf 'a%.0s' $(seq 256))
get 400 "$URL/v2/$long/manifests/1"
error NAME_INVALID
get 404 "$URL/v2/${long%?}/manifests/1"
error NAME_UNKNOWN
get 400 "$URL/v2/$long/$long/$long/manifests/1"
error NAME_INVALID
get 404 "$V2/manifests/$(printf 'a%.0s' $(seq 129))"
error MANIFEST_UNKNOWN

say "quotes in what is echoed"
get 400 "$URL/v2/a%22b/manifests/1"
error NAME_INVALID
get 400 "$V2/manifests/%22%5C:x"
error DIGEST_INVALID

say "the page for people, metrics and the log know of it"
get 200 "$URL/"
has "$T/body" 'docker pull' 'registry-mirrors' 'hosts.toml' 'registries.conf'
get 200 "$URL/metrics"
has "$T/body" 'ferry_http_requests_total{format="oci"'
stop
has "$T/access" '"format":"oci"' '"package":"org/app"'
