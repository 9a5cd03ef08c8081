#!/bin/bash
# The Debian package is built, lintian has nothing to say, it installs, and README's
# chapter "Run it as a service" goes through step by step: two machines, which are
# scratch roots over this one.  What only systemd as init does (timers, watching a
# folder, the walls of units) is done by hand, by tests/packaging/systemctl.py.
# (issue 15)
# ctest: COST 150 RESOURCE_LOCK deb
. "$(dirname "$0")/../lib.sh"
cd "$T"
for need in dpkg-buildpackage dh runuser unshare systemd-sysusers systemd-tmpfiles; do
	command -v $need >/dev/null || skip "no $need"
done
[ "$(id -u)" = 0 ] || skip "scratch roots need root"

say "the package is built"
DEB=${FERRY_BUILD:-$TOP/build/strict}/../deb
DEB_BUILD_OPTIONS="noautodbgsym parallel=2" "$TOP/packaging/deb.sh" "$DEB" >build.log 2>&1 || {
	tail -n 30 build.log
	fail "deb.sh"
}
package=$(ls "$DEB"/ferry_*.deb)
dpkg -c "$package" >list
has list ./usr/bin/ferry ./usr/bin/ferryd ./etc/ferry/ferry.conf \
    ./etc/logrotate.d/ferryd ./lib/systemd/system/ferryd.service \
    ./lib/systemd/system/ferryd.socket \
    ./usr/lib/sysusers.d/ferry.conf ./usr/lib/tmpfiles.d/ferry.conf \
    ./usr/share/man/man1/ferry-trust.1.gz ./usr/share/man/man5/ferry.conf.5.gz \
    ./usr/share/bash-completion/completions/ferryd \
    ./usr/share/zsh/vendor-completions/_ferry \
    ./usr/share/fish/vendor_completions.d/ferry.fish
hasnt list .sample
if command -v lintian >/dev/null; then
	lintian --allow-root --fail-on error,warning "$DEB"/ferry_*.changes >lint 2>&1 || {
		cat lint
		fail "lintian"
	}
else
	echo "SKIP: no lintian"
fi

say "two machines"
unshare -m true 2>/dev/null || skip "no mounts of one's own here"
# Everything below is in a mount namespace of its own, and gone with it.
TOP=$TOP PACKAGE=$package T=$T unshare -m bash "$TOP/tests/packaging/roots.sh"
