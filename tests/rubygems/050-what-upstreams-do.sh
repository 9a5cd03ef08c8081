#!/bin/bash
# Yanks, bytes that change under a name, gems that are not what they are called,
# broken indexes, and the oddities of old ones.
. "$(dirname "$0")/lib.sh"

mkgems "$T/up" <<'END'
%w[1.0 1.1 1.2].each { |v| gem "foo", v }
gem "bar", "1.0", needs: { "foo" => "~> 1.0" }, required_ruby_version: [">= 1.9.3", "< 9"]
gem "swapped", "1.0"
index
marshal
END
start_gems up
cd "$T"
gems_conf "$BASE/" 'select = ( { name = "foo"; }, { name = "bar"; }, { name = "swapped"; } );'
expect 0 near init --name near
expect 0 near sync
has out "5 versions pulled"

say "a yank: recorded, kept, and said once"
mkgems up <<'END'
yank "foo", "1.1"
index
END
has up/versions "foo -1.1 "
expect 0 near sync
has out "rubygems:foo@1.1: upstream lists it no more"
expect 0 near --json show foo@1.1
has out '"gone_at"'
expect 0 near verify
expect 0 near sync
hasnt out "no more"

say "all versions yanked; and one that comes back"
mkgems up <<'END'
yank "swapped", "1.0"
gem "foo", "1.1"
index
END
[ "$(cat up/info/swapped)" = --- ] || fail "$(cat up/info/swapped)"
expect 4 near sync
has out "rubygems:swapped@1.0: upstream lists it no more"
expect 0 near --json show foo@1.1
hasnt out gone_at
expect 0 near --json show swapped@1.0
has out '"gone_at"'

mkgems up <<<'yank "foo", "1.1"; index'
expect 4 near sync
say "where yanks are not to hide anything"
gems_conf "$BASE/" 'select = ( { name = "foo"; }, { name = "bar"; } ); withdrawn = "keep";'
mkgems up <<'END'
yank "foo", "1.0"
index
END
expect 0 near sync
has out "rubygems:foo@1.0: upstream lists it no more; it is kept, and clients still get it"
for v in 1.0 1.1; do
	expect 0 near --json show foo@$v
	has out '"gone_at"' '"kept"'
done

say "a gem that the list has no more, or whose document is gone in any way: the same"
cp -r up before
for how in "" 404 410 451; do
	if [ -z "$how" ]; then
		sed -i '/^bar /d' up/versions
	else
		sed -i "s/^bar 1.0 .*/bar 1.0 0123456789012345678901234567890${how:2:1}/" up/versions
		echo "/info/bar status=$how 99" >rules
	fi
	expect 0 near sync
	has out "rubygems:bar@1.0: upstream lists it no more" "0 failed"
	expect 0 near status
	has out "withdrawn    rubygems:bar: upstream lists 1 version no more (1.0)"
	: >rules
	cp before/versions up/versions
	expect 0 near sync
	expect 0 near --json show bar@1.0
	hasnt out gone_at
done
rm -rf before

say "changed bytes under a name are an incident; what is here is kept"
gems_conf "$BASE/" 'select = ( { name = "foo"; }, { name = "bar"; } );'
before=$(sha256sum up/gems/foo-1.2.gem | cut -d' ' -f1)
mkgems up <<'END'
gem "foo", "1.2", summary: "something else"
index
END
expect 4 near sync
has out "rubygems:foo@1.2: upstream 'gems' now declares sha256:"
expect 0 near show foo@1.2
has out "sha256:$before"
expect 5 near status
has out "foo"

say "a gem that is not what the index says, in the index or inside"
mkgems up <<'END'
gem "liar", "1.0"
gem "liar", "1.1"
gem "liar", "1.2"
gem "liar", "1.3"
gem "liar", "1.4"
index
END
cp up/gems/foo-1.2.gem up/gems/liar-1.0.gem
cp up/gems/bar-1.0.gem up/gems/liar-1.1.gem
mkdir x
tar -xf up/gems/liar-1.2.gem -C x
printf x >>x/data.tar.gz
tar -cf up/gems/liar-1.2.gem -C x metadata.gz data.tar.gz checksums.yaml.gz
tar -cf up/gems/liar-1.3.gem -C x data.tar.gz checksums.yaml.gz
head -c 3000 up/gems/foo-1.2.gem >up/gems/liar-1.4.gem
sums=$(cd up/gems && sha256sum liar-1.[1234].gem)
python3 - "$sums" <<'END'
import hashlib, re, sys
text = open("up/info/liar").read()
for line in sys.argv[1].split("\n"):
    sha, name = line.split()
    v = name[5:8]
    text = re.sub(r"(?m)^%s (.*)checksum:[0-9a-f]+" % re.escape(v), r"%s \1checksum:%s" % (v, sha), text)
