#!/bin/bash
# dockerd with tokens: login, a pull that is allowed and one that is not, and
# what logs in with nonsense.
# ctest: RESOURCE_LOCK dockerd
. "$(dirname "$0")/lib.sh"
need docker dockerd

make_octo
new_token tom tom
new_token eve eve
printf 'serve : { access_log = "%s"; };\n' "$T/access.log" >"$T/d.conf"
serve --config "$T/d.conf"
HOST=${URL#http://}
start_dockerd
login() { printf %s "$2" | d login -u "$1" --password-stdin "$HOST"; }

say "without a login: what is public"
d pull -q "$HOST/octo/web:1.0" >/dev/null
expect 1 d pull -q "$HOST/octo/tool:1.0"
has "$T/err" unauthorized

say "login"
expect 1 login tom nonsense
has "$T/err" denied
expect 0 login tom "$(token_of tom)"
has "$T/out" 'Login Succeeded'
d pull -q "$HOST/octo/tool:1.0" >/dev/null
d pull -q "$HOST/containers.ghes.example/octo/tool@$IMAGE" >/dev/null
expect 1 d pull -q "$HOST/uma/app:1.0"
has "$T/err" 'denied: whose token this is may not read this package'
expect 1 d pull -q "$HOST/octo/absent:1.0"
has "$T/err" 'is not in the mirror'
expect 1 d pull -q "$HOST/octo/tool:none"
has "$T/err" 'is not in the mirror'
d search "$HOST/octo" --format '{{.Name}}' | sort >"$T/out"
is found "$(tr '\n' ' ' <"$T/out")" 'octo/tool octo/web '

say "somebody else"
expect 0 login eve "$(token_of eve)"
expect 1 d pull -q "$HOST/octo/tool:1.0"
has "$T/err" 'denied: '
expect 0 d logout "$HOST"
expect 1 d pull -q "$HOST/octo/tool:1.0"
has "$T/err" unauthorized

say "a token that was revoked after the login"
expect 0 login tom "$(token_of tom)"
"$FERRY" --store "$STORE" token revoke "$(id_of tom)" >/dev/null
sleep 1
expect 1 d pull -q "$HOST/octo/tool:1.0"
expect 1 d pull -q "$HOST/octo/web:1.0"
stop
hasnt "$T/access.log" ferry_u_
