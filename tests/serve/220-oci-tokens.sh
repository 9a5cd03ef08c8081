#!/bin/bash
# Tokens: the challenge, the URL that hands them out, and what they are for.
. "$(dirname "$0")/oci.sh"

image=$(make app image 1.0)
put_oci ghcr ghcr.io org/app app
put_oci ghcr ghcr.io org/other app
serve
HOST=${URL#http://}
bearer() { printf 'Authorization: Bearer %s' "$1"; }
challenge() { # WANT: exactly one
	is "challenges" "$(grep -ci '^WWW-Authenticate:' "$T/head")" 1
	is challenge "$(header WWW-Authenticate)" "$1"
}
base="Bearer realm=\"$URL/v2/token\",service=\"$HOST\""

say "GET /v2/ asks for a token, always"
for path in /v2/ /v2; do
	get 401 "$URL$path"
	challenge "$base"
	error UNAUTHORIZED
	is version "$(header Docker-Distribution-Api-Version)" registry/2.0
done
get 401 -I "$URL/v2/"
challenge "$base"
get 401 -u : "$URL/v2/"
challenge "$base"
get 401 -u someone:secret "$URL/v2/"
get 401 -H 'Authorization: ' "$URL/v2/"

say "the token endpoint, by GET"
get 200 "$URL/v2/token?service=$HOST&scope=repository:org/app:pull,push&account=me"
is type "$(header Content-Type)" application/json
is cache "$(header Cache-Control)" no-store
is expires "$(member 'd["expires_in"]')" 300
is "both names" "$(member 'd["token"] == d["access_token"]')" True
member 'd["issued_at"]' | grep -qE '^[0-9]{4}-[0-9-]+T[0-9:]+Z$' || fail "issued_at"
t=$(member 'd["token"]')
get 200 -u someone:secret "$URL/v2/token?account=someone&client_id=docker&offline_token=true"
get 200 -H 'Authorization: Bearer rubbish' "$URL/v2/token"

say "a good token: 200"
get 200 -H "$(bearer "$t")" "$URL/v2/"
is body "$(cat "$T/body")" '{}'
is type "$(header Content-Type)" application/json
is version "$(header Docker-Distribution-Api-Version)" registry/2.0
get 200 -H "authorization: bEARER   $t" "$URL/v2"
get 200 -H "$(bearer "$t")" "$URL/v2/org/app/manifests/1.0"
get 200 -H "$(bearer "$t")" "$URL/v2/org/app/blobs/$(of app "$image" 'd["config"]["digest"]')"

say "a token is for what it was made for"
get 401 -H "$(bearer "$t")" "$URL/v2/org/other/manifests/1.0"
challenge "$base,scope=\"repository:org/other:pull\",error=\"insufficient_scope\""
error UNAUTHORIZED
get 200 -H "$(bearer "$(token repository:org/app:pull repository:org/other:pull)")" "$URL/v2/org/other/manifests/1.0"
get 200 -H "$(bearer "$(token 'repository:a:pull repository:org/other:pull')")" "$URL/v2/org/other/tags/list"
get 401 -H "$(bearer "$(token)")" "$URL/v2/org/app/tags/list"
get 401 -H "$(bearer "$(token repository:org/app:push)")" "$URL/v2/org/app/tags/list"
get 200 -H "$(bearer "$(token)")" "$URL/v2/_catalog"

say "a bad one is refused where none would have done"
get 200 "$URL/v2/org/app/manifests/1.0"
for bad in x "$t"x "${t%?}" "x$t" "${t%.*}.$(printf %064d 0)" ''; do
	get 401 -H "Authorization: Bearer $bad" "$URL/v2/org/app/manifests/1.0"
	challenge "$base,scope=\"repository:org/app:pull\",error=\"invalid_token\""
	error UNAUTHORIZED
	get 401 -I -H "Authorization: Bearer $bad" "$URL/v2/"
	challenge "$base,error=\"invalid_token\""
done

say "by POST, as containerd does with credentials"
get 200 -d grant_type=password -d service=x -d client_id=containerd-client \
    -d username=me -d password=secret \
    --data-urlencode 'scope=repository:org/app:pull repository:org/other:pull' \
    "$URL/v2/token"
t2=$(member 'd["access_token"]')
get 200 -H "$(bearer "$t2")" "$URL/v2/org/other/manifests/1.0"
get 200 -d grant_type=refresh_token -d refresh_token=x "$URL/v2/token"
get 200 -X POST "$URL/v2/token"
head -c 30000 /dev/zero | tr '\0' a >"$T/long"
get 200 -d scope=repository:org/app:pull -d @"$T/long" "$URL/v2/token"
get 401 -H "$(bearer "$(member 'd["token"]')")" "$URL/v2/org/app/tags/list"
get 400 -d scope=%zz "$URL/v2/token"
get 405 -X PUT -d x "$URL/v2/token"

say "a repository called token"
put_oci ghcr ghcr.io token app
wait_for 3 curl -sf "$URL/v2/token/manifests/1.0"
get 404 "$URL/v2/token/"

say "another server's token"
stop
serve
get 401 -H "$(bearer "$t")" "$URL/v2/"
stop

say "behind a proxy: the realm is the public URL's"
cat >"$T/d.conf" <<-EOF
	serve : { public_url = "https://pkg.example.com"; subdomains = true; };
EOF
serve --config "$T/d.conf"
get 401 "$URL/v2/"
challenge 'Bearer realm="https://pkg.example.com/v2/token",service="pkg.example.com"'
get 401 -H 'Host: containers.pkg.example.com' "$URL/v2/"
challenge 'Bearer realm="http://containers.pkg.example.com/v2/token",service="containers.pkg.example.com"'
get 200 -H 'Host: containers.pkg.example.com' "$URL/v2/org/app/manifests/1.0"
get 200 -H 'Host: docker.pkg.example.com' "$URL/v2/org/app/manifests/1.0"
stop
