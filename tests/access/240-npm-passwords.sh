#!/bin/bash
# People with passwords in an htpasswd file make and revoke tokens of their own:
# npm login and npm logout, and /tokens by curl.  The server asks the issuer, which
# alone sees a password.
. "$(dirname "$0")/lib.sh"
command -v npm >/dev/null || skip "npm is not installed"
command -v htpasswd >/dev/null || skip "htpasswd is not installed"

make_octo
htpasswd -bcB -C 8 "$T/htpasswd" ann 'ann: pass "word" ü' 2>/dev/null
htpasswd -bs "$T/htpasswd" Bob bobs-word 2>/dev/null
htpasswd -b5 "$T/htpasswd" tom toms-word 2>/dev/null
cat >"$T/f.conf" <<END
store = "$STORE";
access = "access.conf";
issue = { htpasswd = "htpasswd"; guesses = 3; tokens = 4; };
serve = { bad_credentials = 8; trusted_proxies = [ "127.0.0.1" ];
  access_log = "$T/access.log"; audit_log = "$T/audit.log"; };
END
cat >"$T/access.conf" <<'END'
signed_off_by = "olga";
site = {
  directory = true;
  same_as = [ "ghes" ];
  grants = ( { grant = "ann builds"; name = "@octo/svc"; users = [ "ann" ]; role = "read"; } );
};
END
f() { "$FERRY" --config "$T/f.conf" "$@"; }
expect 0 f config check
expect 0 f access apply
issue() { # start the issuer
	"$FERRY" --config "$T/f.conf" issue >>"$T/issue.log" 2>&1 &
	ISSUER=$!
	PIDS+=("$ISSUER")
	wait_for 10 test -S "$STORE/issue.sock"
}
serve --config "$T/f.conf"
AT=//${NPM#http://}/
export HOME=$T/home npm_config_userconfig=$T/home/.npmrc npm_config_cache=$T/npm-cache \
    npm_config_update_notifier=false npm_config_fetch_retries=0
. "$TOP/tests/access/login.sh"
npmrc() { printf '%s\n' "@octo:registry=$NPM/" "registry=$NPM/" "$@" >"$T/home/.npmrc"; }
from() { printf -- '-HX-Forwarded-For: %s' "$1"; }
HTTPS='-HX-Forwarded-Proto: https'
couch() { # STATUS LOGIN PASSWORD [CURL-OPTION…]: what npm login sends
	local body
	body=$(python3 -c 'import json, sys; print(json.dumps(dict(name=sys.argv[1], password=sys.argv[2])))' "$2" "$3")
	get "$1" -X PUT -H 'Content-Type: application/json' -d "$body" "${@:4}" \
	    "$NPM/-/user/org.couchdb.user:$2"
}

say "without an issuer: a bad credential, and nothing is revoked"
couch 401 ann 'ann: pass "word" ü'
new_token kim kim
get 405 -X DELETE "$NPM/-/user/token/$(token_of kim)"
get 404 -X DELETE "$NPM/-/user/token/none"
get 503 -u bob:bobs-word -X POST "$URL/tokens"

issue
expect 6 f issue
has "$T/err" "another issuer answers at $STORE/issue.sock"
# Also of those that begin at the same moment: each took the other's socket away.
rm "$STORE/issue.sock"
expect 6 f issue
kill "$ISSUER"
wait "$ISSUER"
issue

say "npm login, whoami, install, logout"
npmrc
expect 0 login ann 'ann: pass "word" ü' --auth-type=legacy "--registry=$NPM/"
has "$T/home/.npmrc" "$AT:_authToken=ferry_u_"
is whoami "$(npm whoami "--registry=$NPM/")" ann
mkdir "$T/project"
cd "$T/project"
echo '{"name":"p","version":"1.0.0"}' >package.json
expect 0 npm install --no-progress @octo/svc
test -e node_modules/@octo/svc/index.js
TOKEN=$(sed -n 's/.*:_authToken=//p' "$T/home/.npmrc")
get 200 -H "Authorization: Bearer $TOKEN" "$NPM/@octo/svc"
f token list >"$T/out"
has "$T/out" "user ann of this site, read:packages" "# npm login" ", until "
expect 0 npm logout "--registry=$NPM/"
hasnt "$T/home/.npmrc" _authToken
sleep 1
get 401 -H "Authorization: Bearer $TOKEN" "$NPM/@octo/svc"
say "again, of one that is not good any more"
npmrc "$AT:_authToken=$TOKEN"
expect 0 npm logout "--registry=$NPM/"
hasnt "$T/home/.npmrc" _authToken
say "and of one that the operator handed out"
new_token tom tom
npmrc "$AT:_authToken=$(token_of tom)"
is whoami "$(npm whoami "--registry=$NPM/")" tom
expect 0 npm logout "--registry=$NPM/"
sleep 1
get 401 "$(as tom)" "$NPM/@octo/svc"
cd "$TOP"

