#!/bin/bash
# docker and skopeo pull a tag that is not here; again with the registry gone; a
# tag that moved; a tag that nobody has.
# ctest: COST 20
. "$(dirname "$0")/../oci/lib.sh"
. "$TOP/tests/oci/clients.sh"
cd "$T"

start_registry
start_proxy
image acme/web 1.0 --platforms linux/amd64,linux/arm64 --size 20000
old=$DIGEST
image acme/tool 2.0 --size 20000
cat >near.conf <<-END
	store = "near";
	upstreams = ( { name = "hub"; format = "oci"; url = "$PROXY"; host = "ghcr.io"; pull = true; max_age = 2; } );
	serve = { pull_wait = 20; };
END
expect 0 near init --name near
"$FERRY" --config near.conf pull >puller.log 2>&1 &
PULLER=$!
PIDS+=("$PULLER")
wait_for 20 test -S near/pull.sock
start_ferryd near --config near.conf
HOST=${URL#http://}

say "curl: a manifest by tag, and what it names"
got=$(curl -sf -D head -o manifest -w '%{http_code}' "$URL/v2/acme/web/manifests/1.0")
[ "$got" = 200 ] || fail "$got"
has head "$old"
asked 1 '^HEAD /v2/acme/web/manifests/1.0'
[ "$(curl -s -o body -w '%{http_code}' "$URL/v2/ghcr.io/acme/web/manifests/$old")" = 200 ]
[ "$(curl -s -o body -w '%{http_code}' "$URL/v2/acme/none/manifests/1.0")" = 404 ]
has body "neither the mirror nor its upstream has it"
[ "$(curl -s -o body -w '%{http_code}' "$URL/v2/quay.io:443/acme/web/manifests/1.0")" = 404 ]
expect 0 near verify

say "a token for the name with its host, as clients ask for one"
image acme/token 1.0 --size 20000
scope=repository:ghcr.io/acme/token:pull
token=$(curl -sf "$URL/v2/token?service=$HOST&scope=$scope" |
    python3 -c 'import json, sys; print(json.load(sys.stdin)["token"])')
got=$(curl -s -H "Authorization: Bearer $token" -D head -o manifest -w '%{http_code}' \
    "$URL/v2/ghcr.io/acme/token/manifests/1.0")
[ "$got" = 200 ] || fail "$got: $(cat manifest)"
has head "$DIGEST"

if command -v skopeo >/dev/null; then
	say "skopeo: an image that is not here"
	isolated skopeo copy --src-tls-verify=false "docker://$HOST/acme/tool:2.0" "dir:$T/copied" >skopeo.log 2>&1 || {
		cat skopeo.log >&2
		fail "skopeo"
	}
else
	missing skopeo
fi

say "a tag that moved is seen after max_age, and not before"
image acme/web 1.0 --seed moved --size 20000
new=$DIGEST
wait_for 10 sh -c "curl -sf -D head -o manifest '$URL/v2/acme/web/manifests/1.0' && grep -q '$new' head"

say "with the registry gone, what is here is served, and says that it may be old"
printf 'v2 status=500 999\n' >rules
sleep 3
[ "$(curl -s -D head -o body -w '%{http_code}' "$URL/v2/acme/web/manifests/1.0")" = 200 ]
has head "Warning: 110"
[ "$(curl -s -o body -w '%{http_code}' "$URL/v2/acme/other/manifests/1.0")" = 502 ]

if command -v dockerd >/dev/null; then
	say "docker: an image that is not here, and again without the registry"
	: >rules
	image acme/docker 3.0 --size 20000 --docker
	start_dockerd --insecure-registry 127.0.0.1
	d pull "$HOST/acme/docker:3.0" >docker.log 2>&1 || {
		cat docker.log "$T/puller.log" >&2
		fail "docker pull"
	}
	d rmi "$HOST/acme/docker:3.0" >/dev/null
	kill "$PULLER"
	wait "$PULLER" || true
	d pull "$HOST/acme/docker:3.0" >docker.log 2>&1 || {
		cat docker.log >&2
		fail "docker pull without a puller"
	}
else
	missing docker
fi
expect 0 near verify
