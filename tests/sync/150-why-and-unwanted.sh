#!/bin/bash
# Who wants what is here, and what nothing wants any more: ferry why, and gc
# --unwanted over months of a clock that we set.
# ctest: COST 20
. "$(dirname "$0")/../nuget/lib.sh"

mkdir "$T/up"
start_nuget up
cd "$T"
mknuget up <<'END'
for v in ["1.0.0", "1.1.0", "2.0.0"]: pkg("App", v, needs={"": {"Lib": "[1.0,2.0)"}})
for v in ["1.0.0", "1.5.0"]: pkg("Lib", v, needs={"": {"Base": "1.0"}})
pkg("Base", "1.0.0"); pkg("Alone", "3.0.0")
feed()
END
# conf OPTIONS WANTS
conf() { nuget_conf "$BASE" "$1 $2"; }
START=1800000000
day() { export FERRY_NOW=$((START + $1 * 86400)); }
here() { # PACKAGE@VERSION…: exactly those are here
	local got
	got=$(near --json list --versions | jq -rs '[.[] | .name as $n | .versions[]? | $n + "@" + .] | join(" ")')
	[ "$got" = "$*" ] || fail "here: $got"
}

say "each version tells who wants it, up to what people wrote"
day 0
conf '' 'packages = [ "App [1.0.0]" ]; select = ( { name = "Alone"; } );'
expect 0 near init --name near
expect 0 near sync
expect 0 near why base
has out "nuget:base@1.0.0 of nuget, last wanted 2027-01-15" "  wanted by lib@1.0.0" "    wanted by app@1.0.0" \
    "      wanted by packages of upstream 'nuget'"
expect 0 near why alone@3.0.0
has out "wanted by a select group"
expect 0 near --json why Lib@1.0
jq -e '.versions[0] | .version == "1.0.0" and .by[0].text == "app@1.0.0" and (.by[0].by[0].text | startswith("packages"))' out >/dev/null ||
    fail "$(cat out)"
expect 1 near why lib@9.0
expect 1 near why nothing

say "a lock file and a recording are told, too"
cat >packages.lock.json <<END
{ "version": 1, "dependencies": { "net8.0": { "Lib": { "type": "Direct", "requested": "[1.5.0, )", "resolved": "1.5.0",
  "contentHash": "$(openssl dgst -sha512 -binary up/flat/lib/1.5.0/lib.1.5.0.nupkg | base64 -w0)" } } } }
END
conf '' 'packages = [ "App [1.0.0]" ]; lockfiles = [ "packages.lock.json" ]; select = ( { name = "Alone"; } );'
expect 0 near sync
expect 0 near why lib@1.5.0
has out "wanted by $T/packages.lock.json"

say "usage: of which upstream, wanted by whom, each version once"
expect 0 near usage
has out "upstream" "nuget" "wanted by" "what those need" "$T/packages.lock.json"
hasnt out "owner"
expect 0 near --json usage
jq -e --arg lock "$T/packages.lock.json" '(.upstreams.nuget.versions == ([.owners[].versions] | add)) and
    .wanted_by[$lock].versions == 1 and .wanted_by[$lock].bytes > 0 and
    .wanted_by["what those need"].versions >= 1' out >/dev/null || fail "$(cat out)"
bytes=$(jq .upstreams.nuget.bytes out)
expect 0 near remove alone@3.0.0
expect 0 near --json usage
[ "$(jq .upstreams.nuget.bytes out)" -lt "$bytes" ] || fail "what is removed counts"
expect 0 near restore alone@3.0.0
expect 2 near usage nuget

say "without 'keep' nothing goes, however long nothing wants it"
day 400
conf '' 'packages = [ "App [1.1.0]" ];'
expect 0 near sync
expect 0 near gc --unwanted
has out "nuget: its option 'keep' is not set: all of it stays" "removed 0 versions that nothing wants"
conf 'keep = "12h";' ''
expect 3 near sync
has err "at least"

say "with it: what nothing wanted for so long, and not what is needed still"
conf 'keep = "90d";' 'packages = [ "App [1.1.0]" ];'
expect 0 near sync
expect 0 near gc --unwanted --dry-run
has out "would remove nuget:alone@3.0.0, last wanted 2027-01-15" "would remove nuget:app@1.0.0" "would remove nuget:lib@1.5.0" \
    "would remove 3 versions that nothing wants any more"
here alone@3.0.0 app@1.0.0 app@1.1.0 base@1.0.0 lib@1.0.0 lib@1.5.0
expect 0 near gc --unwanted
has out "removed 3 versions that nothing wants any more" "3 removed versions"
here app@1.1.0 base@1.0.0 lib@1.0.0
expect 0 near verify
expect 0 near gc --unwanted
has out "removed 0 versions"

