#!/bin/sh
# Installs what ferry needs from Debian 12.
#
#   packaging/install-deps.sh           to build and run
#   packaging/install-deps.sh --tests   and what the tests drive
#   packaging/install-deps.sh --bench   and what the benchmarks compare with
set -eu

build="ca-certificates cmake gcc libc6-dev ninja-build pkg-config
    libarchive-dev libconfig-dev libcurl4-openssl-dev libexpat1-dev
    libcrypt-dev libgnutls28-dev
    libjansson-dev libldap-dev libmicrohttpd-dev libp11-kit-dev librocksdb-dev
    libseccomp-dev libssl-dev libyaml-dev libzstd-dev
    zlib1g-dev"
tests="apache2-utils buildah caddy clang-format clang-tidy containerd cppcheck curl debhelper
    debootstrap docker-registry docker.io fish gh git gradle groff-base haproxy jq junit4
    libcmocka-dev libguava-java libmaven-clean-plugin-java
    libmaven-compiler-plugin-java libmaven-deploy-plugin-java
    libmaven-install-plugin-java libmaven-jar-plugin-java
    libmaven-resources-plugin-java libmaven-war-plugin-java libsurefire-java lintian man-db maven nginx-light nuget
    openjdk-17-jdk-headless opensc openssh-client openssl podman procps prometheus
    python3 ruby ruby-bundler skopeo slapd softhsm2 umoci unzip zsh zstd"
# What nuget.exe is run with, beside what the package nuget brings.
tests="$tests libmono-microsoft-csharp4.0-cil
    libmono-system-componentmodel-composition4.0-cil
    libmono-system-io-compression-filesystem4.0-cil
    libmono-system-io-compression4.0-cil
    libmono-system-net-http-webrequest4.0-cil libmono-system-net-http4.0-cil
    libmono-system-runtime-serialization4.0-cil
    libmono-system-security4.0-cil libmono-system-servicemodel4.0a-cil
    libmono-system-web4.0-cil"
bench="aria2 hyperfine time wrk"

want="$build"
node=no
for arg in "$@"; do
	case "$arg" in
	--tests) want="$want $tests" node=yes ;;
	--bench) want="$want $tests $bench" node=yes ;;
	--node) node=yes ;;
	*)
		echo "usage: packaging/install-deps.sh [--tests] [--bench] [--node]" >&2
		exit 2
		;;
	esac
done
# A Node.js that is there already, from wherever, is the one that is tested.
if [ "$node" = yes ] && ! command -v npm >/dev/null 2>&1; then
	want="$want nodejs npm"
fi

# Ask for nothing where everything is there, so that no root is needed then.
missing=
for package in $want; do
	case "$package" in
	nginx-light) command -v nginx >/dev/null 2>&1 && continue ;;
	docker.io) command -v dockerd >/dev/null 2>&1 && continue ;;
	maven) command -v mvn >/dev/null 2>&1 && continue ;;
	openjdk-17-jdk-headless) command -v javac >/dev/null 2>&1 && continue ;;
	ruby-bundler) command -v bundle >/dev/null 2>&1 && continue ;;
	gcc | caddy | cmake | curl | fish | gh | git | gradle | jq | python3 | ruby | openssl | zstd | aria2 | \
	    wrk | hyperfine | nodejs | npm | skopeo | umoci | podman | buildah | \
	    containerd | docker-registry | haproxy | lintian | prometheus | zsh | clang-format | clang-tidy | cppcheck)
		bin=$package
		[ "$package" = aria2 ] && bin=aria2c
		[ "$package" = nodejs ] && bin=node
		command -v "$bin" >/dev/null 2>&1 && continue
		;;
	esac
	state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || :)
	[ "$state" = installed ] || missing="$missing $package"
done
if [ -z "$missing" ]; then
	echo "install-deps: everything is installed"
	exit 0
fi

sudo=
if [ "$(id -u)" -ne 0 ]; then
	command -v sudo >/dev/null 2>&1 || {
		echo "install-deps: become root to install:$missing" >&2
		exit 1
	}
	sudo=sudo
fi
echo "install-deps: installing$missing"
export DEBIAN_FRONTEND=noninteractive
$sudo apt-get update -qq
# shellcheck disable=SC2086
$sudo apt-get install -y -qq --no-install-recommends $missing
