#!/bin/bash
# Which repositories there are: _catalog, and the search of docker and podman.
. "$(dirname "$0")/oci.sh"

make app image 1.0 >/dev/null
for name in b/app a/app a/app-x a/app/y zeta; do
	put_oci ghcr ghcr.io $name app
done
put_oci quay quay.io a/app app
serve
names='a/app a/app-x a/app/y b/app zeta'
list() { member '" ".join(d["repositories"])'; }

say "the catalog: each name once, in the order of bytes, by pages"
get 200 "$URL/v2/_catalog"
is names "$(list)" "$names"
is type "$(header Content-Type)" application/json
is link "$(header Link)" ''
page() { # QUERY NAMES LINK
	get 200 "$URL/v2/_catalog?$1"
	is "names of $1" "$(list)" "$2"
	is "link of $1" "$(header Link)" "${3:+</v2/_catalog?$3>; rel=\"next\"}"
}
page n=2 'a/app a/app-x' 'n=2&last=a%2Fapp-x'
page 'n=2&last=a%2Fapp-x' 'a/app/y b/app' 'n=2&last=b%2Fapp'
page 'n=2&last=b/app' zeta ''
page 'n=3&last=a/app-x' 'a/app/y b/app zeta' ''
page 'last=b' 'b/app zeta' ''
page 'last=zz' '' ''
page n=0 '' ''
page n=x "$names" ''
page n=100000 "$names" ''

say search
found() { member '" ".join(r["name"] for r in d["results"])'; }
get 200 "$URL/v1/search?n=25&q=app"
is found "$(found)" 'a/app a/app-x a/app/y b/app'
is number "$(member 'd["num_results"], d["query"]')" '4 app'
is result "$(member 'd["results"][0]')" \
    "{'name': 'a/app', 'description': '', 'is_official': False, 'is_automated': False, 'star_count': 0}"
get 200 "$URL/v1/search?q=B%2FAPP"
is found "$(found)" b/app
get 200 "$URL/v1/search?q=app&n=2"
is found "$(found)" 'a/app a/app-x'
get 200 "$URL/v1/search?q=%22%5C"
is found "$(found)" ''
get 200 "$URL/v1/search"
is found "$(found)" "$names"
get 200 "$URL/v1/_ping"
get 404 "$URL/v1/images"
error UNSUPPORTED

say "a repository that comes is there"
put_oci ghcr ghcr.io new/one app
shows() { curl -s "$URL/v2/_catalog" | grep -q new/one; }
wait_for 3 shows
stop
