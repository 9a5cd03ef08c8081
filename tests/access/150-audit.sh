#!/bin/bash
# The audit log: a line for each decision, with who, what, and by which rule.
# ctest: COST 12
. "$(dirname "$0")/lib.sh"

make_octo
new_token tom tom
new_token ops octo/ops
new_token no eve --scopes repo
printf 'serve : { audit_log = "audit.log"; };\n' >"$T/d.conf"
serve --config "$T/d.conf"
# audit NAME=VALUE…: the last line, whose id is the answer's, says so.
audit() {
	local id
	id=$(header X-Request-Id)
	wait_for 3 grep -qF "\"$id\"" "$T/audit.log"
	grep -F "\"$id\"" "$T/audit.log" >"$T/line"
	is "lines of a request" "$(wc -l <"$T/line")" 1
	python3 - "$T/line" "$@" <<'PY'
import json, re, sys
line = json.load(open(sys.argv[1]))
assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line.pop("time")), line
line.pop("id")
want = {"remote": "127.0.0.1"}
for arg in sys.argv[2:]:
	name, value = arg.split("=", 1)
	want[name] = json.loads(value) if value in ("true", "1", "2") else value
assert line == want, (line, want)
PY
}
tom=(who=tom "token=$(id_of tom)")

get 200 -H "Authorization: Bearer $(token_of tom)" "$NPM/@octo%2fsvc"
audit "${tom[@]}" action=read format=npm owner=ghes package=@octo/svc verdict=allowed rule=D13 generation=1
get 200 -H "Authorization: Bearer $(token_of tom)" "$NPM/@octo/svc/-/svc-1.0.0.tgz"
audit "${tom[@]}" action=read format=npm owner=ghes package=@octo/svc item=@octo/svc/-/svc-1.0.0.tgz verdict=allowed rule=D13 generation=1
get 403 -H "Authorization: Bearer $(token_of tom)" "$URL/v2/uma/app/manifests/1.0"
audit "${tom[@]}" action=read format=oci owner=ghes package=uma/app item=1.0 verdict=forbidden rule=D16 generation=1
get 404 -H "Authorization: Bearer $(token_of tom)" "$URL/api/v3/users/uma/packages/container/app"
audit "${tom[@]}" action=read format=oci owner=ghes package=uma/app verdict=hidden rule=D16 generation=1
get 404 -H "Authorization: Bearer $(token_of tom)" "$NPM/@octo%2fabsent"
audit "${tom[@]}" action=read format=npm package=@octo/absent verdict=hidden rule=D16
get 200 "$URL/v2/octo/web/manifests/1.0"
audit action=read format=oci owner=ghes package=octo/web item=1.0 verdict=allowed rule=D2 generation=1
get 401 "$NPM/@octo%2fui"
audit action=read format=npm owner=ghes package=@octo/ui verdict=need-credential rule=D3 generation=1
get 401 -H 'Authorization: Bearer nonsense' "$NPM/@octo%2fui"
audit action=read format=npm owner=ghes package=@octo/ui verdict=bad-credential rule=D1
get 403 -H "Authorization: Bearer $(token_of no)" "$NPM/@octo%2fui"
audit who=eve "token=$(id_of no)" action=read format=npm owner=ghes package=@octo/ui verdict=forbidden rule=D5 generation=1
get 200 -H "Authorization: Bearer $(token_of ops)" "$URL/v2/octo/job/tags/list"
audit who=octo/ops "token=$(id_of ops)" action=read format=oci owner=ghes package=octo/job verdict=allowed rule=D10 generation=1
get 200 -u "x:$(token_of tom)" "$URL/v2/token?scope=repository:octo/tool:pull"
audit "${tom[@]}" action=token format=oci verdict=allowed
t=$(member 'd["token"]')
get 200 -H "Authorization: Bearer $t" "$URL/v2/octo/tool/manifests/1.0"
audit "${tom[@]}" session=true action=read format=oci owner=ghes package=octo/tool item=1.0 verdict=allowed rule=D13 generation=1
get 401 -H "Authorization: Bearer $t" "$URL/v2/octo/web/manifests/1.0"
audit "${tom[@]}" session=true action=read format=oci owner=ghes package=octo/web item=1.0 verdict=out-of-scope
get 200 -H "Authorization: Bearer $(token_of tom)" "$NPM/-/v1/search?text=octo"
audit "${tom[@]}" action=list format=npm verdict=allowed
get 200 -H "Authorization: Bearer $(token_of tom)" "$NPM/-/whoami"
is whoami "$(member 'd["username"]')" tom
audit "${tom[@]}" action=identity format=npm verdict=allowed
get 405 -X PUT -d x -H "Authorization: Bearer $(token_of tom)" "$NPM/@octo%2fui"
audit "${tom[@]}" action=write format=npm package=@octo/ui verdict=read-only
# What is of no package, and refused nobody, is not in it.
get 200 "$NPM/-/ping"
get 200 -H "Authorization: Bearer $t" "$URL/v2/"
get 401 "$URL/v2/"
audit action=session format=oci verdict=need-credential rule=D3
hasnt "$T/audit.log" '"service"'
say "a newer generation is named"
permissions --generation=2 --taken=1790000005 --without='"package": 8'
lost() { [ "$(curl -s -o "$T/body" -D "$T/head" -w '%{http_code}' -H "Authorization: Bearer $(token_of tom)" "$NPM/@octo%2fsvc")" = 403 ]; }
wait_for 3 lost
audit "${tom[@]}" action=read format=npm owner=ghes package=@octo/svc verdict=forbidden rule=D16 generation=2

