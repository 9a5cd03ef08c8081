#!/bin/bash
# Every mistake names file, line and what was expected.
. "$(dirname "$0")/../lib.sh"
cd "$T"

mistake() { # EXPECTED-TEXT CONFIGURATION
	printf '%s\n' "$2" >near.conf
	expect 3 near sync
	has err "near.conf:" "$1"
}
mistake 'near.conf:1: syntax error' 'store = ;'
mistake 'near.conf:2: stoer: no such option; there are: store' 'store = "x";
stoer = "y";'
mistake 'url: is missing' 'upstreams = ( { name = "a"; format = "npm"; } );'
mistake 'expected https://HOST' 'upstreams = ( { name = "a"; format = "npm"; url = "ftp://x"; } );'
mistake "'cargo' is not a format that ferry knows (github, maven, npm, nuget, oci, rubygems)" 'upstreams = ( { name = "a"; format = "cargo"; url = "http://x"; } );'
mistake 'connections: 0 is not within 1 to 256' 'upstreams = ( { name = "a"; format = "npm"; url = "http://x"; connections = 0; } );'
mistake "packages: element 2, '../x', is not a package name" 'upstreams = ( { name = "a"; format = "npm"; url = "http://x"; packages = [ "a", "../x" ]; } );'
mistake "versions: '^^^' is not a range" 'upstreams = ( { name = "a"; format = "npm"; url = "http://x"; select = ( { name = "a"; versions = "^^^"; } ); } );'
mistake "two upstreams are called 'a'" 'upstreams = ( { name = "a"; format = "npm"; url = "http://x"; }, { name = "a"; format = "npm"; url = "http://y"; } );'
mistake 'expected a list of groups' 'upstreams = "a";'
mistake 'the environment has no NO_SUCH_VARIABLE' 'upstreams = ( { name = "a"; format = "npm"; url = "http://x"; token_env = "NO_SUCH_VARIABLE"; } );'
printf 'store = "x";\n' >near.conf
expect 3 near sync
has err "names no upstreams"
expect 2 near sync nowhere
expect 2 near nosuchcommand
expect 2 near init --name
has err "needs a value"
expect 3 "$FERRY" --config missing.conf status
has err "missing.conf"

say "the configuration that is installed is right and explains itself"
sed 's/^#//' "$TOP/etc/ferry.conf" >plain.conf
has plain.conf 'format = "npm"'
expect 3 "$FERRY" --config "$TOP/etc/ferry.conf" sync
has err "names no upstreams"
