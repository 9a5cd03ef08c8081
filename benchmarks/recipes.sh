#!/bin/bash
# Recipes over trains of releases, on one processor: what travels, and how long it takes.
#
#   benchmarks/recipes.sh [--only FORMAT|week]
#
# Each version is made from the one below it.  Speeds are of the uncompressed bytes
# and of processor time; beside them is zlib's, level 6, which says how fast the
# machine is; beside the recipe is zstd's patch of the files as they are.
#
# npm fetches its packages, and dotnet NuGet's.  Gems are made of what is in npm's,
# jars come out of packages of npm, layers are of Debian's packages as they were
# released and as they are, by Go's compressor.  What is missing here is skipped.
# Then a first bundle, and a week of a project of 1,000 packages.
set -euo pipefail
TOP=$(cd "$(dirname "$0")/.." && pwd)
BENCH=$TOP/build/bench ONLY=all
TRAINS=$BENCH/trains
case "${1:-}" in
--only) ONLY=$2 ;;
'') ;;
*)
	sed -n '2,13s/^# \{0,1\}//p' "$0"
	[ "$1" = --help ] && exit 0 || exit 2
	;;
esac
cmake -S "$TOP" -B "$BENCH/build" -G Ninja -D PRESET=release >/dev/null
ninja -C "$BENCH/build" ferry fill recipe put_npm | tail -n 1
export FERRY=$BENCH/build/ferry TMPDIR=$BENCH/tmp
mkdir -p "$TMPDIR"
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
TOOLS=$BENCH/build/tests/tools
cd "$T"
wants() { [ "$ONLY" = all ] || [ "$ONLY" = "$1" ]; }
has() { command -v "$1" >/dev/null || { say "SKIP $2: no $1" && false; }; }

# get PACKAGE VERSION…: into trains/npm, once.
get() {
	local name=$1 folder version file
	folder=$TRAINS/npm/$(tr -d @ <<<"$name" | tr / -)
	mkdir -p "$folder"
	shift
	for version; do
		[ -e "$folder/$version" ] && continue
		file=$(npm pack --silent "$name@$version")
		mv "$file" "$folder/$version"
	done
}
get_npm() {
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
}

# restore PACKAGE VERSION…, more after --: into trains/nuget.
restore() {
	local name version file to
	mkdir -p nuget
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
	} >nuget/p.csproj
	NUGET_PACKAGES=$T/packages dotnet restore nuget >/dev/null
	for file in packages/*/*/*.nupkg; do
		to=$TRAINS/nuget/$(basename "$(dirname "$(dirname "$file")")")
		mkdir -p "$to"
		mv "$file" "$to/$(basename "$(dirname "$file")")"
	done
}
get_nuget() {
	[ ! -d "$TRAINS/nuget" ] && has dotnet nuget || return 0
	restore Microsoft.Extensions.Logging 9.0.22 9.0.23 -- \
	    Microsoft.EntityFrameworkCore 10.0.13 10.0.14 10.0.15 -- \
	    System.Text.Json 9.0.21 9.0.22 9.0.23 -- Npgsql 9.0.4 9.0.5 -- \
	    Serilog 4.3.0 4.3.1 -- StackExchange.Redis 3.4.29 3.4.31 3.4.35 -- \
	    NLog 6.2.0 6.2.1 6.2.2 -- Microsoft.Data.SqlClient 6.1.6 6.1.7 6.1.8 -- \
	    Polly.Core 8.8.0 8.8.1 -- MongoDB.Driver 3.11.0 3.11.1 3.11.2 -- \
	    AWSSDK.Core 4.0.102.17 4.0.102.18 4.0.102.19 -- \
	    MailKit 4.18.0 4.18.1 4.18.2 -- Quartz 4.7.1 4.7.2 4.7.3 -- \
	    FluentValidation 12.1.0 12.1.1 -- Google.Protobuf 3.36.1 3.36.2
}

get_gems() {
	local name file version
	[ ! -d "$TRAINS/gems" ] && has gem gems || return 0
	get_npm
	for name in axios eslint express fastify prettier webpack; do
		mkdir -p "$TRAINS/gems/$name"
		for file in "$TRAINS/npm/$name"/*; do
			version=$(basename "$file")
			rm -rf package
			tar -xzf "$file"
			cat >package/g.gemspec <<-END
				Gem::Specification.new do |s|
				  s.name = "$name"
				  s.version = "$version"
				  s.summary = "what a package of npm has"
				  s.authors = ["benchmarks"]
				  s.files = Dir["**/*"].select { |f| File.file?(f) }
				end
			END
			(cd package && gem build -q -o ../g.gem g.gemspec) >/dev/null 2>&1
			mv g.gem "$TRAINS/gems/$name/$version"
		done
	done
}

