#!/bin/bash
# Real packages, from the registry that dotnet has by its configuration: signed by
# authors and repositories, with timestamps; the SDK's own roots say whom to trust.
# Locked there, pulled, carried, and restored in locked mode with nothing else.
# ctest: COST 30
. "$(dirname "$0")/lib.sh"
need_dotnet
cd "$T"
source=$(dotnet nuget list source --format short 2>/dev/null | sed -n 's/^E \(http.*json\)$/\1/p' | head -1)
[ -n "$source" ] || skip "dotnet has no source of version 3"
curl -sfL --max-time 20 -o index.json "$source" || skip "the registry that dotnet has does not answer"
roots=$(dotnet --list-sdks | tail -1 | sed 's/\([^ ]*\) \[\(.*\)\]/\2\/\1/')/trustedroots
[ -f "$roots/codesignctl.pem" ] || skip "the SDK has no roots"

project app "$(framework)" '<PackageReference Include="Newtonsoft.Json" Version="13.0.3" />
    <PackageReference Include="Serilog" Version="4.0.0" />' '<RestorePackagesWithLockFile>true</RestorePackagesWithLockFile>'
HOME=$T/first NUGET_PACKAGES=$T/first/packages DOTNET_CLI_HOME=$T/first timeout 100 \
    dotnet restore app >log.txt 2>&1 || skip "the registry that dotnet has lacks the packages"
n=$(grep -c '"contentHash"' app/packages.lock.json)

nuget_conf "$source" "lockfiles = [ \"app/packages.lock.json\" ]; signatures = \"required\"; vulnerabilities = false;
    signature_roots = \"$roots/codesignctl.pem\"; timestamp_roots = \"$roots/timestampctl.pem\";"
expect 0 near init --name near
say "every signature is whole and trusted, every contentHash the client's"
expect 0 near sync
has out "$n versions pulled" "0 failed"
expect 0 near show newtonsoft.json@13.0.3
has out "signature    verified" author_signed_by repository_signed_by "signed_at    20" \
    "content_hash $(jq -r '.dependencies[]["Newtonsoft.Json"].contentHash' app/packages.lock.json)"

say "over the gap, in locked mode"
over_the_gap
start_ferryd far
nuget_config app "$URL/nuget/index.json"
rm -rf app/obj
client "$T/home" dotnet restore --locked-mode app >log.txt 2>&1 || fail "$(cat log.txt)"
