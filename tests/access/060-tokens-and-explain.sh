#!/bin/bash
# 'ferry token' and 'ferry explain': tokens are printed once and kept as
# digests, work beside a writer, and every answer can be explained, also of what
# this server never does: the cases of publishing, deleting and restoring.
. "$(dirname "$0")/lib.sh"
cd "$T"
"$FERRY" --store "$STORE" status >/dev/null 2>&1 || "$FERRY" init --store "$STORE" --name far >/dev/null
permissions
ferry() { "$FERRY" --store "$STORE" "$@"; }

say "a token is printed once; the store keeps a digest"
expect 0 ferry token
has out "there are no tokens"
expect 0 ferry token create --user RITA --note "laptop" --expires 90d
token=$(tail -n 1 out)
[[ $token =~ ^ferry_u_[0-9A-Za-z]{38}$ ]] || fail "not a token: $token"
has out "user rita of ghes" "read:packages" "laptop"
! grep -rq "$token" "$STORE" || fail "the store has the token's text"
expect 0 ferry token list
has out "used never" "until "
hasnt out "$token"
expect 0 ferry --json token
id=$(jq -r .id out)
[ "$(printf %s "$token" | sha256sum | cut -c1-12)" = "$id" ] || fail "not the digest"

say "it is revoked also while somebody writes, and stays in the list"
exec 9>"$STORE/lock"
flock 9
expect 0 ferry token revoke "${id:0:6}"
exec 9>&-
expect 0 ferry token
has out ", revoked "
expect 1 ferry token revoke ffffffffffff
expect 2 ferry token revoke ../../etc/passwd

say "a user whom the snapshot does not know has an account all the same"
expect 1 ferry token create --user stranger --upstream ghes
expect 2 ferry token create --user stranger --number 4711
expect 2 ferry token create --user rita --number 2 --upstream ghes
expect 2 ferry token create --user stranger --number 1 --upstream ghes
has err "1 is the number of 'olga' in the permission snapshot of 'ghes', not of 'stranger'"
expect 2 ferry token create --user stranger --number 100 --upstream ghes
has err "100 is the number of 'octo'"
for login in $'a\nb' $'a\033[31m' 'a b' '' "$(printf 'a%.0s' {1..100})"; do
	expect 2 ferry token create --user "$login" --number 4711 --upstream ghes
	has err "a login has at most 99 letters, digits and -_.@"
done
expect 0 ferry token create --user stranger --number 4711 --upstream ghes
has out "user stranger of ghes"

say "mistakes are said"
expect 1 ferry token create --user nobody-of-this-name
has err "no permission snapshot here knows a user 'nobody-of-this-name'"
expect 2 ferry token create
expect 2 ferry token create --user rita --repository octo/ops
expect 2 ferry token create --user rita --scopes read
has err "'read' is no scope"
expect 2 ferry token create --repository octo/ops --job admin
expect 1 ferry token create --repository octo/none
expect 2 ferry token create --user rita --expires soon
expect 2 ferry token create --user rita --scopes ''
expect 2 ferry token create --user rita --note $'a\nb'

say "a file that is no token does not hide the others"
broken=$STORE/tokens/$(printf '%064d' 7).json
echo garbage >"$broken"
expect 0 ferry token
has out "laptop"
has err "skipped: "
rm "$broken"
expect 0 ferry token create --repository octo/ops --job write
has out "workflows of octo/ops of ghes, packages: write"
[[ $(tail -n 1 out) == ferry_w_* ]] || fail "not a workflow's"

# explained CASE STATUS RULE OPTION…
explained() {
	local number=$1 status=$2 rule=$3
	shift 3
	expect "$status" ferry --json explain "$@"
	[ "$(jq -r .rule out)" = "$rule" ] || fail "case $number: $(cat out)"
}
all=read:packages,write:packages,delete:packages
say "the cases that a read-only server refuses anyway"
explained 23 1 D16 --as rita --package rubygems:octo-gem --action publish
explained 24 0 D12 --as tom --package rubygems:octo-gem --action publish
explained 25 0 D12 --as kim --package rubygems:octo-gem --action publish
explained 26 1 D16 --as mia --package rubygems:octo-gem --action publish
explained 51 0 D11 --as olga --package oci:octo/tool --action delete --scopes $all
explained 52 1 D5 --as olga --package oci:octo/tool --action delete --scopes read:packages
explained 53 1 D16 --as tom --package rubygems:octo-gem --action delete
explained 55 0 D11 --as olga --package npm:@octo/svc --action restore
explained 57 1 D5 --as olga --package npm:@octo/svc --action restore --scopes read:packages,delete:packages

