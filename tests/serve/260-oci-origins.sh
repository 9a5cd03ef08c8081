#!/bin/bash
# Which of several origins a name means: by ?ns=, by the path, by neither.
. "$(dirname "$0")/oci.sh"

hub=$(make hub image latest)
ghcr=$(make ghcr image latest)
quay=$(make quay image latest)
local=$(make local image latest)
put_oci hub docker.io library/debian hub
put_oci hub docker.io org/app hub
put_oci ghcr ghcr.io org/app ghcr
put_oci ghcr ghcr.io ghcr/only ghcr
put_oci quay quay.io org/app quay
put_oci zlocal localhost:5000 local/app local
# A second upstream of one host, which comes later in the order of names.
put_oci quay2 quay.io org/second quay
put_oci quay2 quay.io org/app local
serve
HOST=${URL#http://}
means() { # PATH[?QUERY] DIGEST
	local path=${1%%\?*} query=
	[ "$path" = "$1" ] || query="?${1#*\?}"
	get 200 "$URL/v2/$path/manifests/latest$query"
	is "$1" "$(header Docker-Content-Digest)" "$2"
}
lacks() { # PATH[?QUERY]
	local path=${1%%\?*} query=
	[ "$path" = "$1" ] || query="?${1#*\?}"
	get 404 "$URL/v2/$path/manifests/latest$query"
	error NAME_UNKNOWN
	get 404 "$URL/v2/$path/tags/list$query"
}

say "by the query, as containerd asks"
means 'org/app?ns=docker.io' "$hub"
is namespace "$(header OCI-Namespace)" docker.io
means 'org/app?ns=ghcr.io' "$ghcr"
is namespace "$(header OCI-Namespace)" ghcr.io
means 'org/app?ns=quay.io' "$quay"
means 'org/second?ns=quay.io' "$quay"
means 'org/app?ns=index.docker.io' "$hub"
means 'org/app?ns=registry-1.docker.io' "$hub"
means 'library/debian?ns=docker.io' "$hub"
means 'debian?ns=docker.io' "$hub"
means 'local/app?ns=localhost%3A5000' "$local"
means 'org/app?x=y&ns=ghcr.io' "$ghcr"

say "by the path, as podman and people do"
means docker.io/org/app "$hub"
is namespace "$(header OCI-Namespace)" ''
means ghcr.io/org/app "$ghcr"
means quay.io/org/app "$quay"
means quay.io/org/second "$quay"
means docker.io/library/debian "$hub"
means docker.io/debian "$hub"
means index.docker.io/debian "$hub"
means localhost:5000/local/app "$local"

say "by neither: the first owner in the order of names"
means org/app "$ghcr"
means library/debian "$hub"
lacks debian

say "a known origin that lacks it is not helped out"
lacks 'ghcr/only?ns=docker.io'
lacks 'ghcr/only?ns=quay.io'
lacks quay.io/ghcr/only
lacks 'library/debian?ns=ghcr.io'
lacks ghcr.io/debian
lacks ghcr.io/library/debian

say "an origin of which nothing is here is nobody's"
lacks 'org/app?ns=registry.example'
lacks registry.example/org/app
means 'ghcr.io/org/app?ns=registry.example' "$ghcr"
is namespace "$(header OCI-Namespace)" ''
# Ourselves under our own name, and no name at all.
means "org/app?ns=$HOST" "$ghcr"
means 'org/app?ns=' "$ghcr"
get 400 "$URL/v2/org/app/manifests/latest?ns=%2f%2f"
error NAME_INVALID

say "a repository called as another registry's is not that registry's (issue 11, 23)"
cache=$(make cache image latest)
put_oci cache cache.example quay.io/org/app cache
put_oci cache cache.example quay.io/only/cached cache
put_oci cache cache.example red.example/org/app cache
cached() { [ "$(curl -s -o /dev/null -w '%{http_code}' "$URL/v2/cache.example/quay.io/only/cached/manifests/latest")" = 200 ]; }
wait_for 3 cached
means quay.io/org/app "$quay"
means 'quay.io/org/app?ns=quay.io' "$quay" # as both say it
lacks quay.io/only/cached
means cache.example/quay.io/org/app "$cache"
means 'quay.io/org/app?ns=cache.example' "$cache"
means 'quay.io/only/cached?ns=cache.example' "$cache"
lacks 'quay.io/only/cached?ns=quay.io'
lacks 'org/app?ns=cache.example'
lacks cache.example/org/app
get 200 "$URL/v2/quay.io/org/app/blobs/$(of cache "$cache" 'd["config"]["digest"]')?ns=cache.example"
get 404 "$URL/v2/quay.io/org/app/blobs/$(of cache "$cache" 'd["config"]["digest"]')"
# Of a registry of which nothing is here the name says nothing.
means red.example/org/app "$cache"
lacks 'org/app?ns=red.example'
# Lists name what the name means alone.
get 200 "$URL/v2/_catalog"
is names "$(member '" ".join(n for n in d["repositories"] if "/org/app" in n or "only" in n)')" \
    'ghcr/only red.example/org/app'
get 200 "$URL/v1/search?q=quay.io"
is found "$(member 'd["num_results"]')" 0
expect 2 "$FERRY" --store "$STORE" show quay.io/org/app
has "$T/err" "means several packages; say one of: oci:quay.io/org/app --owner cache, oci:org/app --owner quay"
expect 0 "$FERRY" --store "$STORE" show quay.io/org/app --owner quay
has "$T/out" "$quay"
expect 0 "$FERRY" --store "$STORE" show cache.example/quay.io/org/app
has "$T/out" "$cache"

say "everything of a repository follows"
get 200 "$URL/v2/org/app/blobs/$(of hub "$hub" 'd["config"]["digest"]')?ns=docker.io"
get 404 "$URL/v2/org/app/blobs/$(of hub "$hub" 'd["config"]["digest"]')?ns=ghcr.io"
error BLOB_UNKNOWN
get 404 "$URL/v2/org/app/manifests/$hub?ns=ghcr.io"
error MANIFEST_UNKNOWN
get 200 "$URL/v2/ghcr.io/org/app/tags/list"
is name "$(member 'd["name"]')" ghcr.io/org/app
put_oci ghcr ghcr.io org/app "--tag=more=$ghcr"
two() { [ "$(curl -s "$URL/v2/org/app/tags/list?ns=ghcr.io" | jq '.tags|length')" = 2 ]; }
wait_for 3 two
get 200 "$URL/v2/org/app/tags/list?n=1&ns=ghcr.io"
is link "$(header Link)" '</v2/org/app/tags/list?n=1&last=latest&ns=ghcr.io>; rel="next"'
get 200 "$URL/v2/ghcr.io/org/app/tags/list?n=1"
is link "$(header Link)" '</v2/ghcr.io/org/app/tags/list?n=1&last=latest>; rel="next"'

say "scopes say what the client says, and are not about origins"
t=$(token repository:org/app:pull)
get 200 -H "Authorization: Bearer $t" "$URL/v2/org/app/manifests/latest?ns=quay.io"
get 401 -H "Authorization: Bearer $t" "$URL/v2/quay.io/org/app/manifests/latest"
t=$(token repository:localhost:5000/local/app:pull)
get 200 -H "Authorization: Bearer $t" "$URL/v2/localhost:5000/local/app/manifests/latest"

say "an origin that comes is known"
put_oci gcr gcr.io org/app local
known() { [ "$(curl -s -o /dev/null -w '%{http_code}' "$URL/v2/gcr.io/org/app/manifests/latest")" = 200 ]; }
wait_for 3 known
means 'org/app?ns=gcr.io' "$local"
stop
