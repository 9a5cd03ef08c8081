#!/bin/bash
# What an upstream may make ferry do: no login from its URLs, no file without a
# digest, no address inside that is not its own, nothing without an end; and an
# honest package beside it comes all the same.
# ctest: COST 100
. "$(dirname "$0")/../lib.sh"
cd "$T"

# start_hostile NAME ADDRESS [INSIDE]: sets PORT; requests are in NAME.log.
start_hostile() {
	: >"$1.log"
	python3 "$TOP/tests/tools/hostile.py" "$1.port" "$1.log" "$2" "${3:-}" &
	PIDS+=($!)
	wait_for 10 test -s "$1.port"
	PORT=$(cat "$1.port")
}
start_hostile inside 127.0.0.2
inside=$PORT
start_hostile up 127.0.0.1 "http://127.0.0.2:$inside"
up=http://127.0.0.1:$PORT

# measured COMMAND…: its status; the memory that it took at most, in kB, is in
# the file peak.
measured() {
	python3 -c '
import resource, subprocess, sys
status = subprocess.call(sys.argv[1:])
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=open("peak", "w"))
sys.exit(status)' "$@"
}
# hostile STATUS PACKAGES [MEMBERS]: sync these, and good, into a new store;
# sets KB, the memory that it took at most.
hostile() {
	local status=$1 packages=$2
	shift 2
	rm -rf near
	: >up.log
	: >inside.log
	near_conf "$up/" "packages = [ $packages, \"good\" ]; signatures = \"off\"; tries = 1; $*"
	expect 0 near init --name near
	expect "$status" measured "$FERRY" --config near.conf sync
	KB=$(cat peak)
	near show good@1.0.0 >shown || fail "what is good did not come"
}

say "a login in a URL, or in a redirect's, is refused"
hostile 4 '"userinfo", "userinfo-redirect"'
has out "npm:userinfo@1.0.0: its URL, or that of a redirect, has a user's name in it" \
    "npm:userinfo-redirect@1.0.0: its URL"
hasnt up.log Basic

say "a file without a digest is refused, unless the operator says so"
hostile 4 '"undeclared"'
has out "without_digests = true"
hasnt up.log undeclared-1.0.0.tgz
rm -rf near
near_conf "$up/" 'packages = [ "undeclared" ]; signatures = "off"; without_digests = true;'
expect 0 near init --name near
expect 0 near sync
has err "nobody declares a digest of undeclared-1.0.0.tgz of npm:undeclared@1.0.0"

say "an address inside that is not the upstream's is not spoken to"
hostile 4 '"inside", "inside-redirect"'
has out "npm:inside@1.0.0: 127.0.0.2 is at 127.0.0.2, an address that is not public" \
    "npm:inside-redirect@1.0.0: 127.0.0.2 is at" "name it in 'hosts'"
[ ! -s inside.log ] || fail "it was: $(cat inside.log)"

say "however it is spelled, and also where another upstream may"
for host in 0x7f.2 2130706434 '[::ffff:127.0.0.2]'; do
	start_hostile spelled 127.0.0.1 "http://$host:$inside"
	up=http://127.0.0.1:$PORT hostile 4 '"inside"'
	has out "an address that is not public"
	[ ! -s inside.log ] || fail "it was asked as $host"
done
cat >near.conf <<-END
	store = "near";
	upstreams = (
	  { name = "a"; format = "npm"; url = "http://127.0.0.2:$inside/"; signatures = "off";
	    packages = [ "good" ]; },
	  { name = "b"; format = "npm"; url = "$up/"; signatures = "off"; tries = 1;
	    packages = [ "inside" ]; } );
END
: >inside.log
expect 4 near sync
hasnt inside.log /inside/

say "unless the operator names it"
for hosts in '"127.0.0.2"' "\"127.0.0.2:$inside\"" '"127.0.*"'; do
	rm -rf near
	near_conf "$up/" "packages = [ \"inside\", \"inside-redirect\" ]; signatures = \"off\"; hosts = [ $hosts ];"
	expect 0 near init --name near
	expect 0 near sync
	has out "2 versions pulled"
done
near_conf "$up/" 'packages = [ "good" ]; hosts = [ "http://127.0.0.2" ];'
expect 3 near sync
has err "is not HOST or HOST:PORT"

say "the body of an error is not read to its end"
hostile 4 '"endless-error"'
has out "npm:endless-error@1.0.0: up answered 404"
wait_for 10 grep -q '^sent .*endless' up.log
sent=$(sed -n 's/^sent \([0-9]*\) .*endless.*/\1/p' up.log)
echo "  sent $sent bytes"
[ "$sent" -lt 8000000 ] || fail "$sent bytes"

say "nor trailers, nor interim answers, without end"
hostile 4 '"trailers", "header"'
has out "npm:trailers@1.0.0: the answer's header or trailers are longer than 512 kB" \
    "npm:header@1.0.0:"
for name in trailers header; do
	wait_for 10 grep -q "^sent .*$name" up.log
	sent=$(sed -n "s/^sent \([0-9]*\) .*$name.*/\1/p" up.log)
	echo "  sent $sent bytes of $name"
	[ "$sent" -lt 16000000 ] || fail "$sent bytes of $name"
done

say "a version that needs 20,000 others does not have them all asked for"
hostile 4 '"needs"'
has out "needs@1.0.0 needs more than 2000 others"
[ "$(grep -c need- up.log)" -le 2000 ] || fail "$(grep -c need- up.log) requests"

say "nor is there an end to what needs ever more"
hostile 4 '"chain-0"' 'needs_max = 400;'
has out "up: all that is wanted needs more than 400 others" "402 packages: 402 versions pulled" "1 failed" "'needs_max' of the upstream"
[ "$(grep -c /chain- up.log)" -le 804 ] || fail "$(grep -c /chain- up.log) requests"

say "documents that are too large are refused, several large ones come one by one"
hostile 4 '"big-256"'
has out "it is longer than 67108864 bytes" "'document_max' of the upstream"
[ "$KB" -lt 131072 ] || fail "$KB kB"
near_conf "$up/" 'packages = [ "big-60", "big-61", "big-62", "big-63" ]; signatures = "off";'
rm -rf near
expect 0 near init --name near
expect 0 measured "$FERRY" --config near.conf sync
has out "4 versions pulled"
echo "  256 MB: peak $KB kB; four of 60 MB: $(cat peak) kB"
[ "$(cat peak)" -lt 131072 ] || fail "$(cat peak) kB"

say "a file that drips ends, and the others do not wait for it"
hostile 4 '"drip", "bursts"' &
watcher=$!
wait_for 20 grep -q good-1.0.0.tgz up.log
wait $watcher || fail "see above"
has out "npm:drip@1.0.0: it comes too slowly" "npm:bursts@1.0.0: it comes too slowly"
