#!/bin/bash
# A server of one's own: another API base, its accounts as the enterprise, npm
# packages with the permissions of their repository, no container registry
# without subdomains.  Organization-wide roles, and packages that moved.
. "$(dirname "$0")/github.sh"
python3 "$TOP/tests/tools/mkmaven.py" "$T/trees/octo/priv" <<<'artifact("com.octo:core:1"); metadata()'
python3 "$TOP/tests/tools/mkmaven.py" "$T/trees/octo/pub" <<<'artifact("com.octo:open:1"); metadata()'
python3 "$TOP/tests/tools/mkmaven.py" "$T/trees/octo/int" <<<'artifact("com.octo:int:1"); metadata()'
python3 "$TOP/tests/tools/mkmaven.py" "$T/trees/lab/secret" <<<'artifact("com.lab:x:1"); metadata()'
start_github --base /api/v3 --maven "$T/trees"
BOTH='"octo", "lab"'
# server_conf MEMBERS…, with PROFILE and OWNERS.
server_conf() {
	cat >near.conf <<-END
		store = "near";
		upstreams = ( {
		    name = "gh"; format = "github"; url = "$GITHUB"; profile = "${PROFILE:-ghes}";
		    owners = [ ${OWNERS-$BOTH} ]; token_file = "token"; tries = 2; $*
		} );
	END
}
mistake() { # EXPECTED-TEXT MEMBERS
	server_conf "$2"
	expect 3 near sync
	has err "near.conf:" "$1"
}
say "mistakes"
PROFILE=gitlab mistake 'expected "github.com", "ghes" or "ghe.com"' ''
OWNERS='"octo", "octo/pub"' mistake "element 2, 'octo/pub', is not the name of an organization or user" ''
OWNERS='' mistake "owners: is missing or empty" ''
mistake "'cargo' is not a type of package" 'types = [ "npm", "cargo" ];'
mistake 'api: expected https://HOST' 'api = "ftp://x";'
mistake 'npm_url: expected https://HOST' 'npm_url = "https://me@host/";'
mistake 'signature: no such option' 'npm = { signature = "off"; };'
mistake "'linux' is not a platform" 'container = { platforms = [ "linux" ]; };'
mistake 'container: expected a group' 'subdomain_isolation = false; container = 1;'
mistake 'visibility: no such option' 'visibility = "public";'

say "without subdomains: npm by its path, containers by a word"
change '.orgs.octo.roles = [
    { "id": 8030, "name": "all_repo_read", "base_role": "read", "users": { "eve": "direct", "kim": "indirect" }, "teams": [ "boss" ] },
    { "id": 8031, "name": "billing" } ]'
server_conf 'subdomain_isolation = false; enterprise = "any";'
expect 0 near init --name near
expect 0 near sync
has out "container packages of 'gh': a server without subdomain isolation has no container registry" \
    "10 packages: 10 versions pulled"
grep -q '^GET /api/v3/users?per_page=100 200' api.log || fail "no list of accounts"
snapshot near gh >text
[ "$(grep -c enterprise_member text)" = 10 ] || fail "not all accounts"
grep -q '"name":"@octo/kit","visibility":"private","repo":303,"granular":false}' text || fail "granular npm"
# Their names and permissions are known all the same.
grep -q '"type":"container","name":"octo/tool","visibility":"private","granular":true' text || fail "no container"
grep -q '"kind":"owner_grant","owner":100,"user":10,"role":"read"' text || fail "no role of eve"
grep -q '"kind":"owner_grant","owner":100,"team":200,"role":"read"' text || fail "no role of boss"
[ "$(grep -c owner_grant text)" = 2 ] || fail "a role through a team, or of settings"
near --json access report --package npm:@octo/kit |
    jq -r 'select(.event == "access") | "\(.user):\(.role)"' | sort | tr '\n' ' ' >got
[ "$(cat got)" = "eve:read kim:write mia:read olga:admin rita:read tom:write " ] || fail "who: $(cat got)"

say "with subdomains: the container registry has a host of its own"
server_conf 'types = [ "container", "docker" ]; container_url = "'"$GITHUB"'"; container = { host = "containers.ghe.example"; };'
change '.packages += [ { "id": 30, "owner": "octo", "type": "docker", "name": "Old", "visibility": "private", "repo": "octo/ops" } ]'
expect 0 near sync
snapshot near gh >text
grep -q '"id":30,"owner":100,"type":"container","name":"octo/ops/old","visibility":"private","repo":303,"granular":false}' text ||
    fail "no legacy package"

say "a package that vanished upstream, a repository that was opened"
server_conf 'subdomain_isolation = false;'
expect 0 near sync
change '.packages |= map(select(.name != "kit")) | .repos."octo/priv".visibility = "public"'
expect 0 near sync
expect 0 near access diff
has out "- package npm @octo/kit" "+ repository octo/priv, public"
near --json access report --user rita >out
hasnt out "@octo/kit"

say "the token is in no record, no log and no answer"
snapshot near gh >text
hasnt text sync-token
expect 0 near --json status
hasnt out sync-token
grep -rqF sync-token near && fail "the store has it"
true
