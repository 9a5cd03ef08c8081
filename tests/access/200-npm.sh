#!/bin/bash
# npm with tokens: .npmrc by _authToken and by _auth, npm login, whoami, search.
. "$(dirname "$0")/lib.sh"
command -v npm >/dev/null || skip "npm is not installed"

make_octo
new_token tom tom
new_token eve eve
new_token no eve --scopes repo
printf 'serve : { access_log = "%s"; };\n' "$T/access.log" >"$T/d.conf"
serve --config "$T/d.conf"
AT=//${NPM#http://}/
npmrc() { printf '%s\n' "@octo:registry=$NPM/" "registry=$NPM/" "$@" >"$T/home/.npmrc"; }
project() {
	rm -rf "$T/project" "$T/npm-cache"
	mkdir "$T/project"
	cd "$T/project"
	echo '{"name":"p","version":"1.0.0"}' >package.json
}
install() { isolated_npm install --no-progress --fetch-retries=0 "$@"; }

say "without a token, with a bad one, without the scope, without the role"
project
npmrc
expect 1 install @octo/ui
has "$T/err" E401
npmrc "$AT:_authToken=ferry_u_nonsense"
expect 1 install @octo/ui
has "$T/err" E401
npmrc "$AT:_authToken=$(token_of no)"
expect 1 install @octo/ui
has "$T/err" E403 'permission_denied: the token lacks the scope read:packages'
npmrc "$AT:_authToken=$(token_of eve)"
expect 1 install @octo/svc
has "$T/err" E403 'permission_denied: '
expect 1 install @octo/absent
has "$T/err" E404

say "_authToken"
project
expect 0 install @octo/ui
test -e node_modules/@octo/ui/index.js
npmrc "$AT:_authToken=$(token_of tom)"
expect 0 install @octo/svc
test -e node_modules/@octo/svc/index.js
is whoami "$(isolated_npm whoami)" tom
isolated_npm search octo --json >"$T/body" 2>/dev/null
is found "$(member 'sorted(p["name"] for p in d)')" "['@octo/hit', '@octo/svc', '@octo/ui']"
isolated_npm view @octo/svc version >"$T/out"
is view "$(cat "$T/out")" 1.0.0
isolated_npm dist-tag ls @octo/svc >"$T/out"
is tags "$(cat "$T/out")" 'latest: 1.0.0'

say "npm ci from the lock file, by somebody else"
rm -rf node_modules "$T/npm-cache"
expect 0 isolated_npm ci --fetch-retries=0
npmrc "$AT:_authToken=$(token_of eve)"
rm -rf node_modules "$T/npm-cache"
expect 1 isolated_npm ci --fetch-retries=0
has "$T/err" E403

say "_auth: a user's name and the token, in Base64"
project
npmrc "$AT:_auth=$(printf 'anybody:%s' "$(token_of tom)" | base64 -w0)"
expect 0 install @octo/svc

say "npm login writes the token into .npmrc"
. "$TOP/tests/access/login.sh"
export HOME=$T/home npm_config_userconfig=$T/home/.npmrc npm_config_cache=$T/npm-cache \
    npm_config_update_notifier=false npm_config_fetch_retries=0
for type in legacy web; do
	npmrc
	expect 0 login tom "$(token_of tom)" --auth-type=$type --scope=@octo "--registry=$NPM/"
	has "$T/home/.npmrc" "$AT:_authToken=$(token_of tom)"
	is whoami "$(npm whoami "--registry=$NPM/")" tom
	project
	expect 0 install @octo/svc
done
npmrc
expect 1 login tom nonsense --auth-type=legacy "--registry=$NPM/"
hasnt "$T/home/.npmrc" _authToken

say "publishing, also by who might: 405"
npmrc "$AT:_authToken=$(token_of tom)"
echo '{"name":"@octo/svc","version":"2.0.0"}' >"$T/project/package.json"
expect 1 npm publish "--registry=$NPM/"
has "$T/err" E405 'read-only mirror'

say "revoked"
project
"$FERRY" --store "$STORE" token revoke "$(id_of tom)" >/dev/null
sleep 1
expect 1 install @octo/svc
has "$T/err" E401
cd "$TOP"
stop
hasnt "$T/access.log" ferry_u_
