#!/bin/bash
# The options of who may read: each, at the start and at a reload.
. "$(dirname "$0")/lib.sh"

make_octo
new_token eve eve
new_token tom tom
new_token ops octo/ops
code() { curl -s -o /dev/null -w '%{http_code}' "$@"; }
bearer() { printf 'Authorization: Bearer %s' "$(token_of "$1")"; }
# options MEMBERS: of the group serve, at a reload.
options() {
	printf 'serve : { bad_credentials = 0; %s };\n' "$1" >"$T/d.conf"
	lines=$(grep -c 'read again' "$T/ferryd.log" || :)
	kill -HUP "$LASTPID"
	reloaded() { [ "$(grep -c 'read again' "$T/ferryd.log")" -gt "$lines" ]; }
	wait_for 5 reloaded
}

say "a store with rules may be served to others without a word"
printf 'serve : { };\n' >"$T/d.conf"
serve --config "$T/d.conf" --listen 0.0.0.0:0
is web "$(code "$URL/v2/octo/web/manifests/1.0")" 200
is ui "$(code "$NPM/@octo/ui")" 401

say "public_needs_login"
options 'public_needs_login = [ ];'
is ui "$(code "$NPM/@octo/ui")" 200
is svc "$(code "$NPM/@octo/svc")" 401
get 200 "$NPM/-/v1/search?text=octo"
is found "$(jq -rc '[.objects[].package.name]|sort|join(" ")' "$T/body")" '@octo/hit @octo/ui'
is "who shows a token needs its scope" "$(code -H 'Authorization: Bearer x' "$NPM/@octo/ui")" 401
options 'public_needs_login = [ "oci" ];'
is ui "$(code "$NPM/@octo/ui")" 200
is web "$(code "$URL/v2/octo/web/manifests/1.0")" 401
is "web, eve" "$(code -H "$(bearer eve)" "$URL/v2/octo/web/manifests/1.0")" 200
get 401 "$URL/v2/_catalog"
has "$T/head" 'scope="registry:catalog:*"'

say "permissions_max_age: an old snapshot lets read what is public"
options 'permissions_max_age = "30d";'
is "svc, tom: taken this autumn" "$(code -H "$(bearer tom)" "$NPM/@octo/svc")" "$([ "$(date +%s)" -gt 1792592000 ] && echo 403 || echo 200)"
permissions --generation=2 --taken=1000
gone() { [ "$(code -H "$(bearer tom)" "$NPM/@octo/svc")" = 403 ]; }
wait_for 3 gone
is "ui, tom" "$(code -H "$(bearer tom)" "$NPM/@octo/ui")" 200
is "job, ops" "$(code -H "$(bearer ops)" "$URL/v2/octo/job/manifests/1.0")" 403
is "web" "$(code "$URL/v2/octo/web/manifests/1.0")" 200
permissions --generation=3 --taken="$(date +%s)"
back() { [ "$(code -H "$(bearer tom)" "$NPM/@octo/svc")" = 200 ]; }
wait_for 3 back

say "private_mode, hide_existence"
options 'private_mode = true;'
is web "$(code "$URL/v2/octo/web/manifests/1.0")" 401
is "web, eve" "$(code -H "$(bearer eve)" "$URL/v2/octo/web/manifests/1.0")" 200
is token "$(code "$URL/v2/token?scope=repository:octo/web:pull")" 401
is catalog "$(code "$URL/v2/_catalog")" 401
options 'hide_existence = true;'
is "svc, eve" "$(code -H "$(bearer eve)" "$NPM/@octo/svc")" 404
is "svc, nobody" "$(code "$NPM/@octo/svc")" 401
stop

say "mistakes"
mistake() { # MEMBERS WANT…
	printf '\nserve : { %s };\n' "$1" >"$T/d.conf"
	expect 3 "$FERRYD" --store "$STORE" --listen 127.0.0.1:0 --config "$T/d.conf"
	has "$T/err" d.conf:2 "${@:2}"
}
mistake 'public_needs_login = [ "cargo" ];' cargo
mistake 'permissions_max_age = "30";' permissions_max_age '30d'
mistake 'permissions_max_age = "0d";' permissions_max_age
mistake 'bad_credentials = -1;' bad_credentials
mistake 'private_mode = "yes";' private_mode

say "private mode alone is a rule, and a reload may not take it away"
STORE=$T/plain
make_version p 1.0.0
OWNER=up put p 1.0.0 1.0.0
expect 2 "$FERRYD" --store "$STORE" --listen 0.0.0.0:0
has "$T/err" 'no access rules exist'
printf 'serve : { private_mode = true; };\n' >"$T/d.conf"
serve --config "$T/d.conf" --listen 0.0.0.0:0
is p "$(code "$NPM/p")" 401
printf 'serve : { };\n' >"$T/d.conf"
kill -HUP "$LASTPID"
wait_for 5 grep -q 'the configuration stays as it was' "$T/ferryd.log"
is "p still" "$(code "$NPM/p")" 401
stop
# On an address of this machine it may.
printf 'serve : { private_mode = true; };\n' >"$T/d.conf"
serve --config "$T/d.conf"
is p "$(code "$NPM/p")" 401
options ''
is p "$(code "$NPM/p")" 200
is "a foreign credential" "$(code -H 'Authorization: Bearer ghp_x' "$NPM/p")" 200
get 200 "$NPM/p"
is cache "$(header Cache-Control)" no-cache
is vary "$(header Vary)" 'Accept, Accept-Encoding'

say "plain registries: a visibility, and none"
"$PUT_ACCESS" "$STORE" zone "" --visibility=private
closed() { [ "$(code "$NPM/p")" = 401 ]; }
wait_for 3 closed
"$PUT_ACCESS" "$STORE" up "" --visibility=public
opened() { [ "$(code "$NPM/p")" = 200 ]; }
wait_for 3 opened
is absent "$(code "$NPM/absent")" 401
stop
