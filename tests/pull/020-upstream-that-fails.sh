#!/bin/bash
# What the upstream does wrong is told to the client, is tried anew, and leaves
# nothing wrong behind; what is held is served meanwhile.
# ctest: COST 20
. "$(dirname "$0")/lib.sh"

start_faulty tree
python3 "$TOP/tests/tools/mkregistry.py" "$T/tree" "$BASE" --packages 9 \
    --versions 2 --size 20000
PULL_SERVE='pull_wait = 3;'
pull_conf "$BASE/" 'signatures = "off"; max_age = 0; tries = 1; pull_deny = [ "pkg-00008" ];'
expect 0 near init --name near
start_puller
start_ferryd near --config "$T/near.conf"

say "what the upstream does not have: 404, remembered for a while"
get 404 /npm/no-such
has body "neither the mirror nor its upstream has it"
get 404 /npm/no-such
asked 1 no-such
get 404 /npm/pkg-00001/-/pkg-00001-9.9.9.tgz
get 404 /npm/pkg-00001/-/pkg-00001-9.9.9.tgz
asked 1 'pkg-00001'

say "what nothing can be called is not asked for, and ends no other's wait"
printf 'pkg-00007 pause=100:1\n' >rules
curl -s -f -o waited "$URL/npm/pkg-00007" &
waiting=$!
wait_for 5 grep -q pkg-00007 log
get 404 /npm/%FF --max-time 2
get 404 /npm/pkg-00001/-/pkg-00001-%FF.tgz --max-time 2
get 404 /npm/pkg-00001/-/pkg-00001-1%FF.0.tgz --max-time 2
wait "$waiting" || fail "the wait of another ended: $?"
has waited pkg-00007
hasnt log FF

say "a document is asked for again, conditionally, when it is older than max_age"
get 200 /npm/pkg-00002
sleep 1
get 200 /npm/pkg-00002
asked 1 'pkg-00002 304|pkg-00002/packument.json 304'
get 200 /npm/pkg-00002/-/pkg-00002-1.0.0.tgz
same body tree/pkg-00002/-/pkg-00002-1.0.0.tgz

say "an upstream that errs: what is held is served, with a warning"
printf 'pkg-0000 status=500 999\n' >rules
sleep 1
get 200 /npm/pkg-00002
has head 'Warning: 110'
get 200 /npm/pkg-00002/-/pkg-00002-1.0.0.tgz
hasnt head Warning
get 502 /npm/pkg-00003
has head Retry-After

say "one that hangs: a client waits no longer than pull_wait"
printf 'pkg-00004 slow 999\npkg-00002 slow 999\n' >rules
get 504 /npm/pkg-00004
has body "still being pulled"
get 200 /npm/pkg-00002
has head 'Warning: 110'
get 200 /npm/pkg-00005

say "wrong bytes are refused, and the next try starts anew"
printf 'pkg-00006-1.0.0.tgz flip 99\n' >rules
get 403 /npm/pkg-00006/-/pkg-00006-1.0.0.tgz
has body "content is sha"
expect 1 near show pkg-00006@1.0.0
: >rules
get 200 /npm/pkg-00006/-/pkg-00006-1.0.0.tgz
same body tree/pkg-00006/-/pkg-00006-1.0.0.tgz

say "what is not allowed is not asked for, and the client hears why"
get 403 /npm/pkg-00008
has body "'pull_deny' says so"
asked 0 pkg-00008

say "without the keys of the registry nothing is pulled; with them it is"
stop "$PULLER"
printf 'npm/v1/keys status=500 999\n' >rules
pull_conf "$BASE/" 'max_age = 0; tries = 1;'
start_puller
get 502 /npm/pkg-00000
get 200 /npm/pkg-00002
: >rules
get 200 /npm/pkg-00000/-/pkg-00000-1.0.0.tgz
same body tree/pkg-00000/-/pkg-00000-1.0.0.tgz

say "what was removed is neither shown nor pulled"
expect 0 near remove pkg-00006@1.0.0
wait_for 5 sh -c "! curl -s $URL/npm/pkg-00006 | grep -q '\"1.0.0\":'"
get 403 /npm/pkg-00006/-/pkg-00006-1.0.0.tgz
has body "was removed here"
expect 0 near restore pkg-00006@1.0.0
expect 0 near verify
