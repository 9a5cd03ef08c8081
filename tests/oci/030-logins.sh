#!/bin/bash
# Registries that want to know who asks: tokens, Basic, netrc, and where the
# password goes.
# ctest: COST 26
. "$(dirname "$0")/lib.sh"
start_registry
image org/app 1 --layers 3
image org/other 1 --seed 2
wanted='images = [ "org/app:1", "org/other:1" ];'
printf 's3cret\n' >password

# fresh [MEMBERS]: an empty store, and the upstream at $PROXY.
fresh() {
	rm -rf near
	oci_conf "$PROXY" "$wanted $*"
	expect 0 near init --name near
	: >log
}

say "tokens for everybody: one a repository"
start_proxy --auth bearer
fresh
expect 0 near sync
has out "0 failed"
asked 2 '^GET /token'
asked 1 '^GET /token.*service=test%20registry&scope=repository%3Aorg%2Fapp%3Apull'
asked 1 ' 401 '
: >log
expect 0 near sync
asked 2 '^HEAD .* 200 '
asked 0 '^GET /v2/'

say "with a password, that is asked for by Basic and reaches nothing else"
start_proxy --auth bearer --user robot:s3cret
fresh 'user = "robot"; token_file = "password";'
expect 0 near sync
asked 2 "^GET /token.*Basic_$(printf robot:s3cret | base64)"
asked 0 '^(GET|HEAD) /v2/.*Basic_'
grep -rF s3cret near && fail "the password is in the store"
hasnt err s3cret

say "a wrong password, and none"
printf 'wrong\n' >password.wrong
fresh 'user = "robot"; token_file = "password.wrong";'
expect 8 near sync
has out "asking for a token" "answered 401 (is the token right?)"
fresh
expect 8 near sync
has out "answered 401"

say "netrc has the password of the host that gives the tokens"
printf 'machine 127.0.0.1 login robot password s3cret\n' >netrc
fresh 'netrc = "netrc";'
expect 0 near sync
asked 2 '^GET /token.*Basic_'
asked 0 '^(GET|HEAD) /v2/.*Basic_'

say "tokens that expire are renewed ahead of time"
image org/slow 1 --layers 3 --seed slow
start_proxy --auth bearer --life 1
both=$wanted
wanted='images = [ "org/slow:1" ]; referrers = "off"; connections = 1;'
fresh
printf '/blobs/ sleep=0.6 9\n' >rules
expect 0 near sync
asked 1 ' 401 '
[ "$(grep -c '^GET /token' log)" -ge 2 ] || fail "no token was renewed"

say "and those that expire sooner than they say, when that is found out"
start_proxy --auth bearer
printf 'GET:/manifests/ expired\nGET:/blobs/ expired 2\n' >rules
fresh
expect 0 near sync
asked 3 'GET /v2.* 401 .*Bearer_token'
asked 4 '^GET /token'

say "also in the middle of a layer that breaks off"
layer=$(curl -s "$REGISTRY/v2/org/slow/manifests/1" -H 'Accept: application/vnd.oci.image.manifest.v1+json' |
    jq -r '.layers[0].digest')
printf '%s cut=2000\n%s expired\n' "$layer" "$layer" >rules
fresh
expect 0 near sync
asked 1 "GET .*/blobs/$layer 401 bytes=2000- Bearer_token"
asked 1 "GET .*/blobs/$layer 206 bytes=2000- Bearer_token"

say "one token however many tags wait for it"
for i in 1 2 3 4 5 6 7 8; do image org/slow t$i --seed t$i --size 1000; done
wanted='select = ( { name = "org/slow"; } ); referrers = "off";'
fresh
expect 0 near sync
asked 1 '^GET /token'
asked 1 ' 401 '
wanted=$both
printf 'GET:/blobs/ expired 999\n' >rules
fresh 'connections = 1; tries = 2;'
expect 4 near sync
has out "answered 401"

say "blobs elsewhere: the token stays here, and what has expired is asked for anew"
start_proxy --auth bearer --redirect
printf '/signed/ status=403 2\n' >rules
fresh
expect 0 near sync
asked 2 '^GET /signed/.* 403 .*- localhost:'
asked 0 '/signed/.*Bearer'
grep -qE '/signed/.* 200 - - localhost:' log || fail "not from the other host"
grep -qE '/v2/.*blobs/.* 307 .*Bearer' log || fail "not with a token here"

