#!/bin/sh
# Check a bundle with tar, zstd, sha256sum and openssl alone:
#
#	check-by-hand.sh ORIGIN.pem VOLUME.tar…
#
# ORIGIN.pem is the origin's public key ('ferry key export').  Nothing of ferry
# runs here; store/bundle/FORMAT.md says what the members mean.
set -eu
pem=$1
shift
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
bad() {
	echo "FAILED: $*" >&2
	exit 1
}
# The value of a member in a line of JSON without blanks: a string or a number.
field() { sed -n "s/.*\"$1\":\"\{0,1\}\([^\",}]*\).*/\1/p"; }

volumes=0
: >"$dir/pieces"
for volume; do
	rm -rf "$dir/x"
	mkdir "$dir/x"
	tar -xf "$volume" -C "$dir/x" || bad "$volume: tar"
	cd "$dir/x"

	# 1. The head is signed by the origin's key.
	good=0
	for sig in signatures/*.sig; do
		openssl pkeyutl -verify -pubin -inkey "$OLDPWD/$pem" -rawin \
		    -in head.json -sigfile "$sig" >/dev/null 2>&1 && good=1
	done
	[ $good = 1 ] || bad "$volume: no signature of $pem fits"
	[ $volumes = 0 ] || cmp -s head.json "$dir/head" ||
	    bad "$volume: of another bundle"
	cp head.json "$dir/head"

	# 2. The head names the indexes of this volume, with their digests.
	tr '{' '\n' <head.json | grep '"path":"index/' >"$dir/indexes"
	for index in index/*.jsonl; do
		want=$(grep -F "\"$index\"" "$dir/indexes" | field sha256)
		echo "$want  $index" | sha256sum -c --quiet || bad "$volume: $index"
	done

	# 3. The indexes name every other member, with its digest.
	cat index/*.jsonl >"$dir/members"
	sed 's/.*"path":"\([^"]*\)".*"sha256":"\([^"]*\)".*/\2  \1/' \
	    "$dir/members" >"$dir/sums"
	sha256sum -c --quiet "$dir/sums" || bad "$volume: members"
	{ cut -c67- "$dir/sums"; ls head.json signatures/* index/*; } |
	    sort >"$dir/declared"
	find . -type f | sed 's|^\./||' | sort | cmp -s - "$dir/declared" ||
	    bad "$volume: holds more or less than is declared"

	# 4. A compressed blob has the digest that is its name.
	for blob in blobs/sha256/*.zst; do
		[ -e "$blob" ] || continue
		name=$(basename "$blob" .zst)
		zstd -dc "$blob" | sha256sum | grep -q "^$name " ||
		    bad "$volume: $blob"
	done

	# Blobs that are larger than a volume come in pieces.
	for piece in blobs/sha256/*.piece-*; do
		[ -e "$piece" ] || continue
		printf '%s\t%s\n' "$piece" "$volume" >>"$dir/pieces"
		grep -F "\"$piece\"" "$dir/members" >>"$dir/lines"
	done
	cd "$OLDPWD"
	volumes=$((volumes + 1))
	number=$(grep -o "\"number\":[0-9]*,[^]]*$(basename "$index")" "$dir/head" |
	    sed 's/.*"number":\([0-9]*\).*/\1/')
	echo "volume $number: good"
done
echo "signature: good"

# 5. Pieces in the order of their names make the blob, if all are here.
cut -f1 "$dir/pieces" | sed 's|.*/||; s|\.piece-.*||' | sort -u >"$dir/blobs"
while read -r name; do
	size=$(grep -F "$name.piece-" "$dir/lines" | head -1 | field content_size)
	sort "$dir/pieces" | grep -F "$name.piece-" >"$dir/parts"
	while IFS="$(printf '\t')" read -r piece volume; do
		tar -xOf "$volume" "$piece"
	done <"$dir/parts" >"$dir/whole"
	[ "$(wc -c <"$dir/whole")" = "$size" ] || {
		echo "blob $name: only $(wc -l <"$dir/parts") of its pieces are here"
		continue
	}
	sha256sum <"$dir/whole" | grep -q "^$name " || bad "blob $name: its pieces"
	echo "blob $name: good, in $(wc -l <"$dir/parts") pieces"
done <"$dir/blobs"
echo "$volumes of $(grep -o '"number":' "$dir/head" | wc -l) volumes"
