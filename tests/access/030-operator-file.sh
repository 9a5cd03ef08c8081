#!/bin/bash
# The operator's file: mistakes with file and line, what no API tells of GitHub's
# packages, users and grants of plain registries, and taking a change of it
# without a network.
. "$(dirname "$0")/github.sh"
start_github
CONF='access = "access.conf";'
github_conf 'owners = [ "octo", "lab", "uma" ]; enterprise = "acme";
    }, { name = "up"; format = "npm"; url = "'"$GITHUB"'/npm"; visibility = "private";
    signatures = "off"; packages = [ "@acme/a", "@acme/b" ];'
expect 0 near init --name near

mistake() { # EXPECTED-TEXT FILE
	printf '%s\n' "$2" >access.conf
	expect 3 near sync
	has err "$1"
}
say "mistakes of its form: nothing is synced"
rm -f access.conf
expect 3 near sync
has err "access.conf: No such file"
mistake 'signed_off_by: is missing or empty' 'realm = "local";'
mistake 'access.conf:2: userz: no such option; there are: users, signed_off_by' 'signed_off_by = "o";
userz = [ "a" ];'
mistake "access.conf:2: users: element 2, 'b c', is no login" 'signed_off_by = "o";
users = [ "a", "b c" ];'
mistake "'Ann' and 'ann' are the same" 'signed_off_by = "o"; users = [ "Ann", "ann" ];'
mistake "suspended: 'bob' is not one of users" 'signed_off_by = "o"; users = [ "ann" ]; suspended = [ "bob" ];'
mistake "access.conf:2: members: 'bob' is not one of users" 'signed_off_by = "o"; users = [ "ann" ];
teams = ( { slug = "t"; members = [ "bob" ]; } );'
mistake "the configuration has no upstream 'down' that is a plain registry" \
    'signed_off_by = "o"; registries = ( { upstream = "down"; } );'
mistake "the configuration has no upstream 'up' with format = \"github\"" \
    'signed_off_by = "o"; github = ( { upstream = "up"; } );'
mistake "'gh' is listed twice" 'signed_off_by = "o"; github = ( { upstream = "gh"; }, { upstream = "gh"; } );'
mistake "access.conf:2: slug: 'T' is listed twice" 'signed_off_by = "o"; users = [ "ann" ]; teams = ( { slug = "t"; members = [ "ann" ]; },
  { slug = "T"; members = [ ]; } );'
mistake "members: 'ANN' is listed twice" 'signed_off_by = "o"; users = [ "ann" ]; teams = ( { slug = "t"; members = [ "ann", "ANN" ]; } );'
mistake "suspended: 'ann' is listed twice" 'signed_off_by = "o"; users = [ "ann" ]; suspended = [ "ann", "ann" ];'
mistake "users: 'Ann' is listed twice" 'signed_off_by = "o"; users = [ "ann" ];
registries = ( { upstream = "up"; grants = ( { name = "*"; users = [ "ann", "Ann" ]; role = "read"; } ); } );'
mistake "access.conf:3: login: 'OCTO' is listed twice" 'signed_off_by = "o"; github = ( { upstream = "gh";
  owners = ( { login = "octo"; unknown_inheritance = "assume_inherit"; },
    { login = "OCTO"; unknown_inheritance = "owners_only"; } ); } );'
mistake "access.conf:3: name: '@OCTO/kit' is listed twice" 'signed_off_by = "o"; github = ( { upstream = "gh";
  packages = ( { type = "npm"; name = "@octo/kit"; inherits = true; },
    { type = "npm"; name = "@OCTO/kit"; inherits = false; } ); } );'
mistake "access.conf:3: user: 'Kim' is listed twice" 'signed_off_by = "o"; github = ( { upstream = "gh";
  packages = ( { type = "npm"; name = "@octo/kit"; grants = ( { user = "kim"; role = "read"; },
    { user = "Kim"; role = "admin"; } ); } ); } );'
mistake "access.conf:3: repo: 'octo/ops' is listed twice" 'signed_off_by = "o"; github = ( { upstream = "gh";
  packages = ( { type = "npm"; name = "@octo/kit"; actions = ( { repo = "octo/ops"; role = "read"; },
    { repo = "octo/ops"; role = "write"; } ); } ); } );'
