#!/bin/bash
# A site with a receipt gets what differs from what it has, and makes the same
# bytes of it; without the base it says so, and the next bundle brings them whole.
. "$(dirname "$0")/lib.sh"
PUT_NPM=$FERRY_BUILD/tests/tools/put_npm
BLOBS=$TOP/tests/data/recipe/blobs
pair

# A tarball of about 100 kB, a few lines of which are of its version.
tarball() {
	python3 - "$1" "$T/lines-$1.tgz" <<-'END'
		import gzip, io, random, sys, tarfile
		r = random.Random(5)
		text = "".join("%x %s\n" % (r.getrandbits(60), "version " + sys.argv[1]
		    if i % 900 == 7 else "line %d" % i) for i in range(6000))
		with gzip.GzipFile(sys.argv[2], "wb", 6, mtime=0) as gz:
		    with tarfile.open(fileobj=gz, mode="w") as tar:
		        info = tarfile.TarInfo("package/index.js")
		        info.size = len(text)
		        tar.addfile(info, io.BytesIO(text.encode()))
	END
	printf '%s\n' "$T/lines-$1.tgz"
}
# put VERSION…: of the package lines.
put() {
	printf '{"name":"lines","versions":{}}' >"$T/packument.json"
	for version; do
		"$PUT_NPM" near up "$T/packument.json" \
		    "$version=$(tarball "$version")"
	done
}
# The paths of a bundle's blobs.
members() { for v in "$1"/*.tar; do tar -tf "$v"; done | grep blobs/; }
# Bytes of a bundle's members.
stored() { tar -xOf "$1"/*.tar head.json | sed 's/.*"stored_bytes":\([0-9]*\).*/\1/'; }
digest() { sha256sum "$T/lines-$1.tgz" | cut -c1-64; }

put 1.0.0 1.2.0
printf '{"name":"small","versions":{}}' >"$T/small.json"
"$PUT_NPM" near up "$T/small.json" "1.0.1=$BLOBS/npm-1.0.1.tgz"

# What is not like anything, and fills a volume of 128 KiB by itself.
head -c 90000 /dev/urandom | gzip -nc >"$T/noise.tgz"
printf '{"name":"noise","versions":{}}' >"$T/noise.json"
"$PUT_NPM" near up "$T/noise.json" "1.0.0=$T/noise.tgz"

say "--whole: nothing but files"
expect 0 near export --to medium --whole
expect 0 far import medium
if members medium | grep -q '\.recipe$'; then fail "a recipe"; fi
tar -xOf medium/*.tar head.json | grep -q '"requires":\[\]'
near receipt add medium/ferry-receipt-far-near.txt >/dev/null

say "of new versions only what differs goes"
put 1.1.0
"$PUT_NPM" near up "$T/small.json" "1.0.2=$BLOBS/npm-1.0.2.tgz"
mkdir second whole
expect 0 near export --to second --for far
has err "2 blobs travel each as a recipe from what the site has"
members second >"$T/members"
openssl genpkey -algorithm ed25519 -out "$T/scanner.key" 2>/dev/null
expect 0 "$FERRY" sign --key "$T/scanner.key" --to "$T" second
has out "checked 2 blobs" "of these 2 recipes from blobs that are not here"
expect 0 store far sign --key "$T/scanner.key" --recipes --to "$T" second
has out "checked 2 blobs"
hasnt out recipe
has "$T/members" "blobs/sha256/$(digest 1.1.0).recipe"
tar -xOf second/*.tar head.json | grep -q '"requires":\["recipe-1"\]'
tar -xOf second/*.tar index/000001.jsonl >"$T/index"
# From the nearest lower version, although a higher one is there.
has "$T/index" "\"bases\":[\"$(digest 1.0.0)\"]"
bash "$TOP/tests/bundle/check-by-hand.sh" near.pem second/*.tar

say "--whole turns that off"
expect 0 near export --to whole --for far --whole
members whole >"$T/members"
hasnt "$T/members" .recipe
[ $(($(stat -c %s second/*.tar) * 4)) -lt "$(stat -c %s whole/*.tar)" ]
expect 0 near export --to second --for far --whole
hasnt out "is in second already"
expect 0 near export --to second --for far
has out "is in second already"
rm second/*
expect 0 near export --to second --for far

printf 'store = "near"; export = { recipes = false; };\n' >no-recipes.conf
mkdir none
expect 0 "$FERRY" --config no-recipes.conf export --to none --for far
members none >"$T/members"
hasnt "$T/members" .recipe

say "for any site: from nothing, and from what the same volume has before"
# bases BUNDLE HEX: those of a blob's recipe.
bases() {
	for v in "$1"/*.tar; do
		tar -xOf "$v" --wildcards 'index/*.jsonl'
	done | sed -n 's/.*blobs.sha256.'"$2"'.*"bases":\[\([^]]*\)\].*/\1/p'
}
mkdir any split fast
expect 0 near export --to any --repack
has err "travel each as a recipe, which saves"
[ "$(bases any "$(digest 1.2.0)")" = "\"$(digest 1.0.0)\"" ]
[ "$(bases any "$(digest 1.1.0)")" = "\"$(digest 1.0.0)\"" ]
[ "$(bases any "$(digest 1.0.0)")" = "" ]
members any >"$T/members"
has "$T/members" "blobs/sha256/$(digest 1.0.0).recipe"
store new init --name new >/dev/null
store new trust add near.pem --name near >/dev/null
expect 0 store new import any
agree new
bash "$TOP/tests/bundle/check-by-hand.sh" near.pem any/*.tar
expect 0 near export --to fast
members fast >"$T/members"
has "$T/members" "blobs/sha256/$(digest 1.2.0).recipe"
hasnt "$T/members" "blobs/sha256/$(digest 1.0.0).recipe"

say "no recipe counts on another volume"
expect 0 near export --to split --volume-size 128Ki --effort fast
[ "$(bases split "$(digest 1.2.0)")" = "\"$(digest 1.0.0)\"" ]
[ "$(bases split "$(digest 1.1.0)")" = "" ]
for v in split/*.tar; do
	tar -xOf "$v" --wildcards 'index/*.jsonl' >"$T/index"
	sed -n 's/.*"bases":\["\([0-9a-f]*\)".*/\1/p' "$T/index" |
	    while read -r hex; do has "$T/index" "\"blob\":\"$hex\""; done
