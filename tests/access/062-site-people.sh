#!/bin/bash
# Users, teams and grants of a site's own: they last beside the permissions that
# come from upstream, explain names the grant and the file's line, and a
# suspension by either counts.
. "$(dirname "$0")/lib.sh"

make_octo
conf() { # the group site
	printf 'signed_off_by = "olga";\n%s\n' "$1" >"$T/access.conf"
}
printf 'store = "%s"; access = "access.conf";\n' "$STORE" >"$T/f.conf"
f() { "$FERRY" --config "$T/f.conf" "$@"; }

say "grants to users, teams, everybody, and users of an upstream"
conf 'site = {
  users = [ "ann", "bob", "carl" ];
  suspended = [ "carl" ];
  teams = ( { slug = "ops"; members = [ "bob", "carl", "ghes:mia" ]; } );
  same_as = [ "ghes" ];
  grants = (
    { grant = "ann builds"; upstream = "ghes"; type = "npm"; name = "@octo/svc"; users = [ "ann" ]; role = "read"; },
    { name = "octo/*"; type = "container"; teams = [ "ops" ]; role = "write"; },
    { grant = "news"; upstream = "other"; name = "*"; everybody = true; role = "read"; }
  );
};'
expect 0 f access apply
has "$T/out" "signed off by olga: 0 permission snapshots changed, and the people of this site"
expect 0 f access apply
hasnt "$T/out" "people of this site"
expect 0 f explain --as ann --package npm:@octo/svc
has "$T/out" "allowed: ann npm @octo/svc by rule S1" \
    "grant 'ann builds' of this site, $T/access.conf:8: user ann has read"
expect 1 f explain --as bob --package npm:@octo/svc
expect 0 f explain --as bob --package oci:octo/tool --action publish
has "$T/out" "grant 'octo/*' of this site, $T/access.conf:9: team ops, whose member this is, has write"
expect 1 f explain --as mia --package npm:@octo/svc
expect 0 f explain --as mia --package oci:octo/tool
expect 1 f explain --as carl --package oci:octo/tool
has "$T/out" "refused: carl" "by rule D1: the account is suspended"

say "one who is an upstream's user too"
expect 1 f explain --as site:max --package npm:@octo/svc
expect 0 f explain --as site:tom --package npm:@octo/svc
has "$T/out" "by rule D" "user tom, number"
expect 2 f explain --as "site:not a login" --package npm:@octo/svc
f access report --package npm:@octo/svc >"$T/out"
has "$T/out" "site:ann" "S1" "tom"
f access report --user site:ann >"$T/out"
has "$T/out" "npm:@octo/svc of ghes"

say "a new snapshot of the upstream changes nothing of the site's"
permissions --generation=9
expect 0 f explain --as ann --package npm:@octo/svc
say "what is wrong is told with its line, and nothing is applied"
conf 'site = { users = [ "ann" ];
  grants = ( { name = "*"; users = [ "eve" ]; role = "read"; } ); };'
expect 3 f access apply
has "$T/err" "access.conf:3: users: 'eve' is not one of the site's users"
conf 'site = { users = [ "ann" ]; grants = (
  { name = "@octo/hit"; users = [ "ann", "ghes:nobody" ]; role = "read"; } ); };'
expect 3 f access apply
has "$T/err" "access.conf:3: users: no permission snapshot here knows 'ghes:nobody'"
expect 0 f explain --as ann --package npm:@octo/svc
conf 'site = { usres = [ "ann" ]; };'
expect 3 f access apply
has "$T/err" "usres"

say "the server follows within a second"
"$FERRY" --store "$STORE" --json token create --user ann >"$T/token.json"
python3 -c 'import json; d = json.load(open("'"$T"'/token.json")); print(d["token"]); print(d["id"])' >"$T/token.ann"
"$FERRY" --store "$STORE" --json token create --user site:dora >"$T/token.json"
python3 -c 'import json; d = json.load(open("'"$T"'/token.json")); print(d["token"]); print(d["id"])' >"$T/token.dora"
serve
get 200 "$(as ann)" "$NPM/@octo/svc"
get 403 "$(as dora)" "$NPM/@octo/svc"
is whoami "$(curl -s "$(as dora)" "$NPM/-/whoami")" '{"username":"dora"}'
conf 'site = { directory = true; users = [ "ann" ]; suspended = [ "ann" ];
  grants = ( { name = "@octo/svc"; users = [ "dora" ]; role = "read"; } ); };'
expect 0 f access apply
sleep 1.5
get 401 "$(as ann)" "$NPM/@octo/svc"
get 200 "$(as dora)" "$NPM/@octo/svc"
say "nothing is left of them when the file says nothing"
conf ''
expect 0 f access apply
sleep 1.5
get 403 "$(as ann)" "$NPM/@octo/svc"
get 403 "$(as dora)" "$NPM/@octo/svc"
stop

say "nothing of it leaves in a bundle"
conf 'site = { users = [ "zorro" ]; };'
expect 0 f access apply
mkdir "$T/out.d"
expect 0 f key new
expect 0 f export --to "$T/out.d" --inspectable
cat "$T"/out.d/*.tar | grep -q zorro && fail "the site's people left in a bundle"

say "a token that root made is for those whose store it is"
if [ "$(id -u)" = 0 ]; then
	chown -R nobody:nogroup "$STORE"
	chmod 0755 "$T"
	(umask 0077; new_token root tom)
	is owner "$(stat -c %U:%G:%a "$STORE/tokens/"*"$(id_of root)"*.json)" nobody:nogroup:640
	start_nobody() { # ferryd as another user, who reads the store by its group
		rm -f "$T/port"
		(cd / && exec setpriv --reuid=nobody --regid=nogroup --clear-groups \
		    env TMPDIR="$T/nobody" "$FERRYD" --store "$STORE" --listen 127.0.0.1:0 \
		    --port-file "$T/nobody/port") >"$T/nobody.log" 2>&1 &
		LASTPID=$!
		PIDS+=("$LASTPID")
		wait_for 10 test -s "$T/nobody/port"
		NPM=http://127.0.0.1:$(cat "$T/nobody/port")/npm
	}
	install -d -o nobody -m 0700 "$T/nobody"
	start_nobody
	get 200 "$(as root)" "$NPM/@octo/svc"
	say "and why one cannot be read is logged"
	new_token hers tom
	chown root:root "$STORE/tokens/$(id_of hers)"*.json
	get 401 "$(as hers)" "$NPM/@octo/svc"
	has "$T/nobody.log" "a token cannot be read, and counts as none: " \
	    "tokens/$(id_of hers)" "Permission denied"
	kill "$LASTPID"
	wait "$LASTPID"
fi
