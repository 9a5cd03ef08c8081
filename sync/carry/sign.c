#include "sync/carry/sign.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "store/base/file.h"
#include "store/bundle/detached.h"
#include "store/bundle/volume.h"

/* "DIR/ferry-hq-000001-000005.KEYID.sig" */
static int
name_file(const struct ferry_found_bundle *bundle, const char *dir,
    const char *id, char file[FERRY_SIGN_NAME], struct ferry_error *err)
{
	const char *path = bundle->volumes[0].path;
	const char *slash = strrchr(path, '/');
	const char *name = slash == NULL ? path : slash + 1;
	size_t n = strlen(name);
	int w;

	if (n > 8 && strcmp(name + n - 8, "-001.tar") == 0)
		n -= 8;
	w = dir != NULL ? snprintf(file, FERRY_SIGN_NAME, "%s/%.*s.%s.sig", dir,
			      (int)n, name, id)
	                : snprintf(file, FERRY_SIGN_NAME, "%.*s.%s.sig",
			      (int)((size_t)(name - path) + n), path, id);
	return w < 0 || w >= FERRY_SIGN_NAME
	           ? ferry_error_set(
			 err, FERRY_ELIMIT, "the name of %s is too long", path)
	           : 0;
}

static int
write_file(const char *file, const struct ferry_detached *signature,
    struct ferry_error *err)
{
	struct ferry_buf text = FERRY_BUF_INIT;
	int rc = ferry_detached_write(&text, signature, err);

	if (rc == 0)
		rc =
		    ferry_file_replace(file, 0644, ferry_bytes_buf(&text), err);
	ferry_buf_free(&text);
	return rc;
}

int
ferry_sign(const struct ferry_found_bundle *bundle,
    const struct ferry_keys *keys, const char *dir, char file[FERRY_SIGN_NAME],
    struct ferry_error *err)
{
	struct ferry_detached signature = { .bundle = bundle->head->digest };
	struct ferry_volume *v = NULL;
	int rc = -1;

	/* What is signed is the very head that all was checked against. */
	if (ferry_found_open(&v, bundle, 0, err) == -1)
		goto out;
	for (size_t i = 0; i < ferry_keys_count(keys); i++) {
		const char *id = ferry_keys_public(keys, i)->id;

		if (!ferry_keys_active(keys, i))
			continue;
		memcpy(signature.signer, id, FERRY_KEYID);
		if (ferry_keys_sign(keys, i, ferry_volume_text(v), signature.v,
			err) == -1 ||
		    name_file(bundle, dir, id, file, err) == -1 ||
		    write_file(file, &signature, err) == -1)
			goto out;
	}
	rc = 0;
out:
	ferry_volume_close(v);
	return rc;
}

int
ferry_sign_has(const struct ferry_found_bundle *bundle,
    const struct ferry_public *key, struct ferry_error *err)
{
	struct ferry_volume *v = NULL;
	int rc = 0;

	if (ferry_found_open(&v, bundle, 0, err) == -1)
		return -1;
	for (size_t i = 0; rc == 0 && i < ferry_volume_signatures(v); i++)
		if (strcmp(ferry_volume_signer(v, i), key->id) == 0)
			rc = ferry_public_verify(key, ferry_volume_text(v),
			    ferry_volume_signature(v, i), err);
	ferry_volume_close(v);
	return rc;
}
