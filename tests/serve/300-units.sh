#!/bin/bash
# The units leave a service what it needs: systemd's own measure says below 1.5 of
# 10.  The store's folder is not for everybody, and status says so if it is.
. "$(dirname "$0")/lib.sh"
cd "$T"
BUILD=${FERRY_BUILD:-$TOP/build/strict}
"$FERRY" init --store st --name st >/dev/null
[ "$(stat -c %a st)" = 750 ] || fail "the store's folder has mode $(stat -c %a st)"
[ "$(stat -c %a st/keys)" = 700 ] || fail "the keys' folder has mode $(stat -c %a st/keys)"
expect 0 "$FERRY" --store st status
grep -q everybody out && fail "$(cat out)"
chmod 0755 st
expect 0 "$FERRY" --store st status
has out "everybody on this machine may read it (mode 0755); 'chmod 0750 st'"

command -v systemd-analyze >/dev/null || skip "no systemd-analyze"
systemd-analyze security --help | grep -q offline || skip "systemd-analyze cannot measure files"
for unit in ferryd.service ferry-sync.service; do
	systemd-analyze security --offline=yes --threshold=15 "$BUILD/$unit" >exposure || {
		cat exposure
		fail "$unit is too open"
	}
	tail -n 1 exposure
done
