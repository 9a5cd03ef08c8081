#include "sync/upstream/nuget/inside.h"

#include <ctype.h>
#include <fnmatch.h>
#include <string.h>
#include <strings.h>

#include "store/base/error.h"
#include "store/blob/blob.h"
#include "sync/upstream/nuget/members.h"
#include "sync/upstream/nuget/nuspec.h"
#include "sync/upstream/nuget/zip.h"

#define RUNTIME_MAX (8U << 20)
#define TOOL_MAX (1U << 20)
#define SIGNATURE_MAX (1U << 20)

struct finding {
	struct nuget_inside *out;
	unsigned nuspecs;
};

static bool
ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n > m && strcasecmp(s + n - m, end) == 0;
}

static struct ferry_buf *
on_member(void *ctx, const char *path, uint64_t *max)
{
	struct finding *f = ctx;

	if (strchr(path, '/') == NULL && ends_with(path, ".nuspec")) {
		*max = NUGET_NUSPEC_MAX;
		return f->nuspecs++ == 0 ? &f->out->nuspec : NULL;
	}
	if (strcasecmp(path, "runtime.json") == 0 && f->out->runtime.n == 0) {
		*max = RUNTIME_MAX;
		return &f->out->runtime;
	}
	if (strcmp(path, NUGET_SIGNATURE) == 0 && f->out->signature.n == 0) {
		*max = SIGNATURE_MAX;
		return &f->out->signature;
	}
	/* One a framework, which say the same of other packages. */
	if (f->out->tool.n == 0 &&
	    fnmatch("tools/*/*/DotnetToolSettings.xml", path,
		FNM_PATHNAME | FNM_CASEFOLD) == 0) {
		*max = TOOL_MAX;
		return &f->out->tool;
	}
	return NULL;
}

static int
digest(struct nuget_inside *out, const struct nuget_zip *zip,
    const struct ferry_blob *blob, struct ferry_error *err)
{
	struct ferry_digester *digester = NULL;
	int rc = -1;

	if (ferry_digester_new(&digester,
		FERRY_ALG(FERRY_SHA256) | FERRY_ALG(FERRY_SHA384) |
		    FERRY_ALG(FERRY_SHA512),
		err) == 0 &&
	    ferry_nuget_zip_digest(zip, blob, digester, err) == 0) {
		ferry_digester_final(digester, FERRY_SHA256, &out->sha256);
		ferry_digester_final(digester, FERRY_SHA384, &out->sha384);
		ferry_digester_final(digester, FERRY_SHA512, &out->sha512);
		rc = 0;
	}
	ferry_digester_free(digester);
	return rc;
}

static int
read_blob(struct nuget_inside *out, const struct ferry_blob *blob,
    struct ferry_error *err)
{
	struct finding f = { out, 0 };
	struct nuget_zip zip;
	int rc = -1;

	if (ferry_nuget_zip_read(&zip, blob, err) == -1)
		return -1;
	if (ferry_nuget_members_read(blob, on_member, &f, err) == 0)
		rc = f.nuspecs == 1
		         ? digest(out, &zip, blob, err)
		         : ferry_error_set(err, FERRY_EFORMAT,
			       "this is not a nupkg: it has %s nuspec",
			       f.nuspecs == 0 ? "no" : "more than one");
	ferry_nuget_zip_free(&zip);
	return rc;
}

static int
open_blob(struct ferry_blob *blob, struct ferry_store *st,
    const struct ferry_digest *nupkg, struct ferry_error *err)
{
	int rc;

	*blob = (struct ferry_blob){ .fd = -1 };
	rc = ferry_blob_open(st, nupkg, blob, err);
	return rc == 0
	           ? ferry_error_set(err, FERRY_ENOTFOUND, "the nupkg is gone")
	           : rc;
}

int
ferry_nuget_inside_read(struct nuget_inside *out, struct ferry_store *st,
    const struct ferry_digest *nupkg, struct ferry_error *err)
{
	struct ferry_blob blob;
	int rc;

	*out = (struct nuget_inside){ .nuspec = FERRY_BUF_INIT };
	if (open_blob(&blob, st, nupkg, err) == -1)
		return -1;
	rc = read_blob(out, &blob, err);
	ferry_blob_close(&blob);
	if (rc == -1)
		ferry_nuget_inside_free(out);
	return rc;
}

void
ferry_nuget_inside_free(struct nuget_inside *inside)
{

	ferry_buf_free(&inside->nuspec);
	ferry_buf_free(&inside->runtime);
	ferry_buf_free(&inside->tool);
	ferry_buf_free(&inside->signature);
}

/* One member */

struct wanted {
	const char *path;
	uint64_t max;
	struct ferry_buf *out;
	bool found;
};

/* A character of a path, the same for what means the same. */
static int
folded(char c)
{

	return c == '\\' ? '/' : tolower((unsigned char)c);
}

static bool
same_path(const char *a, const char *b)
{

	while (*b == '/' || *b == '\\')
		b++;
	for (; *a != 0 && *b != 0; a++, b++)
		if (folded(*a) != folded(*b))
			return false;
	return *a == *b;
}

static struct ferry_buf *
on_wanted(void *ctx, const char *path, uint64_t *max)
{
	struct wanted *w = ctx;

	if (w->found || !same_path(path, w->path))
		return NULL;
	w->found = true;
	*max = w->max;
	return w->out;
}

int
ferry_nuget_inside_member(struct ferry_buf *out, struct ferry_store *st,
    const struct ferry_digest *nupkg, const char *path, uint64_t max,
    struct ferry_error *err)
{
	struct ferry_error why = FERRY_ERROR_INIT;
	struct wanted w = { path, max, out, false };
	struct ferry_blob blob;
	int rc;

	if (open_blob(&blob, st, nupkg, err) == -1)
		return -1;
	rc = ferry_nuget_members_read(&blob, on_wanted, &w, &why);
	ferry_blob_close(&blob);
	if (rc == 0)
		return w.found;
	if (why.code == FERRY_ELIMIT) {
		ferry_buf_reset(out);
		return 0;
	}
	*err = why;
	return -1;
}
