#!/bin/bash
# ctest: COST 8
# At a site an upstream belongs to one origin, with its packages as well as its
# permissions: another one that calls an upstream by the same name neither opens
# nor replaces nor deletes what is there.
. "$(dirname "$0")/lib.sh"
cd "$T"
RECORDS=${FERRY_BUILD:-$TOP/build/strict}/tests/tools/records

# a: GitHub's packages with their permissions; b: a plain public mirror that is
# called the same and has one of its names, newer.
STORE=$T/a
"$FERRY" init --store a --name a >/dev/null
make_octo
A=$("$FERRY" --store a --json status | jq -r .name)
start_faulty tree
python3 "$TOP/tests/tools/mkregistry.py" tree "$BASE" --packages 1 --versions 1 >/dev/null
cat >b.conf <<-EOF
	store = "$T/b";
	upstreams = ( { name = "ghes"; format = "npm"; url = "$BASE"; packages = [ "pkg-00000" ]; } );
EOF
"$FERRY" init --store b --name b >/dev/null
expect 0 "$FERRY" --config b.conf sync
STORE=$T/b
make_version @octo/svc 9.9.9
OWNER=ghes put @octo/svc 9.9.9 9.9.9

site() { # NAME: a site that trusts both
	"$FERRY" init --store "$1" --name "$1" >/dev/null
	for origin in a b; do
		[ -e $origin.pub ] || "$FERRY" --store $origin key export $origin.pub
		"$FERRY" --store "$1" trust add $origin.pub >/dev/null
	done
}
bring() { # ORIGIN: a new medium m$1 with a full bundle
	rm -rf "m$1" && mkdir "m$1"
	"$FERRY" --store "$1" export --to "m$1" >/dev/null 2>&1
}
# served STATUS PATH [CURL-OPTION…]
served() {
	local want=$1 path=$2 got
	shift 2
	got=$(curl -s -o body -w '%{http_code}' "$@" "$URL$path")
	[ "$got" = "$want" ] || fail "$path: $got instead of $want: $(cat body)"
}
bring a
bring b

say "the plain mirror first: what is private does not come, and is not opened"
site one
expect 0 "$FERRY" --store one import mb
start_ferryd one
served 200 /npm/pkg-00000
expect 4 "$FERRY" --store one import ma
has err "skipped: upstream 'ghes': " "it belongs to another origin here"
has out "that are not "
[ -z "$("$RECORDS" one version npm @octo/ui ghes)" ] || fail "private packages were applied"
expect 5 "$FERRY" --store one status
has out "passed ghes: "
say "and until somebody says whose it is, nobody reads of that name, also on a running server"
closed() { [ "$(curl -s -o /dev/null -w '%{http_code}' "$URL/npm/pkg-00000")" != 200 ]; }
wait_for 5 closed
served 401 /npm/@octo%2fui
served 401 /npm/@octo%2fsvc

say "handed over, the same bundle brings what was skipped"
expect 0 "$FERRY" --store one access hand-over ghes "$A"
expect 0 "$FERRY" --store one import ma
[ -n "$("$RECORDS" one version npm @octo/ui ghes)" ] || fail "the packages did not come"
expect 0 "$FERRY" --store one explain --as tom --package oci:octo/tool
expect 0 "$FERRY" --store one status
expect 0 "$FERRY" --store one import ma
has out "imported already"

say "permissions first: nothing is added, replaced or deleted by another"
site two
expect 0 "$FERRY" --store two import ma
"$RECORDS" two version npm >before
expect 4 "$FERRY" --store two import mb
"$RECORDS" two version npm >after
same before after
STORE=$T/b
make_version @octo/svc 1.0.0 '"x":1'
OWNER=ghes ARGS=--delete=1.0.0 put @octo/svc 9.9.9 9.9.9 1.0.0
bring b
expect 4 "$FERRY" --store two import mb
"$RECORDS" two version npm >after
same before after

say "later bundles of the new owner wait for what came before"
site three
expect 0 "$FERRY" --store three import mb
expect 4 "$FERRY" --store three import ma
expect 0 "$FERRY" --store three access hand-over ghes "$A"
STORE=$T/a
make_version @octo/ui 2.0.0
OWNER=ghes put @octo/ui 2.0.0 1.0.0 2.0.0
"$FERRY" --store three key export three.pub
"$FERRY" --store a trust add three.pub --name three --only receipts >/dev/null
expect 0 "$FERRY" --store a receipt add ma/ferry-receipt-three-*.txt
rm -rf later && mkdir later
expect 0 "$FERRY" --store a export --to later --for three
expect 4 "$FERRY" --store three import later
has err "what it brought before is still to be imported"
bring a
expect 0 "$FERRY" --store three import ma
[ -n "$("$RECORDS" three version npm @octo/ui ghes 2.0.0)" ] || fail "the newest did not come"
[ -n "$("$RECORDS" three version npm @octo/ui ghes 1.0.0)" ] || fail "the older did not come"
expect 0 "$FERRY" --store three status

say "what another one still brings of it is skipped by that word, and is no problem"
STORE=$T/b
make_version @octo/svc 9.9.10
OWNER=ghes put @octo/svc 9.9.10 9.9.9 9.9.10
bring b
expect 4 "$FERRY" --store three import mb
has err "it belongs to another origin here"
expect 0 "$FERRY" --store three status
has out "skipped      ghes, as was chosen here: b brings it"
