#!/bin/bash
# A record that no site could take, such as one that an older ferry wrote, is left
# out of a bundle and told; the others arrive (issue 11, point 19).
. "$(dirname "$0")/lib.sh"
PUT_OCI=$FERRY_BUILD/tests/tools/put_oci
make() { python3 "$TOP/tests/tools/mkoci.py" layout "$@"; }
pair
one=$(make image 1)
two=$(make image 2)
sbom=$(make artifact --subject "$one" --type application/vnd.example.sbom)
# The same bytes in two repositories, of which the first is wrong.
"$PUT_OCI" near hub hub.example a/app layout
"$PUT_OCI" near hub hub.example b/app layout
"$PUT_OCI" near hub hub.example a/app "--set=$sbom=subject=$two"
fill near 0 2

say "it is named, and the rest goes"
expect 4 near export --to medium --dry-run
has out "1 record left out, which no site could take"
has err "left out: its \"subject\" is not what its manifest says; oci a/app@$sbom of hub"
[ -z "$(ls medium)" ]
expect 4 near export --to medium
has out "1 record left out"
expect 4 near --json export --to medium
jq -e '.left_out == 1 and .outcome == "already"' out >/dev/null || fail "$(cat out)"
expect 0 near status
has out "last export"
expect 0 far import medium
expect 0 far verify
has out ": 0 problems"
expect 0 far show oci:b/app
has out "$sbom"
expect 0 far show oci:a/app
hasnt out "$sbom"
has out "$one"

say "interrupted, it goes on without it as well"
mkdir small
for ((i = 0; i < 6; i++)); do
	(timeout -s KILL "0.0$((i + 2))" "$FERRY" --store near export --to small --volume-size 100000 ||
	    :) >/dev/null 2>&1
done
expect 4 near export --to small --volume-size 100000
expect 0 bash "$TOP/tests/bundle/check-by-hand.sh" near.pem small/*.tar
store fresh init --name fresh >/dev/null
store fresh trust add near.pem >/dev/null
expect 0 store fresh import small
expect 0 store fresh verify

say "mended, it comes with the next bundle"
"$PUT_OCI" near hub hub.example a/app layout
near receipt add medium/ferry-receipt-far-near.txt >/dev/null
mkdir next
expect 0 near export --to next --for far
hasnt out "left out"
expect 0 far import next
agree

say "or it is taken away for good, and that arrives"
"$PUT_OCI" near hub hub.example a/app "--set=$sbom=subject=$two"
expect 4 near export --to next --one-way
expect 0 near remove "oci:a/app@$sbom"
expect 4 near export --to next --one-way
expect 0 near gc --grace 0
rm -f next/*
expect 0 near export --to next --since 0
hasnt out "left out"
expect 0 far import next
expect 0 far show oci:a/app
hasnt out "$sbom"
