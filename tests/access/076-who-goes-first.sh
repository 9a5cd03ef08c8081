#!/bin/bash
# Two origins whose upstreams have other names, and packages, hosts and keys of
# the same: whoever came first decides, whatever the upstreams are called.
. "$(dirname "$0")/lib.sh"
cd "$T"

# origin NAME UPSTREAM VERSION: a store that has left@VERSION, and a bundle of it.
origin() {
	"$FERRY" init --store "$1" --name "$1" >/dev/null
	STORE=$T/$1
	make_version left "$3"
	OWNER=$2 put left "$3" "$3"
	"$FERRY" --store "$1" key export "$1.pub"
	mkdir "m$1"
	"$FERRY" --store "$1" export --to "m$1" >/dev/null 2>&1
}
origin first zzz 1.0.0
origin second aaa 9.9.9
"$FERRY" init --store far --name far >/dev/null
for o in first second; do "$FERRY" --store far trust add $o.pub >/dev/null; done
"$FERRY" --store far import mfirst >/dev/null
start_ferryd far
latest() { curl -s "$URL/npm/left" | jq -r '."dist-tags".latest'; }
[ "$(latest)" = 1.0.0 ] || fail "$(latest)"

say "what comes later takes no name over"
"$FERRY" --store far import msecond >/dev/null
both() { [ "$("$FERRY" --store far list 2>/dev/null | grep -c left)" = 2 ]; }
wait_for 5 both
sleep 1.5
[ "$(latest)" = 1.0.0 ] || fail "$(latest)"

say "until somebody prefers it, also on a running server"
expect 2 "$FERRY" --store far access prefer
expect 1 "$FERRY" --store far access prefer nobody
has err "the store has no upstream 'nobody'"
expect 0 "$FERRY" --store far access prefer aaa
is_latest() { [ "$(latest)" = "$1" ]; }
wait_for 5 is_latest 9.9.9
expect 0 "$FERRY" --store far access prefer zzz aaa
wait_for 5 is_latest 1.0.0
expect 0 "$FERRY" --store far verify
