#!/bin/bash
# The whole trip on one machine: installs what ferry needs, builds it, pulls the
# packages of a sample project's lock file from the npm registry into a store,
# exports them as a signed bundle, imports that from a read-only folder into a
# second store, and lets `npm ci` install the project from ferryd alone.
#
#   packaging/quickstart.sh [--serve] [--project DIR] [--registry URL]
#
#   --serve         leave ferryd running at the end
#   --project DIR   a project of yours, with package.json and package-lock.json
#   --registry URL  the upstream (default: what `npm config get registry` says)
set -euo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)
serve=no project=$top/packaging/sample registry=
while [ $# -gt 0 ]; do
	case "$1" in
	--serve) serve=yes ;;
	--project) project=$(cd "$2" && pwd) && shift ;;
	--registry) registry=$2 && shift ;;
	*)
		sed -n '2,12s/^# \{0,1\}//p' "$0"
		[ "$1" = --help ] && exit 0 || exit 2
		;;
	esac
	shift
done

build=$top/build/quickstart
trip=${FERRY_QUICKSTART_DIR:-$build/trip}
step() { printf '\n== %s\n' "$*"; }
run() { printf '$ %s\n' "$*" && "$@"; }
now() { date +%s%N; }
legs=()
leg() { # NAME COMMAND…: runs it and keeps how long it took
	local name=$1 start
	shift
	start=$(now)
	run "$@"
	legs+=("$(printf '%-8s %6.2f s' "$name" \
	    "$(awk "BEGIN { print ($(now) - $start) / 1e9 }")")")
}

step "Installing what ferry needs"
"$top/packaging/install-deps.sh" --node

step "Building"
cmake -S "$top" -B "$build" -G Ninja -D PRESET=release -D BUILD_TESTING=OFF >/dev/null
ninja -C "$build" ferry ferryd | tail -n 1
PATH=$build:$PATH

[ -n "$registry" ] || registry=$(npm config get registry 2>/dev/null)
[ -f "$project/package-lock.json" ] || {
	echo "quickstart: $project has no package-lock.json" >&2
	exit 2
}
chmod -R u+w "$trip" 2>/dev/null || :
rm -rf "$trip"
mkdir -p "$trip/medium"

step "Near side: pull what $(basename "$project")/package-lock.json names"
cat >"$trip/near.conf" <<EOF
store = "near";
upstreams = (
  {
    name = "npm";
    format = "npm";
    url = "$registry";
    lockfiles = [ "$project/package-lock.json" ];
  }
);
EOF
cd "$trip"
run ferry --store near init --name near
leg sync ferry --config near.conf sync
run ferry --store near status

step "Near side: write a signed bundle onto the medium"
leg export ferry --store near export --to medium
run ferry --store near key export near.pub

step "Far side: verify and import it, from a medium that is not written to"
run ferry --store far init --name far
run ferry --store far trust add near.pub --name near
chmod -R a-w medium
leg import ferry --store far import medium --no-receipt
leg verify ferry --store far verify

step "Far side: ferryd serves it, and npm ci installs from nothing else"
ferryd --store far --allow-root --listen 127.0.0.1:0 --port-file port >ferryd.log 2>&1 &
pid=$!
trap 'kill $pid 2>/dev/null || :' EXIT
for _ in $(seq 100); do
	[ -s port ] && break
	kill -0 $pid 2>/dev/null || {
		cat ferryd.log >&2
		exit 1
	}
	sleep 0.1
done
url=http://127.0.0.1:$(cat port)/npm/
mkdir project
cp "$project/package.json" "$project/package-lock.json" project/
# No configuration, no cache, and every other host behind a proxy that is not
# there: what npm installs has come from ferryd.
export HOME=$trip/home npm_config_userconfig=/dev/null
export npm_config_cache=$trip/npm-cache npm_config_update_notifier=false
export http_proxy=http://127.0.0.1:9 https_proxy=http://127.0.0.1:9 no_proxy=127.0.0.1
mkdir -p "$HOME"
(cd project && leg "npm ci" npm ci --registry "$url" --replace-registry-host always \
    --ignore-scripts --no-audit --no-fund && printf '%s\n' "${legs[@]}" >../legs)

step "Done"
echo "legs:"
sed 's/^/  /' legs
bytes=$(du -sb medium | cut -f1)
echo "crossed the gap: $bytes bytes in $(find medium -type f | wc -l) file(s)"
echo "installed: $(find project/node_modules -name package.json -not -path '*/test/*' | wc -l) package.json files, nothing from any other registry"
cat <<EOF

Go on:
  export PATH=$build:\$PATH
  ferry --store $trip/far list        what crossed
  ferry --help                        every command
  $top/etc/ferry.conf   every option
EOF
if [ "$serve" = yes ]; then
	trap - EXIT
	echo "ferryd (process $pid) goes on serving:"
	echo "  npm config set registry $url"
fi
