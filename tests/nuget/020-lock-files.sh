#!/bin/bash
# What projects have: packages.lock.json as dotnet writes it and restores it in
# locked mode over the gap, project.assets.json, packages.config, projects with
# central versions, tools and SDKs; and contentHash is verified.
# ctest: COST 30
. "$(dirname "$0")/lib.sh"

mkdir "$T/up"
start_nuget up
cd "$T"
mknuget up <<'END'
tool = {"tools/net8.0/any/DotnetToolSettings.xml":
    '<DotNetCliTool Version="1"><Commands><Command Name="mytool" EntryPoint="mytool.dll" Runner="dotnet" /></Commands></DotNetCliTool>',
    "tools/net8.0/any/mytool.dll": "MZ"}
pkg("Foo.Bar", "1.0.0", needs={"netstandard2.0": {"Baz": "1.0"}})
pkg("Foo.Bar", "1.1.0", needs={"netstandard2.0": {"Baz": "[1.1,2.0)"}})
for v in ["1.0.0", "1.1.0", "1.2.0"]: pkg("Baz", v)
pkg("Global", "3.0.0-rc.1+build5", needs={"": {"Baz": "1.2"}})
pkg("Locked.Only", "0.5.0")
meta("Locked.Only", "0.5.0", listed=False)
pkg("MyTool", "2.1.0", types=["DotnetTool"], files=tool)
pkg("My.Sdk", "1.4.0", types=["MSBuildSdk"], files={
    "Sdk/Sdk.props": '<Project><Import Project="Sdk.props" Sdk="Microsoft.NET.Sdk" /></Project>',
    "Sdk/Sdk.targets": '<Project><Import Project="Sdk.targets" Sdk="Microsoft.NET.Sdk" /></Project>'})
pkg("Prop", "4.2.0"); pkg("Prop", "4.3.0"); pkg("Old", "1.0.0.0"); pkg("Down", "1.0.0"); pkg("Down", "1.5.0"); pkg("Down", "2.0.0")
feed()
END
expect 0 "$FERRY" --store near init --name near

say "what is not literal is told"
mkdir -p app/.config
cat >app/Directory.Packages.props <<'END'
<Project>
  <PropertyGroup>
    <ManagePackageVersionsCentrally>true</ManagePackageVersionsCentrally>
    <PropVersion>4.2.0</PropVersion>
    <PropVersion Condition="'$(New)' == 'true'">4.3.0</PropVersion>
  </PropertyGroup>
  <ItemGroup>
    <PackageVersion Include="Foo.Bar" Version="1.0.0" />
    <PackageVersion Include="Prop" Version="[$(PropVersion)]" />
    <PackageVersion Include="Outside" Version="$(DefinedElsewhere)" />
    <GlobalPackageReference Include="Global" Version="3.0.0-rc.1" />
    <PackageDownload Include="Down" Version="[1.0];[2.0.0]" />
  </ItemGroup>
</Project>
END
cat >app/app.csproj <<END
<Project Sdk="My.Sdk/1.4.0">
  <PropertyGroup><TargetFramework>$(command -v dotnet >/dev/null && framework || echo net8.0)</TargetFramework></PropertyGroup>
  <ItemGroup>
    <PackageReference Include="Foo.Bar" />
    <PackageReference Include="Prop" Condition="'\$(With)' == ''" />
  </ItemGroup>
</Project>
END
echo '{"version":1,"isRoot":true,"tools":{"mytool":{"version":"2.1.0","commands":["mytool"]}}}' >app/.config/dotnet-tools.json
echo '<?xml version="1.0" encoding="utf-8"?><packages><package id="old" version="1.0.0.0" targetFramework="net48" /></packages>' >app/packages.config
mkdir rid
echo '<Project Sdk="Microsoft.NET.Sdk"><Import Project="$(MSBuildThisFileDirectory)../own.props" /><Import Project="$(VSToolsPath)/x.targets" /><PropertyGroup><TargetFramework>net8.0</TargetFramework><RuntimeIdentifiers>linux-x64;win-x64</RuntimeIdentifiers></PropertyGroup></Project>' >rid/rid.csproj
nuget_conf "$BASE/index.json" 'lockfiles = [ "app/Directory.Packages.props", "app/app.csproj", "rid/rid.csproj",
    "app/.config/dotnet-tools.json", "app/packages.config" ];'
expect 0 near sync
has out "11 versions pulled"
has out "Outside" "it depends on a property that the file does not set" "2 without a version" \
    "RuntimeIdentifiers: $T/rid/rid.csproj: linux-x64;win-x64 (the SDK fetches packs for it" \
    'Import: '"$T/rid/rid.csproj"': $(MSBuildThisFileDirectory)../own.props (imported files are not followed'
hasnt out VSToolsPath
expect 0 near list --versions
has out nuget:global "3.0.0-rc.1" nuget:mytool nuget:my.sdk "4.2.0" "4.3.0" nuget:old "1.2.0"

need_dotnet
say "a solution with central versions, an SDK of its own and a tool, over the gap"
over_the_gap
start_ferryd far
nuget_config app "$URL/nuget/index.json"
client "$T/home" dotnet restore app >restore.log 2>&1 || fail "$(cat restore.log)"
[ "$(jq -r '.libraries | keys | join(" ")' app/obj/project.assets.json)" = \
    "Baz/1.2.0 Foo.Bar/1.0.0 Global/3.0.0-rc.1 Prop/4.2.0" ] || fail "$(jq .libraries app/obj/project.assets.json)"
(cd app && client "$T/home" dotnet tool restore) >restore.log 2>&1 || fail "$(cat restore.log)"
has restore.log "mytool"

say "a lock file of dotnet's, from the registry itself"
nuget_config locked "$BASE/index.json"
project locked "$(framework)" '<PackageReference Include="Foo.Bar" Version="1.1.*" />
    <PackageReference Include="Locked.Only" Version="0.5.0" />' \
    '<RestorePackagesWithLockFile>true</RestorePackagesWithLockFile>'
client "$T/home2" dotnet restore locked >restore.log 2>&1 || fail "$(cat restore.log)"
nuget_conf "$BASE/index.json" 'lockfiles = [ "locked/packages.lock.json" ];'
expect 0 near sync
has out "3 versions pulled"
over_the_gap
nuget_config locked "$URL/nuget/index.json"
rm -rf locked/obj
sleep 1 # ferryd follows the import
client "$T/home3" dotnet restore --locked-mode locked >restore.log 2>&1 || fail "$(cat restore.log)"

say "the assets of a project name the same"
expect 0 "$FERRY" --store near2 init --name near
sed -i 's/store = "near"/store = "near2"/; s/packages.lock.json/obj\/project.assets.json/' near.conf
expect 0 near sync
has out "3 versions pulled"

say "a contentHash that is not that of the registry"
sed 's/"contentHash": "..../"contentHash": "AAAA/' locked/packages.lock.json >locked/wrong.lock.json
expect 0 "$FERRY" --store near3 init --name near
sed -i 's/store = "near2"/store = "near3"/; s/obj\/project.assets.json/wrong.lock.json/' near.conf
expect 4 near sync
has err "its contentHash is" "the lock file has AAAA" "wrong.lock.json"
expect 0 near list --versions
hasnt out "1.1.0"
