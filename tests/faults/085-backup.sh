#!/bin/bash
# 'ferry backup' copies a store that others write to: each backup that it makes is
# sound, a kill leaves the one before, and what is there is not copied again.
# ctest: COST 20
. "$(dirname "$0")/../bundle/lib.sh"

start_faulty tree
python3 "$TOP/tests/tools/mkregistry.py" tree "$BASE" --packages 60 --versions 3 --size 60000
near_conf "$BASE" "select = ( $(cd tree && for p in pkg-* @load/*; do
	printf '%s{ name = "%s"; }' "${comma:-}" "$p" && comma=,
done) );"
near() { "$FERRY" --config "$T/near.conf" --store near "$@"; }
# sound DIR: it is a store with every blob, and no more than that.
sound() {
	expect 0 store "$1" verify
	[ -z "$(find "$1" -name '*.sock' -o -name turn -o -name reserve -o -name index.new)" ] ||
	    fail "something of a running store is in $1"
	[ -z "$(ls -A "$1/tmp")" ] || fail "temporary files in $1"
}
# value NAME FILE: of the result.
value() { jq -r "select(.event == \"result\") | .$1" "$2"; }
id() { jq -r .id "$1/ferry.json"; }

say "an empty store, and what is no place for a backup"
pair
expect 0 near backup kept
sound kept
expect 2 near backup near
has err "is the store, or in it"
expect 2 near backup near/tmp/x
rmdir near/tmp/x
mkdir other && touch other/file
expect 1 near backup other
has err "is not empty, and no backup"
expect 1 near backup far
has err "is a store of its own"
expect 0 store far backup kept.far
expect 1 near backup kept.far
has err "is a backup of the store 'far'"
expect 2 near backup
expect 7 "$FERRY" --store nowhere backup kept.nowhere
[ ! -e kept.nowhere ] || fail "a folder for nothing"

say "backups in a loop while a sync runs, each sound by itself"
printf '.tgz pause=1000:2 60\n' >rules
near sync >sync.out 2>&1 &
sync=$!
PIDS+=("$sync")
rounds=0 seen=0
while kill -0 $sync 2>/dev/null; do
	expect 0 near --json backup kept
	records=$(value records "$T/out")
	[ "$records" -ge $seen ] || fail "the backup went back from $seen to $records"
	[ "$records" = $seen ] || rounds=$((rounds + 1))
	seen=$records
	sound kept
done
wait $sync || fail "the sync: $(cat sync.out)"
say "$rounds different backups"
[ $rounds -ge 3 ] || fail "too few"
expect 0 near backup kept
near list >list.near
store kept list >list.kept
same list.near list.kept
expect 0 store kept status
has out "backup       of near, made "
store kept --json status | jq -e '.backup.at > 0' >/dev/null || fail "status does not tell"
near --json status | jq -e '.backup == null' >/dev/null || fail "the store is no backup"
[ "$(id kept)" = "$(id near)" ] || fail "another store"

say "nothing is brought twice, and links are what they are called"
expect 0 near --json backup kept
[ "$(value linked out) $(value copied out) $(value removed out)" = "0 0 0" ] || fail "$(cat out)"
blob=$(find near/blobs -type f -print -quit)
[ "$blob" -ef "kept/${blob#near/}" ] || fail "no link"

say "without links: copies, and of those too only what is new"
if [ -w /dev/shm ] && [ "$(stat -c %d /dev/shm)" != "$(stat -c %d near)" ]; then
	away=$(mktemp -d /dev/shm/ferry-test-XXXXXX)
	trap 'ended=$?; set +e; rm -rf "$away"; (exit $ended); finish' EXIT
	expect 0 near --json backup "$away"
	[ "$(value linked out)" = 0 ] && [ "$(value copied out)" -gt 100 ] || fail "$(cat out)"
	sound "$away"
	expect 0 near --json backup "$away"
	[ "$(value copied out)" = 0 ] || fail "copied again: $(cat out)"
	fill near 900 2
	expect 0 near --json backup "$away"
	[ "$(value copied out)" -ge 4 ] && [ "$(value copied out)" -lt 12 ] || fail "$(cat out)"
	sound "$away"
	rm -rf "$away"
else
	echo "SKIP: no second file system here"
fi

say "beside remove and gc"
(
	for p in $(near --json list | jq -r '.name // empty' | sort -u | head -30); do
		near remove "$p" >/dev/null
		near gc --grace 0 >/dev/null
	done
) >gc.out 2>&1 &
gc=$!
PIDS+=("$gc")
while kill -0 $gc 2>/dev/null; do
	expect 0 near backup kept
	sound kept