say "rotation: SIGHUP opens it anew, and what is there is kept"
before=$(wc -l <"$T/audit.log")
mv "$T/audit.log" "$T/audit.log.1"
kill -HUP "$LASTPID"
wait_for 5 test -e "$T/audit.log"
get 401 "$NPM/@octo%2fui"
audit action=read format=npm owner=ghes package=@octo/ui verdict=need-credential rule=D3 generation=2
is "lines that were there" "$(wc -l <"$T/audit.log.1")" "$before"
is "whose business" "$(stat -c %a "$T/audit.log")" 640
stop
serve --config "$T/d.conf"
get 401 "$NPM/@octo%2fui"
stop
is "appended" "$(wc -l <"$T/audit.log")" 2

say "many at once: whole lines, and none lost"
serve --config "$T/d.conf"
seq 1 2000 | xargs -P 8 -n 100 sh -c 'for i; do printf "url=%s/npm/@octo%%2fui?%d\noutput=/dev/null\n" "$0" "$i"; done | curl -s -K -' "$URL"
stop
python3 - "$T/audit.log" <<'PY'
import json, sys
lines = [json.loads(l) for l in open(sys.argv[1])]
assert len(lines) == 2002 and len({l["id"] for l in lines}) == 2002, len(lines)
PY

say "stdout; and a file that cannot be written"
printf 'serve : { audit_log = "stdout"; };\n' >"$T/d.conf"
: >"$T/ferryd.log"
serve --config "$T/d.conf"
get 401 "$NPM/@octo%2fui"
stop
has "$T/ferryd.log" '"verdict":"need-credential"'
printf 'serve : { audit_log = "absent/audit.log"; };\n' >"$T/d.conf"
expect 7 "$FERRYD" --store "$STORE" --listen 127.0.0.1:0 --config "$T/d.conf"
has "$T/err" 'audit log'
if [ -e /dev/full ]; then
	printf 'serve : { audit_log = "/dev/full"; };\n' >"$T/d.conf"
	serve --config "$T/d.conf"
	get 401 "$NPM/@octo%2fui"
	wait_for 3 grep -q 'the audit log cannot be written' "$T/ferryd.log"
	get 401 "$NPM/@octo%2fui"
	stop
fi

# The log tells when a token was last used, where the server may not write to the
# store: here nobody wrote to it.
find "$STORE/tokens" -type f -exec touch -d @0 {} +
printf 'serve : { audit_log = "audit.log.1"; };\n' >"$T/d.conf"
expect 0 "$FERRY" --config "$T/d.conf" --store "$STORE" --json token list
[ "$(jq -s --arg id "$(id_of tom)" 'map(select(.id | startswith($id))) | .[0].used_at > 1700000000' "$T/out")" = true ] ||
    fail "$(cat "$T/out")"