open("up/info/liar", "w").write(text)
md5 = hashlib.md5(text.encode()).hexdigest()
open("up/versions", "a").write("liar 1.9 %s\n" % md5)
END
gems_conf "$BASE/" 'select = ( { name = "liar"; } );'
expect 4 near sync
has out "0 versions pulled" "5 failed" "rubygems:liar@1.0: " \
    "rubygems:liar@1.1: the gem says that it is bar 1.0 for ruby" \
    "rubygems:liar@1.2: data.tar.gz in the gem is not what the gem's own checksums say" \
    "rubygems:liar@1.3: this is not a gem: it has no metadata.gz" "rubygems:liar@1.4: "
expect 0 near verify

rm up/gems/liar-*
sed -i /liar/d up/order
say "a document that is not what the index says, and one that is no document"
mkgems up <<'END'
gem "doc", "1.0"
gem "page", "1.0"
index
END
sed -i 's/^doc 1.0 .*/doc 1.0 0123456789abcdef0123456789abcdef/' up/versions
echo "/info/page html 9" >rules
gems_conf "$BASE/" 'packages = [ "doc", "page" ];'
expect 8 near sync
has out "rubygems:doc: content is md5:" "rubygems:page: content is md5:" "a page of a proxy or a login"
sed -i 's/^\(doc\|page\) 1.0 .*/\1 1.0 /' up/versions
: >rules
expect 0 near sync
has out "2 versions pulled"

say "an index that is a page, and one that breaks off, which is tried again"
echo "/versions html 9" >rules
gems_conf "$BASE/" 'packages = [ "doc" ];'
expect 8 near sync
has out "not a list of the versions of gems"
echo "/versions cut=100 1" >rules
expect 0 near sync
echo "/gems/ cut=100 1" >rules
gems_conf "$BASE/" 'packages = [ "bar" ];'
rm -rf near
expect 0 near init --name near
expect 0 near sync
has out "2 versions pulled"
: >rules

say "lines without anything, in base64, with commas, and lines that are none"
mkgems up <<'END'
gem "odd", "1.0", needs: { "foo" => "~> 1.2" }
gem "odd", "1.1"
gem "odd", "1.2", required_ruby_version: [">= 1.9.3", "< 9"]
gem "odd", "2.0"
index
END
python3 - <<'END'
import base64, hashlib, re
def sha(v): return hashlib.sha256(open("up/gems/odd-%s.gem" % v, "rb").read())
text = "---\n1.0 \n1.1 |checksum:%s\n1.2 |checksum:%s,ruby:< 9, >= 1.9.3,created_at:2026-05-01T10:00:00Z\nnot a version\n\n2.0" % (
    base64.b64encode(sha("1.1").digest()).decode(), sha("1.2").hexdigest())
open("up/info/odd", "w").write(text)
open("up/versions", "a").write("\n\nodd 1.0,1.1,1.2,2.0 %s\nodd\nodd x\n" % hashlib.md5(text.encode()).hexdigest())
END
gems_conf "$BASE/" 'select = ( { name = "odd"; } ); without_digests = true;'
expect 0 near sync
has out "4 versions pulled"
for v in 1.0 1.1 1.2 2.0; do
	expect 0 near --json show "odd@$v"
	has out "|checksum:$(sha256sum "up/gems/odd-$v.gem" | cut -d' ' -f1)"
	case $v in
	1.0) has out "foo:~> 1.2|" ;;
	1.2) has out ",ruby:< 9&>= 1.9.3,created_at:2026-05-01T10:00:00Z" ;;
	esac
done

say "no specification upstream, or a broken one: it is made of the gem"
rm -rf up/quick near
mkdir -p up/quick/Marshal.4.8
echo broken >up/quick/Marshal.4.8/bar-1.0.gemspec.rz
expect 0 near init --name near
gems_conf "$BASE/" 'select = ( { name = "bar"; } );'
expect 0 near sync
has err "bar-1.0.gemspec.rz of upstream 'gems' is left out"
for gem in foo-1.2 bar-1.0; do
	expect 0 near show "${gem%-*}@${gem#*-}"
	has out "$gem.gemspec.rz"
done
