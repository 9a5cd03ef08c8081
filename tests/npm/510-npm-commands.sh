#!/bin/bash
# npm's other commands against ferryd: view, search, pack, outdated, dist-tag,
# ping, whoami, and what it says where it is refused.
. "$(dirname "$0")/../serve/lib.sh"
command -v npm >/dev/null || skip "npm is not here"

make_version tool 1.0.0 '"license":"MIT"'
make_version tool 1.1.0 '"license":"MIT","dependencies":{"@s/n":"1"}'
make_version @s/n 1.0.0 '' 40000
TAGS='"old":"1.0.0"' put tool 1.1.0 1.0.0 1.1.0
put @s/n 1.0.0 1.0.0
serve
mkdir "$T/p"
cd "$T/p"
printf '{"name":"project","version":"1.0.0","dependencies":{"tool":"1.0.0"}}\n' >package.json
npm_() { isolated_npm --registry "$NPM/" "$@"; }

say view
expect 0 npm_ view tool
has "$T/out" 'tool@1.1.0' MIT "$NPM/tool/-/tool-1.1.0.tgz" old
expect 0 npm_ view tool@old version
is version "$(cat "$T/out")" 1.0.0
expect 0 npm_ view @s/n dist.integrity
has "$T/out" sha512-
expect 1 npm_ view absent
has "$T/err" E404 'this package is not in the mirror'

say "install, outdated, update"
expect 0 npm_ install
expect 1 npm_ outdated
has "$T/out" tool 1.0.0 1.1.0
expect 0 npm_ install tool@latest
has package-lock.json "$NPM/@s/n/-/n-1.0.0.tgz"
expect 0 npm_ ls tool @s/n

say pack
expect 0 npm_ pack @s/n
same s-n-1.0.0.tgz "$(tarball @s/n 1.0.0)"

say "search, dist-tag, ping"
expect 0 npm_ search tool
has "$T/out" tool 'the tool package'
expect 0 npm_ dist-tag ls tool
has "$T/out" 'latest: 1.1.0' 'old: 1.0.0'
expect 0 npm_ ping

say "whoami, audit"
expect 1 npm_ whoami
has "$T/err" ENEEDAUTH
expect 1 npm_ --//"${NPM#http://}"/:_authToken=x whoami
expect 1 npm_ --audit=true audit
has "$T/err" audit

say "writes are refused in words"
expect 1 npm_ --//"${NPM#http://}"/:_authToken=x publish
has "$T/err" 405 'read-only mirror' 'ferry sync'
expect 1 npm_ --//"${NPM#http://}"/:_authToken=x dist-tag add tool@1.0.0 new
has "$T/err" 405 'read-only mirror'
expect 1 npm_ --//"${NPM#http://}"/:_authToken=x unpublish --force tool@1.0.0
has "$T/err" 405

say "both layouts"
rm -rf node_modules package-lock.json
expect 0 isolated_npm --registry "$URL/_registry/npm/" install
has package-lock.json "$URL/_registry/npm/tool/-/tool-1.1.0.tgz"
cd "$T"
stop
