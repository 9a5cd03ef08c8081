# shellcheck shell=bash
# NuGet: registries made by tests/tools/mknuget.py, and dotnet in homes of its
# own.
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

# start_nuget DIR [NAME=VALUE…]: a registry over DIR in $T: BASE, $T/rules,
# $T/log.
start_nuget() {
	local dir=$1 pair
	shift
	rm -f "$T/port"
	for pair in "$@"; do export "${pair?}"; done
	start_faulty "$dir"
	unset FAULTY_AUTH FAULTY_GZIP
}

# mknuget DIR <<END: see tests/tools/mknuget.py; BASE is the registry's.
mknuget() { python3 "$TOP/tests/tools/mknuget.py" "$T/$1" "$BASE"; }

# nuget_conf URL MEMBERS…: $T/near.conf with one NuGet upstream "nuget".
nuget_conf() {
	local url=$1
	shift
	cat >"$T/near.conf" <<-END
		store = "near";
		upstreams = ( { name = "nuget"; format = "nuget"; url = "$url"; $* } );
	END
}

# Of the registry's log: how many requests whose path fits the pattern.
asked() { grep -cE "^[A-Z]+ $1 " "$T/log" || true; }

# over_the_gap: what near has, exported and imported into the store "far".
over_the_gap() {
	rm -rf "$T/disc"
	mkdir "$T/disc"
	expect 0 near export --to "$T/disc"
	if [ ! -d "$T/far" ]; then
		expect 0 near key export "$T/near.pub"
		expect 0 "$FERRY" --store "$T/far" init --name far
		expect 0 "$FERRY" --store "$T/far" trust add "$T/near.pub" --name near
	fi
	expect 0 "$FERRY" --store "$T/far" import "$T/disc"
}

# Whether there is a dotnet, of which version does not matter.
need_dotnet() {
	command -v dotnet >/dev/null || skip "dotnet is not installed"
}

# client HOME COMMAND…: in a home of its own, which reaches no proxy and no
# other registry.  $T/SOURCE is the only source: nuget_config writes it.
client() {
	local home=$1
	shift
	mkdir -p "$home"
	env -i PATH="$PATH" HOME="$home" LANG=C.UTF-8 TMPDIR="${TMPDIR:-/tmp}" \
	    DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 \
	    DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1 DOTNET_GENERATE_ASPNET_CERTIFICATE=0 \
	    DOTNET_CLI_UI_LANGUAGE=en MSBUILDDISABLENODEREUSE=1 \
	    DOTNET_CLI_WORKLOAD_UPDATE_NOTIFY_DISABLE=1 \
	    NUGET_CERT_REVOCATION_MODE=offline NUGET_PACKAGES="$home/packages" \
	    http_proxy=http://127.0.0.1:9 https_proxy=http://127.0.0.1:9 \
	    no_proxy=127.0.0.1,localhost timeout 100 "$@"
}

# nuget_config FOLDER URL [XML]: a nuget.config with that source alone.
nuget_config() {
	mkdir -p "$1"
	cat >"$1/nuget.config" <<-END
		<configuration>
		  <packageSources>
		    <clear />
		    <add key="ferry" value="$2" allowInsecureConnections="true" />
		  </packageSources>
		  ${3:-}
		</configuration>
	END
}

# project FOLDER FRAMEWORK ITEMS [PROPERTIES]: a project that restores ITEMS.
project() {
	mkdir -p "$1"
	cat >"$1/$(basename "$1").csproj" <<-END
		<Project Sdk="Microsoft.NET.Sdk">
		  <PropertyGroup><TargetFramework>$2</TargetFramework>${4:-}</PropertyGroup>
		  <ItemGroup>$3</ItemGroup>
		</Project>
	END
}

# The framework that the SDK here targets without asking for more packages.
framework() { dotnet --version | sed 's/\..*//; s/^/net/; s/$/.0/'; }
