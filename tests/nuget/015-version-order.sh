#!/bin/bash
# Versions, ranges, floats and ids are those of NuGet's own library, which the
# SDK has: thousands of random ones, and the vectors of PROTOCOL.md.
# ctest: COST 20
. "$(dirname "$0")/lib.sh"
FERRY_BUILD=${FERRY_BUILD:-$TOP/build/strict}
need_dotnet
cd "$T"
SDK=$(dotnet --list-sdks | tail -1 | sed 's/\([^ ]*\) \[\(.*\)\]/\2\/\1/')
[ -f "$SDK/NuGet.Versioning.dll" ] || skip "the SDK has no NuGet.Versioning.dll"

mkdir oracle
cat >oracle/oracle.csproj <<END
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <OutputType>Exe</OutputType><TargetFramework>$(framework)</TargetFramework>
    <ImplicitUsings>enable</ImplicitUsings><UseAppHost>false</UseAppHost>
    <SatelliteResourceLanguages>en</SatelliteResourceLanguages>
  </PropertyGroup>
  <ItemGroup>
    <Reference Include="NuGet.Versioning"><HintPath>$SDK/NuGet.Versioning.dll</HintPath></Reference>
    <Reference Include="NuGet.Packaging"><HintPath>$SDK/NuGet.Packaging.dll</HintPath></Reference>
  </ItemGroup>
</Project>
END
cat >oracle/oracle.cs <<'END'
using NuGet.Versioning;
string? line;
while ((line = Console.ReadLine()) != null) {
	var w = line.Split('\t');
	string Answer() {
		NuGetVersion? v, u;
		VersionRange? r;
		switch (w[0]) {
		case "id": return NuGet.Packaging.PackageIdValidator.IsValidPackageId(w[1]) && w[1].Length <= 100 ? "1" : "0";
		case "norm": return NuGetVersion.TryParse(w[1], out v) ? v.ToNormalizedString() + (v.IsSemVer2 ? "+" : "") : "bad";
		case "cmp": return NuGetVersion.TryParse(w[1], out v) && NuGetVersion.TryParse(w[2], out u) ? Math.Sign(v.CompareTo(u)).ToString() : "bad";
		case "range": return VersionRange.TryParse(w[1], true, out r) ? (r.IsFloating ? w[1].Trim() : r.ToNormalizedString()) : "bad";
		case "has": return VersionRange.TryParse(w[1], true, out r) && NuGetVersion.TryParse(w[2], out v) ? (r.Satisfies(v) ? "1" : "0") : "bad";
		case "best":
			if (!VersionRange.TryParse(w[1], true, out r)) return "bad";
			var b = r.FindBestMatch(w.Skip(2).Select(x => NuGetVersion.TryParse(x, out var y) ? y : null).Where(x => x != null)!);
			return b == null ? "none" : b.ToNormalizedString();
		}
		return "?";
	}
	Console.WriteLine(Answer());
}
END
cat >pairs.py <<'END'
import os, random
random.seed(int(os.environ.get("SEED", 13)))
c, n = random.choice, random.random
def number():
    return c(["0", "1", "2", "3", "10", "01", "00", "2147483647", "2147483648"]) if n() < .2 else c("0123")
def label():
    return c(["alpha", "ALPHA", "beta", "rc", "rc1", "a", "A", "-", "-1", "-a", "a-b", "x-", "1", "2", "10", "01", "0",
              "1a", "2147483647", "2147483648", "-2147483648", "20240101123456", "a_b", ""]) if n() < .5 else c(["alpha", "beta", "1", "2", "rc"])
def version():
    if n() < .04:
        return c(["", "1beta", "1.2.3.4.5", "1.2.3.Beta", "1.4.7-", "1.0.0+", "1..2", "1.", ".1", "1,0", "v1.0", "1.0.0-a+b+c",
                  " 1.2.3 ", "1 .2", "1. 2", "1.0.0-\u00e9", "-1.0", "1.0.0- a", "1.0.0+a-b.c", "+1", "1.0-+a", "1.0.0-a+"])
    v = ".".join(number() for _ in range(c([1, 2, 3, 3, 3, 4])))
    if n() < .5: v += "-" + ".".join(label() for _ in range(c([1, 1, 2, 3])))
    if n() < .1: v += "+" + c(["x", "01", "a.b", "a-b"])
    return v
def floating():
    return c(["*", "1.*", "1.2.*", "1.0.0.*", "1.0.0-*", "1.0.0-alpha*", "1.0.0-alpha.*", "1.*-*", "*-*", "1.0.*-*", "1.2.3-rc.*",
              "1.*-alpha*", "1.0.*-beta.*", "*-rc.*", "0.*", "2.*", "1.1.0-*", "1.**", "*.1", "1.*.0", "1.0.0-a-*", "1.*+a", "1*", "1.1*", "**", "1.0.0-a--*"])
def bound():
    return c(["", " ", version(), version(), version(), " " + version()])
def range_():
    x = n()
    if x < .25: return version()
    if x < .45: return floating()
    if x < .5: return c("[(") + floating() + "," + bound() + c("])")
    if x < .6: return c("[(") + version() + c("])")
    if x < .63: return c(["[]", "(,)", "(, )", "[,]", "[1,2,3]", "[1", "1]", "()", "[ 1.0 , 2.0 ]", "[1.0.0]", "(1.0,1.0)", "[1.0,1.0]", "[*,]", "[", "(", " [1.0,2.0) "])
    return c("[(") + bound() + "," + bound() + c("])")
out = []
for _ in range(4000): out.append(["cmp", version(), version()])
for _ in range(3000): out.append(["norm", version()])
for _ in range(3000): out.append(["range", range_()])
for _ in range(3000): out.append(["has", range_(), version()])
for _ in range(6000): out.append(["best", range_()] + [version() for _ in range(c([1, 3, 8, 20]))])
have = "1.0.0-alpha 1.0.0 1.1.0-beta 1.1.0 1.2.0-rc.1 2.0.0-preview.1 2.0.0".split()
for r in "1.0 [1.0,2.0) (1.0,2.0) 1.* 1.*-* * *-* 1.1.0-* [1.5,) 1.2.* 2.0.0-* [2.0.0-*,3.0) [1.0.0-a,2.0) 0.9".split():
    out.append(["best", r] + have)
for i in ["A", "A.B", "a..b", ".a", "a.", "a-b", "a_b", "a--b", "\u00e9", "a b", "a/b", "x" * 100, "x" * 101, "a+b", "_a", "a-", "1", "a.-b", "", "-", "\u041f\u0440", "a\u00d7", "\u4e2d"]:
    out.append(["id", i])
for l in out: print("\t".join(l))
END
python3 pairs.py >pairs
client "$T/home" dotnet build -v q -o bin oracle >build.log 2>&1 || fail "$(cat build.log)"
client "$T/home" dotnet bin/oracle.dll <pairs >want
"$FERRY_BUILD/tests/tools/nugetver" <pairs >got
[ "$(wc -l <got)" = "$(wc -l <pairs)" ] || fail "$(wc -l <got) answers"
paste -d'\001' pairs want got | awk -F'\001' '$2 != $3' >differ
[ ! -s differ ] || {
	head -20 differ | tr '\001' '|' >&2
	fail "$(wc -l <differ) of $(wc -l <pairs) differ"
}
for word in -1 0 1 bad none; do
	[ "$(grep -c -- "^$word$" want)" -gt 100 ] || fail "too few $word"
done
