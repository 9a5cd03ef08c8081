#!/bin/bash
# packaging/Containerfile: an image is built from the tree, and in it a store is made,
# synced and served, by users of the same numbers each time.  The base is a root of
# Debian 12 from apt's mirror, made once; another run finds most of a build again.
# (issue 15)
# ctest: COST 200 TIMEOUT 2400 RESOURCE_LOCK deb
. "$(dirname "$0")/../lib.sh"
cd "$T"
[ "$(id -u)" = 0 ] || skip "an image is built by root here"
for need in buildah debootstrap; do
	command -v $need >/dev/null || skip "no $need"
done
hasnt "$TOP/packaging/Containerfile" .org

BASE_ROOT=$TOOLS/container-base STORAGE=$TOOLS/container
mkdir -p "$TOOLS" "$HOME/.cache/ccache"
exec 9>"$TOOLS/container.lock"
flock 9
driver=overlay
unshare -m true 2>/dev/null || driver=vfs
# Of a machine's own images and settings nothing is used.
images() {
	env -u TMPDIR buildah --root "$STORAGE" --runroot "$T/run" --storage-driver $driver "$@"
}
finish_images() {
	local status=$?
	set +e
	for pid in "${PIDS[@]}"; do kill "$pid" 2>/dev/null; done
	images rm -a >/dev/null 2>&1
	umount "$STORAGE/$driver" 2>/dev/null # which buildah leaves
	(exit $status)
	finish
}
trap finish_images EXIT

say "a base"
if [ ! -e "$BASE_ROOT.done" ]; then
	rm -rf "$BASE_ROOT"
	mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Codename: bookworm' | head -1)
	[ -n "$mirror" ] || skip "apt has no mirror of Debian 12"
	timeout 600 debootstrap --variant=minbase --include=ccache bookworm "$BASE_ROOT" "$mirror" \
	    >base.log 2>&1 || skip "debootstrap: $(tail -n 1 base.log)"
	touch "$BASE_ROOT.done"
fi
if ! images inspect --type image ferry-base >/dev/null 2>&1; then
	name=$(images from scratch)
	images copy -q "$name" "$BASE_ROOT" / >/dev/null || skip "buildah copies nothing here"
	images commit -q "$name" ferry-base >/dev/null 2>&1 || skip "buildah makes no image here"
	images rm "$name" >/dev/null
fi
name=$(images from --pull-never ferry-base)
images run --isolation chroot "$name" -- true 2>run.log || skip "buildah runs nothing here: $(tail -n 1 run.log)"
images rm "$name" >/dev/null

say "the image"
images build -q --layers --pull-never --isolation chroot --network host --build-arg BASE=ferry-base \
    --volume "$HOME/.cache/ccache:/root/.cache/ccache" \
    -f "$TOP/packaging/Containerfile" -t ferry-test "$TOP" >build.log 2>&1 || {
	tail -n 40 build.log
	grep -qE 'Unable to (fetch|locate)|Temporary failure|Failed to fetch' build.log && skip "apt has no mirror"
	fail "no image"
}
images inspect --type image ferry-test | jq .OCIv1.config >config
jq -e '.User == "ferryd" and .Cmd[0] == "ferryd" and (.Volumes | has("/var/lib/ferry"))' config >/dev/null ||
    fail "$(cat config)"

say "a store in a volume: the server reads it, and not its keys"
start_faulty tree
python3 "$TOP/tests/tools/mkregistry.py" "$T/tree" "$BASE" --packages 1
cat >ferry.conf <<-EOF
	store = "/var/lib/ferry";
	upstreams = ( { name = "up"; format = "npm"; url = "$BASE/"; visibility = "public";
	    signatures = "off"; packages = [ "pkg-00000" ]; } );
EOF
name=$(images from --pull-never ferry-test)
run() { # USER COMMAND…
	local user=$1
	shift
	# The image's own volume is the container's as long as that lives.
	images run --isolation chroot --user "$user" \
	    --volume "$T/ferry.conf:/etc/ferry/ferry.conf:ro" "$name" -- "$@"
}
expect 0 run ferry id -u
has out 847
expect 0 run ferry ferry init --name near
expect 0 run ferry ferry sync
has out "1 version pulled"
expect 0 run ferry ferry verify
expect 2 run ferryd ls /var/lib/ferry/keys
expect 1 run ferryd touch /var/lib/ferry/x
expect 2 run ferryd ls /deb /src
port=$(free_port)
# What an image begins with: nobody is let in who was not meant.
expect 2 run ferryd ferryd --listen "[::]:$port"
has err "no access rules exist" "--public"
run ferryd ferryd --listen "127.0.0.1:$port" >ferryd.log 2>&1 &
PIDS+=($!)
wait_for 20 curl -sf "http://127.0.0.1:$port/npm/pkg-00000"
pid=$(pgrep -u 848 -f "ferryd --listen 127.0.0.1:$port" | head -n 1) || fail "ferryd is another user"
PIDS+=("$pid")
