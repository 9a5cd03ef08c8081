/* What etc/ferry.conf says of a RubyGems upstream alone. */

#include <string.h>

#include "store/base/conf.h"
#include "store/base/error.h"
#include "sync/upstream/package/packages.h"
#include "sync/upstream/rubygems/rubygems.h"

/* A word of a choice of two: 0 for the first. */
static int
read_choice(struct ferry_conf_group *group, const char *name, const char *first,
    const char *second, bool *is_first, struct ferry_error *err)
{
	const char *word;

	if (ferry_conf_str(group, name, first, &word, err) == -1)
		return -1;
	*is_first = strcmp(word, first) == 0;
	return *is_first || strcmp(word, second) == 0
	           ? 0
	           : ferry_conf_error(group, name, err,
			 "expected \"%s\" or \"%s\"", first, second);
}

static int
read_ruby(
    struct gems *gems, struct ferry_conf_group *group, struct ferry_error *err)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;
	const char *ruby;

	if (ferry_conf_str(group, "ruby", NULL, &ruby, err) == -1)
		return -1;
	gems->has_ruby = ruby != NULL;
	if (ruby != NULL &&
	    (*ruby == 0 || ferry_gem_number_parse(&gems->ruby,
			       ferry_bytes_str(ruby), &ignored) == -1))
		return ferry_conf_error(group, "ruby", err,
		    "expected a version of Ruby, such as \"3.1.2\"");
	return 0;
}

/* A login is Basic: as USER:TOKEN, or the token alone as a user, which is what
 * clients make of a URL with it.  PROTOCOL.md, section 4. */
static int
read_login(struct ferry_upstream *up, struct ferry_error *err)
{

	if (ferry_upstream_login(up, err) == -1)
		return -1;
	if (up->origin.user == NULL && up->token != NULL)
		ferry_upstream_basic(up, up->token, NULL);
	return 0;
}

int
ferry_gem_configure(struct ferry_packages *packages,
    struct ferry_conf_group *group, struct ferry_error *err)
{
	struct gems *gems;

	if (ferry_calloc(&gems, 1, sizeof(*gems), err) == -1)
		return -1;
	packages->state = gems;
	if (ferry_conf_all_strs(group, "platforms", gems->platforms,
		GEM_PLATFORMS_MAX, &gems->platforms_n, err) == -1 ||
	    read_ruby(gems, group, err) == -1 ||
	    read_login(packages->up, err) == -1 ||
	    read_choice(group, "index", "auto", "none", &gems->indexes, err) ==
		-1 ||
	    ferry_conf_bool(
		group, "attestations", false, &gems->attestations, err) == -1)
		return -1;
	return 0;
}
