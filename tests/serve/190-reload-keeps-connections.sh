#!/bin/bash
# Reloading again and again cuts no request off that a client sends on a
# connection that was kept open, nor a download.
#
#	RELOADS=100 tests/serve/190-reload-keeps-connections.sh
. "$(dirname "$0")/lib.sh"
RELOADS=${RELOADS:-15}

make_version small 1.0.0
put small 1.0.0 1.0.0
printf 'serve = { drain = 20; };\n' >"$T/ferry.conf"
serve --config "$T/ferry.conf"
get 200 "$NPM/small"

cat >"$T/hammer.py" <<'END'
"""Requests on kept connections until the file stop is there; prints how many,
and how many had no answer."""
import http.client
import os
import sys
import threading

port, path, folder = int(sys.argv[1]), sys.argv[2], sys.argv[3]
totals, failed, lock = [0], [], threading.Lock()


def work():
    c = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    n = 0
    while not os.path.exists(folder + "/stop"):
        try:
            c.request("GET", path)
            r = c.getresponse()
            r.read()
            if r.status != 200:
                raise OSError("status %d" % r.status)
        except (OSError, http.client.HTTPException) as e:
            with lock:
                failed.append(repr(e))
            c.close()
        n += 1
    with lock:
        totals[0] += n


threads = [threading.Thread(target=work) for _ in range(8)]
for t in threads:
    t.start()
for t in threads:
    t.join()
print(totals[0], len(failed), *failed[:5])
END
port=${URL##*:}
python3 "$T/hammer.py" "$port" /npm/small "$T" >"$T/hammered" &
hammer=$!
read_again() { [ "$(grep -c 'read again' "$T/ferryd.log")" -ge "$1" ]; }
for n in $(seq "$RELOADS"); do
	kill -HUP "$LASTPID"
	wait_for 10 read_again "$n"
	sleep 0.1 # requests run meanwhile
done
touch "$T/stop"
wait $hammer
read -r requests failed rest <"$T/hammered"
say "$requests requests, $RELOADS reloads, $failed without an answer"
[ "$requests" -gt 200 ] || fail "too few requests"
[ "$failed" = 0 ] || fail "$failed: $rest"
