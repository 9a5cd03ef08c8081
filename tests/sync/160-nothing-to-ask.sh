#!/bin/bash
# A lock file whose versions are all here needs no document: a warm sync asks for
# nothing, and once a day for what upstream may have taken away.
# ctest: COST 10
. "$(dirname "$0")/../lib.sh"

start_faulty tree
python3 "$TOP/tests/tools/mkregistry.py" "$T/tree" "$BASE" --packages 6 --versions 3 --size 90000
cd "$T"
lock() { # NAME@VERSION…
	local item
	printf '{"name":"p","lockfileVersion":3,"packages":{'
	for item; do
		printf '"node_modules/%s":{"version":"%s","resolved":"%s/%s/-/%s-%s.tgz","integrity":"%s"},' "${item%@*}" "${item#*@}" \
		    "$BASE" "${item%@*}" "${item%@*}" "${item#*@}" \
		    "sha512-$(openssl dgst -sha512 -binary "tree/${item%@*}/-/${item%@*}-${item#*@}.tgz" | base64 -w0)"
	done
	printf '"":{"name":"p"}}}'
}
day() { export FERRY_NOW=$((1800000000 + $1 * 86400)); }
asked() { # N: since the last time
	local n
	n=$(grep -c . log || true)
	[ "$n" = "$1" ] || fail "$n requests instead of $1: $(cat log)"
	: >log
}
day 0
lock pkg-00001@1.0.0 pkg-00002@1.1.0 >package-lock.json
near_conf "$BASE/" 'signatures = "off"; lockfiles = [ "package-lock.json" ];'
expect 0 near init --name near
expect 0 near sync
asked 4
expect 0 near sync
has out "2 here already" "0 requests"
asked 0

say "what is new in the lock file alone is asked for"
lock pkg-00001@1.0.0 pkg-00002@1.1.0 pkg-00002@1.2.0 pkg-00003@1.0.0 >package-lock.json
expect 0 near sync
has out "2 versions pulled, 2 here already"
asked 4

say "after a day each document is, once, and says what was taken away"
day 2
expect 0 near sync
has out "3 requests (3 not modified)"
expect 0 near sync
has out "0 requests"
jq 'del(.versions["1.0.0"])' tree/pkg-00001/packument.json >new
mv new tree/pkg-00001/packument.json
expect 0 near sync
has out "0 requests"
day 4
expect 0 near sync
has out "npm:pkg-00001@1.0.0"
: >log

say "what was taken away is looked for at each sync"
expect 0 near sync
asked 1

say "ranges are, too, and recheck = \"\" asks for all"
near_conf "$BASE/" 'signatures = "off"; recheck = ""; lockfiles = [ "package-lock.json" ];'
: >log
expect 0 near sync
asked 3
near_conf "$BASE/" 'signatures = "off"; packages = [ "pkg-00003@1.0.0" ]; lockfiles = [ "package-lock.json" ];'
: >log
expect 0 near sync
asked 2

say "a file that rotted is fetched again, without a document"
near_conf "$BASE/" 'signatures = "off"; lockfiles = [ "package-lock.json" ];'
expect 0 near sync
blob=$(sha256sum "tree/pkg-00002/-/pkg-00002-1.1.0.tgz" | cut -d' ' -f1)
file=near/blobs/${blob:0:2}/${blob:2}
[ -f "$file" ] || fail "where is $blob?"
chmod u+w "$file"
printf x >>"$file"
expect 5 near verify
: >log
expect 0 near sync
asked 2 # and pkg-00001, which was taken away
expect 0 near verify
