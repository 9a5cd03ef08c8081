#!/bin/bash
# A first sync from a compact index, a second one with nothing new for one
# request, and what the reading commands say.
. "$(dirname "$0")/lib.sh"

mkgems "$T/up" <<'END'
%w[1.0.0 1.1.0 1.2.0].each { |v| gem "foo-bar", v, needs: { "baz.qux" => [">= 1.0", "< 3"] } }
%w[x86_64-linux x86_64-linux-musl java].each { |p| gem "foo-bar", "1.2.0", p, needs: { "baz.qux" => ">= 1.0" } }
gem "foo-bar", "2.0.0.rc1", needs: { "baz.qux" => "~> 2.1.a" },
    required_ruby_version: [">= 3.0", "< 5"], required_rubygems_version: ">= 3.3"
%w[1.0 2.0 2.1.a].each { |v| gem "baz.qux", v, dev: { "rake" => ">= 0" } }
gem "UPPER_Case", "1.0.0"
gem "foo-bar-1", "2.0"
index
marshal
END
start_gems up
cd "$T"
gems_conf "$BASE/" 'packages = [ "foo-bar" ]; select = ( { name = "UPPER_Case"; } );'
expect 0 near init --name near

say "a dry run stores nothing and says what would come"
expect 0 near sync --dry-run
has out "would pull rubygems:foo-bar@1.2.0" "would pull rubygems:foo-bar@1.2.0-java" \
    "would pull rubygems:baz.qux@2.0" "6 versions would be pulled" "to fetch"
hasnt out unknown
expect 0 near --json sync --dry-run
size=$(stat -c %s up/gems/foo-bar-1.2.0.gem)
[ "$(jq -c '[.plan[] | select(.item == "rubygems:foo-bar@1.2.0") | .size]' out)" = "[$size]" ] || fail "$(cat out)"
expect 0 near list
hasnt out foo-bar
say "of what upstream does not tell, the size is unknown"
echo "/gems/foo-bar-1.2.0.gem status=405 1" >rules
expect 0 near sync --dry-run
has out "6 versions would be pulled" "the size of 1 version unknown until then"
: >rules

say "the sync takes what gem would, for every platform, with what it needs"
expect 0 near sync
has out "3 packages: 6 versions pulled, 0 here already, 0 failed"
expect 0 near list --versions
has out "rubygems:foo-bar" "    1.2.0-x86_64-linux-musl" "rubygems:baz.qux" "    2.0"
hasnt out "2.1.a"
hasnt out "    1.1.0"
expect 0 near show foo-bar@1.2.0
has out "$(sha256sum up/gems/foo-bar-1.2.0.gem | cut -d' ' -f1)" foo-bar-1.2.0.gemspec.rz
expect 0 near --json show foo-bar@1.2.0
has out "|checksum:$(sha256sum up/gems/foo-bar-1.2.0.gem | cut -d' ' -f1)"
expect 0 near verify
has out ": 0 problems"

say "nothing new: one conditional request"
: >log
expect 0 near --json sync
has out '"added":0' '"present":6' '"requests":1,'
has log "GET /versions 304 bytes=$(($(stat -c %s up/versions) - 1))-"

say "what is new is appended: a part of /versions, and the documents that changed"
mkgems up <<'END'
gem "foo-bar", "1.3.0", needs: { "baz.qux" => ">= 1.0" }
index
END
: >log
expect 0 near sync
has out "1 version pulled" "2 here already"
[ "$(asked '/versions 206')" = 1 ] || fail "not a part of /versions"
[ "$(asked '/info/.*')" = 1 ] || fail "more than one document"
[ "$(asked '.*')" = 4 ] || fail "$(cat log)"

say "a part whose digest does not fit is not believed: all of it is asked for"
mkgems up <<'END'
gem "foo-bar", "1.4.0"
("a".."f").each { |c| gem "another-gem-#{c}", "1.0" }
index :anew
END
: >log
expect 0 near sync
has out "1 version pulled"
[ "$(asked '/versions 206') $(asked '/versions 200')" = "1 1" ] || fail "$(cat log)"
: >log
expect 0 near sync
[ "$(asked '.*')" = 1 ] || fail "$(cat log)"

say "the same where it has become shorter"
rm -f up/gems/another-gem-*
sed -i /another-gem/d up/order
mkgems up <<<'index :anew'
: >log
expect 0 near sync
[ "$(asked '/versions 416') $(asked '/versions 200') $(asked '.*')" = "1 1 2" ] || fail "$(cat log)"
expect 0 near gc
: >log
expect 0 near sync
[ "$(asked '/versions.*') $(asked '.*')" = "1 1" ] || fail "$(cat log)"
