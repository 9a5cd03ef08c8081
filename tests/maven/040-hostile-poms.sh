#!/bin/bash
# POMs and metadata of a registry that means harm end in one clear error each,
# soon and in bounded memory; what is good beside them comes.
. "$(dirname "$0")/lib.sh"

mkmaven "$T/up" <<'END'
artifact("g:good:1")
# Parents and BOMs in circles, and BOMs that multiply.
artifact("g:loop-a:1", parent="g:loop-b:1", packaging="pom"); artifact("g:loop-b:1", parent="g:loop-a:1", packaging="pom")
artifact("g:self:1", parent="g:self:1")
for i in range(70): artifact("g:up%d:1" % i, parent="g:up%d:1" % (i + 1), packaging="pom")
artifact("g:bom-a:1", packaging="pom", imports=["g:bom-b:1"]); artifact("g:bom-b:1", packaging="pom", imports=["g:bom-a:1"])
for i in range(12): artifact("g:bomb%d:1" % i, packaging="pom", imports=["g:bomb%d:1" % (i + 1)] * 8)
artifact("g:bomb12:1", packaging="pom")
artifact("g:user:1", imports=["g:bom-a:1"], needs=["g:x:"]); artifact("g:bombed:1", imports=["g:bomb0:1"], needs=["g:x:"])
# Properties that need each other, and that grow.
artifact("g:prop:1", props={"a": "${b}", "b": "${a}"}, needs=["g:good:${a}"])
artifact("g:grow:1", props=dict([("p0", "x" * 50)] + [("p%d" % i, "${p%d}" % (i - 1) * 10) for i in range(1, 12)]), needs=["g:good:${p11}"])
# Dependencies without end, and dependencies on itself.
artifact("g:many:1", needs=["g:d%d:1" % i for i in range(30000)])
artifact("g:more:1", pom="<project><dependencies>" + "<dependency><groupId>g</groupId></dependency>" * 250000 + "</dependencies></project>")
artifact("g:circle:1", needs=["g:round:1"]); artifact("g:round:1", needs=["g:circle:1"])
# XML that would grow, read files, or is none.
artifact("g:entity:1", pom='<!DOCTYPE p [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><project>&b;</project>')
artifact("g:file:1", pom='<!DOCTYPE p [<!ENTITY x SYSTEM "file:///etc/passwd">]><project><groupId>&x;</groupId></project>')
artifact("g:deep:1", pom="<project>" + "<a>" * 100000)
artifact("g:html:1", pom="<html><body>log in</body></html>")
artifact("g:cut:1", pom="<project><groupId>g</gro")
artifact("g:old:1", pom='<?xml version="1.0" encoding="windows-1252"?>\n<project><!-- caf\xe9 --><groupId>g</groupId><artifactId>old</artifactId><version>1</version><name>&eacute;t\xe9</name></project>'.encode("latin-1"))
# Names that are paths.
artifact("g:names:1", needs=["../../etc:passwd:1", "g:a/b:1", "g:good:../1", "g:good:1:compile:jar:../../x", "${nobody}:x:1", "g:good:1"])
metadata()
put("g/listing/maven-metadata.xml", "<metadata><versioning><versions><version>../../x</version><version>1</version>" + "<version>2</version>" * 1000 + "</versions></versioning></metadata>")
artifact("g:listing:1")
put("g/wrong/maven-metadata.xml", "<project/>"); artifact("g:wrong:1")
END
start_faulty up
cd "$T"
expect 0 "$FERRY" init --store near --name near
# sync NAME TEXT: wanted alone, it fails with this.
bad() {
	maven_conf "$BASE/" "packages = [ \"g:$1:1\", \"g:good:1\" ];"
	expect 4 timeout 20 "$FERRY" --config near.conf sync
	has out "$2"
}
good() {
	maven_conf "$BASE/" "packages = [ \"g:$1:1\" ];"
	expect 0 timeout 20 "$FERRY" --config near.conf sync
}

say "circles and bombs"
bad loop-a "its parents are a loop: g:loop-"
bad self "its parents are a loop: g:self:1 is above itself"
bad up0 "more than 64 parents"
bad user "more than 32 BOMs that import each other"
bad bombed "POMs to read it"
bad prop "its properties need each other"
bad grow "once its properties are replaced"
bad many "more than 5000 dependencies"
bad more "more than 400000 elements"
good circle

say "XML that is none, or is not to be read"
bad entity "document type declaration"
bad file "document type declaration"
bad deep "nested more than 64 deep"
bad html "its element is <html>"
bad cut "reading a POM"
good old
bad wrong "this is not the maven-metadata.xml of 'g:wrong'"
good listing

say "names that are paths are none"
: >log
good names
! grep -q '\.\.' log || fail "$(grep '\.\.' log)"
! grep -q 'passwd\|nobody' log || fail "$(cat log)"

say "memory stays small"
maven_conf "$BASE/" 'packages = [ "g:more:1", "g:many:1", "g:bombed:1" ];'
(ulimit -v 1000000; "$FERRY" --config near.conf sync >out 2>err) && fail "nothing failed"
has out "more than 400000 elements"