mistake "access.conf:1: signed_off_by: is missing or empty" ''
control="has control characters, or bytes that are not UTF-8"
mistake "access.conf:2: signed_off_by: $control" 'realm = "local";
signed_off_by = "a\x1b[31mred";'
mistake "access.conf:1: signed_off_by: $control" 'signed_off_by = "a\nb";'
mistake "access.conf:1: signed_off_by: $control" 'signed_off_by = "a\xff";'
mistake "access.conf:1: signed_off_by: $control" 'signed_off_by = "a\xc2\x9b1m";'
mistake "access.conf:2: users: $control" 'signed_off_by = "o";
users = [ "a", "b\x07" ];'
mistake "signed_off_by: has more than 1000 bytes" "signed_off_by = \"$(printf 'o%.0s' {1..1001})\";"
mistake "role: 'reed' is no role; expected read, write or admin" 'signed_off_by = "o";
registries = ( { upstream = "up"; grants = ( { name = "*"; users = [ "a" ]; role = "reed"; } ); } );'
mistake "'*' stands for anything at the end only" 'signed_off_by = "o";
registries = ( { upstream = "up"; grants = ( { name = "@*/x"; users = [ "a" ]; role = "read"; } ); } );'
mistake "a grant is to somebody" 'signed_off_by = "o";
registries = ( { upstream = "up"; grants = ( { name = "x"; role = "read"; } ); } );'
mistake "expected either user or team" 'signed_off_by = "o"; github = ( { upstream = "gh"; packages = (
  { type = "npm"; name = "@octo/ui"; grants = ( { role = "read"; } ); } ); } );'
mistake "type: 'gem' is no type that ferry has" 'signed_off_by = "o"; github = ( { upstream = "gh"; packages = (
  { type = "gem"; name = "@octo/ui"; } ); } );'
mistake 'expected "owners_only" or "assume_inherit"' 'signed_off_by = "o"; github = ( { upstream = "gh";
  owners = ( { login = "octo"; unknown_inheritance = "yes"; } ); } );'
mistake "realm: expected \"local\" or an upstream" 'signed_off_by = "o"; realm = "up";'
mistake "with realm = \"gh\" users and teams are" 'signed_off_by = "o"; realm = "gh"; users = [ "ann" ];'

say "the sample is right, with its examples and without"
cp "$TOP/etc/access.conf" access.conf
expect 0 near sync
sed -E 's/^#(  |users|suspended|teams)/\1/; s/upstream = "npm"/upstream = "up"/' \
    "$TOP/etc/access.conf" >access.conf
expect 0 near sync
has out "0 failed"
expect 0 near access show
has out "2 package_grant" "3 name_grant" "signed off by nobody yet"

say "names that are not known: named with their lines, and left out"
cat >access.conf <<'END'
signed_off_by = "olga, change 4711";
users = [ "ann", "bob" ];
teams = ( { slug = "builders"; members = [ "bob" ]; } );
registries = ( { upstream = "up"; grants = (
  { type = "npm"; name = "@acme/a*"; users = [ "ann", "zoe" ]; role = "read"; },
  { type = "npm"; name = "@acme/b"; teams = [ "builders", "painters" ]; role = "read"; } ); } );
github = ( { upstream = "gh";
  owners = ( { login = "octopus"; } );
  packages = (
    { type = "npm"; name = "@octo/uii"; inherits = true; },
    { type = "npm"; name = "@octo/svc"; inherits = true;  },
    { type = "container"; name = "octo/tool"; inherits = false; grants = (
      { team = "octo/dev"; role = "read"; },
      { team = "lab/core"; role = "read"; },
      { user = "kim"; role = "write"; },
      { user = "nobody"; role = "write"; } ); },
    { type = "container"; name = "octo/job"; inherits = false;
      actions = ( { repo = "octo/ops"; role = "read"; }, { repo = "octo/nix"; role = "read"; } ); },
    { type = "npm"; name = "@octo/ui"; inherits = true; } ); } );
