#!/bin/bash
# Recipes over real releases, on one processor: what travels, and how long it takes.
#
#   benchmarks/recipes.sh [FOLDER]
#
# FOLDER has a folder for each package, with two or more files named after their
# versions; without it npm gets some, and dotnet, where it is.  Each version is made from the one below it.
# Speeds are of the uncompressed bytes (image) and of processor time; beside them is
# zstd's patch of the files as they are.  Then a first bundle of them all, and the
# time and memory of its import.
set -euo pipefail
TOP=$(cd "$(dirname "$0")/.." && pwd)
BENCH=$TOP/build/bench
cmake -S "$TOP" -B "$BENCH/build" -G Ninja -D PRESET=release >/dev/null
ninja -C "$BENCH/build" ferry recipe put_npm | tail -n 1
export FERRY=$BENCH/build/ferry RECIPE=$BENCH/build/tests/tools/recipe
PUT_NPM=$BENCH/build/tests/tools/put_npm
export TMPDIR=$BENCH/tmp
mkdir -p "$TMPDIR"
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"

# get PACKAGE VERSION…: into build/bench/releases, once.
get() {
	local name=$1 folder version file
	folder=$BENCH/releases/$(tr -d @ <<<"$name" | tr / -)
	mkdir -p "$folder"
	shift
	for version; do
		[ -e "$folder/$version" ] && continue
		file=$(cd "$T" && npm pack --silent "$name@$version")
		mv "$T/$file" "$folder/$version"
	done
}
if [ $# -eq 0 ]; then
	get react-dom 19.0.0 19.1.0 19.1.1
	get typescript 5.8.2 5.8.3 5.9.2
	get undici 7.9.0 7.10.0 7.11.0
	get webpack 5.99.7 5.99.8 5.99.9
	get vite 6.3.3 6.3.4 6.3.5
	get prettier 3.5.1 3.5.2 3.5.3
	get eslint 9.26.0 9.27.0 9.28.0
	get lodash 4.17.19 4.17.20 4.17.21
	get express 5.0.0 5.0.1 5.1.0
	get @babel/core 7.27.1 7.27.3 7.27.4
	get @types/node 22.15.19 22.15.20 22.15.21
	get axios 1.8.4 1.9.0 1.10.0
	get semver 7.7.0 7.7.1 7.7.2
	get commander 13.0.0 13.1.0 14.0.0
	get rollup 4.40.0 4.40.1 4.40.2
	get fastify 5.3.0 5.3.1 5.3.2
fi
SET=$(realpath "${1:-$BENCH/releases}")
cd "$T"

# get_nuget PACKAGE VERSION…, more after --: patch releases, into build/bench/nupkgs.
get_nuget() {
	local name version to
	mkdir -p "$T/nuget"
	{
		echo '<Project Sdk="Microsoft.NET.Sdk"><PropertyGroup>'
		dotnet --version |
		    sed 's,\..*,.0</TargetFramework>,; s,^,<TargetFramework>net,'
		echo '</PropertyGroup><ItemGroup>'
		while [ $# -gt 0 ]; do
			name=$1
			shift
			version=
			while [ $# -gt 0 ] && [ "$1" != -- ]; do
				version="$version${version:+;}[$1]"
				shift
			done
			echo "<PackageDownload Include=\"$name\" Version=\"$version\" />"
			[ $# -eq 0 ] || shift
		done
		echo '</ItemGroup></Project>'
	} >"$T/nuget/p.csproj"
	NUGET_PACKAGES=$T/packages dotnet restore "$T/nuget" >/dev/null
	for file in "$T"/packages/*/*/*.nupkg; do
		to=$BENCH/nupkgs/$(basename "$(dirname "$(dirname "$file")")")
		mkdir -p "$to"
		mv "$file" "$to/$(basename "$(dirname "$file")")"
	done
}
if [ $# -eq 0 ] && [ ! -d "$BENCH/nupkgs" ] && command -v dotnet >/dev/null; then
	get_nuget Microsoft.Extensions.Logging 9.0.22 9.0.23 -- \
	    Microsoft.EntityFrameworkCore 10.0.13 10.0.14 10.0.15 -- \
	    System.Text.Json 9.0.21 9.0.22 9.0.23 -- Npgsql 9.0.4 9.0.5 -- \
	    Serilog 4.3.0 4.3.1 -- StackExchange.Redis 3.4.29 3.4.31 3.4.35 -- \
	    NLog 6.2.0 6.2.1 6.2.2 -- Microsoft.Data.SqlClient 6.1.6 6.1.7 6.1.8 -- \
	    Polly.Core 8.8.0 8.8.1 -- MongoDB.Driver 3.11.0 3.11.1 3.11.2 -- \
	    AWSSDK.Core 4.0.102.17 4.0.102.18 4.0.102.19 -- \
	    MailKit 4.18.0 4.18.1 4.18.2 -- Quartz 4.7.1 4.7.2 4.7.3 -- \
	    FluentValidation 12.1.0 12.1.1 -- Google.Protobuf 3.36.1 3.36.2
fi

for folder in "$SET" $([ $# -gt 0 ] || ls -d "$BENCH/nupkgs" 2>/dev/null); do
python3 - "$folder" "$RECIPE" <<'END'
import json, os, re, subprocess, sys
folder, tool = sys.argv[1:]
def run(*args):
    return json.loads(subprocess.run([tool, *args], stdout=subprocess.PIPE).stdout)
order = lambda v: [int(x) if x.isdigit() else x for x in re.split(r"(\d+)", v)]
total = dict.fromkeys(("blob", "recipe", "patch", "image", "make", "apply"), 0)
print("%-32s %9s %8s %6s %6s  %5s %5s" %
    ("package", "bytes", "recipe", "ratio", "patch", "make", "apply"))
for name in sorted(os.listdir(folder)):
    versions = sorted(os.listdir(os.path.join(folder, name)), key=order)
    for old, new in zip(versions, versions[1:]):
        a, b = (os.path.join(folder, name, v) for v in (old, new))
        made = run("-o", "r", b, a)
        if made["outcome"] != "made":
            print(name, new, made["outcome"], made["why"])
            continue
        applied = run("-a", "r", "-o", "out", b, a)
        assert open("out", "rb").read() == open(b, "rb").read()
        subprocess.run(["zstd", "-qf", "-19", "--patch-from", a, b, "-o", "p"],
            stderr=subprocess.DEVNULL, check=True)
        row = {"blob": made["blob"], "recipe": made["recipe"],
            "patch": os.path.getsize("p"), "image": made["image"],
            "make": made["seconds"], "apply": applied["seconds"]}
        for k in total:
            total[k] += row[k]
        show = lambda what, r: print("%-32s %9d %8d %6.1f %6.1f  %5.1f %5.1f" %
            (what, r["blob"], r["recipe"], r["blob"] / r["recipe"], r["blob"] / r["patch"],
            r["image"] / 1e6 / r["make"], r["image"] / 1e6 / r["apply"]))
        show("%s %s" % (name, new), row)
show("all", total)
END
done

"$FERRY" --store near init --name near >/dev/null
"$FERRY" --store far init --name far >/dev/null
"$FERRY" --store near key export near.pem
"$FERRY" --store far trust add near.pem --name near >/dev/null
for folder in "$SET"/*; do
	name=$(basename "$folder")
	printf '{"name":"%s","versions":{}}' "$name" >p.json
	for version in $(ls "$folder" | sort -V); do
		"$PUT_NPM" near up p.json "$version=$folder/$version"
	done
done
all=$(cat "$SET"/*/* | wc -c)
for how in --whole "--effort fast" "--effort normal" --repack; do
	rm -rf m to
	mkdir m
	cp -r far to
	# shellcheck disable=SC2086 # options
	/usr/bin/time -o export.out -f '%e s, %U s of processors, %M kB' \
	    "$FERRY" --store near export --to m $how >/dev/null 2>&1
	/usr/bin/time -o import.out -f '%e s, %U s of processors, %M kB' \
	    "$FERRY" --store to import m >/dev/null 2>&1
	size=$(cat m/*.tar | wc -c)
	echo "a first bundle, $how: $size of $all bytes" \
	    "(1/$(python3 -c "print(round($all / $size, 1))"));" \
	    "export $(cat export.out); import $(cat import.out)"
done

# A quiet week: documents that a version or two came into, and nothing else.  The one
# before is made by taking out what was published last.
[ $# -eq 0 ] || exit 0
document() {
	curl -fsS "$(npm config get registry | sed 's,/*$,,')/$(sed 's,/,%2f,' <<<"$1")"
}
rm -rf near far m
"$FERRY" --store near init --name near >/dev/null
"$FERRY" --store far init --name far >/dev/null
"$FERRY" --store near key export near.pem
"$FERRY" --store far key export far.pem
"$FERRY" --store far trust add near.pem --name near >/dev/null
"$FERRY" --store near trust add far.pem --name far >/dev/null
mkdir docs
for name in react-dom typescript undici webpack vite prettier eslint lodash express \
    @babel/core @types/node axios semver commander rollup fastify; do
	file=docs/$(tr / - <<<"$name")
	document "$name" >"$file"
	python3 - "$file" <<-'END'
		import json, sys
		doc = json.load(open(sys.argv[1]))
		def write(to):
		    with open(to, "w") as f:
		        json.dump(doc, f, separators=(",", ":"), ensure_ascii=False)
		write(sys.argv[1])
		when = sorted(doc["versions"], key=lambda v: doc["time"].get(v, ""))
		for v in when[-2:]:
		    del doc["versions"][v], doc["time"][v]
		doc["dist-tags"] = {t: v for t, v in doc["dist-tags"].items()
		    if v in doc["versions"]}
		write(sys.argv[1] + ".before")
	END
	"$PUT_NPM" near up "$file.before"
done
mkdir m
"$FERRY" --store near export --to m >/dev/null 2>&1
"$FERRY" --store far import m >/dev/null 2>&1
"$FERRY" --store near receipt add m/ferry-receipt-far-near.txt >/dev/null
for file in docs/*.before; do
	"$PUT_NPM" near up "${file%.before}"
done
for how in --whole ""; do
	rm -rf m
	mkdir m
	# shellcheck disable=SC2086 # options
	"$FERRY" --store near export --to m --for far $how >/dev/null 2>&1
	echo "a week of documents${how:+, $how}:" \
	    "$(cat m/*.tar | wc -c) of $(find docs -type f ! -name "*.before" -exec cat {} + | wc -c) bytes"
done
"$FERRY" --store far import m >/dev/null 2>&1
"$FERRY" --store far verify >/dev/null
