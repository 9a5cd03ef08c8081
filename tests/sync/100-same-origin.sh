#!/bin/bash
# What belongs to an upstream's host is decided by scheme, host and port, however
# they are spelled: a credential is neither withheld nor given away for that.
. "$(dirname "$0")/../lib.sh"
cd "$T"

python3 "$TOP/tests/tools/mkregistry.py" tree "http://HOST" --packages 4 --versions 1 >/dev/null
start_faulty tree
expect 0 "$FERRY" init --store near --name near
printf 'secret-token\n' >token

# sync NAME URL BASE MORE: from the registry at URL, whose tarball URLs begin
# with BASE; MORE goes into the configuration.
sync() {
	sed "s|http://HOST|$3|g" "tree/$1/packument.json" >p
	mv p "tree/$1/packument.json"
	cat >near.conf <<-EOF
		store = "near";
		upstreams = ( { name = "up"; format = "npm"; url = "$2"; $4
		  token_file = "token"; signatures = "off"; packages = [ "$1" ]; } );
	EOF
	: >log
	expect 0 "$FERRY" --config near.conf sync
	grep "$1-1.0.0.tgz" log >tarball || fail "nobody asked for the tarball of $1"
}

port=${BASE##*:}

say "a host in another case is the same host"
sync pkg-00000 "http://localhost:$port" "http://LOCALHOST:$port" ""
has tarball "Bearer secret-token"

say "the default port, named, is the same port"
proxy="proxy = \"$BASE\";"
sync pkg-00001 "http://registry.example" "http://registry.example:80" "$proxy"
has tarball "Bearer secret-token"
sync pkg-00002 "http://registry.example:80" "http://Registry.Example" "$proxy"
has tarball "Bearer secret-token"

say "another port is not"
sync pkg-00003 "http://registry.example" "http://registry.example:81" "$proxy"
grep -q -- '-$' tarball || fail "the token went to another port"
