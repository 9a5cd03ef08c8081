#!/bin/bash
# All attacks at once, beside an honest client that is never refused, and what is
# imported meanwhile is served.  SOAK=600 makes it ten minutes.
# ctest: COST 40
# ctest: RUN_SERIAL TRUE
. "$(dirname "$0")/lib.sh"

make_version p 1.0.0 '' 3000000
put p 1.0.0 1.0.0
make_version big 1.0.0
make_packument big 1.0.0 1.0.0 >"$T/small.json"
python3 - "$T/small.json" >"$T/packument.json" <<'P'
import base64, json, random, sys
random.seed(1)
d = json.load(open(sys.argv[1]))
d["readme"] = base64.b64encode(random.randbytes(4000000)).decode()
json.dump(d, sys.stdout)
P
"$PUT_NPM" "$STORE" up "$T/packument.json" "1.0.0=$(tarball big 1.0.0)"
printf 'serve = { connections = 600; head_timeout = 3; access_log = "%s"; };\n' "$T/access.log" >"$T/ferry.conf"
serve --config "$T/ferry.conf"
rss() { awk '/^VmRSS/ { print int($2 / 1024) }' "/proc/$LASTPID/status"; }
get 200 "$NPM/big"
before=$(rss)

python3 "$TOP/tests/tools/attack.py" "${URL##*:}" "${SOAK:-15}" /npm/p /npm/big /npm/p/-/p-1.0.0.tgz >"$T/attack" &
attack=$!
PIDS+=("$attack")
sleep 5
make_version late 1.0.0
put late 1.0.0 1.0.0
late() { curl -sf -m 5 --interface 127.0.0.98 -o "$T/body" "$NPM/late"; }
wait_for 15 late
code=0
peak=0
while kill -0 "$attack" 2>/dev/null; do
	now=$(rss)
	[ "$now" -le "$peak" ] || peak=$now
	sleep 1
done
wait "$attack" || code=$?
cat "$T/attack"
echo "memory: $before MB before, at most $peak MB, $(rss) MB after; $(awk '{ print ($14 + $15) / 100 }' "/proc/$LASTPID/stat") s of the processor"
[ $code -eq 0 ] || fail "see above"
[ $((peak - before)) -le 128 ] || fail "$((peak - before)) MB more"
kill -0 "$LASTPID" || fail "the server is gone"
get 200 "$NPM/p"
[ "$(wc -l <"$T/ferryd.log")" -le 100 ] || fail "$(wc -l <"$T/ferryd.log") lines of log"
stop
