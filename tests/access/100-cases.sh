#!/bin/bash
# The cases of store/access/PROTOCOL.md, 2.7, that concern npm,
# containers and the REST interface, each as its client asks.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cases.sh"

make_octo
case_tokens
printf 'serve : { bad_credentials = 0; };\n' >"$T/d.conf"
serve --config "$T/d.conf"
run_cases

say "62: writing is 405 in each client's form, whoever asks"
for who in anon olga exp; do
	w=()
	[ $who = anon ] || w=(-H "Authorization: Bearer $(token_of $who)")
	get 405 "${w[@]}" -X PUT -H 'Content-Type: application/json' -d '{}' "$NPM/@octo%2fui"
	has "$T/body" '"error"' 'read-only mirror'
	get 405 "${w[@]}" -X POST "$URL/v2/octo/tool/blobs/uploads/"
	error UNSUPPORTED
	get 405 "${w[@]}" -X PATCH "$URL/api/v3/orgs/octo/packages/npm/ui"
	[ "$(member 'sorted(d)[0:2]')" = "['documentation_url', 'message']" ] || fail "not the error of the REST interface"
done

say "59: a newer snapshot that lacks the grants, on a running server"
permissions --generation=2 --taken=1790000100 --without=package_grant
lost() { [ "$(status -u "x:$(token_of tom)" "$URL/v2/octo/tool/manifests/1.0")" = 403 ]; }
wait_for 2 lost
is "case 59" "$(pull_status tom octo/tool)" 403
is "who is admin still" "$(pull_status olga octo/tool)" 200
stop

say "7: private mode"
printf 'serve : { private_mode = true; };\n' >"$T/d.conf"
serve --config "$T/d.conf"
is "case 7" "$(status "$URL/v2/octo/web/manifests/1.0")" 401
get 401 "$URL/v2/token?scope=repository:octo/web:pull"
error UNAUTHORIZED
is "with a token" "$(pull_status eve octo/web)" 200
stop
