#!/bin/bash
# nuget.exe 6.13 on mono and PowerShell's PSResourceGet, by both versions of the
# protocol, over the gap, with and without a token (issue 13).
# ctest: COST 60
. "$(dirname "$0")/../access/github.sh"
. "$TOP/tests/nuget/lib.sh"
need_dotnet

# The clients themselves, got once through dotnet from the registry of this
# machine.
mkdir -p "$TOOLS"
NUGET=$TOOLS/nuget-exe/nuget.commandline/6.13.1/tools/NuGet.exe
if [ ! -f "$NUGET" ]; then
	mkdir "$T/get"
	printf '<Project Sdk="Microsoft.NET.Sdk"><PropertyGroup><TargetFramework>%s</TargetFramework></PropertyGroup><ItemGroup><PackageDownload Include="NuGet.CommandLine" Version="[6.13.1]" /></ItemGroup></Project>' \
	    "$(framework)" >"$T/get/get.csproj"
	timeout 120 dotnet restore "$T/get" --packages "$TOOLS/nuget-exe" >"$T/get.log" 2>&1 || true
fi
PWSH=$TOOLS/pwsh/pwsh
[ -x "$PWSH" ] ||
    timeout 200 dotnet tool install PowerShell --version '7.6.*' --tool-path "$TOOLS/pwsh" >"$T/pwsh.log" 2>&1 || true

mkdir "$T/up" "$T/private"
start_nuget up
cd "$T"
mknuget up <<'END'
lib = {"lib/net45/_._": "", "lib/netstandard2.0/_._": ""}
pkg("Foo.Bar", "1.0.0", needs={"": {"Baz": "[1.0,2.0)"}}, files=lib)
pkg("Foo.Bar", "1.1.0", needs={"": {"Baz": "[1.0,2.0)"}}, files=lib, description="Bars for foos", tags="things")
pkg("Foo.Bar", "2.0.0-rc.1", needs={"": {"Baz": "[1.0,2.0)"}}, files=lib)
for v in ["1.0.0", "1.5.0", "2.0.0"]: pkg("Baz", v, files=lib)
for v in ["0.9.0", "1.2.3"]:
    pkg("Greeter", v, tags="PSModule PSEdition_Core PSFunction_Get-Greeting PSCommand_Get-Greeting", files={
        "Greeter.psd1": "@{ RootModule = 'Greeter.psm1'; ModuleVersion = '%s'; GUID = '7b1c1b6a-2a54-4f6c-9a0c-0f2e8a3b1c11'; Author = 'Anna'; Description = 'Greets'; FunctionsToExport = @('Get-Greeting') }" % v,
        "Greeter.psm1": "function Get-Greeting { 'hello from %s' }" % v})
feed()
END
BASE_UP=$BASE
start_nuget private
mknuget private <<'END'
pkg("Inner", "1.0.0", files={"lib/net45/_._": ""})
feed()
END
start_github
cat >near.conf <<END
store = "near";
upstreams = (
    { name = "gh"; format = "github"; url = "https://github.com"; api = "$GITHUB"; owners = [ "octo" ];
      types = [ "nuget" ]; nuget_url = "$GITHUB/nuget"; token_file = "token"; },
    { name = "nuget"; format = "nuget"; url = "$BASE_UP";
      select = ( { name = "Foo.Bar"; prereleases = true; }, { name = "Baz"; }, { name = "Greeter"; } ); },
    { name = "house"; format = "nuget"; url = "$BASE"; visibility = "private"; select = ( { name = "Inner"; } ); }
);
END
expect 0 near init --name near
expect 0 near sync
over_the_gap
expect 0 "$FERRY" --store far --json token create --user olga --upstream gh
token=$(jq -r .token out)
start_ferryd far
kill "${PIDS[1]}" 2>/dev/null || true # no upstream is needed from here on

ran=0
exe() { # ARGUMENT…: nuget.exe in a home of its own
	client "$T/mono" mono "$NUGET" "$@" -NonInteractive >"$T/log.txt" 2>&1
}
if ! command -v mono >/dev/null || [ ! -f "$NUGET" ] || ! mono "$NUGET" help >"$T/log.txt" 2>&1; then
	say "SKIP nuget.exe: mono, or the package NuGet.CommandLine, cannot be had"
