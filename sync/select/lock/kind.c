#include "sync/select/lock/kind.h"

#include <string.h>

#include "store/base/error.h"
#include "sync/select/lock/lock.h"

void
ferry_lock_out_free(struct ferry_lock_out *out)
{

	ferry_buf_free(&out->name);
	ferry_buf_free(&out->version);
	ferry_buf_free(&out->integrity);
	ferry_buf_free(&out->resolved);
}

/* text as a string in buf, also if it is empty. */
static int
copy(struct ferry_buf *buf, struct ferry_bytes text, struct ferry_error *err)
{

	if (text.n > 0 && memchr(text.p, 0, text.n) != NULL)
		return ferry_error_set(
		    err, FERRY_EFORMAT, "an entry's text holds NUL");
	ferry_buf_reset(buf);
	return ferry_buf_add(buf, text.p, text.n, err);
}

static const char *
string(const struct ferry_buf *buf)
{

	return buf->n == 0 ? "" : (const char *)buf->p;
}

int
ferry_lock_found(struct ferry_lock_out *out,
    const struct ferry_lock_entry *entry, struct ferry_error *err)
{
	struct ferry_lock_wanted wanted = { .optional = entry->optional };

	if (!ferry_npm_name_valid(entry->name))
		return ferry_lock_lost(out, entry->name, entry->version,
		    "not a package name", err);
	if (!ferry_npm_version_valid(entry->version))
		return ferry_lock_lost(out, entry->name, entry->version,
		    entry->version.n == 0 ? "without a version"
					  : "not a version",
		    err);
	if (copy(&out->name, entry->name, err) == -1 ||
	    copy(&out->version, entry->version, err) == -1 ||
	    copy(&out->integrity, entry->integrity, err) == -1 ||
	    copy(&out->resolved, entry->resolved, err) == -1)
		return -1;
	wanted.name = string(&out->name);
	wanted.version = string(&out->version);
	if (entry->integrity.n > 0)
		wanted.integrity = string(&out->integrity);
	if (ferry_bytes_is_url(entry->resolved))
		wanted.resolved = string(&out->resolved);
	return out->sink->on_wanted(out->sink->ctx, &wanted, err);
}

int
ferry_lock_lost(struct ferry_lock_out *out, struct ferry_bytes name,
    struct ferry_bytes what, const char *why, struct ferry_error *err)
{
	const char *s, *host, *at;
	size_t n;

	/* The whole text; what is shown of it goes where URLs are put. */
	if (copy(&out->name, name, err) == -1 ||
	    copy(&out->version, what, err) == -1)
		return -1;
	ferry_buf_reset(&out->resolved);
	s = string(&out->version);
	if ((host = strstr(s, "://")) != NULL) {
		host += 3;
		n = strcspn(host, "/?#");
		at = memrchr(host, '@', n);
		if (at != NULL && strncmp(host, "git@", 4) != 0) {
			if (ferry_buf_add(&out->resolved, s, (size_t)(host - s),
				err) == -1 ||
			    ferry_buf_adds(&out->resolved, "***", err) == -1)
				return -1;
			s = at;
		}
	}
	if (ferry_buf_adds(&out->resolved, s, err) == -1)
		return -1;
	return out->sink->on_unmirrorable(out->sink->ctx, string(&out->name),
	    string(&out->resolved), why, err);
}

enum ferry_npm_spec_kind
ferry_lock_spec_kind(struct ferry_bytes text)
{
	struct ferry_error own = FERRY_ERROR_INIT;
	struct ferry_npm_spec spec;
	const uint8_t *hash;
	size_t n;

	if (ferry_npm_spec_parse(&spec, ferry_bytes_str("a"), text, &own) == -1)
		return FERRY_NPM_SPEC_RANGE;
	if (spec.kind != FERRY_NPM_SPEC_URL)
		return spec.kind;
	hash = memchr(text.p, '#', text.n);
	n = hash == NULL ? text.n : (size_t)(hash - text.p);
	return n >= 4 && memcmp(text.p + n - 4, ".git", 4) == 0
	           ? FERRY_NPM_SPEC_GIT
	           : FERRY_NPM_SPEC_URL;
}

bool
ferry_lock_is_tarball(struct ferry_bytes path)
{
	static const char *const ends[] = { ".tgz", ".tar.gz", ".tar" };
	size_t n;

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		n = strlen(ends[i]);
		if (path.n > n && memcmp(path.p + path.n - n, ends[i], n) == 0)
			return true;
	}
	return false;
}
