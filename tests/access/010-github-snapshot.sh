#!/bin/bash
# A GitHub upstream: owners' packages are pulled as npm and OCI, and who may
# read them is what the API says.
. "$(dirname "$0")/github.sh"
start_github
start_verdaccio
NPM=${UPSTREAM%/}
start_registry
CONTAINER=$REGISTRY
for p in ui@1.0.0 ui@1.1.0-beta.1 svc@1.0.0 hit@2.0.0 kit@1.0.0; do
	publish "@octo/${p%@*}" "${p#*@}"
done
for p in octo/tool octo/web octo/job lab/box uma/app; do image $p 1 --seed $p; done
image octo/web 2 --seed more
github_conf 'owners = [ "Octo", "lab", "uma" ]; enterprise = "acme";
    types = [ "npm", "container" ];'
expect 0 near init --name near

say "a plan first, which keeps nothing"
expect 0 near sync --dry-run
has out "npm:@octo/ui@1.1.0-beta.1" "oci:octo/web:2" "11 versions would be pulled"
expect 1 near access show gh

say "every version of every package, under the upstream's own name"
expect 0 near sync
has out "9 packages: 11 versions pulled" "0 failed"
expect 0 near --json list --versions
for p in npm:@octo/ui npm:@octo/svc npm:@octo/kit oci:octo/tool oci:lab/box oci:uma/app; do
	expect 0 near show --owner gh "$p"
done

say "the snapshot says what the API said, and no more"
snapshot near gh >text
LC_ALL=C sort -c text || fail "its lines are not sorted"
expect 0 near access show
has out "gh: generation" "9 package" "9 user"
# When it was taken differs from run to run.
sed -i 's/"taken_at":[0-9]*,"generation":[0-9]*/"taken_at":0,"generation":0/' text
diff "$TOP/tests/data/access/github-api.jsonl" text || fail "the snapshot differs"

say "equal facts make equal bytes: a second sync changes nothing"
records() { near --json status | jq -e 'select(.event == "result" or .records) | .records'; }
before=$(near access show gh | head -1)
expect 0 near sync
has out "11 here already"
[ "$(near access show gh | head -1)" = "$before" ] || fail "a new generation"

say "... and costs a 304 a page"
: >api.log
expect 0 near sync
api_asked 0 '^GET .* 200$'
api_asked 4 '^POST /graphql 200$'
[ "$(grep -c ' 304$' api.log)" -gt 40 ] || fail "too few pages"

say "clients know the container registry as ghcr.io"
start_ferryd near
curl -s "$URL/v2/ghcr.io/octo/web/tags/list" >out
has out '"tags":["1","2"]'
curl -s "$URL/v2/ghcr.io/octo/tool/tags/list" >out
has out UNAUTHORIZED

say "an owner's scope comes from its GitHub alone, unless protect says otherwise"
cp near.conf kept.conf
sed -i 's|^} );|}, { name = "public"; format = "npm"; url = "'"$NPM"'"; packages = [ "@octo/ui" ]; } );|' near.conf
expect 8 near sync public
has out "the name '@octo/ui' is bound to upstream 'gh'"
sed -i 's|name = "gh";|name = "gh"; protect = [ ];|' near.conf
expect 0 near sync public
cp kept.conf near.conf
