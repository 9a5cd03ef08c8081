#!/bin/bash
# What a client may not read is not pulled for it, and it does not hear whether
# the upstream has it; who may read it gets it.
# ctest: COST 10
. "$(dirname "$0")/lib.sh"

export FAULTY_AUTH=robot:secret
start_faulty tree
unset FAULTY_AUTH
python3 "$TOP/tests/tools/mkregistry.py" "$T/tree" "$BASE" --packages 3 \
    --versions 1 --size 20000
printf 'machine 127.0.0.1 login robot password secret\n' >netrc
cat >near.conf <<-END
	store = "near";
	access = "access.conf";
	upstreams = ( { name = "corp"; format = "npm"; url = "$BASE/"; pull = true;
	    max_age = 3600; signatures = "off"; netrc = "netrc"; } );
END
cat >access.conf <<-END
	signed_off_by = "test";
	users = [ "olga", "eve" ];
	registries = ( { upstream = "corp"; grants = (
	    { type = "npm"; name = "*"; users = [ "olga" ]; role = "read"; } ); } );
	github = ();
END
expect 0 near init --name near
start_puller
start_ferryd near --config "$T/near.conf"
token() { near --json token create --user "$1" --upstream local | python3 -c 'import json, sys; print(json.load(sys.stdin)["token"])'; }
olga=$(token olga)
eve=$(token eve)
: >log

say "nobody, and somebody without permission: nothing is asked for"
get 401 /npm/pkg-00001
for path in /npm/pkg-00001 /npm/no-such /npm/pkg-00001/-/pkg-00001-1.0.0.tgz; do
	get 404 "$path" -H "Authorization: Bearer $eve"
	sed "s/pkg-00001/X/g; s/no-such/X/g" body >"body.${path##*/}"
done
same body.pkg-00001 body.no-such
asked 0 .

say "somebody with permission gets it"
get 200 /npm/pkg-00001 -H "Authorization: Bearer $olga"
get 200 /npm/pkg-00001/-/pkg-00001-1.0.0.tgz -H "Authorization: Bearer $olga"
same body tree/pkg-00001/-/pkg-00001-1.0.0.tgz
get 404 /npm/no-such -H "Authorization: Bearer $olga"
has body "neither the mirror nor its upstream"

say "and the others still do not"
get 403 /npm/pkg-00001 -H "Authorization: Bearer $eve"
get 401 /npm/pkg-00001/-/pkg-00001-1.0.0.tgz

say "nothing of the credential is where others could see it"
hasnt "$T/puller.log" secret
hasnt "$T/ferryd.log" secret
