#!/bin/bash
# Stores and bundles of version 0.1: both sides are updated and go on, nothing is
# lost, nothing has to be made again.
# ctest: COST 15
. "$(dirname "$0")/../lib.sh"
cd "$T"
tar -xf "$TOP/tests/data/upgrade/stores-0.1.tar.zst"
port=$(free_port)
BASE=http://127.0.0.1:$port
# The documents of the old tree name another port.
find tree -name packument.json -exec sed -i "s|http://127.0.0.1:[0-9]*|$BASE|g" {} +
start_nginx "access_log off; server { listen 127.0.0.1:$port; root $T/tree; default_type application/json;
	location / { try_files \$uri \$uri/packument.json =404; } }"
wait_for 10 curl -sf "$BASE/pkg-00001"
far() { "$FERRY" --store far "$@"; }
conf() { near_conf "$BASE/" "signatures = \"off\"; select = ( $1 );"; }
conf '{ name = "pkg-00001"; }, { name = "pkg-00002"; }, { name = "pkg-00003"; }'

say "both stores are read as they are, and are sound"
for site in near far; do
	expect 0 "$FERRY" --store $site verify
	expect 0 "$FERRY" --store $site status
done
expect 0 near list --versions
has out "npm:pkg-00002" "oci:org/app" "npm:pkg-00003"
expect 0 far list --versions
hasnt out "pkg-00003"

say "a bundle of the old near side, at the new far side"
expect 0 far import medium
expect 0 far list --versions
has out "pkg-00003"
expect 1 far show pkg-00001@9.9.9
start_ferryd far
curl -sf "$URL/npm/pkg-00003" | jq -e '.versions | keys == ["1.0.0","1.1.0"]' >/dev/null || fail "pkg-00003"
curl -sf -o got "$URL/npm/pkg-00003/-/pkg-00003-1.1.0.tgz"
same got tree/pkg-00003/-/pkg-00003-1.1.0.tgz
[ "$(curl -s -o /dev/null -w '%{http_code}' "$URL/npm/pkg-00001/-/pkg-00001-1.0.0.tgz")" = 404 ] || fail "what was removed is served"
curl -sf -H 'Accept: application/vnd.oci.image.index.v1+json' "$URL/v2/org/app/manifests/1.0" | jq -e '.manifests | length == 2' >/dev/null ||
    fail "the image"

say "the new near side goes on: removed stays removed, what is here is not fetched again"
expect 0 near receipt add medium/ferry-receipt-far-near.txt
expect 0 near sync
has out "0 versions pulled" "1 left alone that was removed"
conf '{ name = "pkg-00001"; }, { name = "pkg-00002"; }, { name = "pkg-00003"; }, { name = "pkg-00000"; }'
expect 0 near sync
has out "2 versions pulled"
expect 0 near why pkg-00000@1.0.0
has out "a select group"
expect 0 near restore pkg-00001@1.0.0
rm -rf medium && mkdir medium
expect 0 near export --to medium --for far
expect 0 far import medium
wait_for 5 curl -sf -o got "$URL/npm/pkg-00001/-/pkg-00001-1.0.0.tgz"
same got tree/pkg-00001/-/pkg-00001-1.0.0.tgz
expect 0 near receipt add medium/ferry-receipt-far-near.txt

say "and what came since works in them: backups, gc, a full bundle for a new site"
expect 0 near backup kept
expect 0 "$FERRY" --store kept verify
expect 0 near gc --unwanted
rm -rf medium && mkdir medium
expect 0 near export --to medium
expect 0 "$FERRY" --store new init --name new
expect 0 "$FERRY" --store new trust add near.pem
expect 0 "$FERRY" --store new import medium
for site in near far new; do expect 0 "$FERRY" --store $site verify; done
"$FERRY" --store far list --versions >far.list
"$FERRY" --store new list --versions >new.list
same far.list new.list
