#!/bin/bash
# GitHub's gh, over TLS: its api with pages, --jq and refusals, and what its
# auth commands make of this server.
#
# Observed, with gh 2.23:
# - GH_HOST may have a port, --hostname may not.
# - --paginate goes by Link, and asks for 100 a page unless it is told.
# - A token in the environment, or in hosts.yml, is used as it is.  `gh auth
#   login` wants X-OAuth-Scopes at the API's root to have "repo" and "read:org",
#   or not to be there: it takes a workflow's token, and none that is only for
#   packages, whoever made it.
# - `gh auth status` then asks GraphQL for the name, which is not here.
. "$(dirname "$0")/lib.sh"
need gh

make_octo
new_token tom tom
new_token eve eve
new_token no eve --scopes repo
new_token ops octo/ops
certificate packages.example
printf 'serve : { access_log = "%s"; tls_certificate = "%s"; tls_key = "%s"; };\n' \
    "$T/access.log" "$T/cert.pem" "$T/key.pem" >"$T/d.conf"
serve --config "$T/d.conf"
PORT=${URL##*:}
python3 "$TOP/tests/tools/connect.py" "$T/connect.port" "$PORT" &
PIDS+=($!)
wait_for 10 test -s "$T/connect.port"
CONNECT=http://127.0.0.1:$(cat "$T/connect.port")
# g WHO ARG…: gh as somebody, or as nobody ("anon"), at $AT; the proxy is not
# asked for 127.0.0.1.
g() {
	local token=
	[ "$1" = anon ] || token=$(token_of "$1")
	shift
	isolated env "HTTPS_PROXY=$CONNECT" "SSL_CERT_FILE=$T/cert.pem" \
	    "GH_HOST=$AT" ${token:+"GH_ENTERPRISE_TOKEN=$token"} GH_NO_UPDATE_NOTIFIER=1 \
	    timeout 30 gh "$@"
}

for AT in 127.0.0.1:$PORT packages.example; do
	say "api, at $AT"
	expect 0 g tom api user --jq .login
	is login "$(cat "$T/out")" tom
	expect 0 g tom api 'orgs/octo/packages?package_type=npm' --jq '.[].name'
	is names "$(xargs <"$T/out")" 'hit svc ui'
	expect 0 g eve api -X GET orgs/octo/packages -f package_type=npm --jq '.[].name'
	is names "$(xargs <"$T/out")" 'hit ui'
	expect 0 g tom api orgs/octo/packages/npm/svc --jq .url
	is url "$(cat "$T/out")" "https://$AT/api/v3/orgs/octo/packages/npm/svc"

	say "pages"
	: >"$T/access.log"
	expect 0 g tom api --paginate 'orgs/octo/packages?package_type=npm&per_page=1' --jq '.[].name'
	is names "$(xargs <"$T/out")" 'hit svc ui'
	wait_for 3 grep -qF 'per_page=1&page=3' "$T/access.log"
	is pages "$(grep -c per_page "$T/access.log")" 3
	expect 0 g tom api --paginate 'orgs/octo/packages?package_type=npm'
	wait_for 3 grep -qF 'package_type=npm&per_page=100"' "$T/access.log"

	say "refusals"
	expect 1 g tom api orgs/octo/packages/npm/absent
	has "$T/err" 'gh: Not Found (HTTP 404)'
	has "$T/out" '"status":"404"'
	expect 1 g eve api orgs/octo/packages/npm/svc
	has "$T/err" 'gh: Not Found (HTTP 404)'
	expect 1 g tom api orgs/octo/packages
	has "$T/err" 'package_type is missing' '(HTTP 400)'
	expect 1 g no api 'orgs/octo/packages?package_type=npm'
	has "$T/err" 'gh: the token lacks the scope read:packages (HTTP 403)'
	expect 1 g tom api -X DELETE orgs/octo/packages/npm/ui
	has "$T/err" 'gh: this is a read-only mirror: ' '(HTTP 405)'
	expect 1 g anon api user
	has "$T/err" 'gh: Requires authentication (HTTP 401)'
done

say "--hostname"
expect 0 g tom api --hostname packages.example user --jq .login
is login "$(cat "$T/out")" tom

say "auth"
login() { token_of "$1" | g anon auth login --with-token --hostname packages.example; }
expect 1 g tom auth status
has "$T/err" "missing required scopes 'repo', 'read:org'"
expect 1 login tom
has "$T/err" "missing required scopes 'repo', 'read:org'"
expect 1 login no
has "$T/err" "missing required scope 'read:org'"
new_token gh tom --scopes read:packages,repo,read:org
expect 0 login gh
expect 0 g anon api user --jq .login
is login "$(cat "$T/out")" tom
expect 0 g anon auth logout --hostname packages.example
expect 0 login ops
expect 0 g anon api 'orgs/octo/packages?package_type=container' --jq '.[].name'
is names "$(xargs <"$T/out")" 'job web'
expect 1 g anon auth status
has "$T/err" 'this is a read-only mirror' 'Logged in to packages.example'
expect 0 g anon auth logout --hostname packages.example

say "hosts.yml"
printf '%s:\n    oauth_token: %s\n    user: tom\n' packages.example "$(token_of tom)" \
    >"$T/home/.config/gh/hosts.yml"
expect 0 g anon api user --jq .login
is login "$(cat "$T/out")" tom

say "revoked, and never given"
"$FERRY" --store "$STORE" token revoke "$(id_of tom)" >/dev/null
sleep 1
expect 1 g tom api user
has "$T/err" 'gh: Bad credentials (HTTP 401)'
echo ghp_nonsense >"$T/token.bad"
expect 1 g bad api 'orgs/octo/packages?package_type=npm'
has "$T/err" 'gh: Bad credentials (HTTP 401)'
stop
hasnt "$T/access.log" ferry_u_
