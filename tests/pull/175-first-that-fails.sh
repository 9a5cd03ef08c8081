#!/bin/bash
# A public upstream that fails does not hide what the next one has; one that is not
# public does, as nobody knows which names are its own.
# ctest: COST 15
. "$(dirname "$0")/../rubygems/lib.sh"

mkgems "$T/up" <<'END'
gem "foo", "1.0"
gem "bar", "1.0"
index
marshal
END
start_gems up
cd "$T"
conf() {
	cat >near.conf <<-END
		store = "near"; $2
		upstreams = ( { name = "bad"; format = "rubygems"; url = "http://127.0.0.1:9/"; tries = 1; pull = true; $1 },
		              { name = "good"; format = "rubygems"; url = "$BASE/"; pull = true; } );
		serve = { pull_wait = 30; };
	END
	[ -z "${PULLER:-}" ] || {
		kill "$PULLER"
		wait "$PULLER" || true
	}
	"$FERRY" --config near.conf pull >>puller.log 2>&1 &
	PULLER=$!
	PIDS+=("$PULLER")
	wait_for 20 test -S near/pull.sock
}
status() { curl -s -o body -w '%{http_code}' "${@:2}" "$URL/rubygems/$1"; }
expect 0 "$FERRY" --store near init --name near

say "the next one has it"
conf '' ''
start_ferryd near --config near.conf
[ "$(status info/foo)" = 200 ] || fail "$(cat body puller.log)"
[ "$(status gems/foo-1.0.gem)" = 200 ] || fail "$(cat body puller.log)"

say "nobody has it, and one could not be asked"
[ "$(status info/none)" = 502 ] || fail "$(cat body puller.log)"

say "the first is private, and the client may read both"
cat >access.conf <<-END
	signed_off_by = "test";
	users = [ "olga" ];
	registries = ( { upstream = "bad"; grants = (
	    { type = "rubygems"; name = "*"; users = [ "olga" ]; role = "read"; } ); } );
	github = ();
END
conf 'visibility = "private";' 'access = "access.conf";'
token=$("$FERRY" --config near.conf --json token create --user olga --upstream local |
    python3 -c 'import json, sys; print(json.load(sys.stdin)["token"])')
sleep 1.5
[ "$(status info/bar -H "Authorization: Bearer $token")" = 502 ] || fail "$(cat body puller.log)"
