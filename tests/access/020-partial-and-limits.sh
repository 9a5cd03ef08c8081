#!/bin/bash
# What the token may not read counts as no, and is said; rate limits are waited
# for; what is broken leaves the snapshot as it was.
# ctest: COST 15
. "$(dirname "$0")/github.sh"
start_github
github_conf 'owners = [ "octo", "lab", "uma" ]; enterprise = "acme";'
expect 0 near init --name near

say "no list of members, no teams, no base permission: nobody through them"
printf '%s\n' '403 0 /orgs/octo/members.role=member' '404 0 /orgs/octo/teams?' \
    '403 0 /repos/octo/priv/collaborators' '404 0 organization-roles' >rules
change 'del(.orgs.octo.base)'
expect 0 near sync
has out "not known, and so not allowed:" \
    "the members of octo could not be read (403): nobody is let in through membership" \
    "the teams of octo could not be read (404): nobody is let in through a team" \
    "the collaborators of repository octo/priv could not be read (403)" \
    "the organization-wide roles of lab could not be read (404)" \
    "the base permission of octo could not be read: it is shown to"
snapshot near gh >text
grep -q '"kind":"owner","id":100,.*"base":"none"' text || fail "a base permission"
grep -q '"kind":"member","owner":100,"user":2' text && fail "a member"
grep -q '"kind":"member","owner":100,"user":1,"role":"owner"' text || fail "no owner"
expect 0 near access show gh
has out "members of octo could not be read (403)"
expect 0 near --json sync
jq -es 'last | (.unknown | length) == 6 and .failures == []' out >/dev/null ||
    fail "not in JSON: $(tail -1 out)"

say "an owner or registry that is not there does not stop the others"
printf '%s\n' '403 0 /orgs/lab/packages.package_type=npm' '404 0 /users/uma$' >rules
expect 4 near sync
has out "github:uma" "is no organization or user that this token may see" \
    "github:lab" "the registry of npm packages of lab"
snapshot near gh | grep -q octo/tool || fail "octo is not there"
snapshot near gh | grep -q uma/app && fail "uma is there"

say "a token that is no good, an answer that is no good: the snapshot stays"
: >rules
expect 0 near sync
snapshot near gh >text
printf 'wrong\n' >token
expect 8 near sync
has out "the permission snapshot stays as it was"
printf 'sync-token\n' >token
for bad in '[{"id":1}]' '[{"id":-4,"login":"x"}]' '[{"id":7,"login":"a\u001b[31m"}]' \
    '{"message":"hello"}' '[1,2' '["x"]' '[{"id":2,"login":"rita","id":3}]'; do
	printf '%s' "$bad" >bad.json
	echo "200 0 /orgs/octo/members.role=member file: bad.json" >rules
	expect 4 near sync
	has out "reading the members of octo; the permission snapshot stays as it was"
	snapshot near gh >text2
	same text text2
done

say "a page that leads elsewhere, or round in circles"
printf '[]' >bad.json
echo '200 0 /orgs/octo/members.role=member file: bad.json | Link: <http://127.0.0.1:1/x>; rel="next"' >rules
: >api.log
near sync >out 2>&1 || true
grep -q ' /[^ ]*x ' api.log || grep -q '/x' api.log || fail "the next page was not asked for where GitHub is"
echo "200 0 /orgs/octo/members.role=member file: bad.json | Link: <$GITHUB/orgs/octo/members?role=member&per_page=100>; rel=\"next\"" >rules
expect 4 near sync
has out "the list does not end"

page2="$GITHUB/orgs/octo/members?role=member&page=2"
printf '%s\n' "200 0 role=member&page=2 file: bad.json | Link: <$GITHUB/orgs/octo/members?role=member&page=3>; rel=\"next\"" \
    "200 0 role=member&page=3 file: bad.json | Link: <$page2>; rel=\"next\"" \
    "200 0 /orgs/octo/members.role=member file: bad.json | Link: <$page2>; rel=\"next\"" >rules
: >api.log
expect 4 near sync
has out "the list does not end: the page after page 3, $page2, was asked for before" \
    "reading the members of octo; the permission snapshot stays as it was"
api_asked 3 'octo/members.role=member'
cat >bad.json <<'END'
{"data":{"enterprise":{"databaseId":900,"members":{"nodes":[],"pageInfo":{"hasNextPage":true,"endCursor":"x"}}}}}
END
echo '200 0 /graphql file: bad.json' >rules
expect 4 near sync
has out "the list does not end" "reading the members of the enterprise"

say "a list of which only a part may be read: that part counts, and this is said"
echo '403 0 /orgs/octo/members.role=member.*page=2' >rules
expect 0 near sync
has out "the members of octo could be read up to page 1 only (403); of the rest: nobody is let in through membership"
snapshot near gh >text
grep -q '"kind":"member","owner":100,"user":2,"role":"member"' text || fail "rita is no member"
grep -q '"kind":"member","owner":100,"user":5,"role":"member"' text && fail "mia is a member"

say "rate limits, both kinds: waited for, and said"
printf '%s\n' '403 1 /orgs/octo/teams? Retry-After: 1' \
    '403 1 /orgs/lab/members x-ratelimit-remaining: 0 | x-ratelimit-reset: @2' >rules
: >api.log
expect 0 near sync
has err "gh asks to wait until"
has out "0 failed"
[ "$(grep -c ' 403$' api.log)" -eq 2 ] || fail "asked again before it was time"

say "a limit that is told in words alone is no denial"
snapshot near gh >text
echo '403 0 /orgs/octo/members says: You have exceeded a secondary rate limit.' >rules
# A file of its own: what stands in err from before is no answer.
"$FERRY" --config near.conf sync >out 2>waits &
sync=$!
PIDS+=($sync)
wait_for 20 grep -q "gh asks to wait until" waits
kill $sync
got=0
wait $sync || got=$?
[ $got -eq 9 ] || fail "status $got"
snapshot near gh >text2
same text text2

say "before the first snapshot nobody reads anything"
printf 'broken' >bad.json
echo '200 0 /graphql file: bad.json' >rules
"$FERRY" --config near.conf --store fresh init --name fresh >/dev/null
expect 4 "$FERRY" --config near.conf --store fresh sync
has out "the permission snapshot stays as it was"
expect 0 "$FERRY" --store fresh access report --package npm:@octo/ui
has out "nobody may read it"
expect 0 "$FERRY" --store fresh access show
has out "gh: no permission snapshot; private"
