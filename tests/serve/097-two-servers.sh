#!/bin/bash
# Two servers on one store behind a proxy: both follow it and take the same tokens;
# when one is killed, clients notice nothing.  A backup is the third, when the store
# itself is gone.
. "$(dirname "$0")/lib.sh"
make_version a 1.0.0 '' 60000 >/dev/null
make_packument a 1.0.0 1.0.0 >a.json 2>/dev/null || true
. "$(dirname "$0")/../bundle/lib.sh"