END
expect 4 near sync
has out "access.conf:8: login: 'octopus' is no owner of this upstream" \
    "access.conf:10: name: '@octo/uii' is no npm package of this upstream" \
    "access.conf:11: inherits: @octo/svc is linked to no repository to inherit from" \
    "access.conf:14: team: 'lab/core' is not of the owner of octo/tool" \
    "access.conf:16: user: 'nobody' is no user of this upstream" \
    "access.conf:18: repo: 'octo/nix' is no repository of this upstream" \
    "access.conf:5: users: 'zoe' is no user of realm 'local'" \
    "access.conf:6: teams: 'painters' is not one of teams"
snapshot near gh >text
for line in '"kind":"package_grant","package":3,"team":201,"role":"read"' \
    '"kind":"package_grant","package":3,"user":4,"role":"write"' \
    '"kind":"actions_access","package":14,"repo":303,"role":"read"' \
    '"id":1,.*"inherits":"yes","how":"operator"' '"id":3,.*"inherits":"no","how":"operator"' \
    '"id":8,.*"inherits":"unknown"' '"kind":"operator","text":"olga, change 4711"'; do
	grep -q "$line" text || fail "no $line"
done
[ "$(grep -c package_grant text)" = 2 ] || fail "another grant"
expect 0 near access show
has out "signed off by olga, change 4711"

say "apply wants all names right, and takes nothing else"
before=$(near access show gh | head -1)
expect 3 near access apply
has err "access.conf:8" "access.conf:18" "nothing was applied"
[ "$(near access show gh | head -1)" = "$before" ] || fail "something was applied"

say "plain registries: local users, whose numbers follow from their logins"
snapshot near up >text
grep -q '"realm":"local","github":false,.*"visibility":"private"' text || fail "no meta"
ann=$(python3 -c 'import hashlib
print(int.from_bytes(hashlib.sha256(b"ferry local user ann").digest()[:8], "big") >> 12)')
grep -q "{\"kind\":\"user\",\"id\":$ann,\"login\":\"ann\"}" text || fail "another number"
grep -q "{\"kind\":\"name_grant\",\"type\":\"npm\",\"name\":\"@acme/a\*\",\"user\":$ann,\"role\":\"read\"}" text ||
    fail "no grant"
expect 0 near access report --user ann
has out "npm:@acme/a of up"
hasnt out "@acme/b"
expect 0 near access report --user bob
has out "npm:@acme/b of up"

say "a change is taken without a network"
kill "${PIDS[0]}"
cat >access.conf <<'END'
signed_off_by = "olga, change 4712";
realm = "gh";
registries = ( { upstream = "up"; grants = (
  { name = "@acme/*"; teams = [ "octo/dev" ]; role = "read"; } ); } );
github = ( { upstream = "gh"; private_mode = true;
  owners = ( { login = "octo"; unknown_inheritance = "assume_inherit"; } );
  packages = ( { type = "npm"; name = "@octo/svc"; grants = ( { user = "tom"; role = "admin"; } ); } ); } );
END
expect 0 near access apply
has out "signed off by olga, change 4712: 2 permission snapshots changed"
snapshot near gh >text
grep -q '"private_mode":true' text || fail "no private mode"
grep -q '"id":16,.*"inherits":"yes","how":"assumed"' text || fail "not assumed"
grep -q '"id":17,.*"inherits":"unknown"' text || fail "assumed for another owner"
grep -q '"kind":"package_grant","package":3' text && fail "an old grant"
expect 0 near access report --user kim
has out "npm:@acme/a of up" "npm:@acme/b of up" "npm:@octo/kit"
expect 0 near access report --user rita
hasnt out "@acme"
expect 0 near access apply
has out "0 permission snapshots changed"

say "without the file its words are gone"
sed -i '/^access/d; s/access = "access.conf";//' near.conf
expect 0 near access apply
has out "nobody (there is no operator's file): 2 permission snapshots changed"
snapshot near gh | grep -q 'package_grant' && fail "a grant is left"
snapshot near up | grep -q 'name_grant' && fail "a grant is left"
true
