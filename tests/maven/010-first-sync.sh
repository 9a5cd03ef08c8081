#!/bin/bash
# A first sync of what is wanted by name, with what it needs: exactly the POMs
# that a build reads and the files that it uses; a second one with nothing new;
# files that are wanted later; checksums that lie; versions that no list has.
. "$(dirname "$0")/lib.sh"

mkmaven "$T/up" <<'END'
artifact("org.p:parent:3", packaging="pom", props={"leaf.version": "2.0"}, manage=["g:leaf:${leaf.version}"], imports=["g:bom:1"])
artifact("g:bom:1", packaging="pom", manage=["g:managed:5:::linux"])
artifact("g:app:1.0", parent="org.p:parent:3", needs=["g:leaf:", "g:managed::::linux", "g:mid:1", "?g:never:1", "g:tests:1:test", "g:given:1:provided"])
artifact("g:app:1.1", parent="org.p:parent:3", needs=["g:leaf:"])
artifact("g:app:2.0-rc1")
artifact("g:leaf:1.0"); artifact("g:leaf:2.0")
artifact("g:managed:5", files={"linux.jar": None, "mac.jar": None})
# Nearest wins: deep:1 by way of mid, deep:2 one level further; both POMs are read.
artifact("g:mid:1", needs=["g:deep:1", "g:far:1", "g:cut:1"], exclude={"g:cut": ["g:gone"]})
artifact("g:far:1", needs=["g:deep:2"])
artifact("g:deep:1"); artifact("g:deep:2", needs=["g:below:1"]); artifact("g:below:1")
artifact("g:cut:1", needs=["g:gone:1", "gone:x:1"]); artifact("g:gone:1")
artifact("gone:x:1")
artifact("g:moved:1", packaging="pom", more="<distributionManagement><relocation><groupId>new</groupId></relocation></distributionManagement>")
artifact("new:moved:1"); artifact("g:mover:1", needs=["g:moved:1"])
artifact("g:range:1", needs=["g:leaf:[1.0,2.0)"])
metadata()
artifact("g:hidden:7", packaging="bundle")
END
start_faulty up
cd "$T"
maven_conf "$BASE/" 'packages = [ "g:app:1.0", "g:hidden:7" ];'
expect 0 near init --name near

say "a dry run stores nothing"
expect 0 near sync --dry-run
has out "would pull maven:g:app@1.0" "would pull maven:g:hidden@7"

say "the sync takes what a build would"
expect 0 near sync
has out "0 failed"
held near >files
cat >want <<'END'
app-1.0.jar
app-1.0.pom
below-1.pom
bom-1.pom
cut-1.jar
cut-1.pom
deep-1.jar
deep-1.pom
deep-2.pom
far-1.jar
far-1.pom
hidden-7.jar
hidden-7.pom
leaf-2.0.jar
leaf-2.0.pom
managed-5-linux.jar
managed-5.pom
mid-1.jar
mid-1.pom
parent-3.pom
x-1.jar
x-1.pom
END
diff want files || fail "not the files of a build"
expect 0 near --json show g:app@1.0
jq -e '.record.files[] | select(.name == "app-1.0.jar") | .sha1 and .md5 and .sha512' out >/dev/null || fail "$(cat out)"
expect 0 near verify
has out ": 0 problems"

say "nothing new: one request for what may be newer, none for what a version says it needs"
: >log
expect 0 near --json sync
has out '"added":0' '"failures":[]'
[ "$(asked '/g/app/maven-metadata.xml 304')" = 1 ] || fail "$(cat log)"
[ "$(asked '.*')" = 2 ] || fail "$(cat log)" # and g:hidden, which has no list

say "more files of a version that is here: only those are asked for"
maven_conf "$BASE/" 'packages = [ "g:managed:5:jar:mac", "g:managed:5:jar" ];'
: >log
expect 0 near sync
[ "$(asked '.*managed-5.*')" = 4 ] || fail "$(cat log)"
expect 0 near show g:managed@5
has out managed-5-linux.jar managed-5-mac.jar managed-5.jar managed-5.pom

say "wanted as a POM first, and for itself later in the same run"
mkmaven up <<<'artifact("z:last:1"); artifact("a:first:1", needs=["z:mid:1"]); artifact("z:mid:1", parent="z:last:1"); metadata()'
maven_conf "$BASE/" 'packages = [ "a:first:1", "z:last:[1,2)" ];'
expect 0 near sync
held near | grep -qx last-1.jar || fail "$(held near)"

say "sources, javadoc, signatures: where they are, and asked for once where not"
mkmaven up <<'END'
artifact("s:full:1", files={"sources.jar": None, "jar.asc": "sig", "pom.asc": "sig"}, sums=("sha1", "sha512"))
artifact("s:none:1"); metadata()
END
maven_conf "$BASE/" 'packages = [ "s:full:1", "s:none:1" ]; sources = true; javadoc = true; signatures = true; checksums = [ "sha512", "sha1", "md5" ];'
expect 0 near sync
expect 0 near show s:full@1
has out full-1-sources.jar full-1.jar.asc full-1.pom.asc
: >log
expect 0 near --json sync
has out '"added":0'
! grep -v maven-metadata.xml log || fail "asked for once more"

