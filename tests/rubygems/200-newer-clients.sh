#!/bin/bash
# gem and bundle of newer Debian suites, each in a root of its own: what Debian 12's
# do in 100-serve.sh, with several platforms, checksums in lock files and tokens.
# ctest: COST 150
. "$(dirname "$0")/lib.sh"
PUT_ACCESS=$FERRY_BUILD/tests/tools/put_access

# root SUITE: sets ROOT to a root of that suite with gem and bundle, made once in
# $TOOLS.  Status 1 if that cannot be had.
root() {
	ROOT=$TOOLS/ruby-$1
	[ "$(id -u)" = 0 ] && command -v debootstrap >/dev/null || return 1
	mkdir -p "$TOOLS"
	(
		flock 9
		[ ! -e "$ROOT.done" ] || exit 0
		rm -rf "$ROOT"
		mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Codename: bookworm' | head -1)
		[ -n "$mirror" ] || exit 1
		timeout 600 debootstrap --variant=minbase --include=ruby,bundler "$1" "$ROOT" "$mirror" \
		    >"$ROOT.log" 2>&1 || exit 1
		chroot "$ROOT" gem --version >/dev/null || exit 1
		touch "$ROOT.done"
	) 9>"$ROOT.lock"
}
# inside HOME COMMAND…: there, in the folder app, with nothing reachable but us.
inside() {
	local home=$1
	shift
	mkdir -p "$ROOT$W/$home" "$ROOT$W/app"
	# shellcheck disable=SC2016
	chroot "$ROOT" /usr/bin/env -i PATH=/usr/bin:/bin HOME="$W/$home" LANG=C.UTF-8 \
	    GEM_HOME="$W/$home/gems" GEM_PATH="$W/$home/gems:$(chroot "$ROOT" ruby -e 'puts Gem.default_dir')" \
	    GEM_SPEC_CACHE="$W/$home/specs" BUNDLE_USER_HOME="$W/$home/bundle" \
	    BUNDLE_SILENCE_ROOT_WARNING=1 BUNDLE_RETRY=0 BUNDLE_FROZEN="${BUNDLE_FROZEN:-false}" \
	    http_proxy=http://127.0.0.1:9 https_proxy=http://127.0.0.1:9 no_proxy=127.0.0.1,localhost \
	    sh -c 'cd "$0" && exec "$@"' "$W/app" "$@"
}

mkgems "$T/up" <<'END'
%w[1.0.0 1.1.0 1.2.0].each { |v| gem "foo-bar", v, needs: { "baz.qux" => [">= 1.0", "< 3"] } }
%w[x86_64-linux java].each { |p| gem "foo-bar", "1.2.0", p, needs: { "baz.qux" => [">= 1.0", "< 3"] } }
%w[1.0 2.0 2.1.a].each { |v| gem "baz.qux", v }
gem "tool", "0.9", executables: ["tool"], files: { "bin/tool" => "#!/usr/bin/env ruby\nputs 'tool runs'\n" }
gem "tool", "1.0", executables: ["tool"], files: { "bin/tool" => "#!/usr/bin/env ruby\nputs 'tool 1.0 runs'\n" }
index
marshal
END
start_gems up
cd "$T"
gems_conf "$BASE/" 'select = ( { name = "foo-bar"; versions = ">= 1"; }, { name = "baz.qux"; prereleases = true; },
    { name = "tool"; versions = ">= 0"; } );'
expect 0 near init --name near
expect 0 near sync
mkdir disc
expect 0 near export --to disc
expect 0 near key export near.pub
"$FERRY" init --store far --name far >/dev/null
expect 0 "$FERRY" --store far trust add near.pub --name near
expect 0 "$FERRY" --store far import disc
kill "${PIDS[-1]}"

# Random universes, of which 070 tells: these clients search in another way.
UNIVERSES=${UNIVERSES:-20}
SEED=${SEED:-5000}
universes() { ruby -W0 "$TOP/tests/tools/gem_universes.rb" "$1" "$SEED" "$UNIVERSES" "${@:2}"; }
universes make | mkgems "$T/many"
start_gems many
MANY=$BASE
{
	echo 'store = "wide"; upstreams = ('
	universes conf "$MANY/"
	echo ');'
} >wide.conf
expect 0 "$FERRY" --config wide.conf init --name wide
got=0
"$FERRY" --config wide.conf sync >out 2>err || got=$?
[ $got = 0 ] || [ $got = 4 ] || fail "sync ended with $got: $(cat err)"
resolves() {
	cp "$TOP/tests/tools/gem_universes.rb" "$ROOT$W/"
	inside c5 ruby -W0 "$W/gem_universes.rb" lock "$SEED" "$UNIVERSES" "$MANY/" "$URL/rubygems/" >result 2>err ||
	    fail "$(cat err)"
	say "$(cat result)"
}

