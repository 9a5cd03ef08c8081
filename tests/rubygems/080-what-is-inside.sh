#!/bin/bash
# What is inside gems and beside them: signatures and attestations are kept, and
# clients verify them; specifications that are made of a gem are those that
# RubyGems makes; bombs end in little memory.
. "$(dirname "$0")/lib.sh"

cd "$T"
openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 400 \
    -subj "/CN=anna/DC=example/DC=org" -addext keyUsage=digitalSignature,keyCertSign >/dev/null 2>&1
mkgems "$T/up" <<'END'
gem "signed", "1.0", cert_chain: ["../cert.pem"].map { |f| File.expand_path(f, DIR) }, signing_key: File.expand_path("../key.pem", DIR)
gem "plain", "1.0", needs: { "signed" => [">= 0.9", "< 2"], "other" => "~> 1.2.3" }, dev: { "rake" => "> 0" },
    required_ruby_version: [">= 2.5", "< 9"], required_rubygems_version: "> 1.3.1",
    metadata: { "source_code_uri" => "https://example.org/src", "rubygems_mfa_required" => "true" },
    email: ["anna@example.org", "bert@example.org"], licenses: ["MIT", "Ruby"]
gem "other", "1.2.3.4"
gem "other", "1.2.4.rc1"
gem "other", "1.2.3.4", "x86_64-linux"
gem "other", "1.2.3.4", "universal-java-11"
gem "utf-8", "1.0", summary: "Grüße, 日本語", authors: ["Jürgen"], description: "\u{1f600}"
index
marshal
END
tar -tf up/gems/signed-1.0.gem >out
has out metadata.gz.sig data.tar.gz.sig checksums.yaml.gz.sig
mkdir -p up/api/v1/attestations
# attest GEM FILE: a bundle without a certificate, of the gem that is FILE.
attest() {
	ruby -rjson -rdigest -e 'statement = { _type: "https://in-toto.io/Statement/v1",
	    subject: [{ name: "#{ARGV[0]}.gem", digest: { sha256: Digest::SHA256.file(ARGV[1]).hexdigest } }],
	    predicateType: "https://slsa.dev/provenance/v1", predicate: {} }
	    puts [{ mediaType: "application/vnd.dev.sigstore.bundle.v0.3+json",
	        dsseEnvelope: { payload: [statement.to_json].pack("m0"), payloadType: "application/vnd.in-toto+json",
	        signatures: [{ sig: "AA==" }] } }].to_json' "$1" "$2" >"up/api/v1/attestations/$1.json"
}
attest plain-1.0 up/gems/plain-1.0.gem
attest utf-8-1.0 up/gems/plain-1.0.gem
start_gems up
gems_conf "$BASE/" 'select = ( { name = "plain"; }, { name = "utf-8"; }, { name = "other"; prereleases = true; } );
    attestations = true;'
expect 0 near init --name near
expect 0 near sync
has out "7 versions pulled"
has err "utf-8-1.0.attestations.json of upstream 'gems' is left out: they are not attestations of this gem"
expect 0 near show plain@1.0
has out plain-1.0.attestations.json
start_ferryd near
G=$URL/rubygems/
curl -sf "${G}api/v1/attestations/plain-1.0.json" | cmp - up/api/v1/attestations/plain-1.0.json
[ "$(curl -s -o out -w '%{http_code}' "${G}api/v1/attestations/other-1.2.3.4.json")" = 404 ] || fail "an attestation of nothing"

say "a signed gem is verified by gem, with the certificate and not without"
curl -sf "${G}gems/signed-1.0.gem" | cmp - up/gems/signed-1.0.gem
expect 1 client "$T/c1" gem install --no-document -P HighSecurity signed --clear-sources --source "$G"
expect 0 client "$T/c1" gem cert --add cert.pem
expect 0 client "$T/c1" gem install --no-document -P HighSecurity signed --clear-sources --source "$G"
has out "signed-1.0"

say "a gem in parts"
n=$(stat -c %s up/gems/plain-1.0.gem)
[ "$(curl -s -o part -w '%{http_code}' -H 'Range: bytes=100-199' "${G}gems/plain-1.0.gem")" = 206 ] || fail "no 206"
cmp part <(tail -c +101 up/gems/plain-1.0.gem | head -c 100)
[ "$(curl -s -o part -w '%{http_code}' -H "Range: bytes=$n-" "${G}gems/plain-1.0.gem")" = 416 ] || fail "no 416"
kill "$LASTPID"

