# shellcheck shell=bash
# For the scripts that need a store with OCI repositories in it: images made
# by tests/tools/mkoci.py, and put there by put_oci.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

PUT_OCI=${PUT_OCI:-${FERRY_BUILD:-$TOP/build/strict}/tests/tools/put_oci}
INDEX=application/vnd.oci.image.index.v1+json
MANIFEST=application/vnd.oci.image.manifest.v1+json

# make LAYOUT ARG…: as of mkoci.py, in $T/LAYOUT; prints the digest.
make() {
	local layout=$1
	shift
	python3 "$TOP/tests/tools/mkoci.py" "$T/$layout" "$@"
}
# put_oci OWNER HOST REPOSITORY [ARG…]: as of the program; layouts are in $T.
put_oci() { (cd "$T" && "$PUT_OCI" "$STORE" "$@"); }
# The file of a digest in a layout.
blob() { printf '%s' "$T/$1/blobs/${2/://}"; }
# of LAYOUT DIGEST EXPRESSION: of a blob that is JSON: of app $d 'd["config"]'
of() { python3 -c "import json,sys; d=json.load(open(sys.argv[1])); print($3)" "$(blob "$1" "$2")"; }
# error CODE: the last answer is the specification's error of that code.
error() {
	is "type of $1" "$(header Content-Type)" application/json
	is "code" "$(member 'd["errors"][0]["code"]')" "$1"
	[ -n "$(member 'd["errors"][0]["message"]')" ] || fail "no message"
}
# token [SCOPE…]: one from the server.
token() {
	local scope args=()
	for scope; do
		args+=(--data-urlencode "scope=$scope")
	done
	curl -sSf -G "${args[@]}" "$URL/v2/token?service=x" | jq -r .token
}