# public SUITE: everything that needs no token.
public() {
	local G=$URL/rubygems/ app=$ROOT$W/app
	rb() { inside c1 gem "$@" --clear-sources --source "$G"; }
	bu() { inside c2 bundle "$@"; }
	expect 0 rb list -r
	has out "foo-bar (1.2.0" "tool (1.0)"
	expect 0 rb list -r --pre baz
	has out "2.1.a"
	expect 0 rb search -r tool
	expect 0 rb info -r baz.qux
	has out "baz.qux for tests"
	expect 0 rb fetch foo-bar --platform ruby
	expect 0 rb install --no-document foo-bar
	expect 0 rb install --no-document tool -v 0.9
	expect 0 inside c1 "$W/c1/gems/bin/tool"
	has out "tool runs"
	expect 0 inside c1 gem outdated --clear-sources --source "$G"
	has out "tool (0.9 < 1.0)"
	expect 0 inside c1 gem update --clear-sources --source "$G" --no-document tool
	expect 2 rb install --no-document absent
	has err "Could not find a valid gem 'absent'"

	printf 'source "%s"\ngem "foo-bar", "~> 1.1"\ngem "tool", "~> 0.9.0"\n' "$G" >"$app/Gemfile"
	expect 0 bu install
	has out "Bundle complete"
	has "$app/Gemfile.lock" "baz.qux (2.0)" "remote: $G"
	expect 0 bu exec ruby -e 'require "foo-bar"; puts Foo_bar::VERSION'
	has out 1.2.0
	sed -i 's/, "~> 0.9.0"//' "$app/Gemfile"
	expect 1 bu outdated
	has out tool
	expect 0 bu update tool
	has "$app/Gemfile.lock" "tool (1.0)"
	expect 0 bu lock --add-platform java x86_64-linux
	has "$app/Gemfile.lock" "foo-bar (1.2.0-java)" "foo-bar (1.2.0-x86_64-linux)"
	# Bundler 2.6 lacks the option that its manual has; an empty block asks for
	# them there.
	if ! bu lock --add-checksums >out 2>err; then
		has err "Unknown switches"
		printf '\nCHECKSUMS\n' >>"$app/Gemfile.lock"
		expect 0 bu install
		expect 0 bu lock --update
	fi
	has "$app/Gemfile.lock" "foo-bar (1.2.0-java) sha256=$(sha256sum up/gems/foo-bar-1.2.0-java.gem | cut -d' ' -f1)" \
	    "tool (1.0) sha256=$(sha256sum up/gems/tool-1.0.gem | cut -d' ' -f1)"
	expect 0 bu cache --all-platforms
	ls "$app/vendor/cache" >out
	has out foo-bar-1.2.0-java.gem tool-1.0.gem
	rm -rf "$app/vendor" "$app/.bundle" "$ROOT$W/c2"
	cp "$app/Gemfile.lock" lock
	BUNDLE_FROZEN=true expect 0 bu install
	has out "Bundle complete"
	same lock "$app/Gemfile.lock"
	# A lock file that says other bytes is not believed.
	sed -i 's/\(tool (1.0) sha256=\)[0-9a-f]*/\1'"$(printf %064d 1)"'/' "$app/Gemfile.lock"
	rm -rf "$ROOT$W/c2"
	BUNDLE_FROZEN=true expect 37 bu install
}
# private SUITE: the same registry where only ann may read.
private() {
	local host=${URL#http://} app=$ROOT$W/app
	rm -rf "$ROOT$W"/c* "$app"
	mkdir -p "$app"
	expect 2 inside c3 gem install --no-document tool --clear-sources --source "$URL/rubygems/"
	expect 0 inside c3 gem install --no-document tool --clear-sources --source "http://ann:$TOKEN@$host/rubygems/"
	printf 'source "http://%s/rubygems/"\ngem "tool"\n' "$host" >"$app/Gemfile"
	got=0
	inside c4 bundle install >out 2>err || got=$?
	[ $got -ne 0 ] || fail "bundle without a token: $(cat out)"
	cat out err >both
	grep -qi "authentication\|401" both || fail "$(cat both)"
	expect 0 inside c4 bundle config set --global "${host%:*}" "ann:$TOKEN"
	expect 0 inside c4 bundle install
	has out "Bundle complete"
	hasnt "$app/Gemfile.lock" "$TOKEN"
}

ran=0
cp -r far open
printf '%s\n' '{"kind":"meta","upstream":"gems","realm":"local","github":false,"visibility":"private","taken_at":1790000000,"generation":1}' \
    '{"kind":"user","id":1,"login":"ann"}' \
    '{"kind":"name_grant","type":"*","name":"*","user":1,"role":"read"}' >ann.jsonl
cp -r far closed
"$PUT_ACCESS" closed gems ann.jsonl
TOKEN=$("$FERRY" --store closed --json token create --user ann | jq -r .token)
for suite in trixie sid; do
	root $suite || {
		say "SKIP $suite: no root of it can be made here (root, debootstrap and a mirror are needed)"
		continue
	}
	W=/var/tmp/$(basename "$T")
	trap 'rm -rf "$TOOLS"/ruby-*"$W"; finish' EXIT
	say "$suite: gem $(chroot "$ROOT" gem --version), bundle $(chroot "$ROOT" bundle --version | grep -o '[0-9.]*$')"
	start_ferryd open
	public
	kill "$LASTPID"
	start_ferryd wide
	resolves
	kill "$LASTPID"
	start_ferryd closed
	private
	kill "$LASTPID"
	rm -rf "${ROOT:?}$W"
	ran=$((ran + 1))
done
[ $ran -gt 0 ] || skip "no newer suite is here"
