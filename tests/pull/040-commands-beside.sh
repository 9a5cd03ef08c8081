#!/bin/bash
# sync, gc, export, remove and access apply work beside a puller that is at work,
# without anybody stopping anything; a puller waits for them in turn.
# ctest: COST 15
. "$(dirname "$0")/lib.sh"

start_faulty tree
python3 "$TOP/tests/tools/mkregistry.py" "$T/tree" "$BASE" --packages 60 \
    --versions 1 --size 20000
pull_conf "$BASE/" 'signatures = "off"; max_age = 0; packages = [ "pkg-00051" ];'
sed -i '1i access = "access.conf";' near.conf
printf 'signed_off_by = "test";\nregistries = ();\ngithub = ();\n' >access.conf
expect 0 near init --name near
mkdir disc
start_puller
start_ferryd near --config "$T/near.conf"

# Goes on asking until there is a file called done.
clients() {
	local i=0 n
	while [ ! -e done ]; do
		i=$(((i + 1) % 40))
		n=$(printf 'pkg-%05d' $i)
		curl -s -o /dev/null -w '%{http_code}\n' "$URL/npm/$n" \
		    "$URL/npm/$n/-/$n-1.0.0.tgz" -o /dev/null >>statuses || true
	done
}
say "every command gets its turn while clients ask"
clients &
client=$!
wait_for 10 test -s statuses
for _ in 1 2 3; do
	expect 0 near sync
	expect 0 near gc
done
expect 0 near export --to "$T/disc"
expect 0 near remove pkg-00051@1.0.0
expect 0 near restore pkg-00051@1.0.0
expect 0 near access apply
expect 0 near verify
: >done
wait "$client"
grep -q '^200$' statuses || fail "no client got anything"
hasnt statuses 5

say "a transfer that takes long does not keep a command waiting for long"
printf 'pkg-00055-1.0.0.tgz slow 1\n' >rules
curl -s -o slow -m 60 "$URL/npm/pkg-00055/-/pkg-00055-1.0.0.tgz" &
waiting=$!
wait_for 10 grep -q 'pkg-00055-1.0.0.tgz 200' log
expect 0 near gc
say "and what was cut short is begun anew"
wait "$waiting"
same slow tree/pkg-00055/-/pkg-00055-1.0.0.tgz
asked 2 'pkg-00055-1.0.0.tgz 200'

say "a second puller is refused"
expect 6 near pull
has err "another puller runs"

say "while a command holds the lock, what is here is served, and the rest waits"
flock near/turn flock near/lock sleep 5 &
sleep 0.5
get 200 /npm/pkg-00055/-/pkg-00055-1.0.0.tgz --max-time 2
get 200 /npm/pkg-00055 --max-time 4
has head 'Warning: 110'
get 200 /npm/pkg-00055 --max-time 1
has head 'Warning: 110'
get 200 /npm/pkg-00045/-/pkg-00045-1.0.0.tgz --max-time 30
expect 0 near verify
