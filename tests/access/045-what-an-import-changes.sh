#!/bin/bash
# 'ferry access diff --bundle' says what an import means to people: of several
# bundles together, of plain registries, of a store that was open; and nothing of
# what an import would not take.
. "$(dirname "$0")/lib.sh"
cd "$T"
origin() { # NAME
	"$FERRY" init --store "$1" --name "$1" >/dev/null
	"$FERRY" --store "$1" key export "$1.pub"
	mkdir -p "m$1"
}
site() { # NAME ORIGIN…
	"$FERRY" init --store "$1" --name "$1" >/dev/null
	for o in "${@:2}"; do "$FERRY" --store "$1" trust add "$o.pub" >/dev/null; done
}
ship() { # ORIGIN: a new bundle, alone in its folder
	rm -f "m$1"/*
	"$FERRY" --store "$1" export --to "m$1" --one-way >/dev/null 2>&1
}
taken() { expect 0 "$FERRY" --store "$1" import "$2"; }
plain() { # GENERATION VISIBILITY [REALM]: of upstream "plain" of a
	printf '%s\n' '{"kind":"meta","upstream":"plain","realm":"'"${3:-local}"'","github":false,"visibility":"'"$2"'","taken_at":1790000000,"generation":'"$1"'}' \
	    '{"kind":"user","id":1,"login":"ann"}' \
	    '{"kind":"name_grant","type":"*","name":"*","user":1,"role":"read"}' >plain.jsonl
	"$PUT_ACCESS" a plain plain.jsonl
	ship a
}
origin a
origin b
site far a b

say "a plain registry's visibility and users"
plain 1 private
taken far ma
plain 2 public
expect 0 "$FERRY" --store far access diff --bundle ma
has out "= packages of upstream plain are public instead of private"
taken far ma
expect 0 "$FERRY" --store far access diff plain
has out "= packages of upstream plain are public instead of private"
plain 3 public ghes
expect 0 "$FERRY" --store far access diff --bundle ma
has out "= users of upstream plain are those of ghes instead of local"
taken far ma

say "private mode"
"$PUT_ACCESS" a ghes "$OCTO"
ship a
taken far ma
sed 's/"private_mode": false/"private_mode": true/' "$OCTO" >mode.jsonl
"$PUT_ACCESS" a ghes mode.jsonl --generation=2
ship a
expect 0 "$FERRY" --store far access diff --bundle ma
has out "= without a token nothing of upstream ghes is read any more"
taken far ma

say "several bundles together, each as if those before had been imported"
rm -f ma/*
"$PUT_ACCESS" a ghes "$OCTO" --generation=3 --without=package_grant
"$FERRY" --store a export --to ma --one-way >/dev/null 2>&1
"$PUT_ACCESS" a ghes "$OCTO" --generation=4
"$FERRY" --store a export --to ma --one-way >/dev/null 2>&1
is bundles "$(ls ma/*.tar | wc -l)" 2
expect 0 "$FERRY" --store far access diff --bundle ma
has out "= without a token what is public of upstream ghes is read"
hasnt out "loses" "refuse"
taken far ma
expect 0 "$FERRY" --store far explain --as tom --package oci:octo/tool

say "what an import refuses changes nothing"
"$PUT_ACCESS" a ghes "$OCTO" --generation=5 --without=package_grant
ship a
"$PUT_ACCESS" a ghes "$OCTO" --generation=6 --without=team_member
ship a
expect 4 "$FERRY" --store far access diff --bundle ma
has out "ghes: an import would refuse this bundle" "no change"
hasnt out "loses"

say "the first permissions of a store that was open"
site open b
make_version @octo/svc 1.0.0
STORE=$T/b OWNER=ghes put @octo/svc 1.0.0 1.0.0
make_version left 1.0.0
STORE=$T/b OWNER=silent put left 1.0.0 1.0.0
ship b
taken open mb
expect 0 "$FERRY" --store open explain --anonymous --package npm:@octo/svc
"$PUT_ACCESS" b ghes "$OCTO"
ship b
expect 0 "$FERRY" --store open access diff --bundle mb
has out "= packages of upstream ghes are for whom GitHub lets read them instead of public" \
    "= rita: loses read on npm @octo/svc" \
    "= packages of upstream silent are private instead of public"
hasnt out "tom: gains read on npm @octo/svc"
taken open mb
expect 1 "$FERRY" --store open explain --anonymous --package npm:@octo/svc
expect 1 "$FERRY" --store open explain --anonymous --package npm:left
