#!/bin/bash
# While the puller drops what it pulled, over and over: each client gets what it
# asks for, 'ferry verify' finds nothing wrong, and nothing is noted as lost.
# ctest: COST 20
. "$(dirname "$0")/lib.sh"

start_faulty tree
python3 "$TOP/tests/tools/mkregistry.py" "$T/tree" "$BASE" --packages 60 \
    --versions 2 --size 60000
pull_conf "$BASE/" 'signatures = "off"; max_age = 1;'
echo 'pull = { cache_size = "1M"; cache_keep = 0; };' >>near.conf
expect 0 near init --name near
start_puller
start_ferryd near --config "$T/near.conf"
cd tree
find . -name '*.tgz' -exec sha256sum {} + >../sums
cd ..

# client SEED: files at random, until there is "done"; what went wrong is told.
client() {
	local sum file status
	while [ ! -e done ]; do
		while read -r sum file; do
			[ ! -e done ] || break
			status=$(curl -s -o "got$1" -w '%{http_code}' "$URL/npm/${file#./}")
			[ "$status" = 200 ] || echo "$file: $status, $(cat "got$1")"
			[ "$status" != 200 ] || [ "$(sha256sum <"got$1")" = "$sum  -" ] ||
			    echo "$file: wrong bytes"
		done < <(shuf --random-source=<(yes "$1") sums)
	done
}
for n in 1 2 3 4 5 6; do
	client "$n" >"told$n" &
	PIDS+=($!)
	clients+=($!)
done
end=$((SECONDS + ${DROPS_S:-12}))
while [ $SECONDS -lt $end ]; do
	expect 0 near verify
	expect 0 near status --json
	[ "$(jq '.lost // 0' out)" = 0 ] || fail "$(cat out)"
done
: >done
wait "${clients[@]}"
cat told? >told
[ ! -s told ] || fail "$(sort told | uniq -c | sort -rn | head -20)"
[ "$(grep -c dropped puller.log)" -gt 3 ] || fail "nothing was dropped"
expect 0 near verify
