#!/bin/bash
# What is asked for below an upstream's name is asked of that upstream alone; a
# snapshot without metadata is no trouble for others; lists of gems have of a
# private upstream what the asker may read.
# ctest: COST 10
. "$(dirname "$0")/../maven/lib.sh"

for up in central corp; do
	mkmaven "$T/up/$up" <<-END
		artifact("com.acme:secret:1.0", files={"jar": b"$up"})
		artifact("org.ex:lib:1.0", files={"jar": b"lib", "extra.jar": b"extra"})
		artifact("org.ex:lib:2.0-SNAPSHOT", files={"jar": b"x"})
		metadata()
	END
	rm -rf "$T/up/$up/org/ex/lib/2.0-SNAPSHOT"
done
start_faulty up
cd "$T"
cat >near.conf <<END
store = "near";
upstreams = (
    { name = "central"; format = "maven"; url = "$BASE/central"; pull = true; max_age = 3600; },
    { name = "corp"; format = "maven"; url = "$BASE/corp"; pull = true; max_age = 3600; } );
END
expect 0 near init --name near
"$FERRY" --config near.conf pull >puller.log 2>&1 &
PULLER=$!
PIDS+=("$PULLER")
wait_for 20 test -S near/pull.sock
start_ferryd near --config near.conf
code() { curl -s -o body -w '%{http_code}' "$@"; }

say "below an upstream's name, that one is asked"
[ "$(code "$URL/maven/corp/com/acme/secret/1.0/secret-1.0.jar")" = 200 ] || fail "$(cat body puller.log)"
cmp body up/corp/com/acme/secret/1.0/secret-1.0.jar
[ "$(asked '/central/com/acme/.*')" = 0 ] || fail "$(cat log)"

say "a file asked for in vain, then one that is there, of an artifact with a lost snapshot"
[ "$(code "$URL/maven/org/ex/lib/1.0/lib-1.0.pom")" = 200 ] || fail "$(cat body)"
[ "$(code "$URL/maven/org/ex/lib/1.0/lib-1.0-none.jar")" = 404 ] || fail "$(cat body)"
[ "$(code "$URL/maven/org/ex/lib/9.0/lib-9.0.jar")" = 404 ] || fail "$(cat body)"
[ "$(code "$URL/maven/org/ex/lib/1.0/lib-1.0-extra.jar")" = 200 ] || fail "$(cat body)"
kill "$PULLER"
wait "$PULLER" || true
kill "$LASTPID"
wait "$LASTPID" || true

say "gems of a private upstream are listed for who may read them"
command -v ruby >/dev/null && command -v gem >/dev/null || skip "ruby is not on this machine"
ruby "$TOP/tests/tools/mkgems.rb" "$T/up/gems" <<-'END'
	gem "a", "1.0"
	gem "secret-gem", "1.0"
	index
	marshal
END
cat >near.conf <<END
store = "gems"; access = "access.conf";
upstreams = ( { name = "corp"; format = "rubygems"; url = "$BASE/gems"; visibility = "private"; pull = true; } );
END
cat >access.conf <<'END'
signed_off_by = "test"; realm = "local"; users = [ "olga", "anna" ];
registries = ( { upstream = "corp"; grants = (
    { type = "rubygems"; name = "a"; users = [ "olga" ]; role = "read"; },
    { type = "rubygems"; name = "*"; users = [ "anna" ]; role = "read"; } ); } );
END
expect 0 near init --name gems
"$FERRY" --config near.conf pull >puller.log 2>&1 &
PIDS+=("$!")
wait_for 20 test -S gems/pull.sock
expect 0 near access apply
for user in olga anna; do
	expect 0 near --json token create --user $user --upstream corp
	jq -r .token <out >$user.token
done
start_ferryd gems --config near.conf
versions() { curl -sf -u "x:$(cat "$1.token")" "$URL/rubygems/versions"; }
wait_for 10 bash -c "curl -sf -u 'x:$(cat anna.token)' $URL/rubygems/versions | grep secret-gem"
versions anna >anna.txt
has anna.txt "secret-gem 1.0" "a 1.0"
versions olga >olga.txt
has olga.txt "a 1.0"
hasnt olga.txt secret
[ "$(code "$URL/rubygems/versions")" != 200 ] || ! grep -q secret body || fail "$(cat body)"
