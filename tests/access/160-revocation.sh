#!/bin/bash
# What is taken away is gone soon, on a running server: tokens that
# are revoked or expire, sessions made with them, rights that a newer snapshot
# lacks; and a key to one origin opens no other.
# ctest: RUN_SERIAL TRUE
. "$(dirname "$0")/lib.sh"

make_octo
new_token tom tom
new_token kim kim
new_token rita rita
serve
code() { curl -s -o /dev/null -w '%{http_code}' "$@"; }
bearer() { printf 'Authorization: Bearer %s' "$1"; }
session() { # NAME SCOPE
	curl -sf -u "x:$(token_of "$1")" -G --data-urlencode "scope=$2" "$URL/v2/token" | jq -r .token
}
gives() { [ "$(code "${@:2}")" = "$1" ]; }

say "revoked"
s=$(session tom repository:octo/tool:pull)
is svc "$(code -H "$(bearer "$(token_of tom)")" "$NPM/@octo/svc")" 200
is tool "$(code -H "$(bearer "$s")" "$URL/v2/octo/tool/manifests/1.0")" 200
"$FERRY" --store "$STORE" token revoke "$(id_of tom)" >/dev/null
wait_for 2 gives 401 -H "$(bearer "$(token_of tom)")" "$NPM/@octo/svc"
is "its session" "$(code -H "$(bearer "$s")" "$URL/v2/octo/tool/manifests/1.0")" 401
is "another session" "$(code -u "x:$(token_of tom)" "$URL/v2/token")" 403
is "what is public" "$(code -H "$(bearer "$(token_of tom)")" "$URL/v2/octo/web/manifests/1.0")" 401

say "expired"
# Of an hour, that ends in three seconds.
FERRY_NOW=$(($(date +%s) - 3597)) new_token soon kim --expires 1h
s=$(session soon repository:octo/tool:pull)
is tool "$(code -H "$(bearer "$s")" "$URL/v2/octo/tool/manifests/1.0")" 200
sleep 3
is tool "$(code -H "$(bearer "$s")" "$URL/v2/octo/tool/manifests/1.0")" 401
is tool "$(code -u "x:$(token_of soon)" "$URL/v2/octo/tool/manifests/1.0")" 401

say "a new one counts at once"
new_token again tom
wait_for 2 gives 200 -H "$(bearer "$(token_of again)")" "$NPM/@octo/svc"

say "a newer snapshot takes rights away, also from sessions"
s=$(session kim repository:octo/tool:pull)
is tool "$(code -H "$(bearer "$s")" "$URL/v2/octo/tool/blobs/$(of app "$IMAGE" 'd["config"]["digest"]')")" 200
permissions --generation=2 --taken=1790000010 --without='"package": 3, "user": 4' --without='"team": 202, "user": 4'
wait_for 2 gives 403 -H "$(bearer "$s")" "$URL/v2/octo/tool/manifests/1.0"
is blob "$(code -H "$(bearer "$s")" "$URL/v2/octo/tool/blobs/$(of app "$IMAGE" 'd["config"]["digest"]')")" 403
is others "$(code -H "$(bearer "$(token_of again)")" "$NPM/@octo/svc")" 200
say "and makes something private"
sed 's/"name": "octo\/web", "visibility": "public"/"name": "octo\/web", "visibility": "private"/' "$OCTO" >"$T/private.jsonl"
is web "$(code "$URL/v2/octo/web/manifests/1.0")" 200
"$PUT_ACCESS" "$STORE" ghes "$T/private.jsonl" --generation=3
wait_for 2 gives 401 "$URL/v2/octo/web/manifests/1.0"
say "and suspends somebody, who hears no more who he was"
gives 200 -H "$(bearer "$(token_of rita)")" "$NPM/-/whoami" || fail "rita is somebody"
jq -c 'if .kind == "user" and .login == "rita" then .suspended = true else . end' "$T/private.jsonl" >"$T/suspended.jsonl"
s=$(session rita 'repository:octo/tool:pull')
"$PUT_ACCESS" "$STORE" ghes "$T/suspended.jsonl" --generation=4
wait_for 2 gives 401 -H "$(bearer "$(token_of rita)")" "$NPM/-/whoami"
for path in npm/@octo/ui npm/@octo/none api/v3/user 'api/v3/orgs/octo/packages?package_type=npm' v2/octo/web/manifests/1.0; do
	is "$path" "$(code -H "$(bearer "$(token_of rita)")" "$URL/$path")" 401
