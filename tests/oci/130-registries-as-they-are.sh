#!/bin/bash
# What real registries do that the standard does not have: each tag comes, or is
# a failure with its reason; nothing is mirrored by half in silence.
# ctest: COST 25
. "$(dirname "$0")/lib.sh"
: >log
python3 "$TOP/tests/tools/odd_registry.py" port log &
PIDS+=($!)
wait_for 10 test -s port
hub=http://127.0.0.1:$(cat port)

# odd STATUS MEMBERS…: sync these into a new store.
odd() {
	local status=$1
	shift
	rm -rf near later
	oci_conf "$hub" "$*"
	expect 0 near init --name near
	: >log
	expect "$status" near sync
}

say "an index of blobs, as BuildKit writes its cache"
odd 0 'select = ( { name = "cache"; } );'
has out "2 versions pulled" "0 failed"
near show oci:cache:buildcache >shown
[ "$(grep -cE 'sha256:[0-9a-f]+, 2 B' shown)" -eq 3 ] || fail "not three blobs: $(cat shown)"

say "an artifact manifest with blobs; what it says of itself crosses the gap"
odd 0 'images = [ "artifact:1" ];'
has out "2 versions pulled" "0 failed"
asked 5 '^GET /v2/artifact/(blobs|manifests)/.* 200'
mkdir out.d
expect 0 near export --to out.d
expect 0 near key export near.pub
rm -rf far
expect 0 "$FERRY" --store far init --store far --name far
expect 0 "$FERRY" --store far trust add near.pub --name near
expect 0 "$FERRY" --store far import out.d
expect 0 "$FERRY" --store far verify

say "HEAD that says nothing: GET decides"
for how in 404 403 401 405 signed; do
	odd 0 "images = [ \"head-$how:1\" ];"
	has out "1 version pulled" "0 failed"
	odd 0 "images = [ \"blob-$how/one:1\", \"blob-$how/two:1\" ];"
	has out "2 versions pulled" "0 failed"
done

say "absent once, there later: asked for at each sync, at the cost of one request"
odd 0 'images = [ "later:1" ];'
has out "is not there (404)" "asked for again at each sync"
: >log
expect 0 near sync
has out "is not there (404)"
asked 2 ''
touch later
expect 0 near sync
has out "1 version pulled"
hasnt out "is not there"
: >log
expect 0 near sync
asked 1 ''

say "a fallback tag that is but the digest is no list"
odd 0 'images = [ "self:1" ];'
near show oci:self >shown
has shown "tags         1"

say "a 200 with an error in it does not replace a good tag"
odd 0 'images = [ "error:1" ];'
near show oci:error >before
touch later
expect 8 near sync
has out "oci:error:1:" "none of the members of a manifest"
near show oci:error >after
same before after

say "a list of referrers that is refused: said once, and no failure"
odd 0 'images = [ "refused:1" ];'
has out "its lists of what refers to images are refused (403)"
