#!/bin/bash
# What the page tells gem and bundle is copied and run: http and https, with and
# without a token.  (issue 15)
# ctest: COST 20
. "$(dirname "$0")/../rubygems/lib.sh"
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/page.sh"

cd "$T"
mkgems "$T/up" <<'END'
gem "outer", "1.0", needs: { "inner" => ">= 1" }
gem "inner", "1.1"
index
marshal
END
start_gems up
both_stores rubygems "$BASE" 'packages = [ "outer" ];'

all() { # http|https open|token
	local text secret how
	say "$1, $2"
	ENV=("GEM_HOME=$T/home/gems" "GEM_PATH=$T/home/gems" "GEM_SPEC_CACHE=$T/home/specs"
		"BUNDLE_USER_HOME=$T/home/bundle" BUNDLE_SILENCE_ROOT_WARNING=1 BUNDLE_RETRY=0)
	ruby() { at_home bash -euc "$1" >"$T/out" 2>&1 || { cat "$T/out" >&2; fail "$1"; }; }

	new_home
	if [ "$2" = open ]; then
		text=$(lines clients gem)
	else
		text=$(lines "with a token" gem)
	fi
	ruby "$text && gem install outer"
	[ -d "$T/home/gems/gems/inner-1.1" ] || fail "gem: nothing is installed"

	# With the Gemfile as it is, and with one that names the mirror.
	text=$(lines clients Bundler)
	[ "$2" = open ] || secret=$(lines "with a token" Bundler)
	for how in mirror Gemfile; do
		new_home
		printf 'source "https://gems.example/"\ngem "outer"\n' >Gemfile
		if [ $how = mirror ] && [ "$2" = open ]; then
			ruby "$(grep mirror.all <<<"$text")"
		elif [ $how = mirror ]; then
			ruby "$(grep mirror.all <<<"$secret")"
		else
			{
				grep ^source <<<"$text"
				echo 'gem "outer"'
			} >Gemfile
			[ "$2" = open ] || ruby "$(tail -1 <<<"$secret")"
		fi
		ruby "bundle config set path vendor; bundle install"
		find vendor -type d -name inner-1.1 | grep -q gems/inner || fail "bundle: nothing is installed"
	done
}
each_way all
