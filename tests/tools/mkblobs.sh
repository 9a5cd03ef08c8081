#!/bin/sh
# mkblobs.sh FOLDER: makes tests/data/recipe/blobs, two versions of a small
# package each, with the tools that packages are made with: npm, gem, jar,
# dotnet.  Only what is not there is made.
set -eu
cd "$1"
out=$(pwd)
t=$(mktemp -d)
trap 'rm -rf "$t"' EXIT
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

# text N VERSION: N lines of a program, a few of them of this version.
text() {
	python3 - "$@" <<'EOF'
import random
import sys

r = random.Random(9)
for i in range(int(sys.argv[1])):
    print("// %d %s" % (i, " ".join("%x" % r.randrange(1 << r.choice((4, 8,
        20))) for _ in range(r.randint(2, 9)))))
    if i % 50 == 7:
        print("// version %s" % sys.argv[2])
EOF
}

for v in 1 2; do
	mkdir -p "$t/npm$v" "$t/gem$v" "$t/jar$v/a/b" "$t/net$v"
	if [ ! -e "npm-1.0.$v.tgz" ]; then
		text 400 $v >"$t/npm$v/index.js"
		printf '{"name":"npm","version":"1.0.%s"}\n' $v \
		    >"$t/npm$v/package.json"
		(cd "$t/npm$v" && npm pack --silent --pack-destination "$out" \
		    >/dev/null)
	fi
	if [ ! -e "gem-1.0.$v.gem" ]; then
		text 400 $v | sed 's,^//,#,' >"$t/gem$v/gem.rb"
		cat >"$t/gem$v/gem.gemspec" <<EOF
Gem::Specification.new do |s|
  s.name = 'gem'
  s.version = '1.0.$v'
  s.summary = 'a gem'
  s.authors = ['nobody']
  s.files = ['gem.rb']
end
EOF
		(cd "$t/gem$v" && gem build -q gem.gemspec 2>/dev/null >/dev/null)
		mv "$t/gem$v/gem-1.0.$v.gem" .
	fi
	if [ ! -e "jar-$v.jar" ]; then
		text 150 $v >"$t/jar$v/a/b/One.txt"
		text 10 $v >"$t/jar$v/a/Two.txt"
		: >"$t/jar$v/a/Empty.txt"
		jar cf "jar-$v.jar" -C "$t/jar$v" .
		mkdir "$t/outer$v"
		cp "jar-$v.jar" "$t/outer$v/inner.jar"
		text 20 $v >"$t/outer$v/Three.txt"
		jar cf "$t/outer$v.jar" -C "$t/outer$v" .
		mkdir "$t/outermost$v"
		cp "$t/outer$v.jar" "$t/outermost$v/outer.jar"
		jar cf "nested-$v.jar" -C "$t/outermost$v" .
	fi
	if [ ! -e "net.1.0.$v.nupkg" ]; then
		cat >"$t/net$v/net.csproj" <<EOF
<Project Sdk="Microsoft.NET.Sdk"><PropertyGroup>
<TargetFramework>netstandard2.0</TargetFramework><DebugType>embedded</DebugType>
<Version>1.0.$v</Version><PackageId>net</PackageId><Authors>nobody</Authors>
</PropertyGroup></Project>
EOF
		{ text 200 $v; echo "public class Net { public int V() { return $v; } }"; } \
		    >"$t/net$v/Net.cs"
		sed -i 's,netstandard2.0,net10.0,' "$t/net$v/net.csproj"
		dotnet pack -c Release -o "$out" "$t/net$v" >/dev/null
	fi
done
if [ ! -e ../assemblies/program.dll ]; then
	mkdir -p ../assemblies "$t/program"
	cat >"$t/program/program.csproj" <<EOF
<Project Sdk="Microsoft.NET.Sdk"><PropertyGroup>
<TargetFramework>net10.0</TargetFramework><DebugType>embedded</DebugType>
<PathMap>$t/program=/src</PathMap><GenerateAssemblyInfo>false</GenerateAssemblyInfo>
</PropertyGroup></Project>
EOF
	cat >"$t/program/program.cs" <<'EOF'
using System;
using System.Collections.Generic;
namespace Tiny {
  public interface IShape { double Area { get; } }
  public class Circle : IShape {
    public double R;
    public double Area { get { return R * R * 3.14159; } }
    public event EventHandler Changed;
    protected void Fire() { Changed?.Invoke(this, EventArgs.Empty); }
  }
  public class Square : IShape { public double A; public double Area => A * A; }
  public static class Shapes {
    static readonly Dictionary<string, Func<IShape>> made = new() {
      ["c"] = () => new Circle(), ["s"] = () => new Square() };
    public static string Name(int i) {
      switch (i) {
      case 0: return "none"; case 1: return "one"; case 2: return "two";
      case 3: return "three"; case 4: return "four";
      default: throw new ArgumentException("i");
      }
    }
    public static IEnumerable<T> Twice<T>(IEnumerable<T> x) where T : class {
      foreach (var t in x) { yield return t; yield return t; }
    }
    public static IShape Make(string s) =>
      made.TryGetValue(s, out var f) ? f() : null;
    public static long Big => 0x1234567890abcdefL;
  }
}
EOF
	dotnet build -c Release -o "$t/program/out" "$t/program" >/dev/null
	cp "$t/program/out/program.dll" ../assemblies
	python3 - <<'EOF'
import zlib
program = open("../assemblies/program.dll", "rb").read()
at = program.index(b"MPDB") + 8
open("../assemblies/symbols.pdb", "wb").write(zlib.decompressobj(-15).decompress(program[at:]))
EOF
fi
ls -l
