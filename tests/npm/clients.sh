# shellcheck shell=bash
# For the scripts that drive npm's clients against ferryd.  A client is
# installed once from the registry of this machine; one that cannot be is a
# SKIP line.
. "$(dirname "${BASH_SOURCE[0]}")/../serve/lib.sh"

# client NAME COMMAND…: at home in $T/home-NAME.  It sees no configuration,
# cache or proxy of this machine; whatever leaves for another address ends at a
# port where nobody listens.
client() {
	local home=$T/home-$1
	shift
	env -i PATH="$PATH" HOME="$home" TMPDIR="$T" CI=1 \
	    XDG_CACHE_HOME="$home/.cache" XDG_CONFIG_HOME="$home/.config" \
	    https_proxy=http://127.0.0.1:9 HTTPS_PROXY=http://127.0.0.1:9 \
	    http_proxy='' NO_PROXY=127.0.0.1 no_proxy=127.0.0.1 \
	    npm_config_update_notifier=false \
	    npm_config_fund=false npm_config_audit=false \
	    YARN_NPM_REGISTRY_SERVER="$NPM" YARN_UNSAFE_HTTP_WHITELIST=127.0.0.1 \
	    YARN_ENABLE_IMMUTABLE_INSTALLS=false YARN_ENABLE_TELEMETRY=0 YARN_NODE_LINKER=node-modules \
	    YARN_ENABLE_GLOBAL_CACHE=false YARN_HTTPS_PROXY=http://127.0.0.1:9 \
	    "$@"
}

# project NAME PACKAGE-JSON: an empty project in $T/project-NAME, where the
# script then is, and a home without anything.
project() {
	rm -rf "$T/home-$1" "$T/project-$1"
	mkdir -p "$T/home-$1" "$T/project-$1"
	cd "$T/project-$1"
	printf 'registry=%s/\n' "$NPM" >.npmrc
	printf '%s\n' "$2" >package.json
}

# try TOOL PACKAGE [JSON]: sets TOOL, or says why not.
try() {
	need_tool "$@" && return
	say "SKIP $1: $2 cannot be installed here"
	return 1
}
