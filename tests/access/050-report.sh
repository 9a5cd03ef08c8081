#!/bin/bash
# Who may read a package, what a user may read: as the decision table says.
. "$(dirname "$0")/github.sh"
start_github
CONF='access = "access.conf";'
github_conf 'owners = [ "octo", "lab", "uma" ]; enterprise = "acme";'
cat >access.conf <<'END'
signed_off_by = "olga";
github = ( { upstream = "gh"; packages = (
  { type = "npm"; name = "@octo/ui"; inherits = true; },
  { type = "npm"; name = "@octo/kit"; inherits = true; },
  { type = "npm"; name = "@octo/svc"; inherits = false; grants = ( { user = "tom"; role = "admin"; } ); },
  { type = "container"; name = "lab/box"; inherits = true; },
  { type = "container"; name = "uma/app"; grants = ( { user = "rita"; role = "read"; } ); },
  { type = "container"; name = "octo/tool"; inherits = false; grants = (
    { team = "octo/dev"; role = "read"; }, { user = "kim"; role = "write"; } ); } ); } );
END
expect 0 near init --name near
expect 0 near sync

readers() { # PACKAGE USER:ROLE:RULE…
	local package=$1
	shift
	near --json access report --package "$package" |
	    jq -r 'select(.event == "access") | "\(.user // "-"):\(.role):\(.rule)"' | sort >got
	printf '%s\n' "$@" | sort >want
	diff want got || fail "who may read $package"
}
say "by package"
readers oci:octo/tool olga:admin:D11 tom:read:D13 kim:write:D13
readers npm:@octo/kit olga:admin:D11 rita:read:D12 tom:write:D12 kim:write:D12 mia:read:D12
readers npm:@octo/svc olga:admin:D11 tom:admin:D13
readers oci:lab/box lea:read:D12
readers oci:uma/app uma:admin:D11 rita:read:D13
readers oci:octo/job olga:admin:D11
readers oci:octo/web -:read:D2 olga:admin:D11 {rita,tom,kim,mia,len,lea,max,uma}:read:D14
# A login is needed for public npm packages.
near --json access report --package npm:@octo/ui >out
jq -es '[.[] | select(.event == "access")] | length == 10 and
    [.[] | select(.user == null) | .everybody] == ["any account"]' out >/dev/null ||
    fail "$(cat out)"
expect 0 near access report --package npm:@octo/ui
has out "* any account" "olga"
expect 1 near access report --package npm:@OCTO/ui
expect 2 near access report --package oci:octo/TOOL
expect 1 near access report --package npm:@octo/none
has err "there is no package 'npm:@octo/none' here"
expect 2 near access report --package @octo/ui
expect 2 near access report

say "by user, of what is here"
reads() {
	near --json access report --user "$1" |
	    jq -r 'select(.event == "access") | .package' | sort | tr '\n' ' '
}
[ "$(reads tom)" = "@octo/hit @octo/kit @octo/svc @octo/ui " ] || fail "tom: $(reads tom)"
[ "$(reads RITA)" = "@octo/hit @octo/kit @octo/ui " ] || fail "rita: $(reads rita)"
[ "$(reads max)" = "@octo/hit @octo/ui " ] || fail "max: $(reads max)"
expect 0 near access report --user olga
has out "olga" "admin" "D11" "npm:@octo/svc of gh"
expect 1 near access report --user eve

say "what the report says is what explain says"
expect 1 near explain --as mia --package oci:octo/tool
expect 0 near explain --as kim --package oci:octo/tool --action publish
