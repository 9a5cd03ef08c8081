#!/bin/bash
# A large file reaches the client while it comes from the upstream.  What turns out
# to be wrong, or is cut off, ends the connection short: nobody takes it for whole.
# ctest: COST 15
. "$(dirname "$0")/lib.sh"

start_faulty tree
python3 "$TOP/tests/tools/mkregistry.py" "$T/tree" "$BASE" --packages 6 \
    --versions 1 --size 3000000
pull_conf "$BASE/" 'signatures = "off"; max_age = 3600; tries = 2;'
expect 0 near init --name near
start_puller
start_ferryd near --config "$T/near.conf"
tgz() { printf '/npm/%s/-/%s-1.0.0.tgz' "$1" "$1"; }
# at_least BYTES FILE
at_least() { [ "$(stat -c %s "$2")" -ge "$1" ]; }

say "the first part is here before the last has come, and many share it"
printf 'pkg-00001-1.0.0.tgz pause=500000:4\n' >rules
for i in 1 2 3; do
	curl -s -f -o "got$i" "$URL$(tgz pkg-00001)" &
	clients[i]=$!
done
wait_for 10 at_least 200000 got1
wait_for 10 at_least 200000 got3
expect 1 near show pkg-00001@1.0.0
for i in 1 2 3; do
	wait "${clients[i]}" || fail "client $i: $?"
	same "got$i" "tree/pkg-00001/-/pkg-00001-1.0.0.tgz"
done
asked 1 'pkg-00001-1.0.0.tgz 200'
expect 0 near show pkg-00001@1.0.0

say "so it is after little of it"
printf 'pkg-00000-1.0.0.tgz pause=150000:4\n' >rules
curl -s -f -o got "$URL$(tgz pkg-00000)" &
client=$!
wait_for 3 at_least 60000 got
expect 1 near show pkg-00000@1.0.0
wait "$client"
same got tree/pkg-00000/-/pkg-00000-1.0.0.tgz

say "HTTP/1.0, HEAD and parts wait for the whole, and have a length"
printf 'pkg-00002-1.0.0.tgz pause=500000:2\n' >rules
curl -s -f -0 -D head0 -o got0 "$URL$(tgz pkg-00002)" &
old=$!
get 206 "$(tgz pkg-00002)" -r 100-199
same body <(tail -c +101 tree/pkg-00002/-/pkg-00002-1.0.0.tgz | head -c 100)
wait "$old"
has head0 Content-Length
same got0 tree/pkg-00002/-/pkg-00002-1.0.0.tgz

say "wrong bytes: the connection breaks, and the next try starts anew"
printf 'pkg-00003-1.0.0.tgz flip 1\n' >rules
got=0
curl -s -f -o got "$URL$(tgz pkg-00003)" || got=$?
[ "$got" != 0 ] || fail "wrong bytes ended like right ones"
get 200 "$(tgz pkg-00003)"
same body tree/pkg-00003/-/pkg-00003-1.0.0.tgz

say "the puller is killed in the middle: the connection breaks"
printf 'pkg-00004-1.0.0.tgz pause=500000:9\n' >rules
curl -s -f -o got "$URL$(tgz pkg-00004)" &
client=$!
wait_for 10 at_least 200000 got
kill -9 "$PULLER"
got=0
wait "$client" || got=$?
[ "$got" != 0 ] || fail "a part ended like the whole"
wait "$PULLER" 2>/dev/null || true
rm near/pull.sock
start_puller
get 200 "$(tgz pkg-00004)"
same body tree/pkg-00004/-/pkg-00004-1.0.0.tgz

say "a client that leaves in the middle ends nothing; ferryd that ends, ends it"
printf 'pkg-00005-1.0.0.tgz pause=500000:3\n' >rules
curl -s -o gone "$URL$(tgz pkg-00005)" &
client=$!
wait_for 10 at_least 200000 gone
curl -s -f -o got "$URL$(tgz pkg-00005)" &
other=$!
wait_for 10 at_least 200000 got
kill "$client"
kill "$LASTPID"
wait "$LASTPID" || fail "ferryd ended with $?"
got=0
wait "$other" || got=$?
[ "$got" != 0 ] || fail "a part ended like the whole"
wait_for 20 near show pkg-00005@1.0.0
expect 0 near verify