done
is "her session" "$(code -H "$(bearer "$s")" "$URL/v2/octo/web/manifests/1.0")" 401
is "a session for her" "$(code -u "x:$(token_of rita)" "$URL/v2/token?scope=repository:octo/web:pull")" 403
get 401 -H "$(bearer "$(token_of rita)")" "$NPM/-/whoami"
has "$T/body" "the account is suspended"
"$PUT_ACCESS" "$STORE" ghes "$T/private.jsonl" --generation=5
wait_for 2 gives 200 -H "$(bearer "$(token_of rita)")" "$NPM/-/whoami"
say "an older one is refused"
permissions --generation=2 && fail "generation 2 after 3"
is web "$(code "$URL/v2/octo/web/manifests/1.0")" 401

say "a session is for what it was made for"
permissions --generation=6
s=$(session rita 'repository:uma/app:pull repository:octo/tool:pull')
wait_for 2 gives 200 -H "$(bearer "$s")" "$URL/v2/uma/app/manifests/1.0"
is "asked for, and not allowed" "$(code -H "$(bearer "$s")" "$URL/v2/octo/tool/manifests/1.0")" 403
is "allowed, and not asked for" "$(code -H "$(bearer "$s")" "$URL/v2/octo/web/manifests/1.0")" 401
is "a list" "$(code -H "$(bearer "$s")" "$URL/v2/_catalog")" 401
is "with its scope" "$(code -H "$(bearer "$(session rita registry:catalog:\*)")" "$URL/v2/_catalog")" 200
is "nobody's" "$(code -H "$(bearer "$(curl -sf "$URL/v2/token?scope=repository:uma/app:pull" | jq -r .token)")" "$URL/v2/uma/app/manifests/1.0")" 401

say "one name at two origins: a session, and a token, for one is no key to the other"
other=$(make other image 1.0 --size 500)
put_oci quay quay.io uma/app other
sed -e 's/"upstream": "ghes", "realm": "ghes"/"upstream": "quay", "realm": "quay"/' \
    -e '/"package": 9/d' "$OCTO" >"$T/quay.jsonl"
"$PUT_ACCESS" "$STORE" quay "$T/quay.jsonl" --generation=1
s=$(session rita 'repository:uma/app:pull')
in_ghes() { gives 200 -H "$(bearer "$s")" "$URL/v2/uma/app/manifests/1.0?ns=containers.ghes.example"; }
wait_for 2 in_ghes
wait_for 2 gives 403 -H "$(bearer "$s")" "$URL/v2/uma/app/manifests/1.0?ns=quay.io"
is blob "$(code -H "$(bearer "$s")" "$URL/v2/uma/app/blobs/$(of other "$other" 'd["config"]["digest"]')?ns=quay.io")" 403
is "by the path" "$(code -u "x:$(token_of rita)" "$URL/v2/quay.io/uma/app/manifests/1.0")" 403
is "an unknown one" "$(code -u "x:$(token_of rita)" "$URL/v2/uma/app/manifests/1.0?ns=gcr.io")" 404
# uma owns it at both, by the number of her account at each.
"$FERRY" --store "$STORE" --json token create --user uma --upstream quay >"$T/token.json"
jq -r '.token, .id' "$T/token.json" >"$T/token.umaq"
wait_for 2 gives 200 -u "x:$(token_of umaq)" "$URL/v2/quay.io/uma/app/manifests/1.0"
is "hers, elsewhere" "$(code -u "x:$(token_of umaq)" "$URL/v2/uma/app/manifests/1.0")" 403
stop
