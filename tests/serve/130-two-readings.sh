#!/bin/bash
# Requests that a proxy could read otherwise: 400, and the connection ends.
. "$(dirname "$0")/lib.sh"

make_version p 1.0.0
put p 1.0.0 1.0.0
serve
# answers HEADERS BODY: the statuses of what comes back, until the end.
answers() {
	python3 - "${URL##*:}" "$1" "$2" <<'P'
import re, socket, sys
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
s.settimeout(5)
s.sendall(("GET /npm/p HTTP/1.1\r\n" + sys.argv[2] + "\r\n" + sys.argv[3]).encode().decode("unicode_escape").encode())
data = b""
while block := s.recv(65536):
    data += block
print(*re.findall(rb"HTTP/1\.1 (\d+)".decode(), data.decode()))
P
}
second='GET /npm/p HTTP/1.1\r\nHost: x\r\n\r\n'
is "two hosts" "$(answers 'Host: x\r\nHost: y\r\n' "\r\n$second")" 400
is "two lengths" "$(answers 'Host: x\r\nContent-Length: 0\r\nContent-Length: 36\r\n' "\r\n$second")" 400
is "length and chunks" "$(answers 'Host: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n' "\r\n0\r\n\r\n$second")" 400
get 200 "$NPM/p"
stop