say "and those of formats that are not mirrored yet"
explained 2 1 D3 --anonymous --package maven:com.octo:open
explained 19 1 D16 --as eve --package maven:com.octo:core
explained 21 0 D12 --as rita --package maven:com.octo:core
explained 35 0 D15 --as len --package nuget:octo.int
explained 48 0 D9 --repository octo/priv --package maven:com.octo:core --job read
explained 50 0 D8 --repository lab/secret --package nuget:Octo.Int --job read

say "the records behind an answer"
expect 0 ferry explain --as kim --package oci:octo/tool
has out "allowed: kim container octo/tool by rule D13" "team dev has read" "user kim has write" \
    "permission snapshot of 'ghes', generation 1"
expect 1 ferry explain --as rita --package oci:octo/tool
has out "refused: rita" "own permissions"
expect 2 ferry explain --as rita --package tool
expect 2 ferry explain --package npm:a
expect 2 ferry explain --as rita --package npm:a --action fly

say "as ferryd decides: its options, whose package a name means, which names there are"
printf 'serve : { permissions_max_age = "1d"; };\n' >d.conf
expect 0 ferry explain --as rita --package maven:com.octo:core
expect 1 ferry --config d.conf explain --as rita --package maven:com.octo:core
has out "refused: rita" "older than the server takes"
expect 0 ferry explain --anonymous --package oci:octo/web
printf 'serve : { private_mode = true; };\n' >d.conf
expect 1 ferry --config d.conf explain --anonymous --package oci:octo/web
has out "by rule D3"
printf 'serve : { public_needs_login = [ ]; };\n' >d.conf
expect 1 ferry explain --anonymous --package npm:@octo/ui
expect 0 ferry --config d.conf explain --anonymous --package npm:@octo/ui
expect 0 ferry --config d.conf access report --package npm:@octo/ui
has out "* anybody"
expect 0 ferry explain --as olga --package npm:@octo/svc
has out "the store does not have it of upstream ghes"
expect 1 ferry explain --as olga --package npm:@octo/nothing
has out "the store does not have it: " "by rule D16"
hasnt out "generation"
expect 1 ferry explain --as olga --package npm:@OCTO/svc
has out "the store does not have it: "
expect 2 ferry explain --as olga --package oci:octo/TOOL
has err "no oci registry could have a package 'octo/TOOL'"
image=$(make app image 1.0)
put_oci ghes containers.ghes.example octo/tool app
put_oci aaa quay.example octo/tool app
expect 0 ferry --json explain --as tom --package oci:containers.ghes.example/octo/tool
[ "$(jq -r '.package + " " + .upstream + " " + (.held|tostring)' out)" = "octo/tool ghes true" ] || fail "$(cat out)"
expect 1 ferry --json explain --as tom --package oci:octo/tool
[ "$(jq -r .upstream out)" = aaa ] || fail "the first owner answers for a name: $(cat out)"
expect 0 ferry explain --as tom --package oci:octo/tool --upstream ghes
has out "get the package of upstream aaa"
expect 1 ferry explain --as tom --package oci:quay.example/octo/tool
[ -n "$image" ]

say "who is suspended claims nothing any more"
jq -c 'if .kind == "user" and .login == "tom" then .suspended = true else . end' "$OCTO" >octo.jsonl
"$PUT_ACCESS" "$STORE" ghes octo.jsonl --generation=5
expect 1 ferry explain --as tom --package npm:@octo/ui
has out "by rule D1: the account is suspended"
expect 1 ferry explain --as tom --package npm:@octo/nothing
has out "by rule D1: the account is suspended"
