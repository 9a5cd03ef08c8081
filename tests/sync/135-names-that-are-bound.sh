#!/bin/bash
# Lock files without URLs (NuGet, Gradle): a name that is bound to an upstream is
# taken from there, and the one whose option names the file is not asked for it.
. "$(dirname "$0")/../lib.sh"
cd "$T"

# serve DIR: sets BASE; requests are in DIR.log.
serve() {
	mkdir -p "$1"
	: >"$1.log"
	python3 "$TOP/tests/tools/faulty.py" "$1" "$1.port" rules "$1.log" &
	PIDS+=($!)
	wait_for 10 test -s "$1.port"
	BASE=http://127.0.0.1:$(cat "$1.port")
}
nuget() { python3 "$TOP/tests/tools/mknuget.py" "$@"; }
maven() { python3 "$TOP/tests/tools/mkmaven.py" "$@"; }
serve nuget-public
nuget_public=$BASE
nuget nuget-public "$BASE" <<<'pkg("Free", "1.0.0"); pkg("Contoso.Lib", "1.0.0", description="not theirs"); feed()'
serve nuget-own
nuget_own=$BASE
nuget nuget-own "$BASE" <<<'pkg("Contoso.Lib", "1.0.0"); feed()'
serve maven-public
maven_public=$BASE
maven maven-public <<<'artifact("org.free:a:1"); artifact("com.in:b:1", files={"jar": b"PK not theirs"}); metadata()'
serve maven-own
maven_own=$BASE
maven maven-own <<<'artifact("com.in:b:1"); metadata()'

lib='{"type":"Direct","requested":"[1.0.0, )","resolved":"1.0.0"}'
echo "{\"version\":1,\"dependencies\":{\"net8.0\":{\"Free\":$lib,\"Contoso.Lib\":$lib}}}" >packages.lock.json
printf 'org.free:a:1=runtimeClasspath\ncom.in:b:1=runtimeClasspath\nempty=\n' >gradle.lockfile
cat >near.conf <<END
store = "near";
upstreams = (
  { name = "nuget-public"; format = "nuget"; url = "$nuget_public"; lockfiles = [ "packages.lock.json" ]; },
  { name = "nuget-own"; format = "nuget"; url = "$nuget_own"; protect = [ "Contoso.*" ]; },
  { name = "maven-public"; format = "maven"; url = "$maven_public"; lockfiles = [ "gradle.lockfile" ]; },
  { name = "maven-own"; format = "maven"; url = "$maven_own"; protect = [ "com.in:*" ]; }
);
END
expect 0 near init --name near

say "each name from where it is bound"
expect 0 near sync
has out "4 versions pulled" "0 failed"
near --json list | jq -r '"\(.owner) \(.name)"' | LC_ALL=C sort >got
cat >want <<'END'
maven-own com.in:b
maven-public org.free:a
nuget-own contoso.lib
nuget-public free
END
diff want got || fail "not from where they are bound"
grep -i contoso nuget-public.log && fail "the name was asked of another registry"
grep com/in maven-public.log && fail "the name was asked of another repository"
exit 0
