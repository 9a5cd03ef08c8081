#!/bin/bash
# Permissions of an upstream are for the origin to say that brought them first;
# nobody sets them far ahead, and a visibility that is no word is nobody's.
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
expect 0 "$FERRY" --store far import mb
has err "passed over: what b says of upstream 'ghes'"
expect 0 "$FERRY" --store far explain --as tom --package oci:octo/tool

say "a time far ahead is refused: it would never be replaced"
"$PUT_ACCESS" a ghes "$OCTO" --generation=9000000000000 --taken="$now"
rm ma/*
"$FERRY" --store a export --to ma --one-way >/dev/null
expect 20 "$FERRY" --store far import ma
expect 0 "$FERRY" --store far explain --as tom --package oci:octo/tool
