#include "sync/select/lock.h"

#include <string.h>

#include "store/base/error.h"
#include "sync/select/input.h"
#include "sync/select/lock_kind.h"

struct kind {
	const char *name; /* of the file */
	/* Whether a text under another name looks like this kind. */
	bool (*looks_like)(struct ferry_bytes text);
	int (*read)(struct ferry_bytes text, const struct ferry_lock_sink *sink,
	    struct ferry_error *err);
};

static bool
looks_like_object(struct ferry_bytes text)
{
	size_t i = 0;

	while (i < text.n && strchr(" \t\r\n", text.p[i]) != NULL &&
	       text.p[i] != 0)
		i++;
	return i < text.n && text.p[i] == '{';
}

/* The first row that fits the name wins, then the first by content. */
static const struct kind kinds[] = {
	{ "package-lock.json", looks_like_object, ferry_lock_npm },
	{ "npm-shrinkwrap.json", looks_like_object, ferry_lock_npm },
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

int
ferry_lock_parse(const char *name, struct ferry_bytes text,
    const struct ferry_lock_sink *sink, struct ferry_error *err)
{

	/* Editors put a byte order mark before JSON and YAML. */
	if (ferry_bytes_starts(text, "\xef\xbb\xbf"))
		text = ferry_bytes_of(text.p + 3, text.n - 3);
	for (size_t i = 0; i < KINDS; i++)
		if (strcmp(name, kinds[i].name) == 0)
			return kinds[i].read(text, sink, err);
	for (size_t i = 0; i < KINDS; i++)
		if (kinds[i].looks_like(text))
			return kinds[i].read(text, sink, err);
	return ferry_error_set(err, FERRY_EFORMAT,
	    "not a lock file of a kind that ferry reads (package-lock.json, "
	    "npm-shrinkwrap.json)");
}

int
ferry_lock_read(const char *path, const struct ferry_lock_sink *sink,
    struct ferry_error *err)
{
	struct ferry_buf buf = FERRY_BUF_INIT;
	const char *slash = strrchr(path, '/');
	int rc;

	rc = ferry_input_read(&buf, path, FERRY_LOCK_MAX, err);
	if (rc == 0)
		rc = ferry_lock_parse(slash == NULL ? path : slash + 1,
		    ferry_bytes_buf(&buf), sink, err);
	if (rc == -1)
		ferry_error_in(err, "lock file %s", path);
	ferry_buf_free(&buf);
	return rc;
}
