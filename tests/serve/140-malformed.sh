#!/bin/bash
# Requests that are malformed, ambiguous or too large get a status at once,
# whatever the library would make of them; what is sound before them is answered.
. "$(dirname "$0")/lib.sh"

make_version p 1.0.0
put p 1.0.0 1.0.0
serve
cat >"$T/raw.py" <<'P'
# raw.py PORT: a request with escapes on stdin; the statuses of what comes back
# until the server closes.
import re, socket, sys
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
s.settimeout(10)
data = b""
s.sendall(sys.stdin.read().encode().decode("unicode_escape").encode("latin1"))
while block := s.recv(65536):
    data += block
print(*(m.decode() for m in re.findall(rb"HTTP/1\.1 (\d+)", data)))
P
# raw WANT TEXT: the statuses.
raw() {
	local got
	got=$(printf %s "$2" | python3 "$T/raw.py" "${URL##*:}")
	[ "$got" = "$1" ] || fail "'$got' instead of $1: ${2:0:100}"
}
head='GET /npm/p HTTP/1.1\r\nHost: x\r\n'
chunked="${head}Transfer-Encoding: chunked\r\n"
bye="${head}Connection: close\r\n\r\n"

say "what can be read in two ways"
raw 400 "${head}X : y\r\n\r\n$bye"
raw 400 "${head}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n$bye"
raw 400 "${chunked}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n$bye"
raw 400 "${chunked}Transfer-Encoding: identity\r\n\r\n0\r\n\r\n$bye"
raw 400 "${head}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n$bye"
raw 400 "${chunked}\r\n3;a\nabc\r\n0\r\n\r\n$bye"
raw 400 "${chunked}\r\n3\nabc\r\n0\r\n\r\n$bye"
raw 400 "${head}X: a\0b\r\n\r\n$bye"
raw 400 'GET /npm/p\0 HTTP/1.1\r\nHost: x\r\n\r\n'
raw 400 "${head}X: a\r\n b\r\n\r\n$bye"
raw 400 "${head}X: a\r\n\tb\r\n\r\n$bye"
raw 400 "${head}X: a\rb\r\n\r\n$bye"
raw 400 "${head}X: a\nY: b\r\n\r\n$bye"
raw 400 "${head}Content-Length: 3, 3\r\n\r\nabc$bye"
raw 400 "${head}Content-Length: -3\r\n\r\nabc$bye"
raw 400 "${head}Content-Length: 00000000000000000000000000000003\r\n\r\nabc$bye"

say "what is sound in front of it is answered"
raw '200 400' "$head\r\n${head}X : y\r\n\r\n"
raw '405 200 400' "POST /npm/p HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc$head\r\n${head}Host: y\r\n\r\n"
raw '405 200' "POST /npm/p HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n0\r\nX: y\r\n\r\n$bye"

say "a TLS greeting, also with a line's end in it"
raw 400 '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n\r\nabc def'
raw 400 "\\x16\\x03\\x01\\x02\\x00$(printf 'a%.0s' $(seq 500))"
code=0
curl -sk -m 5 "https://${URL#http://}/npm/p" >/dev/null 2>&1 || code=$?
is "curl --tls" $code 35

say "sizes: an answer at each of them"
cat >"$T/sizes.py" <<'P'
import socket, sys
port, seen = int(sys.argv[1]), set()
def ask(text):
    s = socket.create_connection(("127.0.0.1", port))
    s.settimeout(10)
    s.sendall(text)
    got = s.recv(4096)
    s.close()
    return got[9:12].decode()
end = b" HTTP/1.1\r\nHost: x\r\n"
for n in list(range(50, 20000, 61)) + list(range(7900, 8100, 3)) + [16300]:
    for kind, text in (("uri", b"GET /npm/" + b"a" * n + end + b"\r\n"),
            ("head", b"GET /npm/p" + end + b"X: " + b"a" * n + b"\r\n\r\n"),
            ("scopes", b"GET /v2/token?" + b"&".join([b"scope=repository:octo/svc:pull"] * (n // 31 + 1)) + end + b"\r\n"),
            ("fields", b"GET /npm/p?" + b"&a" * (n // 2) + end + b"\r\n"),
            ("headers", b"GET /npm/p" + end + b"A: b\r\n" * (n // 6) + b"\r\n")):
        got = ask(text)
        assert got in ("200", "404", "414", "431"), (kind, n, got)
        seen.add((kind, got))
assert ("scopes", "200") in seen and ("uri", "414") in seen, seen
assert ("head", "431") in seen and ("headers", "431") in seen, seen
P
python3 "$T/sizes.py" "${URL##*:}" || fail "a size without an answer"
scopes=$(printf 'scope=repository:octo/svc:pull&%.0s' $(seq 180))
get 200 "$URL/v2/token?$scopes"

say "doubled slashes are one"
for path in //npm//p /npm///p/-/p-1.0.0.tgz /npm//-//ping //healthz ///npm/; do
	get 200 --path-as-is "$URL$path"
done
get 200 --path-as-is "$URL//v2/token"
get 400 --path-as-is "$URL/v2/org//app/manifests/1.0"
get 200 "$NPM/p"
stop

say "under TLS, too"
certificate here.example
printf 'serve = { tls_certificate = "%s/cert.pem"; tls_key = "%s/key.pem"; };\n' "$T" "$T" >"$T/ferry.conf"
serve --config "$T/ferry.conf"
cat >"$T/tls.py" <<'P'
import socket, ssl, sys
def ask(text):
    c = ssl.create_default_context(cafile=sys.argv[2])
    s = c.wrap_socket(socket.create_connection(("127.0.0.1", int(sys.argv[1]))), server_hostname="here.example")
    s.settimeout(10)
    s.sendall(text)
    return s.recv(4096)[9:12].decode()
head = b"GET /npm/p HTTP/1.1\r\nHost: x\r\n"
print(ask(head + b"\r\n"), ask(head + b"X : y\r\n\r\n"), ask(head + b" y\r\n\r\n"),
    ask(b"GET /" + b"a" * 16300 + b" HTTP/1.1\r\n"))
P
is "over TLS" "$(python3 "$T/tls.py" "${URL##*:}" "$T/cert.pem")" '200 400 400 414'

say "TLS 1.2 and 1.3 alone"
HTTPS=https://${URL#http://}
for version in 1.0 1.1; do
	code=0
	curl -s -m 5 --cacert "$T/cert.pem" --tls-max $version --tlsv1.0 "$HTTPS/npm/p" \
	    --ciphers DEFAULT@SECLEVEL=0 >/dev/null 2>&1 || code=$?
	is "TLS $version" $code 35
done
for version in 1.2 1.3; do
	get 200 --cacert "$T/cert.pem" --tlsv$version --tls-max $version "$HTTPS/npm/p"
done
stop
