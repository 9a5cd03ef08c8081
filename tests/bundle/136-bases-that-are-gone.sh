#!/bin/bash
# Bases that a site's gc may have taken: of what was removed, and of what the site
# skips.
. "$(dirname "$0")/lib.sh"
PUT_NPM=$FERRY_BUILD/tests/tools/put_npm
BLOBS=$TOP/tests/data/recipe/blobs
pair
index() { for v in "$1"/*.tar; do tar -xOf "$v" --wildcards 'index/*.jsonl'; done; }
# put LINES VERSION…: the package docs.
put() {
	local lines=$1 versions=() v
	shift
	python3 -c 'import json, random
r = random.Random(3)
print(json.dumps({"name": "docs", "versions": {},
    "readme": ["%x" % r.getrandbits(200) for i in range('"$lines"')]}))' >"$T/document.json"
	for v; do versions+=("$v=$BLOBS/npm-$v.tgz"); done
	"$PUT_NPM" near up "$T/document.json" "${versions[@]}"
}
# carry SITE: what is new, and the receipt back.
carry() { # SITE [STATUS]
	rm -rf medium && mkdir medium
	expect 0 near export --to medium --for "$1"
	index medium >"$T/index"
	expect "${2:-0}" store "$1" import medium
	near receipt add "$(only medium/ferry-receipt-"$1"-near.txt)" >/dev/null
}

say "a site skips a package: what it lacks of that is nothing to it"
store third init --name third >/dev/null
store third key export third.pem
near trust add third.pem --name third >/dev/null
store third trust add near.pem --name near --packages 'other*' >/dev/null
put 2000 1.0.1
expect 0 near export --to medium
expect 0 far import medium
near receipt add "$(only medium/ferry-receipt-far-near.txt)" >/dev/null
expect 4 store third import medium
near receipt add "$(only medium/ferry-receipt-third-near.txt)" >/dev/null
expect 0 store third gc
has out "freed 2 blobs that nothing names"
put 2001
carry third 4
has "$T/index" '"encoding":"recipe"'
has err "its base"
expect 0 store third receipt --to .
[ "$(head -1 ferry-receipt-third-near.txt | jq '.wanted | length')" = 0 ] || fail "it asks for what it skips"

say "what was removed is no base: a site may have dropped it"
carry far
near remove npm:docs@1.0.1 >/dev/null
carry far
expect 0 far gc --grace 0
put 2002 1.0.2
carry far
[ "$(grep -c '"encoding":"recipe"' "$T/index")" = 1 ] || fail "$(cat "$T/index")"
agree
