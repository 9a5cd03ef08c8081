/* What etc/ferry.conf says of an npm upstream alone. */

#include <string.h>

#include "store/base/bytes.h"
#include "store/base/conf.h"
#include "sync/upstream/npm/npm.h"
#include "sync/upstream/package/packages.h"

/*
 * What packages write in these members.
 * Source: Node.js, process.platform and process.arch; npm, package.json, "libc".
 *     The systems after win32 are in published packages.
 */
static const char *const systems[] = { "aix", "android", "darwin", "freebsd",
	"linux", "openbsd", "sunos", "win32", "netbsd", "cygwin", "haiku",
	"openharmony", NULL };
static const char *const processors[] = { "arm", "arm64", "ia32", "loong64",
	"mips", "mipsel", "ppc", "ppc64", "riscv64", "s390", "s390x", "x64",
	"wasm32", "mips64el", NULL };
static const char *const c_libraries[] = { "glibc", "musl", NULL };

int
ferry_npm_configure(struct ferry_packages *packages,
    struct ferry_conf_group *group, struct ferry_error *err)
{
	/* A delegator's packages are seldom signed. */
	bool alone = packages->up->delegator == NULL;
	const char *signatures;
	struct npm *npm;

	if (ferry_calloc(&npm, 1, sizeof(*npm), err) == -1)
		return -1;
	packages->state = npm;
	if (ferry_conf_bool(group, "optional_dependencies", true,
		&npm->optional, err) == -1 ||
	    ferry_conf_bool(
		group, "peer_dependencies", true, &npm->peers, err) == -1 ||
	    ferry_conf_bool(group, "bundled", false, &npm->bundled, err) ==
		-1 ||
	    ferry_conf_bool(group, "node_gyp", true, &npm->node_gyp, err) ==
		-1 ||
	    ferry_conf_words(
		group, "os", systems, npm->os, 16, &npm->os_n, err) == -1 ||
	    ferry_conf_words(group, "cpu", processors, npm->cpu, 16,
		&npm->cpu_n, err) == -1 ||
	    ferry_conf_words(group, "libc", c_libraries, npm->libc, 8,
		&npm->libc_n, err) == -1 ||
	    ferry_conf_str(group, "signatures", alone ? "auto" : "off",
		&signatures, err) == -1)
		return -1;
	if (strcmp(signatures, "off") == 0)
		npm->signatures = NPM_SIGNATURES_OFF;
	else if (strcmp(signatures, "auto") == 0)
		npm->signatures = NPM_SIGNATURES_AUTO;
	else if (strcmp(signatures, "required") == 0)
		npm->signatures = NPM_SIGNATURES_REQUIRED;
	else
		return ferry_conf_error(group, "signatures", err,
		    "expected \"off\", \"auto\" or \"required\"");
	return 0;
}
