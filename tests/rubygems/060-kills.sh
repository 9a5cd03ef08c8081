#!/bin/bash
# A sync of gems that is killed at any instant leaves nothing half: what lists and
# documents name is there with its bytes, and the next sync goes on. KILLS=40 for
# more.
# ctest: COST 25
. "$(dirname "$0")/lib.sh"
KILLS=${KILLS:-8}
mkgems "$T/up" <<'END'
12.times do |i|
  %w[1.0.0 1.1.0].each { |v| gem "g#{i}", v, needs: { "g#{(i + 1) % 12}" => ">= 1.0" } }
  gem "g#{i}", "1.1.0", "x86_64-linux", needs: { "g#{(i + 1) % 12}" => ">= 1.0" }
end
index
END
start_gems up
cd "$T"
members='select = ( { name = "g0"; versions = ">= 1"; }, { name = "g5"; versions = ">= 1"; } );'
gems_conf "$BASE/" "$members"
cp near.conf whole.conf
sed -i 's/"near"/"whole"/' whole.conf
expect 0 "$FERRY" --store whole init --name near
from=$(date +%s%3N)
expect 0 "$FERRY" --config whole.conf sync
ms=$(($(date +%s%3N) - from + 20))
expect 0 near init --name near

# killed MS: a sync, ended after so many milliseconds.
killed() {
	"$FERRY" --config near.conf sync >out 2>err &
	local pid=$!
	sleep "$(printf '%d.%03d' $(($1 / 1000)) $(($1 % 1000)))"
	kill -KILL $pid 2>/dev/null || true
	wait $pid 2>/dev/null || true
}
# whole: what ferryd tells of gems it has, with the digest that it tells.
whole() {
	local name line version sum served=0
	expect 0 near verify
	has out ": 0 problems"
	start_ferryd near
	for name in $(curl -sf "$URL/rubygems/names" | tail -n +2); do
		curl -sf "$URL/rubygems/info/$name" >info || fail "/info/$name"
		grep -q "^$name " <(curl -sf "$URL/rubygems/versions") || fail "$name is not in /versions"
		while read -r line; do
			version=${line%% *}
			sum=$(sed 's/.*checksum:\([0-9a-f]*\).*/\1/' <<<"$line")
			curl -sf "$URL/rubygems/gems/$name-$version.gem" >gem || fail "$name-$version.gem"
			[ "$(sha256sum <gem | cut -d' ' -f1)" = "$sum" ] || fail "$name-$version.gem has other bytes"
			curl -sf -o spec.rz "$URL/rubygems/quick/Marshal.4.8/$name-$version.gemspec.rz" ||
			    fail "$name-$version.gemspec.rz"
			served=$((served + 1))
		done < <(tail -n +2 info)
	done
	kill "$LASTPID"
	wait "$LASTPID" || fail "ferryd ended with $?"
	echo $served >served
}

say "a first sync, killed $KILLS times"
some=0
for ((i = 0; i < KILLS; i++)); do
	[ $((i % 2)) = 1 ] || { rm -rf near && expect 0 near init --name near; }
	killed $((ms * (i + 1) / (KILLS + 1)))
	whole
	[ "$(cat served)" -eq 0 ] || some=$((some + 1))
done
expect 0 near sync
has out "0 failed"
whole
near list --versions >list
"$FERRY" --store whole list --versions >list.whole
same list list.whole
say "$some kills left some gems, all whole"

say "gems that are new, and an index that has grown"
mkgems up <<'END'
12.times { |i| gem "g#{i}", "1.2.0", needs: { "g#{(i + 1) % 12}" => ">= 1.0" } }
index
END
expect 0 "$FERRY" --config whole.conf sync
cp -r near base
for ((i = 0; i < KILLS; i++)); do
	rm -rf near && cp -r base near
	killed $((ms * (i + 1) / (KILLS + 1)))
	whole
	expect 0 near sync
	near list --versions >list
	"$FERRY" --store whole list --versions >list.whole
	same list list.whole
done
whole
expect 0 near gc
expect 0 near verify
