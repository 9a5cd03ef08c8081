# shellcheck shell=bash
# What the access scripts share besides tests/oci/lib.sh: GitHub's API, with
# real registries behind it.
. "$(dirname "${BASH_SOURCE[0]}")/../oci/lib.sh"

# start_github [OPTION…]: tests/tools/github_standin.py with facts in $T/facts,
# rules in $T/rules and requests in $T/api.log; sets GITHUB.
start_github() {
	rm -f "$T/github.port"
	[ -s "$T/facts" ] || python3 "$TOP/tests/tools/github_standin.py" --facts >"$T/facts"
	: >"$T/rules"
	: >"$T/api.log"
	python3 "$TOP/tests/tools/github_standin.py" "$T/github.port" "$T/facts" \
	    "$T/rules" "$T/api.log" "$@" 2>"$T/github.err" &
	PIDS+=($!)
	wait_for 10 test -s "$T/github.port"
	GITHUB=http://127.0.0.1:$(cat "$T/github.port")
	printf 'sync-token\n' >"$T/token"
}

# github_conf MEMBERS…: writes $T/near.conf with one GitHub upstream "gh".  NPM
# and CONTAINER are its registries, else the small ones of the stand-in, which has
# none for gems; CONF has more of the top level.
github_conf() {
	case "$*" in *types*) ;; *) set -- 'types = [ "npm", "container" ];' "$@" ;; esac
	cat >"$T/near.conf" <<-END
		store = "near";
		${CONF:-}
		upstreams = ( {
		    name = "gh"; format = "github"; url = "https://github.com";
		    api = "$GITHUB"; npm_url = "${NPM:-$GITHUB/npm}";
		    container_url = "${CONTAINER:-$GITHUB}";
		    token_file = "token"; tries = 2; $*
		} );
	END
}

# change PROGRAM: the facts, by jq.
change() {
	jq "$1" "$T/facts" >"$T/facts.new"
	mv "$T/facts.new" "$T/facts"
}

# snapshot STORE UPSTREAM: the text of the newest permission snapshot.
snapshot() { "$FERRY" --store "$1" access show --text "$2"; }

# api_asked N PATTERN: so many requests of the API fit.
api_asked() {
	local n
	n=$(grep -cE -- "$2" "$T/api.log" || true)
	[ "$n" -eq "$1" ] || {
		sed 's/^/  | /' "$T/api.log" >&2
		fail "$n requests instead of $1 fit '$2'"
	}
}