done
wait $gc || fail "$(cat gc.out)"
expect 0 near --json backup kept
sound kept
near list >list.near
store kept list >list.kept
same list.near list.kept
[ "$(cd near/blobs && find . -type f | wc -l)" = "$(cd kept/blobs && find . -type f | wc -l)" ] ||
    fail "blobs that nothing names are in the backup"

say "killed at any instant: the last one, or the new one"
expect 0 store kept list
kills=${KILLS:-25}
for i in $(seq "$kills"); do
	fill near $((1000 + i)) 1
	"$FERRY" --store near backup kept >/dev/null 2>&1 & # no shell between
	backup=$!
	sleep "0.$(printf '%03d' $((RANDOM % 60)))"
	kill -9 $backup 2>/dev/null || true
	wait $backup 2>/dev/null || true
	expect 0 store kept verify
	n=$(store kept --json status | jq .records)
	[ "$n" -ge "${before:-0}" ] || fail "the backup went back"
	before=$n
done
expect 0 near backup kept
sound kept
near list >list.near
store kept list >list.kept
same list.near list.kept

say "a first one that is killed is no store, and goes on"
for i in 1 2 3 4 5; do
	"$FERRY" --store near backup first >/dev/null 2>&1 &
	backup=$!
	sleep "0.0$((RANDOM % 40 + 10))"
	kill -9 $backup 2>/dev/null || true
	wait $backup 2>/dev/null || true
	[ ! -e first/ferry.json ] || expect 0 store first verify
done
expect 0 near backup first
sound first

say "keys and tokens are in it, for the same eyes"
near token create --service watch --scopes read:metrics >/dev/null
expect 0 near backup kept
for f in keys tokens; do
	diff -r near/$f kept/$f || fail "$f differ"
	[ "$(stat -c %a near/$f)" = "$(stat -c %a kept/$f)" ] || fail "the mode of $f"
done
[ "$(stat -c %a near/keys/*.pem)" = "$(stat -c %a kept/keys/*.pem)" ] || fail "the mode of a key"
near token list --json | jq -r '.id // empty' | while read -r t; do near token revoke "$t" >/dev/null; done
expect 0 near backup kept
diff -r near/tokens kept/tokens || fail "a revoked token is still in it"

say "it is served, with the same bytes; ferryd sees a new backup when it is started anew"
package=$(near --json list | jq -rs '[.[] | select(.owner == "up" and .versions != [])][-1].name')
start_ferryd kept
curl -sf "$URL/npm/$package" >doc.kept
start_ferryd near
curl -sf "$URL/npm/$package" | sed "s#$URL#URL#g" >doc.near
has doc.near '"dist"'
kept=http://$(grep -o '127.0.0.1:[0-9]*' doc.kept | head -1)
sed "s#$kept#URL#g" doc.kept >doc.kept2
same doc.near doc.kept2
expect 0 near remove "$package"
expect 0 near backup kept
curl -sf "$kept/npm/$package" >doc.kept3
same doc.kept doc.kept3
start_ferryd kept
[ "$(curl -s -o /dev/null -w '%{http_code}' "$URL/npm/$package")" = 404 ] ||
    fail "what was removed is still served"

say "bundles are exported from it, and a site takes them for its origin's"
expect 0 store kept export --to medium
expect 0 far import medium --no-receipt
near list >list.near
far list >list.far
same list.near list.far

say "written to, it is a store of its own"
expect 1 near backup kept
has err "is a store of its own"

say "restored into another folder"
expect 0 near backup second
expect 0 store second backup again
sound again
expect 0 store again gc
expect 0 store again verify
[ ! -e again/backup.json ] || fail "a store that is written to says that it is a backup"
expect 0 store second verify
expect 0 near verify

say "what is gone in the store is said"
blob=$(find near/blobs -type f -print -quit)
expect 0 near backup third
rm "$blob"
expect 0 near backup third
expect 4 near backup fourth
has out "gone in the store itself: 1 blob"
expect 5 store fourth verify
expect 0 store third verify

say "an older store does not take the place of a newer backup"
rm -rf first second restored
cp "third/${blob#near/}" "$blob"
expect 0 near backup first
expect 0 near remove pkg-00050
expect 0 near backup second
expect 0 store first backup restored
expect 26 store restored backup second
has err "does not have" "--replace"
expect 0 store second verify
expect 0 store restored remove pkg-00051
expect 26 store restored backup second
has err "does not have"
expect 0 store restored backup --replace second
sound second
expect 0 store restored backup second
expect 0 near backup first
sound first

say "a blob that rotted in a backup: verify says so, and it stays a backup"
file=$(find first/blobs -type f -size +20k -print -quit)
cp --remove-destination "$file" "$T/rotten"
printf x | dd of="$T/rotten" bs=1 seek=100 conv=notrunc status=none
cp --remove-destination "$T/rotten" "$file"
expect 5 store first verify
has err "this is a backup"
rm "$file"
expect 0 near backup first
sound first
