#!/bin/bash
# An image is removed with all that only it needs, restored with all of it, and
# stays removed, whatever gc takes and upstream still has.
# ctest: COST 31
. "$(dirname "$0")/lib.sh"
start_registry
start_proxy

accept='Accept: application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json'
image org/app 1.4 --platforms linux/amd64,linux/arm64
one=$DIGEST
image org/app 1.5 --platforms linux/amd64,linux/s390x
two=$DIGEST
mapfile -t c1 < <(children org/app "$one")
mapfile -t c2 < <(children org/app "$two")
shared=${c1[0]} arm=${c1[1]} s390=${c2[1]}
[ "$shared" = "${c2[0]}" ] || fail "the images share no manifest"
image org/app - --subject "$one" --seed sbom
sbom=$DIGEST
image org/app - --subject "$sbom" --seed proof
proof=$DIGEST
image org/app x --cosign "$arm"
signature=$DIGEST
image org/app x --cosign "$shared"
kept=$DIGEST
list=$(curl -s -o /dev/null -w '%header{docker-content-digest}' -I "$REGISTRY/v2/org/app/manifests/${one/:/-}" -H "$accept")
list2=$(curl -s -o /dev/null -w '%header{docker-content-digest}' -I "$REGISTRY/v2/org/app/manifests/${sbom/:/-}" -H "$accept")
gone=("$one" "$arm" "$sbom" "$proof" "$signature" "$list" "$list2")

oci_conf "$PROXY" 'images = [ "org/app:1.4", "org/app:1.5" ];'
expect 0 near init --name near
expect 0 near sync
start_ferryd near
status() { curl -s -o /dev/null -w '%{http_code}' -H "$accept" "$URL/v2/org/app/manifests/$1"; }
# served STATUS REF…: each REF is answered so.
served() {
	local want=$1 ref
	shift
	for ref; do
		wait_for 5 test "$(status "$ref")" = "$want" || true
		[ "$(status "$ref")" = "$want" ] || fail "$ref is answered $(status "$ref"), not $want"
	done
}
all() { served 200 1.4 1.5 "${gone[@]}" "$shared" "$two" "$s390" "$kept"; }
settled() { sleep 1.5; } # the server follows within a second
all

say "removing an image takes what only it needs: platforms, signatures, SBOMs and theirs"
expect 0 near remove oci:org/app:1.4
has out "7 versions removed: 1 named, 6 that only it needs" "no longer resolved: 1.4"
settled
served 404 1.4 "${gone[@]}" "${arm/:/-}.sig" "${one/:/-}"
served 200 1.5 "$two" "$shared" "$s390" "$kept" "${shared/:/-}.sig"
curl -s "$URL/v2/org/app/tags/list" >tags
hasnt tags '"1.4"'
has tags '"1.5"'
[ "$(curl -s "$URL/v2/org/app/referrers/$one" | jq '.manifests | length')" = 0 ] || fail "referrers of what was removed"
expect 0 near list --versions
has out "4 versions"
hasnt out "$arm"
hasnt out " 1.4 "
expect 0 near show oci:org/app
grep -q "^  1.4 .*removed" out || fail "show does not say that the tag is removed"
[ "$(grep -c "sha256:.* B  removed$\|sha256:.* kB  removed$" out)" = 7 ] || fail "show does not list 7 removed versions"
expect 0 near show "oci:org/app@$arm"
has out "deleted_with $one"
expect 0 near verify

say "a sync leaves all of it alone, and asks no more than a HEAD a tag"
: >log
expect 0 near sync
has out "0 versions pulled" "1 left alone that was removed"
asked 2 .
settled
served 404 1.4 "${gone[@]}"

say "restore undoes all of it"
expect 0 near restore oci:org/app:1.4
has out "7 versions restored"
settled
all
expect 0 near restore oci:org/app:1.4
has out "0 versions restored"

say "what two images share goes with the second"
expect 0 near --json remove oci:org/app:1.4
jq -e '.changed == 7 and .named == 1 and .tags == ["1.4"]' out >/dev/null || fail "$(cat out)"
expect 0 near remove "oci:org/app@$two"
has out "4 versions removed: 1 named, 3 that only it needs"
say "and comes back with the first that needs it"
expect 0 near restore oci:org/app:1.4
has out "9 versions restored"
settled
served 200 1.4 "${gone[@]}" "$shared" "$kept"
served 404 1.5 "$s390"
expect 0 near restore oci:org/app:1.5
settled
all
say "both at once, and the whole package"
expect 0 near remove oci:org/app:1.4 oci:org/app:1.5
has out "11 versions removed: 2 named, 9 that only they need"
expect 0 near restore oci:org/app
has out "11 versions restored"
expect 0 near remove oci:org/app
has out "11 versions removed"
hasnt out "named"
settled
served 404 1.4 1.5 "${gone[@]}" "$shared" "$two" "$s390" "$kept"
expect 0 near sync
settled
served 404 1.4 1.5 "$shared"
expect 0 near restore oci:org/app

