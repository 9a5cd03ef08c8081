#!/bin/bash
# What the page tells dotnet is copied and run: http and https, with and without a
# token.  (issue 15)
# ctest: COST 40
. "$(dirname "$0")/../nuget/lib.sh"
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/page.sh"
need_dotnet

cd "$T"
mkdir up
start_nuget up
mknuget up <<'END'
pkg("Outer", "1.0.0", needs={"": {"Inner": "[1.0,2.0)"}}, files={"lib/netstandard2.0/_._": ""})
pkg("Inner", "1.1.0", files={"lib/netstandard2.0/_._": ""})
feed()
END
both_stores nuget "$BASE" 'packages = [ "Outer" ];'

all() { # http|https open|token
	say "$1, $2"
	ENV=(DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1
		DOTNET_GENERATE_ASPNET_CERTIFICATE=0 DOTNET_CLI_UI_LANGUAGE=en
		MSBUILDDISABLENODEREUSE=1 "NUGET_PACKAGES=$T/home/packages")
	new_home
	project p "$(framework)" '<PackageReference Include="Outer" Version="1.0.0" />'
	behead "$(lines clients "dotnet, nuget")" >nuget.config
	[ "$2" = open ] ||
	    python3 - "$(behead "$(lines "with a token" "dotnet, nuget")")" <<-'END'
		import sys
		text = open("nuget.config").read()
		open("nuget.config", "w").write(text.replace(
		    "</configuration>", sys.argv[1] + "\n</configuration>"))
	END
	at_home bash -euc "$(lines clients "dotnet: signatures, without asking the internet for revocations")
		timeout 100 dotnet restore p" >"$T/out" 2>&1 || {
		cat nuget.config "$T/out" >&2
		fail "dotnet restore"
	}
	[ -d "$T/home/packages/inner/1.1.0" ] || fail "dotnet: nothing is restored"
}
each_way all
