#!/bin/bash
# A lock file whose entries are of several registries: each is taken from its
# own, no name goes to a registry that the file does not name for it, and what
# nobody here can supply is said.
# ctest: COST 15
. "$(dirname "$0")/../lib.sh"
cd "$T"

# registry NAME PACKAGE…: sets PORT; its requests are in NAME.log.
registry() {
	: >"$1.log"
	python3 "$TOP/tests/tools/odd_npm.py" "$1.port" "$1.log" "${@:2}" &
	PIDS+=($!)
	wait_for 10 test -s "$1.port"
	PORT=$(cat "$1.port")
}
registry public left @free/right
public=http://127.0.0.1:$PORT
registry acme @acme/lib @acme/free
acme=http://127.0.0.1:$PORT

# lock FILE NAME=BASE…: a package-lock.json with 1.0.0 of each, of that registry.
lock() {
	local file=$1 name base
	shift
	for name; do
		base=${name#*=} name=${name%%=*}
		printf '"node_modules/%s":{"version":"1.0.0","resolved":"%s/%s/-/%s-1.0.0.tgz"},\n' \
		    "$name" "$base" "$name" "${name##*/}"
	done >entries
	printf '{"name":"p","lockfileVersion":3,"packages":{%s"":{"name":"p"}}}' "$(cat entries)" >"$file"
}
# conf PUBLIC-OPTIONS ACME-OPTIONS
conf() {
	cat >near.conf <<-EOT
		store = "near";
		upstreams = (
		  { name = "public"; format = "npm"; url = "$public/"; signatures = "off"; $1 },
		  { name = "acme"; format = "npm"; url = "$acme/"; signatures = "off"; $2 }
		);
	EOT
	rm -rf near
	expect 0 near init --name near
	: >public.log
	: >acme.log
}
near() { "$FERRY" --config near.conf --quiet "$@"; }
files='lockfiles = [ "package-lock.json" ];'

say "whichever upstream names the lock file, each entry goes to its registry"
lock package-lock.json left=$public @free/right=$public @acme/lib=$acme
for where in public acme both; do
	case $where in
	public) conf "$files" "" ;;
	acme) conf "" "$files" ;;
	both) conf "$files" "$files" ;;
	esac
	expect 0 near sync
	has out "3 versions pulled" "0 failed"
	hasnt public.log acme
	hasnt acme.log left
	expect 0 near --json list
	[ "$(grep -c '"name"' out)" -ge 3 ] || fail "$(cat out)"
done

say "a run of one upstream leaves the other alone"
conf "$files" ""
expect 0 near sync public
has out "2 versions pulled" "0 failed"
[ ! -s acme.log ] || fail "$(cat acme.log)"

say "entries of a registry that is no upstream are said, and nobody is asked"
lock package-lock.json left=$public @free/right=$public @secret/x=https://user:word@npm.corp.example
conf "$files" ""
expect 0 near sync
has out "2 versions pulled" "cannot be mirrored" "@secret/x: package-lock.json: at npm.corp.example, which" "'remotes'"
hasnt out word
hasnt public.log secret

say "a file made with another name of the registry: its most frequent one is ours"
lock package-lock.json left=https://registry.example @free/right=https://registry.example \
    @secret/x=https://npm.corp.example
conf "$files" ""
expect 0 near sync
has out "2 versions pulled" "@secret/x: package-lock.json: at npm.corp.example"
hasnt public.log secret

say "of names without a scope, for private ones are more at times"
lock package-lock.json @free/right=https://npm.corp.example @acme/lib=https://npm.corp.example \
    @secret/x=https://npm.corp.example left=https://registry.example
conf "$files" ""
expect 0 near sync
has out "1 version pulled" "@secret/x: package-lock.json: at npm.corp.example"
hasnt public.log secret
hasnt public.log acme
lock package-lock.json @free/right=https://registry.example
sed -i 's|"node_modules/@free|"node_modules/left":{"version":"1.0.0","resolved":"https://cdn.example/left-1.0.0.tgz"},\n&|' \
    package-lock.json
conf "$files" ""
expect 0 near sync
has out "1 version pulled" "left: package-lock.json: at cdn.example"
hasnt public.log left

say "remotes: further names of a registry"
lock package-lock.json left=$public @acme/lib=https://npm.corp.example/group @free/right=https://other.example
conf "$files" 'remotes = [ "https://npm.corp.example/group/" ];'
expect 0 near sync
has out "2 versions pulled" "@free/right: package-lock.json: at other.example"
hasnt public.log acme
hasnt public.log right

say "files without URLs: names that are bound go where they are bound"
cat >pnpm-lock.yaml <<'EOT'
lockfileVersion: '9.0'
packages:
  left@1.0.0: { resolution: { integrity: INTEGRITY-left } }
  '@acme/free@1.0.0': { resolution: { integrity: INTEGRITY-free } }
snapshots:
  left@1.0.0: {}
  '@acme/free@1.0.0': {}
EOT
sed -i "s|INTEGRITY-left|$(curl -s $public/left | jq -r '.versions["1.0.0"].dist.integrity')|
s|INTEGRITY-free|$(curl -s $acme/@acme%2ffree | jq -r '.versions["1.0.0"].dist.integrity')|" pnpm-lock.yaml
conf 'lockfiles = [ "pnpm-lock.yaml" ];' 'protect = [ "@acme/*" ];'
expect 0 near sync
has out "2 versions pulled" "0 failed"
hasnt public.log acme

say "an override with a tarball of its own is none of a registry"
lock package-lock.json left=$public
sed -i 's|"node_modules/left"|"node_modules/sheet":{"version":"0.20.2","resolved":"https://cdn.example/sheet-0.20.2/sheet-0.20.2.tgz"},\n&|' \
    package-lock.json
conf "$files" ""
expect 0 near sync
has out "1 version pulled" "sheet: package-lock.json: at cdn.example" "a tarball outside the registry"
hasnt public.log sheet
