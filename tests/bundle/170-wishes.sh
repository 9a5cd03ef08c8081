#!/bin/bash
# What clients at the far side asked for in vain goes home in the receipt, and
# becomes a want there.
# ctest: COST 20
. "$(dirname "$0")/../nuget/lib.sh"

mkdir "$T/up"
start_nuget up
cd "$T"
mknuget up <<'END'
pkg("App", "1.0.0", needs={"": {"Lib": "[1.0,2.0)"}})
for v in ["1.0.0", "1.5.0"]: pkg("Lib", v)
pkg("Secret.Tool", "1.0.0"); pkg("Old", "1.0.0"); pkg("Old", "2.0.0"); pkg("Here", "1.0.0")
feed()
END
nuget_conf "$BASE" 'packages = [ "Here" ]; pull_deny = [ "secret.*" ];'
expect 0 near init --name near
expect 0 near sync
expect 0 near key export near.pem
expect 0 "$FERRY" --store far init --name far
expect 0 "$FERRY" --store far trust add near.pem
expect 0 "$FERRY" --store far key export far.pem
expect 0 near trust add far.pem
printf 'store = "%s/far"; serve = { asked_log = "%s/asked.log"; };\n' "$T" "$T" >far.conf
far() { "$FERRY" --config "$T/far.conf" "$@"; }
mkdir medium
expect 0 near export --to medium
start_ferryd far --config far.conf

say "asked for in vain, and told in the receipt"
ask() { curl -s -o body -w '%{http_code}' "$URL/nuget/download/$1"; }
for i in 1 2 3; do [ "$(ask app/index.json)" = 404 ] || fail "$(cat body)"; done
[ "$(ask here/index.json)" = 404 ] || fail "$(cat body)"
[ "$(ask old/1.0.0/old.1.0.0.nupkg)" = 404 ] || fail "$(cat body)"
[ "$(ask secret.tool/index.json)" = 404 ] || fail "$(cat body)"
[ "$(curl -s -o body -w '%{http_code}' "$URL/npm/left-pad")" = 404 ] || fail "$(cat body)"
wait_for 5 grep -q left-pad asked.log
expect 0 curl -sf "$URL/"
has out "asked for and not here" "       3  20" "nuget:app" "npm:left-pad" "nuget:old@1.0.0"
expect 0 far wishes
has out "     3  " "nuget:app" "npm:left-pad" "nuget:here"
# What came by now is none: the import writes the receipt after it.
expect 0 far import medium
receipt=$(echo medium/ferry-receipt-far-near.txt)
[ "$(head -1 "$receipt" | jq -r '.wishes | map(.format + ":" + .package + (.version // "" | sub("^(?<v>.)"; "@\(.v)")) + " " + (.count | tostring)) | sort | join(", ")')" = \
    "npm:left-pad 1, nuget:app 3, nuget:old@1.0.0 1, nuget:secret.tool 1" ] || fail "$(cat "$receipt")"

say "at home they are listed, and accepted as policy permits"
expect 1 near wishes --from far
has err "no site 'far' is known"
expect 0 near receipt add "$receipt"
expect 0 near wishes --from far
has out "nuget:app" "nuget:old@1.0.0" "nuget:secret.tool" "npm:left-pad"
expect 2 near wishes --from far --accept nuget:nothing
has err "nobody there wishes for 'nuget:nothing'"
expect 2 near wishes --accept
expect 0 near wishes --from far --accept nuget:app
has out "nuget:app: wanted from nuget" "1 accepted as the recording 'wishes-far', 0 not"
expect 4 near --json wishes --from far --accept
[ "$(jq -rs '[.[] | select(.accepted) | .item] | sort | join(" ")' out)" = "nuget:app nuget:old@1.0.0" ] || fail "$(cat out)"
expect 4 near wishes --from far --accept
has out "nuget:secret.tool: not accepted: " "npm:left-pad: not accepted: no upstream has the format npm"
expect 0 near record --show wishes-far
expect 0 near sync
has out "3 versions pulled"
expect 0 near list --versions
has out "nuget:lib" "nuget:old" "nuget:app"
hasnt out "2.0.0" "secret"
expect 0 near why lib@1.0.0
has out "wanted by app@1.0.0" "wanted by recording 'wishes-far'"

say "and nobody wishes for it any more when it has come"
rm -rf second && mkdir second
expect 0 near export --to second --for far
expect 0 far import second
curl -sf "$URL/readyz" >body
[ "$(head -1 body)" = ready ] || fail "$(cat body)"
has body "origin near: its word is of 20" "0 h ago"
curl -sf "$URL/" >body
has body "origin near: its word is of"
is_there() { [ "$(ask app/index.json)" = 200 ]; }
wait_for 5 is_there
expect 0 curl -sf "$URL/"
has out "npm:left-pad"
hasnt out "nuget:app"
[ "$(head -1 second/ferry-receipt-far-near.txt | jq -r '.wishes | map(.package) | sort | join(" ")')" = "left-pad secret.tool" ] ||
    fail "$(cat second/*.txt)"
expect 0 near receipt add second/ferry-receipt-far-near.txt
expect 0 near wishes --from far
hasnt out "nuget:app"

say "a log that cannot be read costs the wishes, not the receipt"
mv asked.log gone.log
expect 0 near remove old
rm -rf third && mkdir third
expect 0 near export --to third --for far
expect 0 far import third
has err "the receipt tells no wishes" "asked.log"
jq -e '.seq > 0 and (has("wishes") | not)' <(head -1 third/ferry-receipt-far-near.txt) >/dev/null || fail "$(cat third/*.txt)"

say "a site that wishes for what is no version makes no sync fail"
key=$(far key | sed -n '1s/ .*//p')
for version in '*' '>=1' '../..' 'npm:secret.tool@1.0.0'; do
	head -1 "$receipt" | jq -cj --arg v "$version" \
	    '.wishes = [{format: "nuget", package: "old", version: $v, count: 1, last: .at}]' >line
	openssl pkeyutl -sign -rawin -inkey "far/keys/$key.pem" -in line -out signature
	printf '%s\n%s %s\n' "$(cat line)" "$key" "$(base64 -w0 signature)" >forged
	expect 0 near receipt add forged
	expect 4 near wishes --from far --accept
	has out "0 accepted" "not accepted: "
done
expect 0 near sync
