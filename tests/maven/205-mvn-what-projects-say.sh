#!/bin/bash
# Over the gap with Debian's mvn: a project that says all that projects can say
# about what they need (arguments of .mvn, profiles by name, property and absence,
# an annotation processor, extensions, plugins with dependencies, exclusions, a
# relocation, a range), and exactly that comes.
. "$(dirname "$0")/lib.sh"
need_mvn

debian_repository up
mkdir -p "$T/proc/META-INF/services"
cat >"$T/proc/Maker.java" <<'END'
import javax.annotation.processing.*;
import javax.lang.model.element.TypeElement;
import java.util.Set;
@SupportedAnnotationTypes("*")
public class Maker extends AbstractProcessor {
	boolean made;
	@Override public javax.lang.model.SourceVersion getSupportedSourceVersion() { return javax.lang.model.SourceVersion.latest(); }
	@Override public boolean process(Set<? extends TypeElement> a, RoundEnvironment e) {
		if (made) return false;
		made = true;
		try (java.io.Writer w = processingEnv.getFiler().createSourceFile("a.Made").openWriter()) {
			w.write("package a; public class Made { public static String f() { return \"made\"; } }");
		} catch (java.io.IOException x) { throw new RuntimeException(x); }
		return false;
	}
}
END
(cd "$T/proc" && javac --release 11 -proc:none Maker.java 2>javac.log && echo Maker >META-INF/services/javax.annotation.processing.Processor && jar cf ../proc.jar Maker.class META-INF)
mkmaven "$T/up" <<END
jar_of_maker = open("$T/proc.jar", "rb").read()
artifact("org.e:proc:1", files={"jar": jar_of_maker}, needs=["org.e:proc-helper:1"]); artifact("org.e:proc-helper:1")
for name in ("named", "absent", "valued", "never", "ext", "core-ext", "plugin-extra", "gone", "kept", "given", "optional", "tests", "inherited"): artifact("org.e:%s:1" % name)
artifact("org.e:user:1", needs=["org.e:gone:1", "org.e:kept:1", "org.e:given:1:provided", "?org.e:optional:1", "org.e:never:1:test"])
artifact("org.e:old:1", packaging="pom", more="<distributionManagement><relocation><artifactId>new</artifactId></relocation></distributionManagement>"); artifact("org.e:new:1")
for v in ("1.0", "1.4", "2.0"): artifact("org.e:ranged:" + v)
artifact("org.e:base:1", packaging="pom", needs=["org.e:inherited:1"], build="<pluginManagement><plugins><plugin><artifactId>maven-compiler-plugin</artifactId><dependencies>"
    "<dependency><groupId>org.e</groupId><artifactId>plugin-extra</artifactId><version>1</version></dependency></dependencies></plugin></plugins></pluginManagement>")
metadata()
END
start_faulty up
cd "$T"
. "$TOP/tests/maven/app.sh"
rm -r app
mkdir -p app/.mvn app/src/main/java/a
printf -- '-Drevision=7.1\n-Pnamed\n' >app/.mvn/maven.config
echo '<extensions><extension><groupId>org.e</groupId><artifactId>core-ext</artifactId><version>1</version></extension></extensions>' >app/.mvn/extensions.xml
need() { echo "<dependency><groupId>org.e</groupId><artifactId>$1</artifactId><version>${2:-1}</version>${3:-}</dependency>"; }
profile() { echo "<profile><id>$1</id>${2:+<activation><property>$2</property></activation>}<dependencies>$(need "$3")</dependencies></profile>"; }
cat >app/pom.xml <<END
<project><modelVersion>4.0.0</modelVersion>
<parent><groupId>org.e</groupId><artifactId>base</artifactId><version>1</version><relativePath/></parent>
<groupId>t</groupId><artifactId>app</artifactId><version>\${revision}</version>
<properties><maven.compiler.source>11</maven.compiler.source><maven.compiler.target>11</maven.compiler.target></properties>
<dependencies>$(need user 1 '<exclusions><exclusion><groupId>org.e</groupId><artifactId>gone</artifactId></exclusion></exclusions>')
$(need old)$(need ranged '[1.0,2.0)')$(need tests 1 '<scope>test</scope>')</dependencies>
<profiles>$(profile named '' named)$(profile absent '<name>!nothing</name>' absent)
$(profile valued '<name>revision</name><value>7.1</value>' valued)$(profile never '<name>revision</name><value>8</value>' never)</profiles>
<build><extensions><extension><groupId>org.e</groupId><artifactId>ext</artifactId><version>1</version></extension></extensions><plugins>
$(plugin compiler "<configuration><annotationProcessorPaths><path><groupId>org.e</groupId><artifactId>proc</artifactId><version>1</version></path></annotationProcessorPaths></configuration>")
$(plugin resources)</plugins></build></project>
END
echo 'package a; public class A { String f() { return Made.f(); } }' >app/src/main/java/a/A.java

say "exactly what it says"
maven_conf "$BASE/" 'projects = [ "app/pom.xml" ];'
expect 0 near init --name near
expect 0 near sync
has out "0 failed"
near --json list --versions | jq -r 'select(.name | startswith("org.e:")) | .name as $n | .versions[] | "\($n)@\(.)"' >names
while read -r name; do near --json show "$name" | jq -r '.record.files[].name'; done <names | grep 'jar$' | LC_ALL=C sort >jars
printf '%s.jar\n' absent-1 core-ext-1 ext-1 inherited-1 kept-1 named-1 new-1 plugin-extra-1 proc-1 proc-helper-1 ranged-1.4 tests-1 user-1 valued-1 >want
diff want jars || fail "not what the project needs"

say "mvn builds it"
over_the_gap
start_ferryd far
settings "$URL/maven/" m2
(cd app && expect 0 mvn_at m2 -B -s ../settings.xml compile)
has out "BUILD SUCCESS" "Building app 7.1"
[ -s app/target/classes/a/Made.class ] || fail "nothing was made"

say "what the configuration says of a property counts"
maven_conf "$BASE/" 'projects = [ "app/pom.xml" ]; properties = [ "revision=8", "nothing" ];'
rm -r near
expect 0 near init --name near
expect 0 near sync
held near >files
has files never-1.jar
hasnt files valued-1.jar
hasnt files absent-1.jar
