#include "serve/replay/rubygems/write.h"

#include <string.h>

#include "store/base/clock.h"
#include "store/base/digest.h"
#include "store/base/error.h"
#include "store/base/out.h"
#include "store/format/rubygems/gem.h"
#include "store/format/rubygems/marshal.h"

bool
ferry_gem_in_base(const struct ferry_gem_entry *e, const char *base)
{
	size_t n = strlen(base);

	if (strchr(e->name, '/') == NULL)
		return n == 0 ? e->first : strcmp(e->owner, base) == 0;
	return n > 0 && e->first && strncmp(e->name, base, n) == 0 &&
	       e->name[n] == '/';
}

static struct ferry_bytes
name_of(const struct ferry_gem_entry *e)
{

	return ferry_gem_name_base(ferry_bytes_str(e->name));
}

static void
put_versions(struct ferry_out *out, const struct ferry_gem_entry *e)
{

	ferry_out_bytes(out, name_of(e));
	ferry_out_str(out, " ");
	ferry_out_str(out, e->versions);
	ferry_out_str(out, " ");
}

static int
put_md5(struct ferry_buf *out, const struct ferry_gem_entry *e,
    struct ferry_error *err)
{

	return ferry_hex_add(
		   out, ferry_bytes_of(e->md5, sizeof(e->md5)), err) == -1
	           ? -1
	           : ferry_buf_adds(out, "\n", err);
}

int
ferry_gem_write_versions(struct ferry_buf *buf, const struct ferry_gem_entry *e,
    struct ferry_error *err)
{
	struct ferry_out out;

	if (e->versions[0] == 0)
		return 0;
	ferry_out_begin(&out, buf);
	put_versions(&out, e);
	return ferry_out_end(&out, err) == -1 ? -1 : put_md5(buf, e, err);
}

static bool
is_in(const struct ferry_gem_selection *in, const struct ferry_gem_entry *e)
{

	return e->versions[0] != 0 && in->on_gem(in->ctx, e);
}

static int
write_versions(struct ferry_buf *out, const struct ferry_gem_selection *in,
    struct ferry_error *err)
{
	char now[FERRY_TIME_TEXT];

	if (ferry_buf_addf(out, err, "created_at: %s\n---\n",
		ferry_time_text(ferry_now(), now)) == -1)
		return -1;
	for (size_t i = 0; i < in->state->n; i++)
		if (is_in(in, &in->state->list[i]) &&
		    ferry_gem_write_versions(out, &in->state->list[i], err) ==
			-1)
			return -1;
	return 0;
}

static int
write_names(struct ferry_buf *buf, const struct ferry_gem_selection *in,
    struct ferry_error *err)
{
	struct ferry_out out;

	ferry_out_begin(&out, buf);
	ferry_out_str(&out, "---\n");
	for (size_t i = 0; i < in->state->n; i++) {
		if (!is_in(in, &in->state->list[i]))
			continue;
		ferry_out_bytes(&out, name_of(&in->state->list[i]));
		ferry_out_str(&out, "\n");
	}
	return ferry_out_end(&out, err);
}

/* Marshal */

static struct ferry_bytes
next_version(const char **rest)
{
	size_t n = strcspn(*rest, ",");
	struct ferry_bytes v = ferry_bytes_of(*rest, n);

	*rest += n + ((*rest)[n] == ',');
	return v;
}

/* Whether a later one of its platform is a release, too.  Versions are in
 * order. */
static bool
is_outdone(struct ferry_bytes version, const char *rest)
{
	struct ferry_bytes platform = ferry_gem_version_platform(version), v;

	while ((v = next_version(&rest)).n > 0)
		if (!ferry_gem_version_prerelease(v) &&
		    ferry_bytes_equal(ferry_gem_version_platform(v), platform))
			return true;
	return false;
}

/* Whether an index of that kind has the version; rest is what follows it. */
static bool
has_version(
    enum ferry_gem_kind kind, struct ferry_bytes version, const char *rest)
{
	bool pre = ferry_gem_version_prerelease(version);

	return kind == FERRY_GEM_PRERELEASE_SPECS ? pre
	       : kind == FERRY_GEM_SPECS          ? !pre
	                                 : !pre && !is_outdone(version, rest);
}

/* Tell m, or only count. */
static size_t
put_entries(struct ferry_marshal *m, enum ferry_gem_kind kind,
    const struct ferry_gem_selection *in)
{
	struct ferry_bytes v;
	size_t n = 0;

	for (size_t i = 0; i < in->state->n; i++) {
		const struct ferry_gem_entry *e = &in->state->list[i];
		const char *rest = e->versions;

		if (!is_in(in, e))
			continue;
		while ((v = next_version(&rest)).n > 0) {
			if (!has_version(kind, v, rest))
				continue;
			n++;
			if (m != NULL)
				ferry_marshal_entry(m, name_of(e),
				    ferry_gem_version_number(v),
				    ferry_gem_version_platform(v));
		}
	}
	return n;
}

static int
write_specs(struct ferry_buf *out, enum ferry_gem_kind kind,
    const struct ferry_gem_selection *in, struct ferry_error *err)
{
	struct ferry_marshal m;

	ferry_marshal_begin(&m, out);
	ferry_marshal_array(&m, put_entries(NULL, kind, in));
	(void)put_entries(&m, kind, in);
	return ferry_marshal_end(&m, err);
}

int
ferry_gem_write_list(struct ferry_buf *out, enum ferry_gem_kind kind,
    const struct ferry_gem_selection *in, struct ferry_error *err)
{

	return kind == FERRY_GEM_VERSIONS ? write_versions(out, in, err)
	       : kind == FERRY_GEM_NAMES  ? write_names(out, in, err)
	                                  : write_specs(out, kind, in, err);
}
