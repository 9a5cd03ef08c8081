#!/bin/bash
# What gem and bundle of Debian do, over the gap, with nothing else reachable;
# and which requests they make of it.
. "$(dirname "$0")/lib.sh"

mkgems "$T/up" <<'END'
%w[1.0.0 1.1.0 1.2.0].each { |v| gem "foo-bar", v, needs: { "baz.qux" => [">= 1.0", "< 3"] } }
%w[x86_64-linux x86_64-linux-musl java].each { |p| gem "foo-bar", "1.2.0", p, needs: { "baz.qux" => [">= 1.0", "< 3"] } }
gem "foo-bar", "2.0.0.rc1", needs: { "baz.qux" => ">= 1.0" }, required_ruby_version: [">= 3.0", "< 5"]
%w[1.0 2.0 2.1.a].each { |v| gem "baz.qux", v, dev: { "rake" => ">= 0" } }
gem "foo-bar-1", "2.0"
gem "tool", "0.9", executables: ["tool"], files: { "bin/tool" => "#!/usr/bin/env ruby\nputs 'tool runs'\n" }
gem "tool", "1.0", executables: ["tool"], files: { "bin/tool" => "#!/usr/bin/env ruby\nputs 'tool 1.0 runs'\n" }
index
marshal
END
start_gems up
cd "$T"
gems_conf "$BASE/" 'select = ( { name = "foo-bar"; prereleases = true; }, { name = "baz.qux"; prereleases = true; },
    { name = "foo-bar-1"; }, { name = "tool"; versions = "0.9"; } );'
expect 0 near init --name near
expect 0 near sync
has out "12 versions pulled"

say "over the gap"
mkdir disc
expect 0 near export --to disc
expect 0 near key export near.pub
"$FERRY" init --store far --name far >/dev/null
expect 0 "$FERRY" --store far trust add near.pub --name near
expect 0 "$FERRY" --store far import disc
kill "${PIDS[-1]}"
start_ferryd far
G=$URL/rubygems/

say "the same index as upstream's, but for what is not here"
curl -sf "${G}versions" >versions
python3 - <<'END'
def lines(path):
    text = open(path).read().split("---\n", 1)[1]
    return {l.split(" ")[0]: l for l in text.splitlines()}
up, ours = lines("up/versions"), lines("versions")
assert ours["baz.qux"] == up["baz.qux"], (ours, up)
assert ours["foo-bar-1"] == up["foo-bar-1"]
assert ours["tool"].startswith("tool 0.9 "), ours
assert set(ours) == set(up)
END
curl -sf "${G}info/baz.qux" | cmp - up/info/baz.qux
curl -sf "${G}names" | cmp - up/names
for kind in specs latest_specs prerelease_specs; do
	curl -sf "${G}$kind.4.8.gz" >$kind.gz
done
cat >same.rb <<'END'
require "zlib"
up = Marshal.load(Zlib.gunzip(File.binread("up/#{ARGV[0]}.4.8.gz")))
ours = Marshal.load(Zlib.gunzip(File.binread("#{ARGV[0]}.gz")))
up.reject! { |n, v, _| n == "tool" && v.to_s != "0.9" }
up << ["tool", Gem::Version.new("0.9"), "ruby"] if ARGV[0] == "latest_specs"
# RubyGems' indexer takes one of all platforms; registries take one of each.
ours.select! { |n, v, pl| n != "foo-bar" || pl == "x86_64-linux" } if ARGV[0] == "latest_specs"
abort "#{(up - ours).inspect} #{(ours - up).inspect}" unless up.sort_by(&:to_s) == ours.sort_by(&:to_s)
END
for kind in specs latest_specs prerelease_specs; do ruby same.rb $kind; done
curl -sf "${G}quick/Marshal.4.8/foo-bar-1.2.0-java.gemspec.rz" | cmp - up/quick/Marshal.4.8/foo-bar-1.2.0-java.gemspec.rz
curl -sf "${G}gems/foo-bar-1-2.0.gem" | cmp - up/gems/foo-bar-1-2.0.gem

