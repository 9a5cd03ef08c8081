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

# carry: all of it over the gap.
carry() {
	rm -rf far out.d
	mkdir out.d
	expect 0 near export --to out.d
	expect 0 near key export near.pub
	expect 0 "$FERRY" --store far init --store far --name far
	expect 0 "$FERRY" --store far trust add near.pub --name near
	expect 0 "$FERRY" --store far import out.d
	expect 0 "$FERRY" --store far verify
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
carry

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
expect 0 near status
has out "absent       later:1 of 'hub': upstream lacks sha256:"
: >log
expect 0 near sync
has out "is not there (404)"
asked 2 ''
touch later
expect 0 near sync
has out "1 version pulled"
hasnt out "is not there"
expect 0 near status
hasnt out "absent "
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

say "a size of 0 of what is not empty: the digest says what is right"
odd 0 'images = [ "zero:1" ];'
has out "1 version pulled" "0 failed"
expect 0 near verify
carry

say "a foreign layer on a host that does not resolve is nobody's to give"
odd 0 'images = [ "foreign:1" ]; tries = 1;'
has out "1 version pulled" "0 failed"

say "signatures that are kept apart from what they sign: said, and selected"
odd 4 'select = ( { name = "signatures"; } );'
has out "it has 2 tags, and none is what the select group asks for; some look like signatures" "signatures = true"
odd 0 'select = ( { name = "signatures"; signatures = true; } );'
has out "2 versions pulled"
hasnt out "look like"
carry

say "pages that are linked in several headers, among others, in any spelling"
odd 0 'select = ( { name = "links"; } );'
has out "4 versions pulled"
has log "GET /v2/links/tags/list?x=%E9%20y&last=c 200"

say "tags that go: said once, listed by status, kept; or hidden"
for wants in 'select = ( { name = "gone"; }, { name = "gone-all"; } );' \
    'images = [ "gone:1", "gone:2", "gone-all:1", "gone-all:2" ];'; do
	rm -f later
	odd 0 "$wants"
	touch later
	expect 0 near sync
	has out "taken away upstream:" "oci:gone:2: upstream lists it no more; it is kept" \
	    "oci:gone-all:1: upstream lists it" "3 withdrawn upstream" "0 failed"
	expect 0 near sync
	hasnt out "taken away"
	has out "3 withdrawn upstream"
	expect 0 near status
	has out "withdrawn    oci:gone: upstream lists 1 tag no more (2); kept, and still served" \
	    "withdrawn    oci:gone-all: upstream lists 2 tags no more"
	start_ferryd near
	[ "$(curl -s "$URL/v2/gone/tags/list" | jq -c .tags)" = '["1","2"]' ] || fail tags
	oci_conf "$hub" "$wants withdrawn = \"hide\";"
	expect 4 near sync
	wait_for 10 sh -c "[ \"\$(curl -s $URL/v2/gone/tags/list | jq -c .tags)\" = '[\"1\"]' ]"
	[ "$(curl -so out -w '%{http_code}' "$URL/v2/gone/manifests/2")" = 404 ] || fail "2 is shown"
	expect 0 near status
	has out "not shown to clients"
	rm later
	expect 0 near sync
	hasnt out withdrawn
	expect 0 near status
	hasnt out withdrawn
	wait_for 10 sh -c "[ \"\$(curl -s $URL/v2/gone/tags/list | jq -c .tags)\" = '[\"1\",\"2\"]' ]"
	expect 0 near verify
done
