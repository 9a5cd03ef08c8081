#!/bin/bash
# Two trips from a real registry: everything, then a week's changes; with
# receipts, a medium that cannot be written, and the upstream unplugged.
. "$(dirname "$0")/../lib.sh"
start_verdaccio
verdaccio=${PIDS[-1]}
cd "$T"
publish base 1.0.0 '' 200000
publish base 1.1.0 '' 200000
publish @s/user 1.0.0 ',"dependencies":{"base":"^1.0.0"}'
mkdir project
cat >project/package.json <<-EOF
	{"name":"project","version":"1.0.0","dependencies":{"@s/user":"^1.0.0","other":"npm:base@1.0.0"}}
EOF
(cd project && isolated_npm install --package-lock-only --registry "$UPSTREAM" >/dev/null 2>&1)
grep -q resolved project/package-lock.json || fail "the lock file should name the upstream"
near_conf "$UPSTREAM" 'lockfiles = [ "project/package-lock.json" ]; packages = [ "base" ];'

say "week one: everything crosses on a medium that is read-only at the far side"
expect 0 near init --name near
expect 0 near sync
expect 0 near key export near.pub
mkdir disc1 disc2
expect 0 near export --to disc1
expect 0 "$FERRY" --store far init --name far
expect 21 "$FERRY" --store far import disc1
has err "trust"
expect 0 "$FERRY" --store far trust add near.pub
readonly_disc=$T/disc1
if mkdir ro && mount --bind disc1 ro 2>/dev/null && mount -o remount,bind,ro ro 2>/dev/null; then
	readonly_disc=$T/ro
	trap 'umount "$T/ro" 2>/dev/null || :; finish' EXIT
else
	say "no bind mount here: the folder is only marked as read-only"
	chmod -R a-w disc1
fi
expect 0 "$FERRY" --store far import "$readonly_disc"
expect 0 "$FERRY" --store far verify
expect 0 "$FERRY" --store far receipt --to .
has ferry-receipt-far-near.txt '"format":"ferry-receipt"'

say "the project installs at the far side, upstream unplugged"
start_ferryd far
: >"$T/unplugged"
install() {
	rm -rf project/node_modules npm-cache
	(cd project && isolated_npm "$@" --registry "$URL/npm/" --replace-registry-host=always >../npm.log 2>&1) || {
		cat npm.log >&2
		fail "npm $*"
	}
}
kill -STOP "$verdaccio"
install ci
[ "$(node -p 'require("./project/node_modules/other/package.json").version')" = 1.0.0 ]
kill -CONT "$verdaccio"

say "week two: a receipt, and only what is new travels"
publish base 1.2.0 '' 200000
expect 0 "$FERRY" --store far key export far.pub
expect 0 near trust add far.pub --name far --only receipts
expect 0 near receipt add ferry-receipt-far-near.txt
expect 0 near sync
has out "1 version pulled"
expect 0 near --json export --to disc2 --for far
week=$(du -sb disc2 | cut -f1)
all=$(du -sb disc1 | cut -f1)
[ "$week" -lt $((all * 2 / 3)) ] || fail "week two has $week bytes of $all"
expect 0 "$FERRY" --store far import disc2
say "a running ferryd shows it within a second"
wait_for 2 curl -sf -o /dev/null "$URL/npm/base/1.2.0"
kill -STOP "$verdaccio"
rm project/package-lock.json
install install
(cd project && isolated_npm view base version --registry "$URL/npm/") >v
has v 1.2.0
kill -CONT "$verdaccio"

say "what was removed at the origin is gone at the site, and comes back"
expect 0 near remove base@1.0.0
expect 0 "$FERRY" --store far receipt --to .
expect 0 near receipt add ferry-receipt-far-near.txt
mkdir disc3 disc4
expect 0 near export --to disc3 --for far
expect 0 "$FERRY" --store far import disc3
wait_for 2 bash -c "! curl -sf -o /dev/null $URL/npm/base/1.0.0"
expect 0 near restore base@1.0.0
expect 0 near export --to disc4 --for far
expect 0 "$FERRY" --store far import disc4
wait_for 2 curl -sf -o /dev/null "$URL/npm/base/1.0.0"
expect 0 "$FERRY" --store far verify
expect 0 near verify