say "it comes back when a sync wants it, without its bytes if they are here"
conf 'keep = "90d";' 'packages = [ "App [1.1.0]" ]; select = ( { name = "Alone"; } );'
expect 0 near sync
has out "1 version pulled"
here alone@3.0.0 app@1.1.0 base@1.0.0 lib@1.0.0
expect 0 near restore app@1.0.0
expect 0 near why app@1.0.0
has out "wanted by 'ferry restore'"
here alone@3.0.0 app@1.0.0 app@1.1.0 base@1.0.0 lib@1.0.0
day 440
expect 0 near gc
has out "freed 1 version removed more than 30 days ago"
conf 'keep = "90d";' 'packages = [ "App [1.1.0]", "Lib [1.5.0]" ]; select = ( { name = "Alone"; } );'
expect 0 near sync
has out "1 version pulled"

say "what an operator removed stays removed"
expect 0 near remove alone
expect 0 near sync
here app@1.0.0 app@1.1.0 base@1.0.0 lib@1.0.0 lib@1.5.0

say "syncs that fail, or read a part only, make nothing unwanted"
conf 'keep = "90d";' 'packages = [ "App [1.1.0]", "Gone" ];'
day 700
expect 4 near sync
expect 0 near gc --unwanted
has out "removed 0 versions"
conf 'keep = "90d";' 'packages = [ "App [1.1.0]" ];'
expect 0 near sync
expect 0 near gc --unwanted
has out "removed 2 versions"
here app@1.1.0 base@1.0.0 lib@1.0.0

say "how fast it grows, and until when there is room"
expect 0 near status
hasnt out "growth "
day 705
conf 'keep = "90d";' 'packages = [ "App [1.1.0]", "App [2.0.0]" ];'
expect 0 near sync
expect 0 near status
has out "growth       " "a day over 5 days"
expect 0 near --json status
jq -e '.free_bytes > 0 and .growth.days == 5 and .growth.bytes_a_day > 0 and (.growth | has("full_days"))' out >/dev/null || fail "$(cat out)"

say "at a site it goes as what was removed does, and comes back so"
expect 0 near key export near.pem
mkdir medium
expect 0 near export --to medium
expect 0 "$FERRY" --store far init --name far
expect 0 "$FERRY" --store far trust add near.pem
expect 0 "$FERRY" --store far import medium
expect 0 "$FERRY" --store far list --versions
hasnt out "lib@1.5.0" "alone"
conf 'keep = "90d";' 'packages = [ "App [1.1.0]", "Lib [1.5.0]" ];'
expect 0 near sync
rm -rf medium && mkdir medium
expect 0 near export --to medium
expect 0 "$FERRY" --store far import medium
expect 0 "$FERRY" --store far list --versions
has out "1.5.0"

say "what is wanted and was withdrawn keeps what it needs, for which nobody asks now"
conf 'keep = "90d";' 'packages = [ "App [1.1.0]" ]; select = ( { name = "Lib"; } );'
expect 0 near sync
here app@1.1.0 app@2.0.0 base@1.0.0 lib@1.0.0 lib@1.5.0
echo "/reg/app/ status=404 99" >rules
conf 'keep = "90d";' 'packages = [ "App [1.1.0]" ];'
for d in 800 900; do
	day $d
	expect 0 near sync
	expect 0 near gc --unwanted
	has out "nuget: nuget:app@[1.1.0] is wanted and was withdrawn upstream" "removed 0 versions"
done
here app@1.1.0 app@2.0.0 base@1.0.0 lib@1.0.0 lib@1.5.0
: >rules
day 901
conf 'keep = "90d";' 'packages = [ "App [1.1.0]" ]; select = ( { name = "Lib"; } );'
expect 0 near sync
expect 0 near gc --unwanted
hasnt out "withdrawn upstream"

say "of a group that takes all, what upstream lists no more is wanted still"
jq '.items[0] |= (.items |= map(select(.catalogEntry.version != "1.5.0")) | .count = 1 | .upper = "1.0.0")' \
    up/reg/lib/index.json >new
mv new up/reg/lib/index.json
for d in 950 1050; do
	day $d
	expect 0 near sync
	has out "1 withdrawn upstream"
	expect 0 near gc --unwanted
done
here app@1.1.0 base@1.0.0 lib@1.0.0 lib@1.5.0
expect 0 near why lib@1.5.0
has out "what is wanted was withdrawn upstream"
conf 'keep = "90d";' 'packages = [ "App [1.1.0]" ];'
day 1200
expect 0 near sync
expect 0 near gc --unwanted
here app@1.1.0 base@1.0.0 lib@1.0.0