say "a platform that was removed by its own name stays removed"
expect 0 near remove "oci:org/app@$arm"
has out "2 versions removed: 1 named, 1 that only it needs"
expect 0 near remove oci:org/app:1.4
has out "5 versions removed: 1 named, 4 that only it needs"
expect 0 near restore oci:org/app:1.4
has out "5 versions restored"
settled
served 404 "$arm"
expect 0 near restore "oci:org/app@$arm"
settled
all

say "what has a tag of its own, or is wanted by its digest, is kept"
image org/own 1 --platforms linux/amd64,linux/arm64
accept_own() { curl -s "$REGISTRY/v2/org/own/manifests/$1" -H "$accept"; }
amd=$(accept_own 1 | jq -r '.manifests[0].digest') other=$(accept_own 1 | jq -r '.manifests[1].digest')
accept_own "$amd" >amd.json
curl -sf -X PUT --data-binary @amd.json -H "Content-Type: $(jq -r .mediaType amd.json)" "$REGISTRY/v2/org/own/manifests/amd"
oci_conf "$PROXY" "images = [ \"org/own:1\", \"org/own:amd\", \"org/own@$other\" ];"
expect 0 near sync
expect 0 near remove oci:org/own:1
has out "1 version removed"
hasnt out "named"

say "removed for good: gc takes the bytes, and no sync brings them"
oci_conf "$PROXY" 'images = [ "org/app:1.4", "org/app:1.5" ];'
expect 0 near remove oci:org/app:1.4
FERRY_NOW=$(($(date +%s) + 31 * 86400)) expect 0 near gc
has out "freed 8 versions"
: >log
expect 0 near sync
has out "0 versions pulled" "1 left alone that was removed"
asked 2 .
expect 0 near sync --dry-run
has out "0 versions would be pulled"
oci_conf "$PROXY" 'select = ( { name = "org/app"; } );'
expect 0 near sync
has out "0 versions pulled"
settled
served 404 1.4 "${gone[@]}"
served 200 1.5 "$shared" "$kept"
expect 0 near show oci:org/app
has out "bytes freed"
expect 1 near show "oci:org/app@$one"
has err "was removed, and gc freed its bytes" "ferry restore"

say "a new image brings what only the removed one needed, and not that"
image org/app 1.6 --platforms linux/arm64
three=$DIGEST
expect 0 near sync
has out "3 versions pulled"
settled
served 200 1.6 "$three" "$arm" "$signature"
served 404 1.4 "$one" "$sbom"

say "restore lifts the removal: the next sync brings all of it"
expect 0 near restore oci:org/app:1.4
has out "0 versions restored" "1 removal lifted" "the next sync"
expect 0 near sync
settled
all
expect 0 near verify

say "a new image revives what is removed and still here"
expect 0 near remove oci:org/app:1.5
image org/app 1.7 --platforms linux/s390x
: >log
expect 0 near sync
asked 1 '^GET .*/manifests/'
settled
served 200 1.7 "$s390"
served 404 1.5

say "in the journal and in bundles a removal is what it was"
expect 0 "$FERRY" init --store far --name far
expect 0 near key export near.pub
expect 0 "$FERRY" --store far trust add near.pub --name near
mkdir medium
expect 0 near export --to medium
expect 0 "$FERRY" --store far import medium
expect 0 "$FERRY" --store far list --versions
hasnt out "$two"
expect 0 "$FERRY" --store far restore oci:org/app:1.5
expect 0 "$FERRY" --store far list --versions
has out "$two"

say "with the referrers API, and lists of them that are older than the last one"
rm -rf near
image org/app - --subject "$two" --seed first
first=$DIGEST
start_proxy --referrers
oci_conf "$PROXY" 'images = [ "org/app:1.5" ];'
expect 0 near init --name near
expect 0 near sync
expect 0 near remove oci:org/app:1.5
has out "5 versions removed: 1 named, 4 that only it needs" # with one platform's signature
expect 1 near show "oci:org/app@$list"
expect 0 near show "oci:org/app@$first"
has out "deleted_with $two"
rm -rf near
start_proxy
oci_conf "$PROXY" 'images = [ "org/app:1.5" ]; referrers = "always";'
expect 0 near init --name near
expect 0 near sync
image org/app - --subject "$two" --seed second
expect 0 near sync
has out "2 versions pulled"
expect 0 near remove oci:org/app:1.5
has out "8 versions removed: 1 named, 7 that only it needs"
expect 0 near --json status
jq -e '.versions == 0' out >/dev/null || fail "$(cat out)"
