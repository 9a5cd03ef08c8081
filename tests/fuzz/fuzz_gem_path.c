/* What RubyGems' clients ask for: paths, and the gems whose file one may be. */

#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "serve/replay/call.h"
#include "serve/replay/rubygems/path.h"
#include "store/format/rubygems/gem.h"

static void
check_files(const struct ferry_resource *r)
{
	char name[256], version[256];
	unsigned at = 0, before = 0, n = 0;

	while (ferry_gem_path_cut(r, &at, name, version, sizeof(name))) {
		/* Each cut is behind the one before, and makes up the item. */
		FUZZ_CHECK(at > before || n == 0);
		FUZZ_CHECK(++n <= strlen(r->item));
		before = at;
		FUZZ_CHECK(ferry_gem_name_valid(ferry_bytes_str(name)));
		FUZZ_CHECK(ferry_gem_version_valid(ferry_bytes_str(version)));
		FUZZ_CHECK(strchr(name, '/') == NULL);
		FUZZ_CHECK(strncmp(r->item, name, strlen(name)) == 0 &&
			   r->item[strlen(name)] == '-' &&
			   strncmp(r->item + strlen(name) + 1, version,
			       strlen(version)) == 0);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ferry_resource *r = calloc(1, sizeof(*r));
	char *path = malloc(size + 1);

	FUZZ_CHECK(r != NULL && path != NULL);
	memcpy(path, data, size);
	path[size] = 0;
	if (ferry_gem_path_parse(r, path)) {
		FUZZ_CHECK(memchr(r->package, 0, sizeof(r->package)) != NULL);
		FUZZ_CHECK(memchr(r->item, 0, sizeof(r->item)) != NULL);
		FUZZ_CHECK(strchr(r->origin, '/') == NULL);
		FUZZ_CHECK(strchr(r->item, '/') == NULL);
		/* Of an owner are only gems that say so. */
		if (r->package[0] != 0 && r->origin[0] != 0)
			FUZZ_CHECK(strncmp(r->package, r->origin,
				       strlen(r->origin)) == 0 &&
				   r->package[strlen(r->origin)] == '/');
		if (r->kind == FERRY_GEM_FILE)
			check_files(r);
	}
	free(path);
	free(r);
	return 0;
}
