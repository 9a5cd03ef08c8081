#!/bin/bash
# The whole way: packages of GitHub's owners and who may read them are synced,
# exported, imported on the far side, and asked for there with every upstream
# gone; then a right is taken away, and travels the same way.
# ctest: COST 12
. "$(dirname "$0")/lib.sh"
. "$TOP/tests/access/github.sh"
. "$TOP/tests/access/cases.sh"
command -v skopeo >/dev/null || skip "skopeo is not installed"
REALM=gh EVE=10
start_github
start_verdaccio
NPM=${UPSTREAM%/}
start_registry
CONTAINER=$REGISTRY
for p in ui svc hit kit; do publish "@octo/$p" 1.0.0; done
IMAGE=$(make app image 1.0 --size 50000)
for p in octo/tool octo/web octo/job lab/box uma/app; do
	isolated skopeo copy -q --insecure-policy --dest-tls-verify=false \
	    oci:app:1.0 "docker://${REGISTRY#http://}/$p:1.0"
done
CONF='access = "access.conf";'
github_conf 'owners = [ "octo", "lab", "uma" ]; enterprise = "acme";'
operator() { # GRANTS of octo/tool
	cat >access.conf <<-END
		signed_off_by = "olga";
		github = ( { upstream = "gh"; packages = (
		  { type = "npm"; name = "@octo/ui"; inherits = true; },
		  { type = "npm"; name = "@octo/svc"; inherits = false; grants = ( { user = "tom"; role = "admin"; } ); },
		  { type = "container"; name = "octo/job"; inherits = false; actions = ( { repo = "octo/ops"; role = "read"; } ); },
		  { type = "container"; name = "uma/app"; grants = ( { user = "rita"; role = "read"; } ); },
		  { type = "container"; name = "octo/tool"; inherits = false; grants = ( $1 ); } ); } );
	END
}
tool='{ team = "octo/dev"; role = "read"; }, { user = "kim"; role = "write"; }'
operator "$tool"

say "near side: sync, export"
near() { "$FERRY" --config "$T/near.conf" "$@"; }
far() { "$FERRY" --store "$T/far" "$@"; }
near init --name near >/dev/null
expect 0 near sync
has out "0 failed"
mkdir medium
near key export near.pub
expect 0 near export --to medium

say "far side: import, with every upstream gone"
for pid in "${PIDS[@]}"; do
	kill "$pid" 2>/dev/null || :
	wait "$pid" 2>/dev/null || :
done
PIDS=()
far init --name far >/dev/null
far trust add near.pub >/dev/null
expect 0 far import medium
STORE=$T/far
case_tokens
printf 'serve : { bad_credentials = 0; };\n' >"$T/d.conf"
serve --config "$T/d.conf"

say "the cases of the specification"
run_cases

say "an explanation names the snapshot that crossed"
expect 0 far explain --as tom --package oci:octo/tool
has out "by rule D13" "team dev has read" "permission snapshot of 'gh'"

say "a right is taken away near, and ends on the running server far away"
operator '{ user = "kim"; role = "write"; }'
sleep 1.1
expect 0 near access apply
mkdir second
expect 0 near export --to second --one-way
expect 0 far access diff --bundle second
has out "tom"
is "tom before" "$(pull_status tom octo/tool)" 200
expect 0 far import second
lost() { [ "$(status -u "x:$(token_of tom)" "$URL/v2/octo/tool/manifests/1.0")" = 403 ]; }
wait_for 2 lost
is "kim after" "$(pull_status kim octo/tool)" 200

say "60: an old bundle does not bring it back"
far import medium >out 2>&1 || :
is "tom after the old bundle" "$(pull_status tom octo/tool)" 403
stop
