#!/bin/bash
# What a sync changed, what importing a bundle would change, and the newest
# snapshot wins whatever is imported later (case 60).
. "$(dirname "$0")/github.sh"
start_github
CONF='access = "access.conf";'
github_conf 'owners = [ "octo", "lab", "uma" ]; enterprise = "acme";'
cat >access.conf <<'END'
signed_off_by = "olga";
github = ( { upstream = "gh"; packages = (
  { type = "npm"; name = "@octo/kit"; inherits = true; },
  { type = "container"; name = "octo/tool"; inherits = false; grants = (
    { team = "octo/dev"; role = "read"; }, { user = "kim"; role = "write"; } ); } ); } );
END
export FERRY_NOW=1800000000
expect 0 near init --name near
mkdir first second third
expect 0 near sync
far() { "$FERRY" --store "$T/far" "$@"; }
expect 0 far init --name far
near key export near.pem >/dev/null
far trust add near.pem >/dev/null
expect 0 near access diff
has out "gh: the first permission snapshot" "= tom: gains read on container octo/tool" \
    "+ tom is in team octo/dev" "+ olga is an owner of octo" \
    "+ team octo/dev has write on repository octo/ops" \
    "+ package npm @octo/kit, private, linked to repository octo/ops, inherits access: yes" \
    "+ kim has write on container octo/tool" "+ signed off by olga"
expect 0 near export --to first
expect 0 far access diff --bundle first
has out "= tom: gains read on container octo/tool"
expect 1 far access show gh
expect 0 far import first
snapshot near gh >a
snapshot far gh >b
same a b
expect 0 far access diff --bundle first
has out "not newer than what is here"

say "somebody leaves a team, somebody the organization"
export FERRY_NOW=1800000100
change '.orgs.octo.teams.dev.members = [] | .orgs.octo.members -= ["rita"]'
expect 0 near sync
expect 0 near access diff gh
has out "= tom: loses read on container octo/tool" "= tom: read instead of write on npm @octo/kit" \
    "- tom is in team octo/dev" "= rita: loses read on npm @octo/kit" "- rita is a member of octo"
hasnt out "kim:"
hasnt out "+ "
expect 0 near --json access diff gh
jq -es '[.[] | select(.event == "effect") | .text] | length == 3' out >/dev/null || fail "effects: $(cat out)"
jq -es 'any(.[]; .event == "fact" and .sign == "-" and .record.kind == "member" and .record.user == 2)' \
    out >/dev/null || fail "facts: $(cat out)"

say "the far side hears of it before it is imported; nothing is changed by looking"
expect 0 near export --to second --one-way
status() { far status | grep -v "^free " || true; } # of the disk
status >before
expect 0 far access diff --bundle second
has out "= tom: loses read on container octo/tool" "- rita is a member of octo"
hasnt out "lab/box"
status >after
same before after
expect 0 far --json access diff --bundle second
jq -es 'any(.[]; .event == "bundle" and .newer and .refused == null)' out >/dev/null || fail "$(cat out)"
expect 0 far access report --user rita
has out "@octo/kit"
expect 0 far import second
expect 0 far access report --user rita
hasnt out "@octo/kit"

say "bytes that nobody trusted signed are not looked into"
cp -r second forged
f=forged/$(ls second | grep tar | head -1)
printf 'x' | dd of="$f" bs=1 seek=700 conv=notrunc 2>/dev/null
got=0
far access diff --bundle forged >out 2>err || got=$?
[ $got -ne 0 ] || fail "a forged bundle was read"
"$FERRY" --store "$T/other" init --name other >/dev/null
got=0
"$FERRY" --store "$T/other" access diff --bundle second >out 2>err || got=$?
[ $got -ne 0 ] || fail "a bundle of an unknown key was read"
has err "sign"

say "an old bundle does not bring rights back, nor does another store's"
snapshot far gh >new
far import first >out 2>&1 || true
snapshot far gh >now
same new now
# A clone of the near store as it was, with a longer journal but old rights.
mkdir old && (
	cd old
	T=$T/old
	cp ../access.conf ../token .
	sed 's|store = "near"|store = "'"$T"'/clone"|' ../near.conf >near.conf
	"$FERRY" --store clone init --name clone >/dev/null
	jq '.orgs.octo.teams.dev.members = ["tom"] | .orgs.octo.members += ["rita"]' ../facts >../facts.old
)
cp facts facts.kept
cp facts.old facts
FERRY_NOW=1800000050 expect 0 "$FERRY" --config old/near.conf sync
cp facts.kept facts
"$FERRY" --store old/clone key export clone.pem >/dev/null
"$FERRY" --store old/clone export --to third >/dev/null
far trust add clone.pem >/dev/null
expect 0 far access diff --bundle third
has out "gh: another origin speaks for it here; an import passes over this"
expect 4 far import third
snapshot far gh >now
same new now
expect 0 far access report --user rita
hasnt out "@octo/kit"

say "a clock that went back does not stop revocations"
export FERRY_NOW=1700000000
generation=$(near --json access show gh | jq -s '[.[] | .generation // empty][0]')
change '.orgs.octo.owners = []'
expect 0 near sync
expect 0 near access diff gh
has out "- olga is an owner of octo"
has <(near access show gh) "generation $((generation + 1)),"
