# shellcheck shell=bash
# RubyGems: registries made by RubyGems' own tools, and gem and bundle in homes
# of their own.
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
FERRY_BUILD=${FERRY_BUILD:-$TOP/build/strict}
command -v gem >/dev/null && command -v bundle >/dev/null ||
    skip "gem and bundle are not installed"

# mkgems DIR <<END: see tests/tools/mkgems.rb.
mkgems() { ruby "$TOP/tests/tools/mkgems.rb" "$@"; }

# start_gems DIR [NAME=VALUE…]: a registry over DIR in $T: BASE, $T/rules, $T/log.
start_gems() {
	local dir=$1
	shift
	rm -f "$T/port"
	export FAULTY_ETAG=md5 FAULTY_DIGEST=1
	local pair
	for pair in "$@"; do export "${pair?}"; done
	start_faulty "$dir"
	unset FAULTY_ETAG FAULTY_DIGEST FAULTY_AUTH
}

# gems_conf URL MEMBERS…: $T/near.conf with one RubyGems upstream "gems".
gems_conf() {
	local url=$1
	shift
	cat >"$T/near.conf" <<-END
		store = "near";
		upstreams = ( { name = "gems"; format = "rubygems"; url = "$url"; $* } );
	END
}

# Of the registry's log: how many requests whose path fits the pattern.
asked() { grep -cE "^[A-Z]+ $1 " "$T/log" || true; }

# A client in a home of its own, which reaches no proxy and no other registry.
client() {
	local home=$1
	shift
	mkdir -p "$home"
	env -i PATH="$PATH" HOME="$home" LANG=C.UTF-8 \
	    GEM_HOME="$home/gems" GEM_PATH="$home/gems" GEM_SPEC_CACHE="$home/specs" \
	    BUNDLE_USER_HOME="$home/bundle" BUNDLE_SILENCE_ROOT_WARNING=1 \
	    BUNDLE_RETRY=0 BUNDLE_FROZEN="${BUNDLE_FROZEN:-false}" \
	    http_proxy=http://127.0.0.1:9 https_proxy=http://127.0.0.1:9 \
	    no_proxy=127.0.0.1,localhost "$@"
}
