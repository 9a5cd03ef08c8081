#!/bin/bash
# What is in a bundle, before anybody signs or imports it: as text, CSV and
# CycloneDX, from the medium alone or with the export.  (issue 15)
. "$(dirname "$0")/lib.sh"
export FERRY
pair
fill near 0 3

say "with the export"
expect 0 near export --to medium --manifest list.csv
python3 - <<'END'
import csv, json, os, subprocess
rows = list(csv.DictReader(open("list.csv")))
assert len(rows) == 6, rows
assert {(r["name"], r["version"]) for r in rows} == {
    ("fill-0000%d" % n, v) for n in range(3) for v in ("1.0.0", "1.1.0")}
for r in rows:
    assert r["format"] == "npm" and r["upstream"] == "fill" and r["origin"] == "near", r
    assert r["change"] == "added" and int(r["bytes"]) == 40000, r
    # The digest is of the file that the bundle carries.
    one = json.loads(subprocess.run([os.environ["FERRY"],
        "--store", "near", "--json", "show", r["name"] + "@" + r["version"]],
        capture_output=True, check=True).stdout)
    assert r["sha256"] in json.dumps(one), (r, one)
END
expect 7 near export --to medium --manifest no/such/folder/list.csv
has err "no/such/folder/list.csv" "the bundle is whole"
mkdir elsewhere
expect 0 near export --to elsewhere --manifest never.txt --dry-run
[ ! -e never.txt ] || fail "a dry run wrote a manifest"

say "from the medium, without a store"
expect 0 env -u FERRY_STORE "$FERRY" bundle list medium
has out "records 1 to 9 of near for any site, written 20" "+ npm:fill-00002@1.1.0  40.0 kB  from fill" \
    "6 versions with 240.0 kB of files, 0 removed"
expect 0 "$FERRY" bundle list --as csv medium
same out list.csv
expect 0 "$FERRY" bundle list --as cyclonedx medium
jq -e '.bomFormat == "CycloneDX" and .specVersion == "1.5" and (.components | length) == 6
    and all(.components[]; (.purl | startswith("pkg:npm/fill-0000")) and .hashes[0].alg == "SHA-256"
    and (.hashes[0].content | length) == 64)' out >/dev/null || fail "$(cat out)"
expect 2 "$FERRY" bundle list --as html medium
expect 2 "$FERRY" bundle medium
mkdir empty
expect 1 "$FERRY" bundle list empty
has err "there is no bundle"

say "what is removed, several volumes, and what is damaged"
expect 0 near remove fill-00000@1.0.0
mkdir second
expect 0 near export --to second --since 9 --manifest second.json
jq -e '.components == []' second.json >/dev/null || fail "$(cat second.json)"
expect 0 "$FERRY" bundle list second
has out "- npm:fill-00000@1.0.0  removed" "0 versions with 0 B of files, 1 removed"
mkdir volumes
expect 0 near export --to volumes --volume-size 128Ki
[ "$(ls volumes/*.tar | wc -l)" -gt 1 ] || fail "one volume"
expect 0 "$FERRY" bundle list volumes
has out "5 versions with 200.0 kB of files, 1 removed"
cp -r medium damaged
flip "$(only damaged/*.tar)" "$(($(stat -c %s medium/*.tar) / 2))"
"$FERRY" bundle list damaged >out 2>err || [ $? = 20 ] || fail "not a refusal"

say "what an import would do"
before=$(far --json status | jq -c '[.records, .tries, .blobs]')
expect 0 far import --dry-run medium
has out "would import records 1 to 9 of near: 9 new blobs ("
has out " as they travel)"
expect 0 far --json import --dry-run medium
jq -e '.event == "plan" and .code == "ok" and .blobs == 9 and .bytes > 200000' out >/dev/null || fail "$(cat out)"
expect 0 far import --dry-run medium second
has out "would import records 1 to 9" "would import records 10 to 10"
expect 24 far import --dry-run second
has out "would refuse records 10 to 10 of near: "
# Nothing was kept of all that.
[ "$(far --json status | jq -c '[.records, .tries, .blobs]')" = "$before" ] || fail "a dry run left something"
expect 0 far import medium
expect 0 far import --dry-run medium
has out "here already: records 1 to 9 of near"
expect 1 far import --dry-run empty
expect 0 far trust revoke "$(openssl pkey -pubin -in near.pem -outform DER 2>/dev/null | tail -c 32 | sha256sum | cut -c1-32)"
"$FERRY" --store far import --dry-run second >out 2>err && fail "a revoked key's bundle is welcome"
has err revoked

say "no room, said before anything is read"
mkdir disk
if mount -t tmpfs -o size=16m tmpfs disk 2>/dev/null; then
	trap 'umount disk 2>/dev/null; finish' EXIT
	store disk/small init --name small >/dev/null
	store disk/small trust add near.pem >/dev/null
	fill near 100 200 100000
	mkdir large
	near export --to large >/dev/null
	expect 7 store disk/small import --dry-run large
	has err "disk/small has" "needs at least" "No space left"
	expect 7 store disk/small import large
	has err "needs at least" "nothing was imported"
	expect 0 store disk/small --json status
	[ "$(jq .blobs out)" = 0 ] || fail "blobs came all the same"
	umount disk
	trap finish EXIT
else
	echo "SKIP: no mount"
fi
