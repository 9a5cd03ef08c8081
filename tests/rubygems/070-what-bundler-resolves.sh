#!/bin/bash
# Wants come with what Bundler resolves for them, also where the newest versions
# conflict: chosen cases, what is said where nothing goes together, and random
# universes of gems, for which `bundle lock` must succeed with ferryd alone
# whenever it does with upstream.  UNIVERSES=300 SEED=1 for more.
# ctest: COST 40
. "$(dirname "$0")/lib.sh"

mkgems "$T/up" <<'END'
# top's newest needs a newer base than side's newest can have.
gem "top", "1.0", needs: { "base" => "~> 1.0" }
gem "top", "2.0", needs: { "base" => "~> 2.0" }
gem "side", "1.0", needs: { "base" => ">= 1", "old-only" => ">= 0" }
gem "side", "2.0", needs: { "base" => "< 2" }
%w[1.0 1.1 2.0 3.0].each { |v| gem "base", v }
gem "old-only", "1.0"
# The newest jbase for java does not go with it.
gem "plat", "2.0", needs: { "jbase" => ">= 1", "base" => "~> 2.0" }
gem "jbase", "1.0"
gem "jbase", "2.0", "java", needs: { "base" => "< 2" }
gem "jbase", "2.0"
# Nothing goes with it.
gem "torn", "1.0", needs: { "base" => "~> 1.0", "wants-two" => ">= 0" }
gem "wants-two", "1.0", needs: { "base" => "~> 2.0" }
gem "lone", "1.0", needs: { "base" => ">= 9" }
index
marshal
END
start_gems up
cd "$T"

say "newest versions that conflict: an older one comes, too, with what it needs"
gems_conf "$BASE/" 'packages = [ "top", "side" ];'
expect 0 near init --name near
expect 0 near sync --dry-run
has out "side@1.0" "old-only@1.0" "top@2.0" "base@2.0"
expect 0 near sync
expect 0 near list --versions
has out "rubygems:old-only"
grep -A2 rubygems:side out | grep -q '^    1.0' || fail "side 1.0 is missing: $(cat out)"
: >log
expect 0 near sync
has out "0 versions pulled" "0 failed"
[ "$(asked '.*')" = 1 ] || fail "more than one request: $(cat log)"

say "bundle resolves it from here alone"
start_ferryd near
mkdir app
printf 'source "%s/rubygems/"\ngem "top"\ngem "side"\n' "$URL" >app/Gemfile
(cd app && client "$T/c1" bundle lock >/dev/null) || fail "bundle lock"
kill "$LASTPID"

say "what cannot be installed is a failure that says why"
gems_conf "$BASE/" 'packages = [ "torn" ];'
expect 4 near sync
has out "rubygems:torn@>= 0: there is no set of gems with it: 'torn >= 0' is wanted" \
    "torn 1.0 needs 'base ~> 1.0'" "wants-two 1.0 needs 'base ~> 2.0'"
gems_conf "$BASE/" 'packages = [ "lone" ];'
expect 4 near sync
has out "lone 1.0 needs 'base >= 9', of which there is no version"
gems_conf "$BASE/" 'packages = [ "top ~> 2.0", "side ~> 2.0" ];'
expect 0 near sync
has out "these do not go into one bundle, each alone does" "side 2.0 needs 'base < 2'"
gems_conf "$BASE/" 'packages = [ "base ~> 1.0", "base ~> 2.0" ];'
expect 0 near sync
hasnt out "one bundle"

say "a puzzle that takes too long is left unsolved, which is said"
# Fifteen pigeons and fourteen holes.
for p in {1..15}; do
	for h in {1..14}; do
		echo "gem \"pigeon-$p\", \"$h\", needs: { \"hole-$h\" => \"= $p\" }"
		echo "gem \"hole-$h\", \"$p\""
	done
done | cat - <(printf 'gem "puzzle", "1", needs: { %s }\nindex\n' "$(printf '"pigeon-%s" => ">= 0", ' {1..15})") |
    mkgems up
gems_conf "$BASE/" 'packages = [ "puzzle" ];'
expect 0 near sync --dry-run
has out "rubygems:puzzle@>= 0: whether what it needs goes together is not clear"

say "and so is more than fits the memory for it"
python3 - <<'END'
import hashlib
line = "0.%d base:>= 1," + ",".join("base-%d:>= 0" % i for i in range(25)) + "|checksum:" + "0" * 64 + "\n"
old = open("up/info/base").read()
sum = hashlib.sha256(open("up/gems/lone-1.0.gem", "rb").read()).hexdigest()
text = "---\n" + "".join(line % i for i in range(100000)) + "1.0 base:>= 9|checksum:%s\n" % sum
open("up/info/lone", "w").write(text)
open("up/versions", "a").write("lone 0.1 %s\n" % hashlib.md5(text.encode()).hexdigest())
END
gems_conf "$BASE/" 'select = ( { name = "lone"; versions = "1.0"; } );'
got=0
/usr/bin/time -f %M -o cost "$FERRY" --config near.conf sync >out 2>err || got=$?
has out "there are too many gems to find out which go together"
[ "$(tail -n 1 cost)" -lt 180000 ] || fail "$(tail -n 1 cost) kB"

say "a removed version is not counted on"
rm -rf near
expect 0 near init --name near
gems_conf "$BASE/" 'packages = [ "top" ];'
expect 0 near sync
expect 0 near remove base@2.0
expect 0 near sync
expect 0 near list --versions
has out "    1.1"

say "platforms: each on its own, and those of the configuration together"
rm -rf near
expect 0 near init --name near
gems_conf "$BASE/" 'packages = [ "plat" ]; platforms = [ "ruby", "java" ];'
expect 0 near sync
expect 0 near list --versions
grep -A3 rubygems:jbase out | grep -q '^    1.0' || fail "jbase 1.0 is missing: $(cat out)"

say "a registry that has only Marshal indexes"
mkdir marshal
cp -r up/gems up/quick up/*specs* marshal/
kill "${PIDS[0]}"
start_gems marshal
rm -rf near
expect 0 near init --name near
gems_conf "$BASE/" 'packages = [ "top", "side" ]; without_digests = true;'
expect 0 near sync
expect 0 near list --versions
has out "rubygems:old-only"

UNIVERSES=${UNIVERSES:-40}
SEED=${SEED:-1000}
say "$UNIVERSES random universes from seed $SEED"
universes() { ruby -W0 "$TOP/tests/tools/gem_universes.rb" "$1" "$SEED" "$UNIVERSES" "${@:2}"; }
universes make | mkgems "$T/many"
start_gems many
{
	echo 'store = "far"; upstreams = ('
	universes conf "$BASE/"
	echo ');'
} >"$T/far.conf"
far() { "$FERRY" --config "$T/far.conf" "$@"; }
expect 0 far init --name far
got=0
far sync >out 2>err || got=$?
# Some cannot be resolved by anybody.
[ $got = 0 ] || [ $got = 4 ] || fail "sync ended with $got: $(cat err)"
hasnt out "is not clear"
start_ferryd far
client "$T/c2" ruby -W0 "$TOP/tests/tools/gem_universes.rb" lock "$SEED" "$UNIVERSES" "$BASE/" "$URL/rubygems/" >result 2>err ||
    fail "$(cat err)"
say "$(cat result)"
read -r _ _ solved _ same _ <result
[ "$solved" -ge $((UNIVERSES / 4)) ] || fail "too few can be resolved"
[ "$same" -ge $((solved * 3 / 4)) ] || fail "too few resolve alike"