say "headers that old and new bundlers want"
curl -sfI "${G}versions" >head
md5=$(md5sum <versions | cut -d' ' -f1)
sha=$(openssl dgst -sha256 -binary versions | base64)
has head "200 OK" "ETag: \"$md5\"" "Repr-Digest: sha-256=:$sha:" "Accept-Ranges: bytes" "text/plain; charset=utf-8"
curl -sf -H 'Accept-Encoding: gzip' -D head "${G}versions" | gzip -dc | cmp - versions
has head "ETag: \"$md5\"" "Content-Encoding: gzip"
n=$(stat -c %s versions)
[ "$(curl -s -o out -w '%{http_code}' -H "Range: bytes=$((n - 1))-" "${G}versions")" = 206 ] || fail "no 206"
[ "$(curl -s -o out -w '%{http_code}' -H "Range: bytes=$((n - 1))-" -H "If-None-Match: \"$md5\"" "${G}versions")" = 304 ] || fail "no 304"
[ "$(curl -s -o out -w '%{http_code}' -H "Range: bytes=$n-" "${G}versions")" = 416 ] || fail "no 416"
for path in "" versions; do
	[ "$(curl -s -o /dev/null -w '%{http_code}' -I "$G$path")" = 200 ] || fail "HEAD $path"
done
for path in api/v1/dependencies 'api/v1/dependencies?gems=foo-bar' info/absent gems/absent-1.0.gem nothing/at/all; do
	[ "$(curl -s -o out -w '%{http_code}' "$G$path")" = 404 ] || fail "$path"
done

say "gem: list, search, info, specification, fetch, install, outdated, update"
rb() { client "$T/c1" gem "$@" --clear-sources --source "$G"; }
expect 0 rb list -r
has out "foo-bar (1.2.0" "tool (0.9)" "baz.qux (2.0)"
expect 0 rb list -r --all foo-bar
has out "1.1.0" "1.0.0"
expect 0 rb list -r --pre baz
has out "2.1.a"
expect 0 rb search -r tool
expect 0 rb info -r baz.qux
has out "baz.qux for tests"
expect 0 rb specification -r foo-bar version
expect 0 rb dependency -r foo-bar
has out "baz.qux (>= 1.0, < 3)"
expect 0 rb fetch foo-bar --platform ruby
expect 0 rb fetch baz.qux --pre
expect 0 rb install --no-document foo-bar tool
expect 0 client "$T/c1" gem list
has out "foo-bar (1.2.0" "baz.qux (2.0)"
expect 0 client "$T/c1" "$T/c1/gems/bin/tool"
has out "tool runs"
expect 2 rb install --no-document absent
has err "Could not find a valid gem 'absent'"
expect 0 rb install --no-document foo-bar -v 1.0.0 --platform ruby
expect 0 client "$T/c1" gem outdated --clear-sources --source "$G"
expect 0 client "$T/c1" gem update --clear-sources --source "$G" --no-document

say "bundle by a mirror: the Gemfile and its lock file name upstream, which is gone"
mkdir mirrored
printf 'source "%s"\ngem "foo-bar", "~> 1.1"\n' "$BASE/" >mirrored/Gemfile
mi() { (cd "$T/mirrored" && client "$T/c3" bundle "$@"); }
expect 0 mi config set --global mirror.all "$G"
expect 0 mi install
has out "Bundle complete"
has mirrored/Gemfile.lock "remote: $BASE/"
hasnt mirrored/Gemfile.lock "$G"
expect 0 mi config unset --global mirror.all
expect 0 mi config set --global "mirror.$BASE/" "$G"
rm mirrored/Gemfile.lock
expect 0 mi lock
has mirrored/Gemfile.lock "remote: $BASE/" "foo-bar (1.2.0"

say "bundle: install, lock, outdated, update, cache, deployment"
mkdir app
cat >app/Gemfile <<END
source "$G"
gem "foo-bar", "~> 1.1"
gem "tool"
END
bu() { (cd "$T/app" && client "$T/c2" bundle "$@"); }
expect 0 bu install
has out "Fetching foo-bar 1.2.0" "Bundle complete"
has app/Gemfile.lock "baz.qux (2.0)" "remote: $G"
expect 0 bu exec ruby -e 'require "foo-bar"; require "baz.qux"; puts Foo_bar::VERSION'
has out 1.2.0
expect 0 bu outdated
expect 0 bu lock --update
expect 0 bu lock --add-platform java
has app/Gemfile.lock "foo-bar (1.2.0-java)"
expect 0 bu cache --all-platforms
ls app/vendor/cache >out
has out foo-bar-1.2.0-java.gem tool-0.9.gem
rm -rf app/vendor app/.bundle
BUNDLE_FROZEN=true expect 0 bu install
rm -rf c2
BUNDLE_FROZEN=true expect 0 bu install
has out "Bundle complete"
