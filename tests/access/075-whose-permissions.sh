#!/bin/bash
# Permissions of an upstream are for the origin to say that brought them first;
# no number puts them ahead of what it says later, and a visibility that is no word is nobody's.
. "$(dirname "$0")/lib.sh"
cd "$T"
origin() { # NAME: a store that knows the fixture
	"$FERRY" init --store "$1" --name "$1" >/dev/null
	"$FERRY" --store "$1" key export "$1.pub"
	"$FERRY" --store far trust add "$1.pub" >/dev/null
	mkdir -p "m$1"
}
"$FERRY" init --store far --name far >/dev/null
origin a
origin b
"$PUT_ACCESS" a ghes "$OCTO"
"$FERRY" --store a export --to ma >/dev/null
expect 0 "$FERRY" --store far import ma
now=$(date +%s)

say "another trusted origin does not replace them"
"$PUT_ACCESS" b ghes "$OCTO" --generation="$now" --taken="$now" --without=package_grant
"$FERRY" --store b export --to mb >/dev/null
expect 0 "$FERRY" --store far status
expect 0 "$FERRY" --store far access diff --bundle mb
has out "ghes: another origin speaks for it here"
hasnt out "loses"
expect 4 "$FERRY" --store far import mb
has err "skipped: upstream 'ghes': b brings it, and it belongs to another origin here"
expect 5 "$FERRY" --store far status
has out "passed ghes: b brings it"
expect 0 "$FERRY" --store far explain --as tom --package oci:octo/tool

say "a generation far ahead counts, and so does the next one, whatever its number"
"$PUT_ACCESS" a ghes "$OCTO" --generation=9000000000000 --taken="$now"
rm ma/*
"$FERRY" --store a export --to ma --one-way >/dev/null
expect 0 "$FERRY" --store far import ma
expect 0 "$FERRY" --store far explain --as tom --package oci:octo/tool

say "another origin counts when the operator says so, however old its word is"
expect 1 "$FERRY" --store far access hand-over ghez b
has err "the store has no upstream 'ghez'"
expect 1 "$FERRY" --store far access hand-over ghes nobody
has err "no trusted key speaks for an origin 'nobody'"
expect 2 "$FERRY" --store far access hand-over ghes
origin c
"$PUT_ACCESS" c ghes "$OCTO" --generation=7 --taken="$now" --without=package_grant
"$FERRY" --store c export --to mc >/dev/null
expect 0 "$FERRY" --store far access hand-over ghes c
has out "c (" "speaks for upstream 'ghes' from the next import on"
expect 0 "$FERRY" --store far explain --as tom --package oci:octo/tool
expect 0 "$FERRY" --store far access diff --bundle mc
has out "= tom: loses read on container octo/tool"
expect 0 "$FERRY" --store far import mc
expect 1 "$FERRY" --store far explain --as tom --package oci:octo/tool
has out "generation 7"
expect 0 "$FERRY" --store far status
say "and no second time"
rm mb/*
"$PUT_ACCESS" b ghes "$OCTO" --generation=$((now + 1)) --taken="$now"
"$FERRY" --store b export --to mb >/dev/null
expect 4 "$FERRY" --store far import mb
has err "b brings it, and it belongs to another origin here"
"$PUT_ACCESS" c ghes "$OCTO" --generation=8 --taken="$now"
rm mc/*
"$FERRY" --store c export --to mc --one-way >/dev/null
expect 0 "$FERRY" --store far import mc
expect 0 "$FERRY" --store far explain --as tom --package oci:octo/tool
expect 0 "$FERRY" --store far status

say "the visibility of a plain registry is told before it is imported"
origin d
visibility() { # WORD: of the upstream "up" of d, brought to md
	rm -f md/*
	printf 'store = "%s/d"; upstreams = ( { name = "up"; format = "npm"; url = "%s"; packages = [ "pkg-00000" ]; visibility = "%s"; } );\n' \
	    "$T" "$BASE" "$1" >d.conf
	expect 0 "$FERRY" --config d.conf sync
	"$FERRY" --store d export --to md >/dev/null
}
start_faulty tree
python3 "$TOP/tests/tools/mkregistry.py" tree "$BASE" --packages 1 --versions 1
visibility public
"$FERRY" init --store new --name new >/dev/null
"$FERRY" --store new trust add d.pub >/dev/null
expect 0 "$FERRY" --store new access diff --bundle md
has out "= packages of upstream up are public"
expect 0 "$FERRY" --store new import md
visibility internal
expect 0 "$FERRY" --store new access diff --bundle md
has out "= packages of upstream up are internal instead of public"
expect 0 "$FERRY" --store new --json access diff --bundle md
[ "$(jq -s 'map(select(.event == "effect")) | length' out)" = 1 ] || fail "$(cat out)"
expect 0 "$FERRY" --store new import md
expect 0 "$FERRY" --store new access diff --bundle md
has out "no change"

say "who syncs an upstream speaks for it; others are skipped until it is handed over"
origin e
sed 's/"upstream": "ghes", "realm": "ghes"/"upstream": "up", "realm": "up"/' "$OCTO" >up.jsonl
"$PUT_ACCESS" e up up.jsonl --generation="$now" --taken="$now"
"$FERRY" --store e export --to me >/dev/null
"$FERRY" --store d trust add e.pub >/dev/null
expect 4 "$FERRY" --store d import me
has err "skipped: upstream 'up': e brings it"
expect 1 "$FERRY" --store d access show --text up
expect 5 "$FERRY" --store d status
expect 0 "$FERRY" --store d access hand-over up e
expect 0 "$FERRY" --store d access hand-over up d
expect 0 "$FERRY" --store d status
