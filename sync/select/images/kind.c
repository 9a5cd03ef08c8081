#include "sync/select/images/kind.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "store/base/error.h"
#include "store/base/file.h"
#include "sync/select/images/images.h"

#define TEXT_SHOWN 300 /* bytes of an unmirrorable text */
#define DOTENV_MAX (1U << 20)

static int
set_where(struct ferry_buf *where, const struct ferry_images *im, size_t line,
    struct ferry_error *err)
{

	return ferry_buf_addf(where, err, "%s:%zu", im->name, line);
}

int
ferry_images_lost(const struct ferry_images *im, size_t line,
    struct ferry_bytes text, const char *why, struct ferry_error *err)
{
	struct ferry_buf where = FERRY_BUF_INIT, shown = FERRY_BUF_INIT;
	int rc = -1;

	if (set_where(&where, im, line, err) == 0 &&
	    ferry_buf_add(&shown, text.p,
		text.n < TEXT_SHOWN ? text.n : TEXT_SHOWN, err) == 0)
		rc = im->sink->on_unmirrorable(im->sink->ctx,
		    (const char *)where.p, (const char *)shown.p, why, err);
	ferry_buf_free(&where);
	ferry_buf_free(&shown);
	return rc;
}

int
ferry_images_found(const struct ferry_images *im, size_t line,
    struct ferry_bytes text, struct ferry_bytes platform,
    struct ferry_error *err)
{
	struct ferry_error why = FERRY_ERROR_INIT;
	struct ferry_buf where = FERRY_BUF_INIT;
	struct ferry_oci_reference reference;
	struct ferry_oci_platform parts;
	char name[4 * FERRY_OCI_PLATFORM_PART];
	int rc;

	if (ferry_oci_reference_parse(&reference, text, &why) == -1) {
		/* The cause; the context is the text, which goes with it. */
		char *context = strstr(why.text, "; image reference");

		if (context != NULL)
			*context = 0;
		return ferry_images_lost(im, line, text, why.text, err);
	}
	if (set_where(&where, im, line, err) == -1)
		return -1;
	(void)snprintf(name, sizeof(name), "%.*s",
	    (int)(platform.n < sizeof(name) ? platform.n : 0),
	    (const char *)platform.p);
	rc = im->sink->on_image(im->sink->ctx,
	    &(struct ferry_image){ .reference = &reference,
		.platform =
		    ferry_oci_platform_parse(&parts, platform, &why) == 0
			? name
			: NULL,
		.where = (const char *)where.p },
	    err);
	ferry_buf_free(&where);
	return rc;
}

/* Read the .env of the folder of path; that there is none is fine. */
static int
read_dotenv(struct ferry_images *im, const char *path, struct ferry_error *err)
{
	const char *slash = strrchr(path, '/');
	struct ferry_error own = FERRY_ERROR_INIT;
	struct ferry_buf name = FERRY_BUF_INIT, text = FERRY_BUF_INIT;
	int rc = -1;

	if (ferry_buf_addf(&name, err, "%.*s.env",
		(int)(slash == NULL ? 0 : slash - path + 1), path) == -1)
		goto out;
	if (ferry_file_read((const char *)name.p, DOTENV_MAX, &text, &own) == 0)
		rc = ferry_variables_dotenv(
		    &im->env, ferry_bytes_buf(&text), &own);
	else if (own.code == FERRY_ESYSTEM && own.sys == ENOENT)
		rc = 0;
	if (rc == -1) {
		*err = own;
		ferry_error_in(err, "%s", (const char *)name.p);
	}
out:
	ferry_buf_free(&name);
	ferry_buf_free(&text);
	return rc;
}

int
ferry_images_env(struct ferry_images *im, struct ferry_error *err)
{

	if (im->has_env)
		return 0;
	im->has_env = true;
	if (im->path != NULL)
		return read_dotenv(im, im->path, err);
	if (ferry_variables_dotenv(&im->env, im->dotenv, err) == -1)
		return ferry_error_in(err, ".env");
	return 0;
}
