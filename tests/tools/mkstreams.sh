#!/bin/sh
# mkstreams.sh FOLDER: makes tests/data/recipe/streams, with the compressors
# themselves.  A stream that is there is a promise (see the README there), so
# this only ever adds some.
set -eu
cd "$1"
t=$(mktemp -d)
trap 'rm -rf "$t"' EXIT

cat >"$t/text.py" <<'EOF'
# Words, phrases that come again a little changed, numbers, runs, noise.
import random
import sys

r = random.Random(int(sys.argv[1]))
words = ["".join(r.choice("etaoinshrdlu") for _ in range(r.randint(2, 9)))
    for _ in range(400)]
out = bytearray()
while len(out) < int(sys.argv[2]):
    kind = r.random()
    if kind < 0.55 or len(out) < 400:
        out += " ".join(r.choice(words)
            for _ in range(r.randint(3, 12))).encode() + b".\n"
    elif kind < 0.9:
        at = r.randrange(max(0, len(out) - 50000), len(out) - 100)
        piece = bytearray(out[at:at + r.randint(20, 300)])
        for _ in range(r.randint(0, 6)):
            piece[r.randrange(len(piece))] = r.randrange(97, 123)
        out += piece
    elif kind < 0.96:
        out += b"%d,%d:" % (r.randrange(10**6), r.randrange(100))
    else:
        out += bytes([r.choice(b" =-\0x")]) * r.randint(3, 400)
sys.stdout.buffer.write(out[:int(sys.argv[2])])
EOF
python3 "$t/text.py" 1 32000 >"$t/small"
python3 "$t/text.py" 2 180000 >"$t/large"
{ head -c 20000 "$t/large" | openssl enc -aes-128-ctr -K 00 -iv 00 2>/dev/null
python3 "$t/text.py" 4 4000; } >"$t/mixed"
: >"$t/empty"

cat >"$t/gz.js" <<'EOF'
const z = require('zlib'), [, , from, to, level] = process.argv;
const fs = require('fs');
fs.writeFileSync(to, z.gzipSync(fs.readFileSync(from), { level: +level }));
EOF
cat >"$t/gz.rb" <<'EOF'
require 'zlib'
from, to, level, flush = ARGV
Zlib::GzipWriter.open(to, level.to_i) do |gz|
  gz.mtime = 1
  text = File.binread(from)
  gz.write(text[0, text.size / 2])
  gz.flush if flush
  gz.write(text[text.size / 2..])
end
EOF
cat >"$t/Gz.java" <<'EOF'
import java.io.*;
import java.nio.file.*;
import java.util.zip.*;

public class Gz {
	public static void main(String[] a) throws Exception {
		int level = Integer.parseInt(a[2]);
		try (GZIPOutputStream gz =
		    new GZIPOutputStream(new FileOutputStream(a[1])) {
			    { def.setLevel(level); }
		    }) {
			gz.write(Files.readAllBytes(Paths.get(a[0])));
		}
	}
}
EOF
mkdir "$t/go"
cat >"$t/go/main.go" <<'EOF'
package main

import (
	"compress/gzip"
	"os"
	"strconv"
)

func main() {
	text, _ := os.ReadFile(os.Args[1])
	level, _ := strconv.Atoi(os.Args[3])
	file, _ := os.Create(os.Args[2])
	gz, _ := gzip.NewWriterLevel(file, level)
	gz.Write(text)
	gz.Close()
	file.Close()
}
EOF
(cd "$t/go" && GO111MODULE=off go build -o gz main.go)

mkdir "$t/net"
cat >"$t/net/net.csproj" <<'EOF'
<Project Sdk="Microsoft.NET.Sdk"><PropertyGroup>
<OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework>
</PropertyGroup></Project>
EOF
cat >"$t/net/Program.cs" <<'EOF'
using System.IO;
using System.IO.Compression;

// FROM TO CHUNK: what is written at a time, 0 for all.
int chunk = int.Parse(args[2]);
using var file = File.Create(args[1]);
using var gz = new GZipStream(file, CompressionLevel.Optimal);
byte[] text = File.ReadAllBytes(args[0]);
if (chunk == 0) chunk = text.Length;
for (int at = 0; at < text.Length; at += chunk)
	gz.Write(text, at, System.Math.Min(chunk, text.Length - at));
EOF
DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 \
    dotnet build -c Release -o "$t/net/out" "$t/net" >/dev/null
net() { dotnet "$t/net/out/net.dll" "$@"; }

# make NAME COMMAND…: unless it is there.
make() {
	name=$1
	shift
	[ -e "$name.gz" ] || "$@"
}
for level in 1 2 3 4 5 6 7 8 9; do
	make "node$level" node "$t/gz.js" "$t/small" "node$level.gz" $level
	make "ruby$level" ruby "$t/gz.rb" "$t/small" "ruby$level.gz" $level
done
for level in 4 5 6 7 8 9; do
	make "go$level" "$t/go/gz" "$t/small" "go$level.gz" $level
done
make node6-large node "$t/gz.js" "$t/large" node6-large.gz 6
make go6-large "$t/go/gz" "$t/large" go6-large.gz 6
make java6-large java "$t/Gz.java" "$t/large" java6-large.gz 6
for what in mixed empty; do
	make node9-$what node "$t/gz.js" "$t/$what" node9-$what.gz 9
	make ruby6-$what ruby "$t/gz.rb" "$t/$what" ruby6-$what.gz 6
	make go6-$what "$t/go/gz" "$t/$what" go6-$what.gz 6
done
make ruby9-flush ruby "$t/gz.rb" "$t/small" ruby9-flush.gz 9 flush
make java9 java "$t/Gz.java" "$t/small" java9.gz 9
make gzip6 sh -c "gzip -6nc '$t/large' >gzip6.gz"
make gzip9 sh -c "gzip -9nc '$t/small' >gzip9.gz"
make pigz6 sh -c "pigz -6nc '$t/large' >pigz6.gz"
make net6 net "$t/small" net6.gz 0
make net6-mixed net "$t/mixed" net6-mixed.gz 0
make net6-large net "$t/large" net6-large.gz 0
make net6-80k net "$t/large" net6-80k.gz 81920
make net6-8k net "$t/large" net6-8k.gz 8192
make net6-4k net "$t/large" net6-4k.gz 4096
make go1 "$t/go/gz" "$t/small" go1.gz 1
