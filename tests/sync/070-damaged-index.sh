#!/bin/bash
# An index with a table or a manifest cut short is never taken for a smaller
# one: every command says so or answers as before, and gc takes no file.
. "$(dirname "$0")/../lib.sh"
cd "$T"
start_faulty tree
python3 "$TOP/tests/tools/mkregistry.py" tree "$BASE" --packages 9 --versions 2 --size 90000
near_conf "$BASE" "select = ( $(cd tree && for p in pkg-*; do
	printf '%s{ name = "%s"; }' "${comma:-}" "$p" && comma=,
done) );"
expect 0 near init --name near
expect 0 near sync
# Opening for writing moves the log into tables.
expect 0 near gc
expect 0 near gc
near --json list >good.list
blobs=$(find near/blobs -type f | wc -l)
tables=0 noticed=0
for file in near/index/*.sst near/index/MANIFEST-*; do
	tables=$((tables + 1))
	rm -rf hurt
	cp -r near hurt
	truncate -s $(($(stat -c %s "$file") / 2)) "hurt/index/$(basename "$file")"
	bad=0
	for command in list verify status 'gc --dry-run' gc; do
		status=0
		# shellcheck disable=SC2086
		"$FERRY" --json --store hurt $command >out 2>err || status=$?
		[ $status -lt 128 ] || fail "$command died of a signal on $file"
		[ $status -eq 0 ] || bad=1
		[ "$command $status" != 'list 0' ] || same out good.list
	done
	noticed=$((noticed + bad))
	[ "$(find hurt/blobs -type f | wc -l)" = "$blobs" ] || fail "gc took files after damage to $file"
done
say "$noticed of $tables damaged files were noticed"
[ $noticed -gt 0 ] || fail "nothing was noticed"
