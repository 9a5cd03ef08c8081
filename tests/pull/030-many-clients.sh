#!/bin/bash
# A thousand clients that ask for the same at once cost one transfer; those who
# ask for what is here do not wait for them; who leaves ends nothing.
# ctest: COST 15
. "$(dirname "$0")/lib.sh"

start_faulty tree
python3 "$TOP/tests/tools/mkregistry.py" "$T/tree" "$BASE" --packages 4 \
    --versions 1 --size 3000000
PULL_SERVE='connections_per_address = 2000; pull_wait = 30;'
pull_conf "$BASE/" 'signatures = "off"; max_age = 3600;'
expect 0 near init --name near
start_puller
start_ferryd near --config "$T/near.conf"
get 200 /npm/pkg-00003/-/pkg-00003-1.0.0.tgz
: >log

# crowd N PATH: N clients at once; their statuses and digests in $T/crowd.
cat >crowd.py <<-'END'
	import asyncio, hashlib, sys, urllib.parse
	url = urllib.parse.urlparse(sys.argv[2])
	async def one():
	    r, w = await asyncio.open_connection(url.hostname, url.port)
	    w.write(f"GET {url.path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
	    data = await r.read()
	    w.close()
	    head, _, body = data.partition(b"\r\n\r\n")
	    if b"chunked" in head:
	        rest, body = body, b""
	        while not body or size:
	            size, _, rest = rest.partition(b"\r\n")
	            size = int(size, 16)
	            body, rest = body + rest[:size], rest[size + 2:]
	    return head.split(b" ")[1].decode() + " " + hashlib.sha256(body).hexdigest()
	async def all():
	    for line in await asyncio.gather(*(one() for _ in range(int(sys.argv[1])))):
	        print(line)
	asyncio.run(all())
END

say "1,000 clients, one file that comes late: one transfer, and hits meanwhile"
printf 'pkg-00001 status=503 1\n' >rules
python3 crowd.py 1000 "$URL/npm/pkg-00001/-/pkg-00001-1.0.0.tgz" >crowd &
crowd=$!
for _ in 1 2 3 4 5; do
	get 200 /npm/pkg-00003/-/pkg-00003-1.0.0.tgz --max-time 2
done
wait "$crowd"
sha=$(sha256sum tree/pkg-00001/-/pkg-00001-1.0.0.tgz | cut -d' ' -f1)
[ "$(sort -u crowd)" = "200 $sha" ] || fail "$(sort crowd | uniq -c)"
asked 1 'pkg-00001-1.0.0.tgz 200'

say "a client that leaves does not end the transfer"
printf 'pkg-00002/packument status=503 1\npkg-00002 status=503 1\n' >rules
curl -s -m 0.3 "$URL/npm/pkg-00002/-/pkg-00002-1.0.0.tgz" >/dev/null || true
wait_for 20 near show pkg-00002@1.0.0
get 200 /npm/pkg-00002/-/pkg-00002-1.0.0.tgz
asked 1 'pkg-00002-1.0.0.tgz 200'

say "ferryd ends while clients wait"
printf 'pkg-00000 slow 99\n' >rules
curl -s -m 20 "$URL/npm/pkg-00000" >/dev/null &
waiting=$!
sleep 0.5
kill "$LASTPID"
wait "$LASTPID" || fail "ferryd ended with $?"
wait "$waiting" || true
expect 0 near verify
