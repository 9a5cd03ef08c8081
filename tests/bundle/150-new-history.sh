#!/bin/bash
# A near store that was restored from a backup has another history than its sites
# were given.  With their operators' yes they take it, lose nothing, and receipts
# count again; without it, it stays a fork: a thief looks the same.
. "$(dirname "$0")/lib.sh"
pair
# Permissions of an upstream, as they were at SECONDS; when those are that far has.
access() { # SECONDS [OPTION]
	"$FERRY_BUILD/tests/tools/put_access" near ghes "$TOP/tests/data/access/octo.jsonl" \
	    --generation="$1" --taken="$1" "${@:2}"
}
taken() { far --json status | jq '.permissions[0].taken_at'; }
now=$(date +%s)
# The receipt of far goes to near, which ends with STATUS.
receipt() { # STATUS
	far receipt >receipt.txt
	expect "$1" near receipt add receipt.txt
}
fill near 0 3
access $((now - 300))
near export --to medium >/dev/null
expect 0 far import medium --no-receipt
receipt 0
shared=$(near --json status | jq .records)
expect 0 near backup saved

say "after the backup near goes on, and far follows; then near is lost"
fill near 10 2
access $((now - 200)) --without=package_grant
mkdir second
near export --to second --for far >/dev/null
expect 0 far import second --no-receipt
receipt 0
far list >list.before
gone=$(near --json list | jq -rs '.[0].name')
expect 0 near remove "$gone"
mkdir third
near export --to third --for far >/dev/null
expect 0 far import third --no-receipt
receipt 0
here=$(far --json status | jq '.origins[0].record.seq')
mv near lost
expect 0 store saved backup near
expect 0 near verify

say "its receipts and bundles are of another history, and the ways out are named"
far receipt >receipt.txt
expect 26 near receipt add receipt.txt
has err "restored from a backup" "ferry export --to DIR" "ferry import --new-history near"
fill near 20 1
fill near 0 1 # what upstream still has, pulled again: no news
mkdir full
near export --to full >/dev/null
expect 26 far import full --no-receipt
has err "--new-history near" "key may be in other hands"
fill near 30 4
mkdir full2 some
near export --to full2 >/dev/null
[ "$(near --json status | jq .records)" -gt "$here" ] || fail "not past where far is"
expect 26 far import full2 --no-receipt
has err "--new-history near"
expect 26 far import --dry-run full2
[ "$(far --json status | jq '.origins[0].record.seq')" = "$here" ] || fail "something changed"

say "no yes for another origin, and none for whoever is not known"
expect 1 far import --new-history nobody full2
has err "no trusted key speaks for an origin 'nobody'"
expect 26 far import --new-history far full2
near export --to some --since $((here - 1)) >/dev/null
expect 26 far import --new-history near some
has err "bring a full bundle"

say "with the yes it is taken: first as a plan"
expect 0 far import --dry-run --new-history near full2
has out "would take as a new history records 1 to"
[ "$(far --json status | jq '.origins[0].record.seq')" = "$here" ] || fail "the plan changed something"
cp -r far far.before
[ "$(taken)" = $((now - 200)) ] || fail "not the permissions of the old history"
expect 0 far import --new-history near full2 --no-receipt
has out "a new history of near, from record 1 on; nothing went that is here"
has err "the permissions of upstream 'ghes' are newer here"
has out "3 records stayed" # two versions, and permissions
[ "$(taken)" = $((now - 200)) ] || fail "older permissions count again"
expect 0 far verify

say "nothing is lost: what only the old history had is here, and what is removed stays so"
far list >list.after
while read -r line; do
	has list.after "${line%% *}"
done <list.before
near --json list | jq -r .name | while read -r name; do has list.after "$name"; done
[ "$(far --json status | jq .removed)" = 2 ] || fail "what was removed came back"
expect 0 far status
has out "new history since" "from record 1 on; the one before had come to $here"
far --json status | jq -e '.origins[0].record.anew_before == '"$here" >/dev/null || fail "not in JSON"

say "receipts count, exports go on from them, and the yes is asked no more"
receipt 0
fill near 40 1
access $((now - 100)) --without=package_grant
mkdir next
near export --to next --for far >/dev/null
expect 0 far import next --no-receipt
receipt 0
[ "$(far --json status | jq '.origins[0].record.seq')" = "$(near --json status | jq .records)" ] ||
    fail "far is not where near is"
[ "$(taken)" = $((now - 100)) ] || fail "newer permissions do not count"
expect 0 far status
has out "new history since"

say "the old history is the fork now"
fill lost 50 5
mkdir old
store lost export --to old >/dev/null
expect 26 far import old --no-receipt
expect 25 far import medium --no-receipt

say "a bundle from where both still agree is not enough: it does not say again what the old one changed"
mv far far.full
cp -r far.before far
mkdir part
near export --to part --since "$shared" >/dev/null
expect 26 far import part --no-receipt
expect 26 far import --new-history near part --no-receipt
has err "a new history is taken from its beginning"

say "nothing that is here goes, nothing that is closed opens, and the old history on the same medium is not taken back"
rm -rf both
mkdir both
cp "$(ls disc/*.tar 2>/dev/null | head -1)" both 2>/dev/null || true
near export --to both >/dev/null
far list --versions >before.txt
for i in 1 2; do
	far import --new-history near both --no-receipt >out 2>err || [ $? = 26 ] || fail "$(cat err)"
	[ "$(far --json status | jq '.origins[0].record.seq')" = "$(near --json status | jq .records)" ] ||
	    fail "the old history is back: $(cat out err)"
done
far list --versions | sort >after.txt
sort before.txt | comm -23 - after.txt >gone.txt
[ ! -s gone.txt ] || fail "gone: $(cat gone.txt)"

say "killed while it is taken: the same command completes it, another bundle waits"
fill near 100 1500 200
mkdir large
near export --to large >/dev/null
for i in 1 2 3 4 5 6; do
	rm -rf far
	cp -r far.before far
	"$FERRY" --store far import --new-history near large --no-receipt >/dev/null 2>&1 &
	import=$!
	sleep "0.$((i * 7 + 10))"
	kill -9 $import 2>/dev/null || true
	wait $import 2>/dev/null || true
	expect 0 far verify
	[ "$(far --json status | jq '.origins[0].record.seq')" != "$here" ] ||
	    expect 26 far import large --no-receipt
	expect 0 far import --new-history near large --no-receipt
	[ "$(far --json status | jq '.origins[0].record.seq')" = "$(near --json status | jq .records)" ] ||
	    fail "not complete"
done
expect 0 far verify
receipt 0