# jar PACKAGE PATH VERSION…: out of packages of npm.
jar() {
	local name=$1 path=$2 version file
	mkdir -p "$TRAINS/jars/$name"
	shift 2
	for version; do
		file=$(npm pack --silent "$name@$version")
		tar -xOzf "$file" "package/$path" >"$TRAINS/jars/$name/$version"
	done
}
get_jars() {
	[ ! -d "$TRAINS/jars" ] || return 0
	jar google-closure-compiler-java compiler.jar \
	    20261006.0.0 20261007.0.0 20261011.0.0 20261015.0.0
	jar vnu-jar build/dist/vnu.jar 26.9.5 26.9.7 26.9.16 26.9.27
}

# layer NAME VERSION ROOT
layer() {
	mkdir -p "$TRAINS/layers/$1"
	tar -C "$3" --sort=name --owner=0 --group=0 --numeric-owner -cf - . |
	    ./go/gz >"$TRAINS/layers/$1/$2"
}
# update NAME PACKAGES: a layer of the old ones, and one in which those whose names
# begin so are the new ones.
update() {
	local deb
	cp -a 1 2
	for deb in debs/new/"$2"*; do dpkg-deb -x "$deb" 2; done
	layer "$1" 2 2
	ln old "$TRAINS/layers/$1/1"
	rm -rf 2
}
download() { apt-get -o APT::Sandbox::User=root download -q "$1" >/dev/null; }
get_layers() {
	local name versions old new
	[ ! -d "$TRAINS/layers" ] && has go layers && has apt-get layers || return 0
	mkdir -p go debs/old debs/new
	cat >go/main.go <<-'END'
		package main

		import ("compress/gzip"; "io"; "os")

		func main() {
			w := gzip.NewWriter(os.Stdout)
			if _, err := io.Copy(w, os.Stdin); err != nil { os.Exit(1) }
			if w.Close() != nil { os.Exit(1) }
		}
	END
	(cd go && GO111MODULE=off GOCACHE=$T/cache go build -o gz main.go)
	for name in base-files bash coreutils dash debconf dpkg findutils grep gzip \
	    libgcc-s1 libgnutls30 libicu72 libpcre2-8-0 libsqlite3-0 libstdc++6 \
	    perl-modules-5.36 sed tar tzdata util-linux zlib1g \
	    curl libcurl4 openssl libssl3 git perl-base libperl5.36 \
	    python3.11-minimal libpython3.11-stdlib libexpat1 libxml2 nginx libc6 \
	    xz-utils libpng16-16 libarchive13 sudo; do
		versions=$(apt-cache madison "$name" | awk '{ print $3 }' | sort -uV)
		old=$(head -n 1 <<<"$versions") new=$(tail -n 1 <<<"$versions")
		(cd debs/old && download "$name=$old")
		(cd debs/new && download "$name=$new")
	done
	mkdir 1
	for name in debs/old/*; do dpkg-deb -x "$name" 1; done
	layer old 1 1
	mv "$TRAINS/layers/old/1" old
	rmdir "$TRAINS/layers/old"
	for name in git libc6 openssl; do
		update "$name" "$name"
	done
	update all ''
}

table() {
	[ -d "$TRAINS/$1" ] || return 0
	say "$1"
	python3 - "$TRAINS/$1" "$TOOLS/recipe" <<'END'
import io, json, os, re, subprocess, sys, tarfile, time, zipfile, zlib
folder, tool = sys.argv[1:]
def run(*args):
    return json.loads(subprocess.run([tool, *args], stdout=subprocess.PIPE).stdout)
def contents(path):
    data = open(path, "rb").read()
    if data[:4] == b"PK\3\4":
        z = zipfile.ZipFile(io.BytesIO(data))
        return [z.read(i) for i in z.infolist()]
    if data[:2] == b"\x1f\x8b":
        return [zlib.decompress(data, 31)]
    t = tarfile.open(fileobj=io.BytesIO(data))
    return [zlib.decompress(t.extractfile(m).read(), 31) for m in t if m.name.endswith(".gz")]
def again(path):
    "seconds to compress at level 6, bytes"
    parts = contents(path)
    start = time.process_time()
    for p in parts:
        zlib.compress(p, 6)
    return time.process_time() - start, sum(map(len, parts))
order = lambda v: [int(x) if x.isdigit() else x for x in re.split(r"(\d+)", v)]
total = dict.fromkeys(("blob", "recipe", "patch", "image", "make", "apply", "zlib", "raw"), 0)
print("%-38s %9s %8s %6s %6s  %5s %5s %5s" %
    ("package", "bytes", "recipe", "ratio", "patch", "make", "apply", "zlib"))
def show(what, r):
    print("%-38s %9d %8d %6.1f %6.1f  %5.1f %5.1f %5.1f" % (what, r["blob"], r["recipe"],
        r["blob"] / r["recipe"], r["blob"] / r["patch"], r["image"] / 1e6 / r["make"],
        r["image"] / 1e6 / r["apply"], r["raw"] / 1e6 / r["zlib"]), flush=True)
memory = pairs = 0
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
        subprocess.run(["zstd", "-qf", "-9", "--long=27", "--patch-from", a, b, "-o", "p"],
            stderr=subprocess.DEVNULL, check=True)
        row = {"blob": made["blob"], "recipe": made["recipe"],
            "patch": os.path.getsize("p"), "image": made["image"],
            "make": made["seconds"], "apply": applied["seconds"]}
        row["zlib"], row["raw"] = again(b)
        memory = max(memory, applied["memory"])
        pairs += 1
        for k in total:
            total[k] += row[k]
        show("%s %s" % (name, new), row)
show("all %d" % pairs, total)
END
}

stores() { # makes near and far, which trust each other
	rm -rf near far
	"$FERRY" --store near init --name near >/dev/null
	"$FERRY" --store far init --name far >/dev/null
	"$FERRY" --store near key export near.pem
	"$FERRY" --store far key export far.pem
	"$FERRY" --store far trust add near.pem --name near >/dev/null
	"$FERRY" --store near trust add far.pem --name far >/dev/null
}
# exported STORE OPTION…: what is new in it goes into m.
exported() {
	local store=$1
	shift
	rm -rf m
	mkdir m
	/usr/bin/time -o export.out -f '%e s, %U s of processors, %M kB' \
	    "$FERRY" --store "$store" export --to m "$@" >export.log 2>&1 || fail "$(cat export.log)"
}
imported() { # STORE
	/usr/bin/time -o import.out -f '%e s, %U s of processors, %M kB' \
	    "$FERRY" --store "$1" import m >import.log 2>&1 || fail "$(cat import.log)"
}
carried() { # BYTES WHAT
	local size
	size=$(cat m/*.tar | wc -c)
	echo "$2: $size of $1 bytes (1/$(python3 -c "print(round($1 / $size, 1))"))"
}

first_bundle() {
	local folder name version how all
	say "a first bundle of npm's, on all processors"
	stores
	for folder in "$TRAINS"/npm/*; do
		name=$(basename "$folder")
		printf '{"name":"%s","versions":{}}' "$name" >p.json
		for version in $(ls "$folder" | sort -V); do
			"$TOOLS/put_npm" near up p.json "$version=$folder/$version"
		done
	done
	all=$(cat "$TRAINS"/npm/*/* | wc -c)
	for how in --whole "--effort fast" "--effort normal" --repack; do
		rm -rf to
		cp -r far to
		# shellcheck disable=SC2086 # options
		exported near $how
		imported to
		carried "$all" "$how"
		echo "	export $(cat export.out); import $(cat import.out)"
	done
}

