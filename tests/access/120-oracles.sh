#!/bin/bash
# No answer tells what there is: what may not be read and what is not there
# look the same, in every form of asking; caches keep answers apart.
. "$(dirname "$0")/lib.sh"

make_octo
# A tarball that lock files name by the path it had upstream.
make_version @octo/gh 1.0.0
OWNER=ghes ARGS='--path=download/@octo/gh/%s/0123abc' put @octo/gh 1.0.0 1.0.0
cp "$OCTO" "$T/octo.jsonl"
echo '{"kind":"package","id":30,"owner":100,"type":"npm","name":"@octo/gh","visibility":"private","granular":true,"inherits":"no"}' >>"$T/octo.jsonl"
OCTO=$T/octo.jsonl
permissions --generation=2
people
printf 'serve : { bad_credentials = 0; };\n' >"$T/d.conf"
serve --config "$T/d.conf"
config=$(of app "$IMAGE" 'd["config"]["digest"]')
none=sha256:$(printf 0%.0s $(seq 64))
long=$(printf a%.0s $(seq 240))
put_oci hub docker.io library/thing app

# An upstream that only some of them may know of.
put_oci quay quay.example:5000 octo/tool app

# answer NAME FILE CURL-OPTION…: what a client can see of it, with the name
# that was asked for taken out, and the length of a text that has it.
answer() {
	local name=$1 file=$2
	shift 2
	get "$WANT" "$@"
	cat "$T/head" "$T/body" | sed -e '/^Date:/Id' -e '/^X-Request-Id:/Id' \
	    -e 's/^Content-Length:.*/Content-Length: N/I' -e "s|$name|NAME|g" >"$file"
}
alike() { # NAME-A NAME-B CURL-OPTION…: NAME in the options is one of them
	local a=$1 b=$2
	shift 2
	answer "$a" "$T/a" "${@//NAME/$a}"
	answer "$b" "$T/b" "${@//NAME/$b}"
	same "$T/a" "$T/b"
}
everything() { # CURL-OPTION…: all ways to ask for a hidden one and for none
	for path in NAME NAME/1.0.0 NAME/latest NAME/-/svc-1.0.0.tgz -/package/NAME/dist-tags \
	    -/npm/v1/attestations/NAME@1.0.0; do
		alike @octo/svc @octo/xyz "$@" "$NPM/$path"
		alike @octo/svc @octo/xyz "$@" -I "$NPM/$path"
	done
	alike @octo/svc @octo/xyz "$@" -r 0-1 "$NPM/NAME/-/svc-1.0.0.tgz"
	alike download/@octo/gh/1.0.0/0123abc download/@octo/gx/1.0.0/0123abc "$@" "$NPM/NAME"
	# Nor are the versions of it told, where the path alone names it.
	alike 1.0.0/0123abc 9.0.0/0123abc "$@" "$NPM/download/@octo/gh/NAME"
	alike 1.0.0 9.0.0 "$@" "$NPM/x/@octo/svc/-/svc-NAME.tgz"
	# Nor which registries are mirrored.
	for name in octo/tool octo/xyzz; do
		alike containers.ghes.example registry.example "$@" "$URL/v2/$name/manifests/1.0?ns=NAME"
		alike quay.example:5000 none.example:5000 "$@" "$URL/v2/$name/manifests/1.0?ns=NAME"
		alike quay.example:5000 none.example:5000 "$@" "$URL/v2/NAME/$name/manifests/1.0"
		alike quay.example:5000 none.example:5000 "$@" "$URL/v2/NAME/$name/tags/list"
	done
	alike containers.ghes.example registry.example "$@" "$URL/v2/none.example:77/x/y/manifests/1?ns=NAME"
	alike containers.ghes.example registry.example "$@" "$URL/v2/NAME/$long/manifests/1"
	alike docker.io quay.io "$@" "$URL/v2/${long}aaaaaaaa/manifests/1?ns=NAME"
	for path in NAME/manifests/1.0 NAME/manifests/9 "NAME/manifests/$IMAGE" "NAME/manifests/$none" \
	    "NAME/blobs/$config" "NAME/blobs/$none" NAME/tags/list "NAME/referrers/$IMAGE"; do
		alike octo/tool octo/xyzz "$@" "$URL/v2/$path"
		alike octo/tool octo/xyzz "$@" -I "$URL/v2/$path"
	done
	alike octo/tool octo/xyzz "$@" -H "If-None-Match: \"$IMAGE\"" "$URL/v2/NAME/manifests/1.0"
	alike octo/tool octo/xyzz "$@" -r 0-1 "$URL/v2/NAME/blobs/$config"
}

