# shellcheck shell=bash
# For the scripts about who may do what: a store with the packages of the
# fixture tests/data/access/octo.jsonl that npm and containers have (P1, P3,
# P4, P8, P9, P14, P15), under the upstream "ghes", and tokens of its people.
. "$(dirname "${BASH_SOURCE[0]}")/../oci/clients.sh"

PUT_ACCESS=${PUT_ACCESS:-${FERRY_BUILD:-$TOP/build/strict}/tests/tools/put_access}
OCTO=$TOP/tests/data/access/octo.jsonl

# make_octo: fills $STORE; sets IMAGE, a digest, and its layout "app".
make_octo() {
	local p
	for p in @octo/ui @octo/svc @octo/hit @octo/unseen; do
		make_version $p 1.0.0
		OWNER=ghes put $p 1.0.0 1.0.0
	done
	IMAGE=$(make app image 1.0 --size 50000)
	for p in octo/tool octo/web uma/app octo/job; do
		put_oci ghes containers.ghes.example $p app
	done
	permissions
}
# permissions [OPTION…]: put the fixture's, as of put_access.
permissions() { "$PUT_ACCESS" "$STORE" ghes "$OCTO" "$@"; }
# new_token NAME USER|OWNER/REPO [OPTION…]: makes one and keeps it in $T/token.
new_token() {
	local file=$T/token.$1 kind=--user
	case $2 in */*) kind=--repository ;; esac
	"$FERRY" --store "$STORE" --json token create $kind "$2" \
	    --upstream ghes "${@:3}" >"$T/token.json"
	python3 -c 'import json, sys; d = json.load(open(sys.argv[1])); print(d["token"]); print(d["id"])' \
	    "$T/token.json" >"$file"
}
# The text, and the id, of one.
token_of() { sed -n 1p "$T/token.$1"; }
id_of() { sed -n 2p "$T/token.$1"; }
# as NAME: a curl option; "anon" is nobody.
as() { [ "$1" = anon ] || printf -- '-HAuthorization: Bearer %s' "$(token_of "$1")"; }
# One for each person, with read:packages.
people() {
	local p
	for p in olga rita tom kim mia len lea max uma eve; do
		new_token $p $p
	done
}
