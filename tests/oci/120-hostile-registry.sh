#!/bin/bash
# A registry whose lists never end and whose images have ever more that refers
# to them: each costs so much and no more, and an honest image beside it comes.
# ctest: COST 30
. "$(dirname "$0")/../lib.sh"
cd "$T"
: >log
python3 "$TOP/tests/tools/hostile.py" port log &
PIDS+=($!)
wait_for 10 test -s port

# hostile STATUS MEMBERS…: sync these, and good:1, into a new store.
hostile() {
	local status=$1
	shift
	rm -rf near
	: >log
	cat >near.conf <<-END
		store = "near";
		upstreams = ( { name = "hub"; format = "oci"; url = "http://127.0.0.1:$(cat port)"; tries = 1; $* } );
	END
	expect 0 near init --name near
	expect "$status" near sync
	near list good >list
	has list good
	echo "  $(wc -l <log) requests"
}

say "a tag list whose pages name one tag each"
hostile 4 'images = [ "good:1" ]; select = ( { name = "pages"; } );'
has out "oci:pages: the tag list does not end: 101 pages brought 101 items"
[ "$(grep -c /tags/ log)" -le 102 ] || fail "$(grep -c /tags/ log) pages"

say "a next page at a URL of 60 kB"
hostile 4 'images = [ "good:1" ]; select = ( { name = "long"; } );'
has out "oci:long: the next page is said to be at a URL of 600" "at most 8192 are taken"

say "referrers of referrers of referrers"
hostile 4 'images = [ "good:1", "fan:1" ];'
has out "oci:fan:1:" "the lists of what refers to images of fan name more than"
[ "$(wc -l <log)" -lt 9000 ] || fail "$(wc -l <log) requests"