say "a first request that is sent elsewhere: what that says is not the registry's"
start_proxy
printf 'HEAD:org/app/manifests/1 status=307,Location=http://localhost:%s/v2/org/app/manifests/1\n' \
    "${PROXY##*:}" >rules
fresh 'user = "robot"; token_file = "password";'
expect 0 near sync
printf 'HEAD:org/app/manifests/1 status=307,Location=http://localhost:%s/elsewhere\n/elsewhere status=401,WWW-Authenticate=Bearer_realm="http://localhost:%s/token" 9\n' \
    "${PROXY##*:}" "${PROXY##*:}" >rules
fresh 'user = "robot"; token_file = "password"; tries = 1;'
expect 0 near sync
has out "0 failed"
asked 0 '/token|Basic'

say "Basic"
start_proxy --auth basic --user robot:s3cret
fresh 'user = "robot"; token_file = "password";'
expect 0 near sync
asked 1 ' 401 '
fresh
expect 8 near sync
has out "answered 401"
fresh 'netrc = "netrc";'
expect 0 near sync

say "docker-registry's own Basic, by way of htpasswd"
# What htpasswd -B makes of s3cret.
printf '%s\n' 'robot:$2b$05$u7A7Mvf0PlAD2OFRQSHVw.wSzleVqdeGcZjlFMaXdbOAik1EetcT.' >users
port=$(free_port)
sed "s|addr: .*|addr: \"127.0.0.1:$port\" }|; \$a auth: { htpasswd: { realm: here, path: $T/users } }" \
    registry.yml >basic.yml
docker-registry serve basic.yml >basic.log 2>&1 &
PIDS+=($!)
wait_for 20 curl -sf -u robot:s3cret "http://127.0.0.1:$port/v2/"
PROXY=http://127.0.0.1:$port fresh 'user = "robot"; token_file = "password";'
expect 0 near sync
has out "0 failed"

say "a registry of plain http cannot send the password to another host"
start_proxy --auth bearer --user robot:s3cret --realm localhost
fresh 'user = "robot"; token_file = "password";'
expect 8 near sync
has out "names another host, localhost:${PROXY##*:}, for tokens"
asked 0 '/token'

say "nor to another port of its own, unless realm_host names that"
python3 "$TOP/tests/tools/ociproxy.py" "$REGISTRY" port2 rules log2 --auth bearer --user robot:s3cret &
PIDS+=($!)
wait_for 10 test -s port2
start_proxy --auth bearer --user robot:s3cret --realm "http://127.0.0.1:$(cat port2)/token"
fresh 'user = "robot"; token_file = "password"; referrers = "off";'
expect 8 near sync
has out "names another host, 127.0.0.1:$(cat port2), for tokens"
[ ! -s log2 ] || fail "it was asked: $(cat log2)"
printf 'machine 127.0.0.1 login robot password s3cret\n' >netrc
fresh 'netrc = "netrc"; referrers = "off"; tries = 1;'
expect 8 near sync
grep -q Basic log2 && fail "netrc's password went to another port"
: >log2
fresh "user = \"robot\"; token_file = \"password\"; referrers = \"off\"; realm_host = \"127.0.0.1:$(cat port2)\";"
near sync >out 2>&1 || true
grep -q 'GET /token.* 200 - Basic' log2 || fail "realm_host does not help: $(cat out)"

say "a registry with TLS: its realm must have it, too, and may be on another host"
openssl req -x509 -newkey rsa:2048 -nodes -keyout tls.key -out tls.pem -days 2 -subj /CN=test \
    -addext subjectAltName=IP:127.0.0.1,DNS:localhost 2>/dev/null
start_proxy --auth bearer --user robot:s3cret --tls tls.pem tls.key --realm http://127.0.0.1/token
PROXY=${PROXY/http:/https:}
fresh 'user = "robot"; token_file = "password"; ca_file = "tls.pem";'
expect 8 near sync
has out "which is not https"
start_proxy --auth bearer --user robot:s3cret --tls tls.pem tls.key --realm localhost
PROXY=${PROXY/http:/https:}
fresh 'user = "robot"; token_file = "password"; ca_file = "tls.pem"; hosts = [ "localhost" ];'
expect 0 near sync
asked 2 "^GET /token.* 200 - Basic_.* localhost:"

say "the first one gets the password and is remembered, another does not"
start_proxy --auth bearer --user robot:s3cret --tls tls.pem tls.key \
    --realm "https://127.0.0.2:${PROXY##*:}/token"
