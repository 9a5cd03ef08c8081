#!/bin/bash
# What a puller says is here and this server does not see is not absent: the
# client is told to try again.
# ctest: COST 5
. "$(dirname "$0")/lib.sh"

start_faulty tree
python3 "$TOP/tests/tools/mkregistry.py" "$T/tree" "$BASE" --packages 3 \
    --versions 1 --size 1000
pull_conf "$BASE/" 'signatures = "off"; max_age = 3600;'
expect 0 near init --name near
start_puller

say "a server of another store asks this puller"
expect 0 near backup "$T/copy"
sed 's/"near"/"copy"/' near.conf >copy.conf
echo "pull = { socket = \"$T/near/pull.sock\"; };" >>copy.conf
start_ferryd copy --config "$T/copy.conf"
for path in pkg-00000 pkg-00001/-/pkg-00001-1.0.0.tgz; do
	get 503 "/npm/$path" --http1.0
	grep -qi '^Retry-After:' head || fail "no Retry-After: $(cat head)"
	has body "try again"
done
expect 0 near show pkg-00001@1.0.0

say "what upstream lacks is absent all the same"
get 404 /npm/none
get 404 /npm/pkg-00001/-/pkg-00001-9.0.0.tgz
start_ferryd near --config "$T/near.conf"
get 200 /npm/pkg-00001/-/pkg-00001-1.0.0.tgz
get 404 /npm/pkg-00001/-/other-1.0.0.tgz