say "nobody in particular: 401 whatever is there"
WANT=401
everything
is challenge "$(grep -ci '^WWW-Authenticate' "$T/head")" 1
get 401 "$NPM/@octo%2fsvc"
is challenge "$(header WWW-Authenticate)" 'Basic realm="ferry"'
has "$T/body" '{"error":"unauthenticated: '
say "a token without a scope, and a bad one"
new_token no eve --scopes repo
WANT=403
everything -H "Authorization: Bearer $(token_of no)"
has "$T/body" DENIED
get 403 -H "Authorization: Bearer $(token_of no)" "$NPM/@octo%2fsvc"
has "$T/body" 'permission_denied: '
WANT=401
everything -H "Authorization: Bearer ferry_u_00000000000000000000000000000000000000"
say "403 by default, 404 with hide_existence"
get 403 -H "Authorization: Bearer $(token_of eve)" "$NPM/@octo%2fsvc"
has "$T/body" 'permission_denied: '
get 404 -H "Authorization: Bearer $(token_of eve)" "$NPM/@octo%2fxyz"
get 404 -H "Authorization: Bearer $(token_of eve)" "$NPM/@octo%2funseen"
printf 'serve : { bad_credentials = 0; hide_existence = true; };\n' >"$T/d.conf"
kill -HUP "$LASTPID"
hidden() { [ "$(curl -s -o /dev/null -w '%{http_code}' -H "Authorization: Bearer $(token_of eve)" "$NPM/@octo%2fsvc")" = 404 ]; }
wait_for 3 hidden
WANT=404
everything -H "Authorization: Bearer $(token_of eve)"
alike @octo/svc @octo/unseen -H "Authorization: Bearer $(token_of eve)" "$NPM/NAME"
get 404 -H "Authorization: Bearer $(token_of eve)" "$URL/v2/octo/tool/manifests/1.0"
error NAME_UNKNOWN
say "who may read sees what is missing of it"
get 404 -H "Authorization: Bearer $(token_of tom)" "$URL/v2/octo/tool/manifests/9"
error MANIFEST_UNKNOWN
get 404 -H "Authorization: Bearer $(token_of tom)" "$URL/v2/octo/tool/blobs/$none"
error BLOB_UNKNOWN
get 404 -H "Authorization: Bearer $(token_of olga)" "$NPM/@octo%2fsvc/9.9.9"
has "$T/body" '@octo/svc 9.9.9'
get 200 -H "Authorization: Bearer $(token_of olga)" "$NPM/download/@octo/gh/1.0.0/0123abc"

say "a blob is read through a repository that has it, and that one may read"
own=$(make own image 1.0 --size 3000)
put_oci ghes containers.ghes.example octo/tool own
layer=$(of own "$own" 'd["layers"][0]["digest"]')
there() { curl -sf -o /dev/null -H "Authorization: Bearer $(token_of tom)" "$URL/v2/octo/tool/blobs/$layer"; }
wait_for 3 there
get 404 -H "Authorization: Bearer $(token_of tom)" "$URL/v2/octo/web/blobs/$layer"
get 404 -H "Authorization: Bearer $(token_of eve)" "$URL/v2/octo/tool/blobs/$layer"
get 401 "$URL/v2/octo/tool/blobs/$layer"
get 404 "$URL/v2/octo/web/blobs/$layer"