else
	ran=1
	for source in "$URL/nuget/index.json" "$URL/nuget/v2/"; do
		say "nuget.exe $(mono "$NUGET" help | sed -n 's/NuGet Version: //p'), $source"
		nuget_config exe "$source"
		cd exe
		rm -rf out "$T/mono"
		exe install Foo.Bar -OutputDirectory out || fail "$(cat "$T/log.txt")"
		[ -f out/Foo.Bar.1.1.0/Foo.Bar.1.1.0.nupkg ] || fail "$(cat "$T/log.txt")"
		[ -f out/Baz.1.0.0/Baz.1.0.0.nupkg ] || fail "$(cat "$T/log.txt")"
		exe install foo.bar -Prerelease -DependencyVersion Highest -OutputDirectory out || fail "$(cat "$T/log.txt")"
		[ -f out/Foo.Bar.2.0.0-rc.1/Foo.Bar.2.0.0-rc.1.nupkg ] || [ -f out/foo.bar.2.0.0-rc.1/foo.bar.2.0.0-rc.1.nupkg ] ||
		    fail "$(cat "$T/log.txt")"
		[ -f out/Baz.1.5.0/Baz.1.5.0.nupkg ] || fail "$(cat "$T/log.txt")"
		exe search bar -Source ferry || fail "$(cat "$T/log.txt")"
		has "$T/log.txt" Foo.Bar 1.1.0
		exe list Baz -AllVersions -Source ferry -Verbosity detailed || fail "$(cat "$T/log.txt")"
		has "$T/log.txt" 1.0.0 1.5.0 2.0.0
		echo '<packages><package id="Foo.Bar" version="1.0" targetFramework="net48" /><package id="baz" version="2.0.0.0" targetFramework="net48" /></packages>' >packages.config
		exe restore packages.config -PackagesDirectory restored || fail "$(cat "$T/log.txt")"
		[ "$(find restored -name '*.nupkg' | wc -l)" = 2 ] || fail "$(find restored; cat "$T/log.txt")"
		! exe push out/Baz.1.0.0/Baz.1.0.0.nupkg -Source ferry -ApiKey x || fail "it pushed"
		grep -qE "405|does not support updating packages" "$T/log.txt" || fail "$(cat "$T/log.txt")"
		! exe install Inner -OutputDirectory out || fail "what is private was installed"
		cd "$T"
		rm -rf exe
	done
	say "with a token in its configuration"
	nuget_config exe "$URL/_registry/nuget/octo/index.json" "<packageSourceCredentials><ferry><add key=\"Username\" value=\"olga\" />
	    <add key=\"ClearTextPassword\" value=\"$token\" /></ferry></packageSourceCredentials>"
	cd exe
	exe install Octo.Int -OutputDirectory out || fail "$(cat "$T/log.txt")"
	ls out | grep -qi '^octo.int\.' || fail "$(cat "$T/log.txt")"
	cd "$T"
fi

if [ ! -x "$PWSH" ]; then
	say "SKIP PowerShell: the tool cannot be had"
	[ $ran = 1 ] || skip "neither client can be had"
	exit 0
fi
pwsh() { # SCRIPT
	client "$T/pshome" env POWERSHELL_TELEMETRY_OPTOUT=1 DOTNET_ROOT="${DOTNET_ROOT:-}" \
	    "$PWSH" -NoProfile -NonInteractive -Command "\$ErrorActionPreference = 'Stop'; \$ProgressPreference = 'SilentlyContinue'; $1" \
	    >"$T/log.txt" 2>&1 || fail "$1: $(cat "$T/log.txt")"
}
for source in "$URL/nuget/index.json" "$URL/nuget/v2"; do
	rm -rf "$T/pshome" "$T/modules"
	mkdir "$T/modules"
	say "PowerShell $("$PWSH" --version | sed 's/.* //'), $source"
	pwsh "Register-PSResourceRepository -Name ferry -Uri '$source' -Trusted;
	    Find-PSResource -Name Greeter -Repository ferry | ForEach-Object { \$_.Name + ' ' + \$_.Version }"
	has "$T/log.txt" "Greeter 1.2.3"
	pwsh "Find-PSResource -Name Greeter -Version '[0.1,1.0]' -Repository ferry | ForEach-Object { \$_.Name + ' ' + \$_.Version }"
	has "$T/log.txt" "Greeter 0.9.0"
	pwsh "Save-PSResource -Name Greeter -Repository ferry -Path '$T/modules'"
	[ -f "$T/modules/Greeter/1.2.3/Greeter.psd1" ] || fail "$(find "$T/modules")"
	pwsh "Install-PSResource -Name Greeter -Version 0.9.0 -Repository ferry; Import-Module Greeter; Get-Greeting"
	has "$T/log.txt" "hello from 0.9.0"
	pwsh "try { Find-PSResource -Name Nothing.Here -Repository ferry; 'found' } catch { 'none: ' + \$_ }"
	has "$T/log.txt" "none: "
done
