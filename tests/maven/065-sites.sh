#!/bin/bash
# What `mvn site` uses, if it is wanted: the plugins of <reporting>, in the
# versions that are written there, in the build, or the newest; the reports of
# every site, and a skin.
. "$(dirname "$0")/lib.sh"

mkmaven "$T/up" <<'END'
plugins = "org.apache.maven.plugins:maven-%s-plugin:%s"
for name, versions in (("site", ("3.3", "3.12.1")), ("javadoc", ("3.0", "3.4")), ("checkstyle", ("1", "2")), ("pmd", ("5", "6")),
        ("project-info-reports", ("3.1", "3.2")), ("jxr", ("1",))):
    for v in versions:
        artifact(plugins % (name, v), packaging="maven-plugin", needs=["org.d:doxia:1"] if name == "site" else ())
artifact("org.d:doxia:1"); artifact("org.d:rules:4")
artifact("org.apache.maven.skins:maven-default-skin:1.3"); artifact("org.s:skin:2")
artifact("org.p:parent:1", packaging="pom", more="<reporting><plugins><plugin><artifactId>maven-jxr-plugin</artifactId><version>1</version></plugin></plugins></reporting>")
metadata()
END
start_faulty up
cd "$T"
plugin() { echo "<plugin><artifactId>maven-$1-plugin</artifactId>${2:+<version>$2</version>}${3:-}</plugin>"; }
project() { # XML-OF-REPORTING
	mkdir -p app
	cat >app/pom.xml <<-END
		<project><modelVersion>4.0.0</modelVersion>
		<parent><groupId>org.p</groupId><artifactId>parent</artifactId><version>1</version><relativePath/></parent>
		<groupId>t</groupId><artifactId>app</artifactId><version>1</version><packaging>pom</packaging>
		<build><pluginManagement><plugins>$(plugin checkstyle 1 '<dependencies><dependency><groupId>org.d</groupId><artifactId>rules</artifactId><version>4</version></dependency></dependencies>')</plugins></pluginManagement></build>
		<reporting>$1<plugins>$(plugin javadoc 3.0)$(plugin checkstyle)$(plugin pmd)</plugins></reporting></project>
	END
}
jars() { held near | grep 'jar$' >jars || true; }
project ''
maven_conf "$BASE/" 'projects = [ "app/pom.xml" ];'
expect 0 near init --name near

say "without the option nothing of it"
expect 0 near sync
jars
[ ! -s jars ] || fail "$(cat jars)"

say "with it: reports, also of parents, what they need, the default skin"
maven_conf "$BASE/" 'projects = [ "app/pom.xml" ]; site = true;'
expect 0 near sync
has out "0 failed"
jars
cat >want <<'END'
doxia-1.jar
maven-checkstyle-plugin-1.jar
maven-default-skin-1.3.jar
maven-javadoc-plugin-3.0.jar
maven-jxr-plugin-1.jar
maven-pmd-plugin-6.jar
maven-project-info-reports-plugin-3.2.jar
maven-site-plugin-3.3.jar
rules-4.jar
END
diff want jars || fail "not what a site uses"

say "without the default reports, and with a skin of its own"
rm -r near
expect 0 near init --name near
project '<excludeDefaults>true</excludeDefaults>'
mkdir -p app/src/site
echo '<project><skin><groupId>org.s</groupId><artifactId>skin</artifactId><version>2</version></skin></project>' >app/src/site/site.xml
maven_conf "$BASE/" 'projects = [ "app/pom.xml" ]; site = true; maven = "3.9";'
expect 0 near sync
jars
has jars skin-2.jar maven-site-plugin-3.12.1.jar
hasnt jars maven-project-info-reports-plugin
hasnt jars maven-default-skin
