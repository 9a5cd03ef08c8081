#!/bin/bash
# A socket that a service manager passes; the log of what is asked for.
# ctest: COST 5
. "$(dirname "$0")/lib.sh"

cat >"$T/pass.py" <<'END'
import os, socket, sys
kinds = sys.argv[1].split(",")
def make(kind):
    if kind == "tcp":
        return socket.create_server(("127.0.0.1", 0))
    s = socket.socket(socket.AF_UNIX)
    s.bind(sys.argv[2] + ".unix")
    s.listen()
    return s
made = [make(k) for k in kinds]
if kinds[0] == "tcp":
    open(sys.argv[2], "w").write(str(made[0].getsockname()[1]))
for i, one in enumerate(made):
    os.dup2(one.fileno(), 30 + i, inheritable=True)
for i in range(len(made)):
    os.dup2(30 + i, 3 + i, inheritable=True)
os.environ.update(LISTEN_FDS=str(len(made)), LISTEN_PID=str(os.getpid()))
os.execvp(sys.argv[3], sys.argv[3:])
END
start_faulty tree
python3 "$TOP/tests/tools/mkregistry.py" "$T/tree" "$BASE" --packages 3 --versions 2 --size 400000
cd "$T"
cat >near.conf <<END
store = "near"; serve = { asked_log = "asked"; };
upstreams = ( { name = "up"; format = "npm"; url = "$BASE/"; signatures = "off"; packages = [ "pkg-00001" ]; pull = true; } );
END
expect 0 near init --name near
expect 0 near sync
"$FERRY" --config near.conf pull >puller.log 2>&1 &
PIDS+=("$!")
wait_for 20 test -S near/pull.sock

say "it listens on the socket that was passed, whatever the configuration says"
python3 pass.py tcp lport "$FERRYD" --config near.conf --allow-root >ferryd.log 2>&1 &
D=$!
PIDS+=("$D")
wait_for 20 test -s lport
URL=http://127.0.0.1:$(cat lport)
wait_for 20 curl -sf -o /dev/null "$URL/healthz"
has ferryd.log "$URL/"

say "what is asked for is told, with what became of it"
curl -sf -o doc "$URL/npm/pkg-00001"
curl -sf -o /dev/null "$URL/npm/pkg-00001/-/pkg-00001-1.0.0.tgz"
[ "$(curl -s -o body -w '%{http_code}' "$URL/npm/none")" = 404 ] || fail "$(cat body)"
# What is pulled, and passed on while it comes.
printf '/pkg-00002/-/pkg-00002-1.0.0.tgz pause=300000:1\n' >rules
curl -sf -o /dev/null "$URL/npm/pkg-00002/-/pkg-00002-1.0.0.tgz"
curl -sf -o /dev/null "$URL/-/ping" || true
kill -HUP "$D"
wait_for 10 grep -q 00002 asked
jq -c '[.format, .what, .upstream, .package, .version, .status]' asked | sort -u >told
cat >want <<'END'
["npm","document","up","pkg-00001",null,200]
["npm","document",null,"none",null,404]
["npm","version","up","pkg-00001","1.0.0",200]
["npm","version",null,"pkg-00002","1.0.0",200]
END
sort -u want | diff - told || fail "$(cat asked)"
curl -s -o /dev/null "$URL/npm/none"
kill "$D"
wait "$D" || true

say "wishes: what is not here, the most wanted first"
expect 0 near wishes
[ "$(sed 's/^ *\([0-9]*\) .* /\1 /' out)" = "2 npm:none" ] || fail "$(cat out)"
[ "$(near --json wishes --since 1h | jq -c '[.format, .package, .count]')" = '["npm","none",2]' ] || fail "json"
echo '{"time":"2020-01-01T00:00:00Z","format":"npm","what":"version","package":"old","version":"1.0.0","status":404}' >rotated
printf '{"time":"2020' >>rotated
expect 0 near wishes rotated
has out "1  2020-01-01T00:00:00Z  npm:old@1.0.0"
expect 0 near wishes --since 1d rotated
has out "nothing was asked for in vain"
expect 3 "$FERRY" --store near wishes
has err "asked_log"

say "several sockets, and one that is no TCP socket, are refused"
for kinds in tcp,tcp unix; do
	rm -f lport.unix
	code=0
	python3 pass.py $kinds lport "$FERRYD" --config near.conf --allow-root >err 2>&1 || code=$?
	[ "$code" = 2 ] || fail "status $code: $(cat err)"
	has err "passed"
done
