#!/bin/bash
# Images that nothing wants any more go with all that only they need; what belongs
# to one that is wanted stays.
# ctest: COST 15
. "$(dirname "$0")/lib.sh"
start_registry
image org/app 1.4 --platforms linux/amd64,linux/arm64
one=$DIGEST
image org/app 1.5 --platforms linux/amd64,linux/s390x
two=$DIGEST
mapfile -t c1 < <(children org/app "$one")
mapfile -t c2 < <(children org/app "$two")
[ "${c1[0]}" = "${c2[0]}" ] || fail "the images share no manifest"
image org/app - --subject "$one" --seed sbom
sbom=$DIGEST
image org/app x --cosign "${c1[0]}"
signature=$DIGEST
day() { export FERRY_NOW=$((1800000000 + $1 * 86400)); }
here() { near --json list --versions | jq -rs '[.[] | .versions[]?] | sort | join(" ")'; }
sorted() { printf '%s\n' "$@" | sort -u | tr '\n' ' ' | sed 's/ $//'; }

day 0
oci_conf "$REGISTRY" 'keep = "30d"; images = [ "org/app:1.4", "org/app:1.5" ];'
expect 0 near init --name near
expect 0 near sync
all=$(here)
expect 0 near why org/app:1.4
has out "$one" "wanted by tag '1.4' of upstream 'hub'"
expect 0 near why "org/app@$sbom"
has out "belongs to sha256:"

say "an image that is wanted still keeps what it shares"
day 40
oci_conf "$REGISTRY" 'keep = "30d"; images = [ "org/app:1.5" ];'
expect 0 near sync
expect 0 near gc --unwanted
[ "$(here)" = "$(sorted "$two" "${c2[@]}" "$signature")" ] || fail "here: $(here)"
expect 0 near verify

say "it comes back whole"
oci_conf "$REGISTRY" 'keep = "30d"; images = [ "org/app:1.4", "org/app:1.5" ];'
expect 0 near sync
[ "$(here)" = "$all" ] || fail "here: $(here)"
expect 0 near verify

say "of a select group, what upstream took away stays: a tag, all of the repository"
image org/lib 1.0 --seed one
image org/lib 2.0 --seed two
oci_conf "$REGISTRY" 'keep = "30d"; select = ( { name = "org/lib"; } );'
day 100
rm -rf near
expect 0 near init --name near
expect 0 near sync
all=$(here)
lib=$REGISTRY_ROOT/docker/registry/v2/repositories/org/lib
rm -r "$lib/_manifests/tags/1.0"
for d in 120 160 161; do
	day $d
	[ $d = 120 ] || rm -rf "$lib"
	expect 0 near sync
	expect 0 near gc --unwanted
	[ "$(here)" = "$all" ] || fail "day $d: here: $(here)"
done
