#!/bin/bash
# A document that changed travels as what differs from the one that the site has,
# also if gc ran in between; who has it no more asks for it whole.
. "$(dirname "$0")/lib.sh"
PUT_NPM=$FERRY_BUILD/tests/tools/put_npm
TARBALL=$TOP/tests/data/recipe/blobs/npm-1.0.1.tgz
pair

# document VERSIONS: a packument, of which each version takes 900 bytes or so.
document() {
	python3 - "$1" >"$T/document.json" <<-'END'
		import hashlib, json, sys
		def about(i):
		    digest = hashlib.sha512(b"%d" % i)
		    return {"name": "docs", "version": "1.0.%d" % i,
		        "description": digest.hexdigest() * 5,
		        "dist": {"integrity": digest.hexdigest()}}
		print(json.dumps({"name": "docs", "versions":
		    {"1.0.%d" % i: about(i) for i in range(int(sys.argv[1]))}}))
	END
}
put() {
	document "$1"
	"$PUT_NPM" near up "$T/document.json" "1.0.1=$TARBALL"
}
digest() { sha256sum "$T/document.json" | cut -c1-64; }
index() { for v in "$1"/*.tar; do tar -xOf "$v" --wildcards 'index/*.jsonl'; done; }
receipt() { near receipt add "$(only medium/ferry-receipt-far-near.txt)" >/dev/null; }
# carry: to far, and the receipt back.
carry() {
	rm -rf medium && mkdir medium
	near export --to medium --for far >out 2>err
	index medium >"$T/index"
	far import medium >/dev/null
}
freed() { near gc --json | sed 's/.*"blobs":\([0-9]*\).*/\1/'; }

say "what nobody was shown is not kept"
put 300
put 301
near gc >out
has out "freed 1 blob that nothing names"
expect 0 near export --to medium
far import medium >/dev/null
first=$(digest)
receipt

say "what a site has is, and its successor is small"
put 302
near gc --dry-run >out
has out "would free 0 blobs that nothing names"
near gc >out
has out "freed 0 blobs that nothing names"
has out "kept 1 former document that sites have"
carry
grep -q "blobs/sha256/$(digest).recipe\",\"size\":[0-9]\{3,4\}," "$T/index"
has "$T/index" "\"bases\":[\"$first\"],\"document\":true"
agree
second=$(digest)

say "a site that may have gone on gets it whole: its gc may have been there"
far gc >out
has out "freed 1 blob that nothing names"
put 303
carry
hasnt "$T/index" '"encoding":"recipe"'
agree
receipt
third=$(digest)

say "several that the site never saw are nothing to it"
put 304
put 305
put 306
carry
has "$T/index" "\"bases\":[\"$third\"]"
[ "$(grep -c '"encoding":"recipe"' "$T/index")" = 1 ]
agree
expect 0 "$FERRY" bundle show medium
has out "recipe  " "npm docs of up: packument, from ${third:0:16}…" "1 as recipe: " "saves 26"
expect 0 "$FERRY" --json bundle show medium
[ "$(jq -rs '.[0] | .as + " " + .of + " " + .bases[0]' out)" = "recipe npm docs of up: packument $third" ] ||
    fail "$(cat out)"
[ "$(jq -rs '.[-1] | .travels < 1000 and .size > 200000' out)" = true ] || fail "$(cat out)"
bash "$TOP/tests/bundle/check-by-hand.sh" near.pem medium/*.tar

say "once the site says that it has newer ones, older ones go"
freed >freed
receipt
[ $(($(freed) + $(cat freed))) = 5 ]
put 307
carry
hasnt "$T/index" "$second"
has "$T/index" '"encoding":"recipe"'
receipt

say "a site whose document is rotten asks for the next one whole"
put 3000
carry
receipt
last=$(digest)
put 3001
rm -rf medium && mkdir medium
near export --to medium --for far >/dev/null
index medium >"$T/index"
has "$T/index" "\"bases\":[\"$last\"]"
flip "far/blobs/${last:0:2}/${last:2}" 1000
expect 30 far import medium
has err "base 1 is not what the recipe was made from"
expect 0 far receipt --to medium
receipt
carry
hasnt "$T/index" '"encoding":"recipe"'
has "$T/index" "blobs/sha256/$(digest)"
far gc >/dev/null # the rotten one, which nothing names any more
agree
