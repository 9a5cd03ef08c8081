#!/bin/bash
# ctest: COST 8
# What a trusted origin, or the operator's next command, may not open: each was
# possible once.
. "$(dirname "$0")/lib.sh"
cd "$T"
RECORDS=${FERRY_BUILD:-$TOP/build/strict}/tests/tools/records
for o in a b c; do
	STORE=$T/$o
	"$FERRY" init --store $o --name $o >/dev/null
	"$FERRY" --store $o key export $o.pub
done
STORE=$T/a
make_version @octo/svc 1.0.0
OWNER=ghes put @octo/svc 1.0.0 1.0.0
permissions
STORE=$T/b
make_version @octo/svc 1.0.0 '"from":"b"'
OWNER=ghes put @octo/svc 1.0.0 1.0.0
permissions
bring() { # ORIGIN MEDIUM [OPTION…]
	mkdir "$2"
	"$FERRY" --store "$1" export --to "$2" "${@:3}" >/dev/null 2>&1
}
there() { [ -n "$("$RECORDS" "$@")" ] || fail "not there: $*"; }
absent() { [ -z "$("$RECORDS" "$@")" ] || fail "there: $*"; }
site() { "$FERRY" init --store "$1" --name "$1" >/dev/null; }
bring a ma
bring b mb

say "limits that cannot be set leave no key without them"
site one
sed '/^Store:/d' b.pub >anon.pub
expect 2 "$FERRY" --store one trust add anon.pub --upstreams other
expect 0 "$FERRY" --store one trust
has out "no key is trusted"
expect 2 "$FERRY" --store one trust add b.pub --role ''

say "another store's key, signing as well, lifts none"
expect 0 "$FERRY" --store one trust add b.pub --upstreams other
"$FERRY" --store one trust add c.pub >/dev/null
cp -r mb mbc
"$FERRY" --store c sign mbc >/dev/null
expect 4 "$FERRY" --store one import mbc
absent one version

say "lifted, a delta does not open what the permissions before it closed"
last=$("$FERRY" --store b --json status | jq .records)
STORE=$T/b
make_version @octo/svc 2.0.0
OWNER=ghes put @octo/svc 2.0.0 1.0.0 2.0.0
bring b mdelta --since "$last"
"$FERRY" --store one trust add b.pub >/dev/null
expect 4 "$FERRY" --store one import mdelta
has err "its earlier bundles again, or a full one"
absent one version
expect 0 "$FERRY" --store one import mb
there one version npm @octo/svc ghes 1.0.0
expect 0 "$FERRY" --store one import mdelta
there one version npm @octo/svc ghes 2.0.0
expect 0 "$FERRY" --store one status
start_ferryd one
[ "$(curl -s -o body -w '%{http_code}' "$URL/npm/@octo%2fsvc")" = 401 ] || fail "open to everybody: $(cat body)"

say "whose users a snapshot means is not another origin's to say"
STORE=$T/c
make_version @corp/x 1.0.0
OWNER=corp put @corp/x 1.0.0 1.0.0
sed 's/"upstream": "ghes", "realm": "ghes"/"upstream": "corp", "realm": "ghes"/; s/"login": "olga"/"login": "eve2"/' "$OCTO" >corp.jsonl
"$PUT_ACCESS" c corp corp.jsonl
bring c mc
site two
for o in a c; do "$FERRY" --store two trust add $o.pub >/dev/null; done
expect 0 "$FERRY" --store two import ma
expect 4 "$FERRY" --store two import mc
has err "by the users of an upstream that is another origin's here"
expect 1 "$FERRY" --store two explain --as eve2 --package npm:@octo/svc
start_ferryd two
[ "$(curl -s -o body -w '%{http_code}' "$URL/npm/@corp%2fx")" = 401 ] || fail "what was closed is open: $(cat body)"

say "an alias is not a name that the origin has itself"
site three
for o in a c; do "$FERRY" --store three trust add $o.pub >/dev/null; done
expect 0 "$FERRY" --store three import ma
expect 0 "$FERRY" --store three trust alias c ghes corp
expect 2 "$FERRY" --store three import mc
has err "'ferry trust alias' gives one of both another name"
