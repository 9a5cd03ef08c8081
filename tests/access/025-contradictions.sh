#!/bin/bash
# An API that contradicts itself: nobody is let in by the order of its answers,
# and the summary of the sync and the snapshot say what was left out.
. "$(dirname "$0")/github.sh"
start_github
github_conf 'profile = "ghes"; subdomain_isolation = true; enterprise = "x";
    owners = [ "octo", "lab", "uma" ];'
expect 0 near init --name near
explain() { # USER PACKAGE EXPECTED
	expect "${4:-1}" "$FERRY" --store near explain --as "$1" --package "$2"
	has out "$3"
}

say "suspended by one list is suspended, whatever the others do not say"
cp facts facts.0
python3 - <<'END'
import json
users = json.load(open("facts"))["users"]
json.dump([{"login": u, "id": n, "type": "User",
            **({"suspended_at": "2024-01-01T00:00:00Z"} if u in ("tom", "olga") else {})}
           for u, n in users.items()], open("users.json", "w"))
END
echo '200 0 /users[?]per_page file: users.json' >rules
expect 0 near sync
hasnt out "not known"
snapshot near gh | grep '"kind":"user"' >text
[ "$(grep -c '"login":"tom"' text)" -eq 1 ] || fail "tom is there twice"
grep -q '"login":"tom","suspended":true' text || fail "tom is not suspended"
explain tom oci:octo/web "the account is suspended"
explain olga oci:octo/tool "the account is suspended"
explain rita oci:octo/web "allowed" 0

say "an organization with a user's number: the user owns nothing of it"
: >rules
github_conf 'owners = [ "octo", "lab", "uma" ]; enterprise = "acme";'
change '.orgs.octo.id = 9'
expect 0 near sync
has out "not known, and so not allowed:" \
    "owner octo and owner uma have one number, 9: nobody is let in for owning it or being a member of it" \
    "owner octo has the number of user uma, 9"
snapshot near gh >text
grep -q '"kind":"owner","id":9,' text && fail "an owner with the number 9"
explain uma oci:octo/tool "refused"
explain uma oci:uma/app "refused"
expect 0 "$FERRY" --store near access show gh
has out "owner octo and owner uma have one number, 9"
cp facts.0 facts
expect 0 near sync
hasnt out "have one number"
explain uma oci:uma/app "allowed" 0

say "two packages of one name, whichever has the higher number"
github_conf 'owners = [ "octo" ]; types = [ "npm", "container", "docker" ];'
for ids in "40 41" "41 40"; do
	read -r docker container <<<"$ids"
	cp facts.0 facts
	change ".packages += [
	    {id:$docker,owner:\"octo\",type:\"docker\",name:\"img\",visibility:\"public\",repo:\"octo/pub\"},
	    {id:$container,owner:\"octo\",type:\"container\",name:\"pub/img\",visibility:\"private\",repo:null}]"
	expect 0 near sync
	has out "container package octo/pub/img has two numbers, 40 and 41: nobody is let in to it"
	snapshot near gh | grep -q '"name":"octo/pub/img"' && fail "octo/pub/img is there"
	expect 1 "$FERRY" --store near explain --anonymous --package oci:octo/pub/img
	has out "refused"
	explain olga oci:octo/pub/img "refused"
	# The same again is the same snapshot.
	snapshot near gh >text
	expect 0 near sync
	snapshot near gh >text2
	same text text2
done