document() {
	curl -fsS "$(npm config get registry | sed 's,/*$,,')/$(sed 's,/,%2f,' <<<"$1")"
}
# before FILE: FILE.before is the document as it was before the last version.
before() {
	python3 - "$1" <<-'END'
		import json, sys
		path = sys.argv[1]
		doc = json.load(open(path))
		def write(to):
		    with open(to, "w") as f:
		        json.dump(doc, f, separators=(",", ":"), ensure_ascii=False)
		write(path)
		last = max(doc["versions"], key=lambda v: doc["time"].get(v, ""))
		del doc["versions"][last], doc["time"][last]
		doc["dist-tags"] = {t: v for t, v in doc["dist-tags"].items()
		    if v in doc["versions"]}
		write(path + ".before")
	END
}
# A week: of 1,000 packages 16 got a version, and the documents of these.
week() {
	local file name new
	say "a week of 1,000 packages"
	stores
	"$TOOLS/fill" near --packages 984 --versions 1 --size 20000 >/dev/null
	mkdir -p docs
	new=0
	for name in react-dom typescript undici webpack vite prettier eslint lodash express \
	    @babel/core @types/node axios semver commander rollup fastify; do
		file=docs/$(tr -d @ <<<"$name" | tr / -)
		document "$name" >"$file"
		before "$file"
		set -- $(ls "$TRAINS/npm/$(basename "$file")" | sort -V)
		"$TOOLS/put_npm" near up "$file.before" \
		    "$2=$TRAINS/npm/$(basename "$file")/$2"
	done
	exported near
	imported far
	"$FERRY" --store near receipt add m/ferry-receipt-far-near.txt >/dev/null
	for file in docs/*.before; do
		name=$(basename "$file" .before)
		set -- $(ls "$TRAINS/npm/$name" | sort -V)
		"$TOOLS/put_npm" near up "docs/$name" "$3=$TRAINS/npm/$name/$3"
		new=$((new + $(wc -c <"$TRAINS/npm/$name/$3") + $(wc -c <"docs/$name")))
	done
	# Each from what was exported last: a site that got more has other documents.
	cp -r near again
	exported again --for far --whole
	carried "$new" --whole
	exported near --for far
	carried "$new" "--effort normal"
	imported far
	echo "	export $(cat export.out); import $(cat import.out)"
	"$FERRY" --store far verify >/dev/null
}

for format in npm nuget gems jars layers; do
	wants $format || continue
	get_$format
	table $format
done
if wants npm; then first_bundle; fi
if wants week; then
	get_npm
	week
fi