done
rm -r new
store new init --name new >/dev/null
store new trust add near.pem --name near >/dev/null
expect 0 store new import split
agree new
rm -r fast

say "--effort: less time, or less to carry"
mkdir fast best
expect 0 near export --to fast --for far --effort fast
expect 0 near export --to best --for far --effort best
[ "$(stored best)" -lt "$(stored fast)" ]
expect 2 near export --to best --for far --effort most
has err "--effort is fast, normal or best, not 'most'"

say "--inspectable: files as they are, whose names say what they are"
mkdir inspectable
expect 0 near export --to inspectable --for far --inspectable
members inspectable >"$T/members"
has "$T/members" "blobs/sha256/$(digest 1.1.0).tgz"
if grep -qE '\.(zst|recipe)$' "$T/members"; then fail "not as it is"; fi
tar -xOf inspectable/*.tar "blobs/sha256/$(digest 1.1.0).tgz" |
    cmp - "$T/lines-1.1.0.tgz"
tar -xOf inspectable/*.tar head.json | grep -q '"requires":\["endings-1"\]'
bash "$TOP/tests/bundle/check-by-hand.sh" near.pem inspectable/*.tar
expect 0 near export --to inspectable --for far --inspectable
has out "is in inspectable already"
expect 0 near export --to inspectable --for far --whole
hasnt out "already"
store other init --name other >/dev/null
store other trust add near.pem --name near >/dev/null
mkdir everything
expect 0 near export --to everything --inspectable
expect 0 store other import everything
agree other

say "the site makes the same bytes"
expect 0 far import second
has out "new blobs"
agree
near receipt add second/ferry-receipt-far-near.txt >/dev/null

say "a base that rotted: the other blobs come in, the receipt asks for this one"
put 1.1.1
fill near 0 1
hex=$(digest 1.1.0)
flip "far/blobs/${hex:0:2}/${hex:2}" 500
mkdir third fourth
expect 0 near export --to third --for far
has err "1 blob travels as a recipe"
expect 30 far import third
has err "base 1 is not what the recipe was made from" "ferry receipt" "--whole"
invisible far 10
expect 0 far receipt --to .
near receipt add ferry-receipt-far-near.txt >/dev/null
expect 0 near export --to fourth --for far
members fourth >"$T/members"
hasnt "$T/members" .recipe
expect 0 far import fourth
expect 5 far verify # still rotten: nobody but verify looks for that
expect 0 far receipt --to .
near receipt add ferry-receipt-far-near.txt >/dev/null
mkdir fifth
expect 0 near export --to fifth --for far
expect 0 far import fifth
agree
