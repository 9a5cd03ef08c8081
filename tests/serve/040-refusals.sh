#!/bin/bash
# What the server does not do, said in the client's form.
. "$(dirname "$0")/lib.sh"

make_version p 1.0.0
put p 1.0.0 1.0.0
serve

say writes
for method in PUT DELETE POST PATCH; do
	get 405 -X $method -d '{"name":"p"}' "$NPM/p"
	has "$T/body" '{"error":"this is a read-only mirror' 'ferry sync'
	is allow "$(header Allow)" 'GET, HEAD'
done
get 405 -X PUT -d '{}' "$NPM/-/user/org.couchdb.user:me"
get 405 -X POST -d '{}' "$NPM/-/v1/login"
get 405 -X PUT -d '"1.0.0"' "$NPM/-/package/p/dist-tags/latest"
get 405 -X DELETE "$NPM/p/-rev/1-x"
get 405 -X POST -d x "$URL/"

say "bodies: drained while they are small, cut when they are not"
head -c 3000000 /dev/zero >"$T/3M"
get 405 -X PUT -H Expect: --data-binary @"$T/3M" "$NPM/p"
get 405 -X PUT -H Expect: -H 'Transfer-Encoding: chunked' --data-binary @"$T/3M" "$NPM/p"
got=$(curl -sS -o "$T/body" -w '%{http_code}' -X PUT -H Expect: \
    -H 'Content-Length: 999999999' -d x -m 5 "$NPM/p" 2>/dev/null) || :
is "a body that would be too long" "$got" 405

say "services"
get 200 "$NPM/-/ping"
is ping "$(cat "$T/body")" '{}'
get 200 "$NPM/-/ping?write=true"
get 200 "$NPM/"
get 200 "$NPM"
get 401 "$NPM/-/whoami"
has "$T/body" '{"error":'
get 404 "$NPM/-/npm/v1/keys"
get 404 -X POST -d '{"p":["1.0.0"]}' "$NPM/-/npm/v1/security/advisories/bulk"
has "$T/body" '{"error":"this mirror carries no security advisories"}'
get 404 -X POST -d '{}' "$NPM/-/npm/v1/security/audits/quick"
get 404 "$NPM/-/npm/v1/attestations/p@1.0.0"
get 404 "$NPM/-/nothing"
get 404 "$URL/nothing"
get 404 "$URL/npmx/p"

say "malformed requests"
raw() { # TEXT: the status of the answer to it
	python3 - "${URL##*:}" "$1" <<-'PY'
		import socket, sys
		s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
		s.settimeout(5)
		s.sendall(sys.argv[2].encode().decode("unicode_escape").encode("latin1"))
		print(s.recv(4096).split(b" ")[1].decode())
	PY
}
is "no Host" "$(raw 'GET /npm/p HTTP/1.1\r\n\r\n')" 400
is "a Host of tags" "$(raw 'GET /npm/p HTTP/1.1\r\nHost: <b>\r\n\r\n')" 400
is "HTTP/1.0" "$(raw 'GET /npm/-/ping HTTP/1.0\r\n\r\n')" 200
is "an absolute URI" "$(raw 'GET http://x/npm/p HTTP/1.1\r\nHost: x\r\n\r\n')" 200
is NUL "$(raw 'GET /npm/p%00q HTTP/1.1\r\nHost: x\r\n\r\n')" 400
long=$(printf 'a%.0s' $(seq 3000))
is "a long name" "$(raw "GET /npm/$long HTTP/1.1\r\nHost: x\r\n\r\n")" 404
is OPTIONS "$(raw 'OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n')" 405
get 200 "$NPM/p"
stop
