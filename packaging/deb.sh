#!/bin/sh
# Builds the Debian package of this tree:
#
#	packaging/deb.sh [FOLDER]
#
# FOLDER, build/deb without it, gets the .deb and what dpkg-buildpackage leaves
# beside it.  debian/ lies in packaging/ and must lie at the top, so that a copy
# of the tree is built: always at the same place, which ccache likes.
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
out=${1:-$top/build/deb}
mkdir -p "$out"
out=$(cd "$out" && pwd)
tree=$out/ferry

for need in dpkg-buildpackage dh; do
	command -v $need >/dev/null || {
		echo "deb.sh: there is no $need; apt-get install dpkg-dev debhelper" >&2
		exit 1
	}
done
rm -rf "$tree"
mkdir "$tree"
# What git knows, changed or not; of an unpacked archive everything.
if git -C "$top" rev-parse >/dev/null 2>&1; then
	(cd "$top" && git ls-files -z --cached --others --exclude-standard |
	    tar -c --null --verbatim-files-from -T - --ignore-failed-read) |
	    tar -x -C "$tree"
else
	tar -c -C "$top" --exclude=./build . | tar -x -C "$tree"
fi
cp -r "$tree/packaging/debian" "$tree/debian"

# debhelper gives a build another home.
if [ -d /usr/lib/ccache ]; then
	export PATH="/usr/lib/ccache:$PATH" CCACHE_DIR="${CCACHE_DIR:-$HOME/.cache/ccache}"
fi
cd "$tree"
dpkg-buildpackage --build=binary --no-sign --no-pre-clean
