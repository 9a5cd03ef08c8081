#!/bin/bash
# Gemfile.lock and gems.locked as Bundler writes them, for several platforms,
# with checksums, several sources, and what no registry has.
. "$(dirname "$0")/lib.sh"

mkgems "$T/up" <<'END'
gem "rack", "2.2.4"
gem "rack", "3.0.0"
gem "native", "1.5.0", needs: { "rack" => ">= 2" }
%w[x86_64-linux x86_64-linux-musl x86_64-darwin java arm64-darwin-23].each { |p| gem "native", "1.5.0", p, needs: { "rack" => ">= 2" } }
gem "private", "1.0"
index
marshal
END
start_gems up
cd "$T"

say "a lock file that the installed Bundler wrote"
mkdir app
cat >app/Gemfile <<END
source "$BASE"
gem "native", "1.5.0"
END
(cd app && client "$T/c1" bundle lock --add-platform java x86_64-darwin-22 >/dev/null)
has app/Gemfile.lock "native (1.5.0-java)" "PLATFORMS" "BUNDLED WITH"
bundler=$(tail -1 app/Gemfile.lock | tr -d ' ')
mkgems up <<END
gem "bundler", "$bundler"
index
END
gems_conf "$BASE/" 'lockfiles = [ "app/Gemfile.lock" ];'
expect 0 near init --name near
expect 0 near sync
expect 0 near list --versions
has out "    1.5.0-x86_64-linux" "    1.5.0-java" "    1.5.0-x86_64-darwin" "rubygems:bundler"
hasnt out arm64-darwin
hasnt out musl

say "an older one names the number alone: every variant that fits PLATFORMS comes"
sed -i '/native (1.5.0-/d; /rack (>= 2)/d; s/^  specs:/&\n    native (1.5.0)\n      rack (>= 2)/' app/Gemfile.lock
rm -rf near
expect 0 near init --name near
expect 0 near sync
expect 0 near list --versions
has out "    1.5.0-x86_64-linux" "    1.5.0-java" "    1.5.0-x86_64-darwin"
grep -qx '    1.5.0' out || fail "the variant for every platform is missing"
has out musl
hasnt out arm64-darwin
hasnt out 2.2.4

sum() { sha256sum "up/gems/$1.gem" | cut -d' ' -f1; }
lock() {
	cat >gems.locked <<-END
		GIT
		  remote: https://user:secret@git.example/fork.git
		  revision: 0123456789012345678901234567890123456789
		  branch: main
		  specs:
		    fork (0.1.0)
		      rack

		PATH
		  remote: .
		  specs:
		    app (0.0.1)
		      rack (>= 2)

		GEM
		  remote: https://other.example/
		  specs:
		    private (1.0)
		    secret (9.9)

		GEM
		  remote: $BASE
		  specs:
		    native (1.5.0)
		      rack (>= 2)
		    native (1.5.0-x86_64-linux)
		      rack (>= 2)
		    rack (2.2.4)

		PLATFORMS
		  ruby
		  x86_64-linux

		DEPENDENCIES
		  app!
		  native

		CHECKSUMS
		  native (1.5.0) sha256=$(sum native-1.5.0)
		  native (1.5.0-x86_64-linux) sha256=$(sum native-1.5.0-x86_64-linux)
		  rack (2.2.4) sha256=$1
		  logger (1.4.3)

		OVERRIDES
		  something: new

		BUNDLED WITH
		   4.0.22
	END
}

say "checksums, sources, git and paths"
rm -rf near
expect 0 near init --name near
gems_conf "$BASE/" 'lockfiles = [ "gems.locked" ];'
lock "$(sum rack-2.2.4)"
expect 0 near sync
has out "4 versions pulled" "a git dependency" "https://***@git.example/fork.git" "a gem of the project" \
    "gems.locked: its entries of that registry, which is no upstream's here" "bundler@4.0.22"
[ "$(grep -c "other.example/:" out)" = 1 ] || fail "$(cat out)"
hasnt out secret@
expect 0 near list --versions
hasnt out private
# RubyGems 3.3 takes it for x86_64-linux.
has out musl
hasnt out java

say "'remotes' says that another source is the same"
gems_conf "$BASE/" 'lockfiles = [ "gems.locked" ]; remotes = [ "https://other.example" ];'
expect 4 near sync
has out "rubygems:secret" "1 version pulled"
expect 0 near list --versions
has out rubygems:private

say "each entry goes to the upstream that its remote is, and no name elsewhere"
mkdir own
mkgems own <<'END'
gem "private", "1.0"
gem "secret", "9.9"
index
END
up=$BASE
start_gems own
own=$BASE
sed -i "s|https://other.example/|${own/127.0.0.1/user:word@127.0.0.1}|" gems.locked
both() { # OPTIONS-OF-GEMS OPTIONS-OF-OWN
	rm -rf near
	expect 0 near init --name near
	cat >near.conf <<-END
		store = "near";
		upstreams = ( { name = "gems"; format = "rubygems"; url = "$up/"; $1 },
		    { name = "own"; format = "rubygems"; url = "$own/"; $2 } );
	END
	expect 0 near sync
}
for where in gems own; do
	case $where in
	gems) both 'lockfiles = [ "gems.locked" ];' '' ;;
	own) both '' 'lockfiles = [ "gems.locked" ];' ;;
	esac
	has out "6 versions pulled" "0 failed"
	hasnt out "which is no upstream's" word
	expect 0 near --json list
	[ "$(jq -r 'select(.name == "private" or .name == "secret") | .owner' out | sort -u)" = own ] || fail "$(cat out)"
done
say "the only remote of a file, when that is another upstream's"
mkdir only
printf 'GEM\n  remote: %s/\n  specs:\n    private (1.0)\n    secret (9.9)\n\nPLATFORMS\n  ruby\n' "$own" >only/Gemfile.lock
both 'lockfiles = [ "only/Gemfile.lock" ];' ''
has out "2 versions pulled" "0 failed"
BASE=$up

say "a checksum that does not fit"
rm -rf near
expect 0 near init --name near
gems_conf "$BASE/" 'lockfiles = [ "gems.locked" ];'
lock "$(sum rack-3.0.0)"
expect 4 near sync
has out "rubygems:rack@2.2.4: " "gems.locked wants" "3 versions pulled"

say "CRLF, conflicts, and what is no lock file"
lock "$(sum rack-2.2.4)"
sed -i 's/$/\r/' gems.locked
expect 0 near sync
has out "1 version pulled"
{ echo "<<<<<<< HEAD"; cat gems.locked; } >Gemfile.lock
gems_conf "$BASE/" 'lockfiles = [ "Gemfile.lock" ];'
expect 8 near sync
has out "merge conflict"
gems_conf "$BASE/" 'lockfiles = [ "app.gemspec" ];'
echo 'Gem::Specification.new' >app.gemspec
expect 8 near sync
has out "a program, which is not evaluated; what it needs stands in its lock file (Gemfile.lock, gems.locked)"
gems_conf "$BASE/" 'lockfiles = [ "app/Gemfile" ];'
expect 8 near sync
has out "a program, which is not evaluated"
gems_conf "$BASE/" 'lockfiles = [ "nothing.txt" ];'
echo x >nothing.txt
expect 8 near sync
has out "not a lock file of a kind that ferry reads (Gemfile.lock, gems.locked)"
