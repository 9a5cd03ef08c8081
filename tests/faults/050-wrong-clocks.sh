#!/bin/bash
# Clocks that lie: ahead, behind, without a battery, past the calendar.  Nothing
# is ordered by time; a wrong clock is noticed and said, and does no harm that
# stays.
. "$(dirname "$0")/../access/github.sh"
cd "$T"
start_github
CONF='access = "access.conf";'
github_conf 'owners = [ "octo", "lab", "uma" ]; enterprise = "acme";'
cat >access.conf <<'END'
signed_off_by = "olga";
github = ( { upstream = "gh"; packages = (
  { type = "container"; name = "octo/tool"; inherits = false; grants = (
    { team = "octo/dev"; role = "read"; } ); } ); } );
END
far() { "$FERRY" --store "$T/far" "$@"; }
today=$(date +%s)
day=86400
at() { # SECONDS COMMAND…
	local now=$1
	shift
	FERRY_NOW=$now "$@"
}
may() { # STATUS: tom reads octo/tool at far
	expect "$1" far explain --as tom --package oci:octo/tool
}
carry() { # SECONDS: near exports by that clock
	rm -rf medium
	mkdir medium
	expect 0 at "$1" near export --to medium --one-way
}
expect 0 near init --name near
expect 0 far init --name far
near key export near.pem >/dev/null
far trust add near.pem >/dev/null

say "a sync and an export by a clock that is a year ahead"
ahead=$((today + 400 * day))
expect 0 at $ahead near sync
carry $ahead
expect 0 far import medium
has err "one of both is wrong" "permissions of upstream 'gh' come from a clock that is days ahead"
may 0
expect 5 far status
has out "clock near: its newest bundle is 400 days ahead of the clock here"
expect 5 near status
has out "clock near: the last change of this store is 400 days ahead"

say "the clock is set right: the next sync and bundle heal it"
change '.orgs.octo.teams.dev.members = []'
expect 0 at "$today" near sync
has err "days before the last change of this store"
carry "$today"
expect 0 far import medium
hasnt err "wrong"
may 1
expect 0 far status
expect 0 near status

say "what was taken by a clock ahead is not young for ever"
expect 0 far access show gh
printf 'store = "%s/far"; serve = { permissions_max_age = "30d"; };\n' "$T" >serve.conf
aged() { "$FERRY" --config serve.conf explain --as tom --package oci:octo/tool; }
change '.orgs.octo.teams.dev.members = ["tom"]'
expect 0 at $ahead near sync
carry $ahead
expect 0 far import medium
expect 0 aged
expect 0 at $((today + 29 * day)) aged
expect 1 at $((today + 31 * day)) aged
# With nothing changed, a right clock takes the place of the wrong one.
expect 0 at "$today" near sync
carry "$today"
expect 0 far import medium
expect 0 far status
far access show gh >shown
has shown "$(date -u -d "@$today" +%Y-%m-%d)"

say "a site whose clock is days behind, and one ahead"
mkdir full
expect 0 near export --to full
expect 0 "$FERRY" --store behind init --name behind
"$FERRY" --store behind trust add near.pem >/dev/null
expect 0 at $((today - 10 * day)) "$FERRY" --store behind import full
has err "one of both is wrong"
expect 0 at $((today - 10 * day)) "$FERRY" --store behind explain --as tom --package oci:octo/tool
expect 5 at $((today - 10 * day)) "$FERRY" --store behind status
expect 0 "$FERRY" --store behind status
expect 0 "$FERRY" --store before init --name before
"$FERRY" --store before trust add near.pem >/dev/null
expect 27 at $((today + 200 * day)) "$FERRY" --store before import full
has err "the clock here says" "or set the clock"
expect 0 "$FERRY" --store before import full

say "1970, and the year 10000"
n=1
for now in 0 1 253402300799 253402300800 9223372036854775807; do
	change '.orgs.octo.teams.dev.members = [] | .orgs.octo.members |= (. - ["tom"]) + ["tom"]'
	n=$((n + 1))
	[ $((n % 2)) = 0 ] || change '.orgs.octo.teams.dev.members = ["tom"]'
	expect 0 at $now near sync
	rm -rf medium
	mkdir medium
	expect 0 at $now near export --to medium --one-way --expires 90d
	head=$(tar -xOf medium/*.tar head.json)
	printf '%s' "$head" | jq -e '.created_at < .expires_at' >/dev/null || fail "$head"
	# A bundle of 1970 expired, by a right clock; the site's may be wrong, too.
	[ $now -gt 1 ] || expect 27 far import medium
	expect 0 at $now far import medium
	may $((n % 2 == 0))
	expect 0 at $now far status
	expect 0 far verify
	expect 0 near verify
done
expect 0 near sync
carry "$today"
expect 0 far import medium
expect 0 far status

say "revoked in 1970 is revoked"
expect 0 at 0 far trust revoke "$(far --json trust list | jq -r "select(.id) | .id")"
expect 22 far import medium
