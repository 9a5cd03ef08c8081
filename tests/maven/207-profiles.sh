#!/bin/bash
# Profiles that are active by files, systems, JDKs and properties, in a project, in
# its parents and in what it depends on: those of ferry are those of Debian's mvn.
. "$(dirname "$0")/lib.sh"
need_mvn

debian_repository up
cat >"$T/rows.py" <<'END'
# What a profile asks for; each brings an artifact of its own.
ROWS = dict(
    family="<os><family>unix</family></os>", linux="<os><family>linux</family></os>", noone="<os/>",
    windows="<os><family>windows</family></os>", notwindows="<os><family>!windows</family></os>",
    name="<os><name>Linux</name></os>", arch="<os><arch>x86_64</arch></os>", version="<os><version>!5</version></os>",
    jdk1="<jdk>1</jdk>", jdk17="<jdk>17</jdk>", minor="<jdk>17.0</jdk>", until="<jdk>(,17]</jdk>", since="<jdk>[11,)</jdk>",
    notjdk="<jdk>!17</jdk>", nothere="<jdk>!1.8</jdk>", middle="<jdk>[1.8,11)</jdk>",
    relative="<file><exists>here.txt</exists></file>", gone="<file><missing>here.txt</missing></file>",
    based="<file><exists>${basedir}/here.txt</exists></file>", lacks="<file><missing>${basedir}/nope</missing></file>",
    project="<file><exists>${project.basedir}/here.txt</exists></file>", folder="<file><exists>src/main</exists></file>",
    above="<file><exists>../above.txt</exists></file>", empty="<file/>",
    either="<file><exists>nope</exists><missing>nope</missing></file>",
    both="<file><exists>here.txt</exists><missing>here.txt</missing></file>",
    own="<file><exists>${its.own}</exists></file>", user="<file><exists>${of.user}.txt</exists></file>",
    home="<file><missing>${user.home}/of-nobody</missing></file>", undefined="<file><missing>${nobody}/x</missing></file>",
    absolute="<file><exists>/of-nobody</exists></file>", absent="<file><missing>/of-nobody</missing></file>",
    all="<property><name>!x</name></property><file><exists>here.txt</exists></file>",
    some="<property><name>x</name></property><file><exists>here.txt</exists></file>", named="<property><name>x</name></property>")
def profiles(pre):
    return "<profiles>%s</profiles>" % "".join("<profile><id>%s</id><activation>%s</activation><dependencies><dependency><groupId>org.q</groupId>"
        "<artifactId>%s-%s</artifactId><version>1</version></dependency></dependencies></profile>" % (k, v, pre, k) for k, v in ROWS.items())
END
(
	cat "$T/rows.py"
	cat <<'END'
for pre in ("mine", "above", "remote", "dep"):
    for k in ROWS: artifact("org.q:%s-%s:1" % (pre, k))
artifact("org.q:remote:1", packaging="pom", props={"its.own": "here.txt"}, more=profiles("remote"))
artifact("org.q:dep:1", more=profiles("dep"))
metadata()
END
) | mkmaven "$T/up"
start_faulty up
cd "$T"
. "$TOP/tests/maven/app.sh"
rm -r app
mkdir -p app/mod/src/main/java/a app/.mvn
touch app/here.txt app/mod/here.txt app/above.txt
printf -- '-Dof.user=here\n-Pnamed\n' >app/.mvn/maven.config
python3 - >app/pom.xml <<END
exec(open("rows.py").read())
print("""<project><modelVersion>4.0.0</modelVersion><parent><groupId>org.q</groupId><artifactId>remote</artifactId><version>1</version><relativePath/></parent>
<groupId>t</groupId><artifactId>top</artifactId><version>1</version><packaging>pom</packaging><modules><module>mod</module></modules>
<properties><maven.compiler.source>11</maven.compiler.source><maven.compiler.target>11</maven.compiler.target></properties>
<build><plugins>$(plugin compiler)$(plugin resources)</plugins></build>%s</project>""" % profiles("above"))
END
python3 - >app/mod/pom.xml <<'END'
exec(open("rows.py").read())
print("""<project><modelVersion>4.0.0</modelVersion><parent><groupId>t</groupId><artifactId>top</artifactId><version>1</version></parent>
<artifactId>mod</artifactId><properties><its.own>here.txt</its.own></properties>
<dependencies><dependency><groupId>org.q</groupId><artifactId>dep</artifactId><version>1</version></dependency></dependencies>%s</project>""" % profiles("mine"))
END
echo 'package a; public class A { }' >app/mod/src/main/java/a/A.java

say "what mvn takes from the repository itself"
settings "$BASE/" m1
(cd app && expect 0 mvn_at m1 -B -s ../settings.xml compile)
has out "BUILD SUCCESS"
find m1/repository/org/q -name '*.jar' -printf '%f\n' | LC_ALL=C sort >want
for name in mine-relative mine-named above-based remote-own dep-family; do
	has want $name-1.jar
done

# A range like (,17] needs the JDK's whole version.
say "and what ferry has"
jdk=$(java -version 2>&1 | sed -n 's/.*version "\([0-9.]*\).*/\1/p')
maven_conf "$BASE/" "projects = [ \"app/pom.xml\" ]; jdk = \"$jdk\";"
expect 0 near init --name near
expect 0 near sync
has out "0 failed"
near --json list --versions | jq -r 'select(.name | startswith("org.q:")) | .name as $n | .versions[] | "\($n)@\(.)"' >names
while read -r name; do near --json show "$name" | jq -r '.record.files[].name'; done <names | grep 'jar$' | LC_ALL=C sort >jars
diff want jars || fail "not what mvn takes"

say "over the gap"
over_the_gap
start_ferryd far
settings "$URL/maven/" m2
(cd app && expect 0 mvn_at m2 -B -s ../settings.xml compile)
has out "BUILD SUCCESS"
