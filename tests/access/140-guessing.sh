#!/bin/bash
# Bad credentials of one address are counted; good ones go on.
. "$(dirname "$0")/lib.sh"

make_octo
new_token tom tom
FERRY_NOW=1000 new_token exp eve --expires 1h
printf 'serve : { bad_credentials = 5; trusted_proxies = [ "127.0.0.1" ]; access_log = "%s"; audit_log = "%s"; };\n' \
    "$T/access.log" "$T/audit.log" >"$T/d.conf"
serve --config "$T/d.conf"
from() { printf -- '-HX-Forwarded-For: %s' "$1"; }

say "the sixth bad one within a minute"
for i in 1 2 3 4 5; do
	get 401 "$(from 10.0.0.1)" -H "Authorization: Bearer guess$i" "$NPM/@octo/ui"
done
get 429 "$(from 10.0.0.1)" -H 'Authorization: Bearer guess6' "$NPM/@octo/ui"
has "$T/body" '"error"' 'too many bad credentials'
wait=$(header Retry-After)
[ "$wait" -ge 1 ] && [ "$wait" -le 60 ] || fail "Retry-After: $wait"
get 429 "$(from 10.0.0.1)" -u x:guess7 "$URL/v2/token?scope=repository:octo/web:pull"
error TOOMANYREQUESTS
get 429 "$(from 10.0.0.1)" -H 'Authorization: Bearer guess8' "$URL/api/v3/user"
is message "$(member 'd["message"]')" 'too many bad credentials came from this address'
get 429 "$(from 10.0.0.1)" -X PUT -H 'Content-Type: application/json' \
    -d '{"name":"tom","password":"guess9"}' "$NPM/-/user/org.couchdb.user:tom"

get 429 "$(from 10.0.0.1)" -H 'Authorization: Bearer guess10' "$URL/metrics"

say "good credentials, and none, go on; and so do other addresses"
get 200 "$(from 10.0.0.1)" -H "Authorization: Bearer $(token_of tom)" "$NPM/@octo/svc"
get 200 "$(from 10.0.0.1)" "$URL/v2/octo/web/manifests/1.0"
get 401 "$(from 10.0.0.1)" "$NPM/@octo/ui"
get 401 "$(from 10.0.0.2)" -H 'Authorization: Bearer guess' "$NPM/@octo/ui"
say "of IPv6, what a provider gives to one customer is one address"
for i in 1 2 3 4 5; do
	get 401 "$(from 2001:db8:0:1::$i)" -H 'Authorization: Bearer guess' "$NPM/@octo/ui"
done
get 429 "$(from 2001:db8:0:1:ffff::9)" -H 'Authorization: Bearer guess' "$NPM/@octo/ui"
get 401 "$(from 2001:db8:0:2::1)" -H 'Authorization: Bearer guess' "$NPM/@octo/ui"

say "a token that was good, and a session that has ended, are no guesses"
for i in $(seq 8); do
	get 401 "$(from 10.0.0.3)" -H "Authorization: Bearer $(token_of exp)" "$NPM/@octo/ui"
	get 401 "$(from 10.0.0.3)" -H "Authorization: Bearer old$i.session" "$URL/v2/octo/web/manifests/1.0"
	get 403 "$(from 10.0.0.3)" -u "eve:$(token_of exp)" "$URL/v2/token"
done
get 401 "$(from 10.0.0.3)" -H 'Authorization: Bearer guess' "$NPM/@octo/ui"

say "logged once, and no secret anywhere"
is "lines" "$(grep -c '5 bad credentials from 10.0.0.1 ' "$T/ferryd.log")" 1
is "lines" "$(grep -c 'bad credentials from 10.0.0.3 ' "$T/ferryd.log" || :)" 0
get 404 "$NPM/-/user/token/$(token_of tom)"
get 405 -X DELETE "$NPM/-/user/token/$(token_of tom)"
get 200 -A "agent $(token_of tom)" "$URL/v2/token?account=tom&password=hunter2&token=hunter3&x=1"
get 200 --request-target "http://tom:hunter4@host/v2/token?client_secret=hunter5" "$URL/"
get 401 -H "Authorization: Bearer $(token_of exp)" "$NPM/@octo/ui?_authToken=hunter6"
get 403 -d grant_type=password -d username=tom -d password=hunter7 "$URL/v2/token"
get 401 -X PUT -H 'Content-Type: application/json' -d '{"name":"tom","password":"hunter8"}' \
    "$NPM/-/user/org.couchdb.user:tom"
get 201 -X PUT -H 'Content-Type: application/json' \
    -d "{\"name\":\"tom\",\"password\":\"$(token_of tom)\"}" "$NPM/-/user/org.couchdb.user:tom"
stop
has "$T/access.log" 'password=***&token=***&x=1' '/-/user/token/***' '"path":"/v2/token?client_secret=***"' '"agent":"agent ***"'
for secret in hunter guess ferry_u_; do
	for file in access.log audit.log ferryd.log; do
		hasnt "$T/$file" $secret
	done
done

say "0: no limit"
printf 'serve : { bad_credentials = 0; };\n' >"$T/d.conf"
serve --config "$T/d.conf"
for i in $(seq 30); do
	get 401 -H "Authorization: Bearer guess$i" "$NPM/@octo/ui"
done
stop
say "20 by default"
serve
for i in $(seq 20); do
	get 401 -H "Authorization: Bearer guess$i" "$NPM/@octo/ui"
done
get 429 -H "Authorization: Bearer guess" "$NPM/@octo/ui"
stop