say "lists have what each may read"
found() { curl -sf ${1:+-H "Authorization: Bearer $(token_of "$1")"} "$URL/v2/_catalog" | jq -rc '.repositories|join(" ")'; }
is nobody "$(found)" octo/web
is eve "$(found eve)" octo/web
is tom "$(found tom)" 'octo/tool octo/web'
is olga "$(found olga)" 'octo/job octo/tool octo/web'
v1() { curl -sf ${1:+-H "Authorization: Bearer $(token_of "$1")"} "$URL/v1/search?q=o" | jq -rc '[.results[].name]|join(" ")'; }
is nobody "$(v1)" octo/web
is kim "$(v1 kim)" 'octo/tool octo/web'
get 401 "$NPM/-/v1/search?text=octo"
search() { curl -sf -H "Authorization: Bearer $(token_of "$1")" "$NPM/-/v1/search?text=octo" | jq -rc '[.objects[].package.name]|sort|join(" ")'; }
is eve "$(search eve)" '@octo/hit @octo/ui'
is total "$(curl -sf -H "Authorization: Bearer $(token_of eve)" "$NPM/-/v1/search?text=svc" | jq .total)" 0
is tom "$(search tom)" '@octo/hit @octo/svc @octo/ui'

say "the page and the metrics name nothing"
get 200 "$URL/"
hasnt "$T/body" 'versions, '
has "$T/body" 'ferry token'
for name in octo ghes uma; do
	hasnt "$T/body" $name
done
get 404 "$NPM/-/npm/v1/keys"
get 401 "$URL/metrics"
is challenge "$(header WWW-Authenticate)" 'Basic realm="ferry"'
get 401 -H 'Authorization: Bearer x' "$URL/metrics"
get 403 -H "Authorization: Bearer $(token_of olga)" "$URL/metrics"
has "$T/body" read:metrics
new_token watch olga --scopes read:metrics
get 200 -u "x:$(token_of watch)" "$URL/metrics"
hasnt "$T/body" octo
get 403 -H "Authorization: Bearer $(token_of watch)" "$NPM/@octo%2fui"

say "what caches may keep, and for whom"
get 200 "$URL/v2/octo/web/blobs/$config"
is public "$(header Cache-Control)" 'public, max-age=31536000, immutable'
is vary "$(header Vary)" Authorization
get 200 -H "Authorization: Bearer $(token_of tom)" "$URL/v2/octo/tool/blobs/$config"
is private "$(header Cache-Control)" 'private, max-age=31536000, immutable'
is vary "$(header Vary)" Authorization
get 200 -H "Authorization: Bearer $(token_of tom)" "$NPM/@octo/svc/-/svc-1.0.0.tgz"
is private "$(header Cache-Control)" 'private, max-age=31536000, immutable'
get 200 -H "Authorization: Bearer $(token_of tom)" "$NPM/@octo/svc"
is private "$(header Cache-Control)" 'private, no-cache'
is vary "$(header Vary)" 'Accept, Accept-Encoding, Authorization'
etag=$(header ETag)
get 304 -H "Authorization: Bearer $(token_of tom)" -H "If-None-Match: $etag" "$NPM/@octo/svc"
is private "$(header Cache-Control)" 'private, no-cache'
get 404 -H "Authorization: Bearer $(token_of eve)" -H "If-None-Match: $etag" "$NPM/@octo/svc"
is refusals "$(header Cache-Control)" no-store
get 401 -H "If-None-Match: $etag" "$NPM/@octo/svc"
get 401 -H 'If-None-Match: *' "$NPM/@octo/svc"
get 200 -H "Authorization: Bearer $(token_of tom)" "$NPM/-/v1/search?text=x"
is lists "$(header Cache-Control)" 'private, no-cache'
stop
