#include "store/format/rubygems/versions.h"

#include <string.h>

#include "store/base/digest.h"
#include "store/base/error.h"
#include "store/format/rubygems/gem.h"

void
ferry_gem_versions_begin(
    struct ferry_gem_versions *reader, ferry_gem_on_name *on_name, void *ctx)
{

	*reader = (struct ferry_gem_versions){ .on_name = on_name, .ctx = ctx };
}

/* A line is at its end. */
static int
end_line(struct ferry_gem_versions *r, struct ferry_error *err)
{
	struct ferry_bytes name = ferry_bytes_of(r->name, r->name_n);
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_digest md5;
	bool has;
	int rc = 0;

	if (r->part == FERRY_GEM_HEADER) {
		if (!r->long_name && r->field == 0 &&
		    ferry_bytes_is(name, "---"))
			r->part = FERRY_GEM_LINES;
	} else if (r->field == 2 && !r->long_name &&
		   memchr(r->name, '/', r->name_n) == NULL &&
		   ferry_gem_name_valid(name)) {
		has = ferry_digest_from_hex(&md5, FERRY_MD5,
			  ferry_bytes_of(r->md5, r->md5_n), &ignored) == 0;
		rc = r->on_name(r->ctx, name, has ? md5.v : NULL, err);
	}
	r->field = 0;
	r->name_n = r->md5_n = 0;
	r->long_name = false;
	return rc;
}

static void
add(struct ferry_gem_versions *r, uint8_t c)
{

	if (c == '\r')
		return;
	if (c == ' ' && r->field < 2) {
		r->field++;
	} else if (r->field == 0) {
		if (r->name_n < sizeof(r->name))
			r->name[r->name_n++] = (char)c;
		else
			r->long_name = true;
	} else if (r->field == 2 && r->md5_n < sizeof(r->md5)) {
		r->md5[r->md5_n++] = (char)c;
	}
}

int
ferry_gem_versions_feed(struct ferry_gem_versions *r, struct ferry_bytes more,
    struct ferry_error *err)
{

	for (size_t i = 0; i < more.n; i++) {
		uint8_t c = more.p[i];

		if (c == '\n') {
			if (end_line(r, err) == -1)
				return -1;
		} else {
			add(r, c);
		}
	}
	return 0;
}

int
ferry_gem_versions_end(struct ferry_gem_versions *r, struct ferry_error *err)
{

	if (end_line(r, err) == -1)
		return -1;
	return r->part == FERRY_GEM_LINES
	           ? 0
	           : ferry_error_set(err, FERRY_EFORMAT,
			 "this is not a list of the versions of gems");
}