PROXY=${PROXY/http:/https:}
oci_conf "$PROXY" "$wanted user = \"robot\"; token_file = \"password\"; ca_file = \"tls.pem\"; hosts = [ \"localhost\", \"127.0.0.2\" ]; referrers = \"always\";"
expect 8 near sync
has out "and named localhost:" "unless realm_host names it"
asked 0 '/token'

say "a private CA does not vouch for a host that is not the upstream's"
start_proxy --auth bearer --user robot:s3cret --tls tls.pem tls.key --realm localhost
PROXY=${PROXY/http:/https:}
fresh 'user = "robot"; token_file = "password"; ca_file = "tls.pem"; tries = 1;'
expect 8 near sync
has out "SSL certificate problem"
asked 0 '/token'

say "tokens that are said to have no life at all are used all the same"
start_proxy --auth bearer --says 0
fresh
expect 0 near sync
[ "$(grep -c '^GET /token' log)" -le 4 ] || fail "$(grep -c '^GET /token' log) tokens"

say "a life that is written as a text"
start_proxy --auth bearer --says '"300"'
fresh
expect 0 near sync
[ "$(grep -c '^GET /token' log)" -le 4 ] || fail "$(grep -c '^GET /token' log) tokens"

say "a token without a user is the registry's own"
start_proxy
printf 'ready-token\n' >ready
fresh 'token_file = "ready";'
expect 0 near sync
asked 0 '^(GET|HEAD) .* - [^B]'
grep -q Bearer_ready-token log || fail "the token was not sent"

say "netrc's password of one host does not go where another registry sends us"
cat >netrc <<-END
	machine 127.0.0.1 login here password here
	machine localhost login robot password s3cret
END
start_proxy --auth bearer --user robot:s3cret --tls tls.pem tls.key --realm localhost
PROXY=${PROXY/http:/https:}
fresh 'netrc = "netrc"; ca_file = "tls.pem"; hosts = [ "localhost" ];'
expect 8 near sync
has out "unless realm_host names it"
asked 0 "^GET /token.*Basic"

say "unless the operator says so"
fresh 'netrc = "netrc"; ca_file = "tls.pem"; realm_host = "localhost:'"${PROXY##*:}"'";'
expect 0 near sync
asked 2 "^GET /token.* 200 - Basic_.* localhost:"
fresh 'user = "robot"; token_file = "password"; ca_file = "tls.pem"; realm_host = "auth.invalid";'
expect 8 near sync
has out "but realm_host is auth.invalid"
asked 0 "^GET /token"
fresh 'netrc = "netrc"; realm_host = "https://localhost";'
expect 3 near sync
has err "realm_host"

say "a scope that is another repository's is not asked for"
start_proxy --auth bearer
printf 'org/app status=401,WWW-Authenticate=Bearer_realm="%s/token",scope="repository:org/secret:pull",error="insufficient_scope"\n' \
    "$PROXY" >rules
fresh
expect 0 near sync
asked 0 '^GET /token.*secret'

say "a token server that has its token in access_token only"
printf '{"token":"","access_token":"token-x"}' >reply
printf '/token body=reply,application/json 99\n' >rules
start_proxy --auth bearer
printf '/token body=reply,application/json 99\n' >rules
fresh 'tries = 1;'
expect 8 near sync
grep -q Bearer_token-x log || fail "the token was not used"

say "a redirect to another host does not get what netrc has for that"
start_proxy --auth basic --user here:here --redirect
fresh 'netrc = "netrc";'
expect 0 near sync
asked 0 '/signed/.* Basic'
grep -qE '/signed/.* 200 - - localhost:' log || fail "not from the other host"
grep -qE '/v2/.*blobs/.* 307 .*Basic' log || fail "not with a login here"

say "and one to the same host keeps the login; one that never ends, ends"
place=/v2/org/app/manifests/$(curl -sI "$REGISTRY/v2/org/app/manifests/1" \
    -H 'Accept: application/vnd.oci.image.manifest.v1+json' | tr -d '\r' | sed -n 's/^Docker-Content-Digest: //p')
printf 'GET:%s status=307,Location=%s?again\n' "$place" "$place" >rules
fresh 'netrc = "netrc"; tries = 1;'
expect 0 near sync
asked 1 '/manifests/.*[?]again 200 - Basic'
printf 'GET:%s status=307,Location=%s 99\n' "$place" "$place" >rules
fresh 'netrc = "netrc"; tries = 1;'
expect 4 near sync
has out "more than 5 redirects"
