#!/bin/bash
# A mirror that holds some versions shows those, and no tag that dangles.
. "$(dirname "$0")/lib.sh"

for v in 1.0.0 1.9.0 1.10.0 2.0.0-rc.1 2.0.0; do
	make_version p $v
done
all='1.0.0 1.9.0 1.10.0 2.0.0-rc.1 2.0.0'
held() { # HOLD WANT-VERSIONS WANT-TAGS
	rm -rf "$STORE"
	HOLD=$1 TAGS='"next":"2.0.0-rc.1","old":"1.0.0"' put p 2.0.0 $all
	serve
	get 200 "$NPM/p"
	is "versions of $1" "$(member '" ".join(d["versions"])')" "$2"
	is "times of $1" "$(member '" ".join(k for k in d["time"] if k[0].isdigit())')" "$2"
	is "tags of $1" "$(member 'd["dist-tags"]' | tr -d " '{}")" "$3"
	get 200 -H 'Accept: application/vnd.npm.install-v1+json' "$NPM/p"
	is "versions of $1" "$(member '" ".join(d["versions"])')" "$2"
	is "tags of $1" "$(member 'd["dist-tags"]' | tr -d " '{}")" "$3"
	stop
}
held "$all" "$all" latest:2.0.0,next:2.0.0-rc.1,old:1.0.0
held '1.0.0 1.10.0 1.9.0 2.0.0-rc.1' '1.0.0 1.9.0 1.10.0 2.0.0-rc.1' \
    latest:1.10.0,next:2.0.0-rc.1,old:1.0.0
held 2.0.0-rc.1 2.0.0-rc.1 latest:2.0.0-rc.1,next:2.0.0-rc.1
held 2.0.0 2.0.0 latest:2.0.0

say "nothing held"
rm -rf "$STORE"
HOLD='' put p 2.0.0 $all
serve
get 404 "$NPM/p"
get 404 "$NPM/p/latest"
get 404 "$NPM/p/-/p-2.0.0.tgz"
stop

say "a removed version"
rm -rf "$STORE"
put p 2.0.0 $all
ARGS=--delete=2.0.0 HOLD='' put p 2.0.0 $all
serve
get 200 "$NPM/p"
is latest "$(member 'd["dist-tags"]["latest"]')" 1.10.0
hasnt "$T/body" '"2.0.0"'
get 404 "$NPM/p/-/p-2.0.0.tgz"
get 404 "$NPM/p/2.0.0"
get 200 "$NPM/p/-/p-1.0.0.tgz"
stop

say "the same name of two owners: the first one alone"
make_version q 1.0.0
make_version q 9.0.0
rm -rf "$STORE"
OWNER=zzz put q 9.0.0 9.0.0
OWNER=aaa put q 1.0.0 1.0.0
serve
get 200 "$NPM/q"
is versions "$(member '" ".join(d["versions"])')" 1.0.0
get 404 "$NPM/q/-/q-9.0.0.tgz"
stop