say "specifications made of gems are RubyGems' own"
rm -rf far
mv up/quick quick
expect 0 "$FERRY" --store far init --name far
sed 's/"near"/"far"/' near.conf >far.conf
expect 0 "$FERRY" --config far.conf sync
start_ferryd far
for spec in quick/Marshal.4.8/*.rz; do
	curl -sf "$URL/rubygems/$spec" -o "ours-${spec##*/}"
done
cat >same.rb <<'END'
require "zlib"
Dir["quick/Marshal.4.8/*.rz"].each do |file|
  text, ours = [file, "ours-#{File.basename(file)}"].map { |f| Zlib.inflate(File.binread(f)) }
  a, b = Marshal.load(text), Marshal.load(ours)
  fields = %i[name version platform original_platform date summary description homepage authors email licenses
    metadata required_ruby_version required_rubygems_version dependencies rubygems_version]
  fields.each do |f|
    x, y = a.send(f), b.send(f)
    # A platform is an object there and a text here; clients take both.
    x, y = x.to_s, y.to_s if f == :platform
    abort "#{file} #{f}: #{x.inspect} is #{y.inspect}" unless x == y && x.class == y.class
  end
end
END
ruby same.rb || fail "specifications differ"
expect 0 client "$T/c2" gem install --no-document plain --clear-sources --source "$URL/rubygems/"
has out "Successfully installed other-1.2.3.4-x86_64-linux" "Successfully installed plain-1.0"
expect 0 client "$T/c2" gem specification -r plain --clear-sources --source "$URL/rubygems/"
has out "email:" "bert@example.org" "rubygems_mfa_required: 'true'"
kill "$LASTPID"
mv quick up/quick

say "bombs: metadata that unpacks to 600 MB, and YAML that nests and repeats without end"
head -c 600M /dev/zero | gzip -9 >big.gz
ruby -e 'puts "--- !ruby/object:Gem::Specification", "name: bomb", "a: &a [x]", *("a".."z").each_cons(2).map { |a, b| "#{b}: &#{b} [" + Array.new(20) { "*#{a}" }.join(",") + "]" }' | gzip >alias.gz
ruby -e 'puts "--- !ruby/object:Gem::Specification", "name: bomb", "x: " + "[" * 2_000_000' | gzip >deep.gz
mkgems up <<'END'
gem "bomb", "1.0"
gem "bomb", "1.1"
gem "bomb", "1.2"
END
mkdir x
v=0
for bomb in big alias deep; do
	tar -xf up/gems/bomb-1.$v.gem -C x
	cp $bomb.gz x/metadata.gz
	(cd x && ruby -rdigest -rzlib -e 'File.binwrite("checksums.yaml.gz", Zlib.gzip("---\nSHA256:\n" +
	    %w[metadata.gz data.tar.gz].map { |f| "  #{f}: #{Digest::SHA256.file(f).hexdigest}\n" }.join))')
	tar -cf up/gems/bomb-1.$v.gem --format=ustar -C x metadata.gz data.tar.gz checksums.yaml.gz
	v=$((v + 1))
done
python3 - <<'END'
import hashlib
text = "---\n" + "".join("1.%d |checksum:%s\n" % (i, hashlib.sha256(open("up/gems/bomb-1.%d.gem" % i, "rb").read()).hexdigest()) for i in range(3))
open("up/info/bomb", "w").write(text)
open("up/versions", "a").write("bomb 1.0,1.1,1.2 %s\n" % hashlib.md5(text.encode()).hexdigest())
END
gems_conf "$BASE/" 'select = ( { name = "bomb"; } );'
got=0
/usr/bin/time -f '%M %e' -o cost "$FERRY" --config near.conf sync >out 2>err || got=$?
[ $got = 4 ] || fail "sync ended with $got: $(cat out err)"
has out "3 failed" "0 versions pulled" "unpacked it has more than" "nested too deep"
read -r kb seconds < <(tail -n 1 cost)
say "$((kb / 1000)) MB, $seconds s"
[ "$kb" -lt 128000 ] || fail "$kb kB"
