#!/bin/bash
# The part of 020 that has mounts of its own: run by it, with TOP, PACKAGE and T.
unset TMPDIR # of the machines, none is mine
set -euo pipefail
fail() { echo "FAIL: $*" >&2; exit 1; }
say() { printf -- '-- %s\n' "$*"; }
cd "$T"

# root NAME: a machine, this one's files below what it changes; the package is
# installed by dpkg, with its scripts.
root() {
	local at=$T/$1
	mkdir -p "$at"
	mount -t tmpfs tmpfs "$at"
	mkdir "$at/upper" "$at/work" "$at/root"
	mount -t overlay overlay -o "lowerdir=/,upperdir=$at/upper,workdir=$at/work" \
	    "$at/root" 2>"$T/err" || {
		echo "SKIP: no overlay file system: $(cat "$T/err")"
		exit 77
	}
	at=$at/root
	mount --rbind /proc "$at/proc"
	mount --rbind /dev "$at/dev"
	mount -t tmpfs tmpfs "$at/run"
	mount -t tmpfs tmpfs "$at/tmp"
	mkdir -p "$at/media/disc"
	mount --bind "$T/disc" "$at/media/disc"
	rm -rf "$at/etc/ferry" "$at/var/lib/ferry"
	cp "$PACKAGE" "$at/tmp/ferry.deb"
	chroot "$at" dpkg -i /tmp/ferry.deb >"$T/$1.install" 2>&1 || {
		cat "$T/$1.install"
		fail "dpkg -i"
	}
	# What systemd does when it installs a package on a machine that it runs.
	chroot "$at" systemd-sysusers
	chroot "$at" systemd-tmpfiles --create ferry.conf
	install -m 755 "$TOP/tests/packaging/systemctl.py" "$at/usr/local/bin/systemctl"
	printf '#!/bin/sh\ncat /tmp/editor.conf >"$1"\n' >"$at/usr/local/bin/editor"
	chmod 755 "$at/usr/local/bin/editor"
	mkdir -p "$at/root/steps"
}
PIDS=()
finish() {
	local status=$?
	set +e
	for pid in "${PIDS[@]}" $(cat "$T"/*/root/tmp/pids 2>/dev/null); do
		kill "$pid" 2>/dev/null
	done
	exit $status
}
trap finish EXIT

mkdir -m 777 disc
root near
root far
for at in near/root far/root; do
	chroot $at id ferry >/dev/null && chroot $at id ferryd >/dev/null || fail "no users"
	chroot $at stat -c '%U %G %a' /var/lib/ferry | grep -qx 'ferry ferry 750' || fail "the store's folder"
	chroot $at stat -c '%U %G %a' /var/spool/ferry/in | grep -qx 'ferry ferry 2770' || fail "the drop folder"
done
# One set of paths: what is compiled in is what the pages and the units say.
chroot near/root ferry --help | grep ' /etc/ferry/ferry.conf)' >/dev/null || fail "another ferry.conf"
chroot near/root zcat /usr/share/man/man5/ferry.conf.5.gz | grep -F '/etc/ferry/ferry.conf' >/dev/null ||
    fail "another ferry.conf in the page"
chroot near/root grep -q '^ExecStart=/usr/bin/ferry sync' /lib/systemd/system/ferry-sync.service ||
    fail "another ferry in the unit"
for unit in near/root/lib/systemd/system/ferry*.service; do
	systemd-analyze security --offline=yes --threshold=15 "$unit" >exposure 2>&1 ||
	    { cat exposure; fail "$unit is too open"; }
done

# As systemd reads them; what it says of other units is not ours.
chroot near/root systemd-analyze verify --man=no ferryd.socket ferryd.service ferry-sync.service \
    ferry-import.service ferry-export@far.service ferry-sync.timer \
    ferry-export@far.timer ferry-backup.service ferry-backup.timer ferry-import.path ferry-issue.service \
    ferry-issue.socket >verify 2>&1 || :
grep ferry verify && fail "systemd-analyze verify"

say "a registry, and the configurations of both"
: >rules
mkdir tree
python3 "$TOP/tests/tools/faulty.py" "$T/tree" "$T/port" "$T/rules" "$T/log" &
PIDS+=($!)
for _ in $(seq 100); do [ -s port ] && break; sleep 0.1; done
base=http://127.0.0.1:$(cat port)
python3 "$TOP/tests/tools/mkregistry.py" "$T/tree" "$base" --packages 3 --versions 2
cat >near/root/tmp/editor.conf <<-END
	store = "/var/lib/ferry";
	upstreams = ( { name = "npm"; format = "npm"; url = "$base/";
	    signatures = "off"; visibility = "public"; token_file = "/etc/ferry/npm.token";
	    select = ( { name = "pkg-00001"; }, { name = "pkg-00002"; } ); } );
END
echo secret >near/root/root/steps/token
# Where ferryd listens is the installed file's business; another port is the test's.
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
printf 'store = "/var/lib/ferry";\nserve = { listen = "127.0.0.1:%s"; };\n' "$port" \
    >far/root/etc/ferry/ferry.conf

say "README.md, step by step"
steps=0
while read -r line; do
	where=${line%%\$*}
	command=${line#*\$ }
	echo "$where: ${command%%  #*}"
	# Files of a step are carried by hand, as README says.
	cp -f near/root/root/steps/near.pub far/root/root/steps/ 2>/dev/null || :
	cp -f far/root/root/steps/far.* near/root/root/steps/ 2>/dev/null || :
	chroot $where/root env -i PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
	    HOME=/root SYSTEMCTL_PIDS=/tmp/pids LANG=C.UTF-8 \
	    bash -euc "umask 022; cd /root/steps; $command" >step.out 2>&1 </dev/null || {
		cat step.out
		fail "$line"
	}
	steps=$((steps + 1))
	case $command in
	# systemd would see what changed.
	"cp /media/disc/*.tar /var/spool/ferry/in/"*)
		chroot far/root env SYSTEMCTL_PIDS=/tmp/pids systemctl start ferry-import.service >step.out 2>&1 ||
		    { cat step.out; fail "the import unit"; } ;;
	"cp /media/disc/ferry-receipt"*)
		chroot near/root env SYSTEMCTL_PIDS=/tmp/pids systemctl start ferry-export@far.service >step.out 2>&1 ||
		    { cat step.out; fail "the next export"; }
		grep -q 'receipt' step.out || fail "no receipt was taken"
		;;
	esac
done < <(sed -n '/^## Run it as a service/,/^## Running a site/s/^    \(\(near\|far\)\$ .*\)/\1/p' "$TOP/README.md")
[ $steps -ge 18 ] || fail "only $steps steps were found"

say "it serves what crossed, as a user that cannot write, and sync had its token"
curl -sf "http://127.0.0.1:$port/npm/pkg-00001" >packument || fail "not served"
grep -q '"1.1.0"' packument || fail "not all of it is served"
pid=$(cat far/root/tmp/pids)
[ "$(stat -c %U "/proc/$pid")" = root ] && fail "ferryd runs as root"
chroot far/root runuser -u ferryd -- test -r /var/lib/ferry/CURRENT ||
    chroot far/root runuser -u ferryd -- ls /var/lib/ferry >/dev/null || fail "ferryd cannot read"
chroot far/root runuser -u ferryd -- test -w /var/lib/ferry && fail "ferryd can write the store"
chroot far/root runuser -u ferryd -- ls /var/lib/ferry/keys >/dev/null 2>&1 && fail "ferryd can read keys"
chroot near/root runuser -u ferryd -- cat /etc/ferry/npm.token >/dev/null 2>&1 && fail "ferryd can read tokens"
chroot far/root runuser -u ferry -- ferry status >status || fail "status at the far side"
grep -q 'origin       near' status || fail "no origin"

say "purged, the store stays"
kill "$pid"
chroot far/root dpkg -P ferry >/dev/null 2>&1 || fail "dpkg -P"
[ -d far/root/var/lib/ferry/keys ] || fail "the store went with the package"
[ ! -e far/root/etc/ferry/ferry.conf ] || fail "the configuration stayed"
