#include "sync/upstream/oci/files.h"

#include <glob.h>
#include <stdio.h>
#include <string.h>

#include "store/base/conf.h"
#include "sync/select/images/images.h"
#include "sync/upstream/oci/queue.h"

struct file {
	struct oci *oci;
	const char *path;
};

static int
on_image(void *ctx, const struct ferry_image *image, struct ferry_error *err)
{
	const struct ferry_oci_reference *ref = image->reference;
	const struct file *file = ctx;
	struct oci_repository *r;

	/* Other hosts' images are other upstreams' business. */
	if (strcmp(ref->host, file->oci->host) != 0)
		return 0;
	if ((r = ferry_oci_repository_find(file->oci, ref->repository, err)) ==
	    NULL)
		return -1;
	return ferry_oci_ref_want(
	    r, *ref->digest != 0 ? ref->digest : ref->tag, 0, NULL, NULL, err);
}

static int
on_unmirrorable(void *ctx, const char *where, const char *text, const char *why,
    struct ferry_error *err)
{
	const struct file *file = ctx;
	char line[600];

	(void)err;
	(void)snprintf(line, sizeof(line), "%.300s (%.200s)", text, why);
	ferry_run_skip(file->oci->run, where, line);
	return 0;
}

/* A file that cannot be read does not stop the others. */
static int
want_file(struct oci *oci, const char *path, struct ferry_error *err)
{
	struct file file = { oci, path };
	const struct ferry_images_sink sink = { on_image, on_unmirrorable,
		&file };
	struct ferry_error why = FERRY_ERROR_INIT;

	if (ferry_images_read(path, &sink, &why) == 0)
		return 0;
	if (why.code == FERRY_ENOMEM) {
		*err = why;
		return -1;
	}
	ferry_run_fail(oci->run, path, &why);
	return 0;
}

static int
want_pattern(struct oci *oci, const char *pattern, struct ferry_error *err)
{
	struct ferry_error why = FERRY_ERROR_INIT;
	glob_t found = { 0 };
	int rc = 0;

	switch (glob(pattern, GLOB_MARK, NULL, &found)) {
	case 0:
		for (size_t i = 0; i < found.gl_pathc && rc == 0; i++)
			rc = want_file(oci, found.gl_pathv[i], err);
		globfree(&found);
		return rc;
	case GLOB_NOMATCH:
		ferry_error_set(
		    &why, FERRY_ESYSTEM, "there is no such file (images_from)");
		ferry_run_fail(oci->run, pattern, &why);
		return 0;
	default:
		return ferry_error_errno(err, "looking for %s", pattern);
	}
}

int
ferry_oci_files_want(
    struct oci *oci, enum oci_wants_mode mode, struct ferry_error *err)
{
	const char *pattern;
	int rc;

	for (unsigned i = 0; (rc = ferry_conf_path_at(oci->up->group,
				  "images_from", i, &pattern, err)) == 1;
	     i++)
		if (mode == OCI_WANTS_ADD &&
		    want_pattern(oci, pattern, err) == -1)
			return -1;
	return rc;
}