say "who is an upstream's user too may what the upstream says"
couch 201 tom toms-word
TOM=$(member 'd["token"]')
get 200 -H "Authorization: Bearer $TOM" "$NPM/@octo/svc"
couch 201 bob bobs-word
BOB=$(member 'd["token"]')
get 403 -H "Authorization: Bearer $BOB" "$NPM/@octo/svc"

say "/tokens: make, list, revoke"
get 201 -u BOB:bobs-word -d note=laptop -d expires=2h "$URL/tokens"
is user "$(member 'd["user"], d["note"], d["expires_at"] - d["created_at"], d["scopes"]')" \
    'bob laptop 7200 read:packages'
LAPTOP=$(member 'd["token"]') ID=$(member 'd["id"]')
get 200 -H "Authorization: Bearer $LAPTOP" "$NPM/@octo/ui"
get 201 -u bob:bobs-word -H 'Content-Type: application/json' -d '{"note":"a \"b\""}' "$URL/tokens"
get 200 -u bob:bobs-word "$URL/tokens"
is notes "$(member 'sorted(t["note"] for t in d["tokens"])')" "['a \"b\"', 'laptop', 'npm login']"
hasnt "$T/body" ferry_u_
get 200 -H "Authorization: Bearer $LAPTOP" "$URL/tokens"
get 403 -H "Authorization: Bearer $LAPTOP" -X POST "$URL/tokens"
get 404 -u tom:toms-word -X DELETE "$URL/tokens/$ID"
get 200 -u bob:bobs-word -X DELETE "$URL/tokens/$ID"
sleep 1
get 401 -H "Authorization: Bearer $LAPTOP" "$NPM/@octo/ui"
get 401 -H "Authorization: Bearer $LAPTOP" "$URL/tokens"
get 401 "$URL/tokens"
is challenge "$(header WWW-Authenticate)" 'Basic realm="ferry"'
get 400 -u bob:bobs-word -d expires=never "$URL/tokens"
get 403 -u bob:bobs-word -X POST -H 'Origin: https://elsewhere.example' "$URL/tokens"
get 405 -u bob:bobs-word -X PUT -d x "$URL/tokens"
say "no more than one may have"
get 201 -u bob:bobs-word -X POST "$URL/tokens"
get 201 -u bob:bobs-word -X POST "$URL/tokens"
get 403 -u bob:bobs-word -X POST "$URL/tokens"
has "$T/body" "there are 4 good tokens of this account"

say "a password opens nothing else"
get 401 -u bob:bobs-word "$NPM/@octo/ui"
get 401 -u bob:bobs-word "$URL/v2/"

say "guesses: of a login, of an address"
for i in 1 2 3; do couch 401 ann "guess$i" "$(from 10.0.1.9)" "$HTTPS"; done
couch 429 ann 'ann: pass "word" ü "' "$(from 10.0.1.10)" "$HTTPS"
wait=$(header Retry-After)
[ "$wait" -ge 1 ] && [ "$wait" -le 60 ] || fail "Retry-After: $wait"
say "what was right a moment ago is still"
couch 201 ann 'ann: pass "word" ü' "$(from 10.0.1.10)" "$HTTPS"
for i in 1 2 3 4 5 6 7 8; do couch 401 "nobody$i" guess "$(from 10.0.1.11)" "$HTTPS"; done
couch 429 tom toms-word "$(from 10.0.1.11)" "$HTTPS"
couch 401 x%28y guess "$(from 10.0.1.12)" "$HTTPS"
couch 401 tom '' "$(from 10.0.1.12)" "$HTTPS"

say "in the clear, from another machine"
couch 403 tom toms-word "$(from 10.0.0.1)"
has "$T/body" "over https alone"
couch 201 tom toms-word "$(from 10.0.0.1)" "$HTTPS"

say "a new password counts at once, the token stays"
htpasswd -bB "$T/htpasswd" tom another 2>/dev/null
couch 201 tom another
get 200 -H "Authorization: Bearer $TOM" "$NPM/@octo/svc"

say "the issuer ends, and comes back"
kill "$ISSUER"
wait "$ISSUER"
[ ! -e "$STORE/issue.sock" ] || fail "its socket is left"
get 503 -u bob:bobs-word "$URL/tokens"
issue
get 200 -u bob:bobs-word "$URL/tokens"

say "no secret anywhere"
stop
kill "$ISSUER"
wait "$ISSUER"
has "$T/audit.log" '"who":"ann"' '"action":"sign-in"' '"verdict":"too-many"'
for secret in bobs-word toms-word 'pass \"word' guess ferry_u_ another; do
	for file in access.log audit.log ferryd.log issue.log; do
		hasnt "$T/$file" "$secret"
	done
	! grep -rqF "$secret" "$STORE/tokens" || fail "$secret is in the folder of tokens"
done

say "what is wrong with the configuration"
htpasswd -bm "$T/htpasswd" old word 2>/dev/null
expect 3 f issue
has "$T/err" "htpasswd:4: this kind of hash is not taken"
sed -i 's/^issue.*/issue = { socket = "x"; };/' "$T/f.conf"
expect 3 f config check
has "$T/out" "the group issue names nobody who has a password"