say "ranges take the highest that a list has; a relocation's files are elsewhere"
maven_conf "$BASE/" 'packages = [ "g:range:1", "g:mover:1", "g:app" ]; select = ( { name = "g:app"; versions = "[1,)"; latest = 2; prereleases = true; dependencies = false; } );'
expect 0 near sync
has out "0 failed"
held near >files
for file in leaf-1.0.jar moved-1.jar moved-1.pom app-1.1.jar app-2.0-rc1.jar range-1.jar; do has files "$file"; done
expect 0 near list --versions
has out "maven:new:moved"

say "what is not there is said, and nothing of it is shown"
maven_conf "$BASE/" 'packages = [ "g:app:9", "g:nothing:1", "g:app:[3,4)" ];'
expect 4 near sync
has out "maven:g:app@9: up answered 404" "maven:g:nothing@1" "no version of 'g:app' for '[3,4)'"
expect 1 near show g:app@9

say "a checksum that lies is an incident, and the version does not come"
mkmaven up <<'END'
artifact("g:liar:1"); put("g/liar/1/liar-1.jar", jar("other"), sums=())
artifact("g:zeros:1", files={"jar": b"1061"}, sums=("sha1",))
artifact("g:bare:1", sums=())
END
sum=$(cat up/g/zeros/1/zeros-1.jar.sha1)
printf '%s  zeros-1.jar\n' "${sum#0}" >up/g/zeros/1/zeros-1.jar.sha1
maven_conf "$BASE/" 'packages = [ "g:liar:1", "g:zeros:1", "g:bare:1" ];'
expect 4 near sync
has out "upstream's liar-1.jar.sha1 says" "upstream has no checksum of 2 files"
expect 0 near show g:zeros@1
expect 0 near show g:bare@1
expect 1 near show g:liar@1
expect 5 near status
has out "incident g:liar"
mkmaven up <<<'artifact("g:liar:1")'
expect 0 near sync
expect 0 near show g:liar@1

say "of several checksums the strongest decides; one that is a page says nothing"
mkmaven up <<'END'
artifact("g:weaker:1"); artifact("g:stronger:1"); artifact("g:both:1"); artifact("g:side:1")
for name in ("weaker", "both"): put("g/%s/1/%s-1.jar.md5" % (name, name), "0" * 32, sums=())
for name in ("stronger", "both"): put("g/%s/1/%s-1.jar.sha1" % (name, name), "0" * 40, sums=())
put("g/side/1/side-1.jar.sha1", "<html>build " + "0" * 40 + "</html>", sums=())
END
maven_conf "$BASE/" 'packages = [ "g:weaker:1", "g:stronger:1", "g:both:1", "g:side:1" ]; checksums = [ "sha1", "md5" ];'
expect 4 "$FERRY" --config near.conf sync
has err "weaker-1.jar of maven:g:weaker@1 is not what its .md5 says"
has out "2 versions pulled" "2 failed" "stronger-1.jar.sha1 says" "both-1.jar.sha1 says"
for name in stronger both; do expect 1 near show g:$name@1; done

say "a page, or an error with a 200, is no file, where nobody says what that must be"
mkmaven up <<'END'
artifact("g:page:1", sums=()); artifact("g:message:1", packaging="war", sums=())
artifact("g:script:1", files={"jar": b"#!/bin/sh\nexit\nPK"}, sums=())
put("g/page/1/page-1.jar", "\n<!DOCTYPE html><html>log in</html>", sums=())
put("g/message/1/message-1.war", '{"errors":[{"status":404}]}', sums=())
END
maven_conf "$BASE/" 'packages = [ "g:page:1", "g:message:1", "g:script:1" ];'
expect 4 near sync
has out "page-1.jar, of which upstream has no checksum, is a page or a message" "1 version pulled" "2 failed" \
    "message-1.war, of which"
expect 0 near verify

say "an answer that is not upstream's last word: asked again, never taken for absence"
mkmaven up <<'END'
artifact("h:a:1", needs=["h:b:1"]); artifact("h:b:1"); artifact("h:c:1"); metadata()
END
maven_conf "$BASE/" 'packages = [ "h:a:1", "h:c:1" ];'
printf 'h/b/1/b-1.pom status=429 2\nh/c/1/c-1.jar cut=20 1\nh/c/1/c-1.pom html 2\n' >rules
expect 4 near sync
has out "maven:h:c@1: this is not a POM: its element is <html>"
for file in a-1.jar b-1.jar; do held near | grep -qx "$file" || fail "$file"; done
expect 1 near show h:c@1
expect 0 near sync
held near | grep -qx c-1.jar || fail "c-1.jar"
