#include "sync/carry/listing.h"

#include "store/base/bytes.h"
#include "store/base/json.h"
#include "store/bundle/volume.h"

static int
on_data(void *ctx, const void *p, size_t n, struct ferry_error *err)
{

	return ferry_buf_add(ctx, p, n, err);
}

static int
tell(struct ferry_bytes line, ferry_on_listed *on_listed, void *ctx,
    struct ferry_error *err)
{
	struct ferry_key key;
	json_t *root = NULL;
	int rc = -1;

	if (ferry_json_parse(&root, line, "a record", err) == 0 &&
	    ferry_key_from_json(&key, json_object_get(root, "key"), err) == 0) {
		const json_t *value = json_object_get(root, "value");

		rc = on_listed(
		    ctx, &key, json_is_object(value) ? value : NULL, err);
	}
	json_decref(root);
	return rc;
}

/* A part, which has a bound of its own. */
static int
read_part(struct ferry_volume *v, ferry_on_listed *on_listed, void *ctx,
    struct ferry_error *err)
{
	struct ferry_buf text = FERRY_BUF_INIT;
	struct ferry_bytes rest, line;
	int rc =
	    ferry_volume_content(v, FERRY_CONTENT_CHECKED, on_data, &text, err);

	rest = ferry_bytes_buf(&text);
	while (rc == 0 && ferry_bytes_line(&rest, &line))
		rc = tell(line, on_listed, ctx, err);
	ferry_buf_free(&text);
	return rc;
}

static int
read_volume(const struct ferry_found_bundle *bundle, size_t i,
    ferry_on_listed *on_listed, ferry_on_carried_blob *on_blob, void *ctx,
    struct ferry_error *err)
{
	const struct ferry_member *m;
	struct ferry_volume *v = NULL;
	int rc = 0, more = -1;

	if (ferry_found_open(&v, bundle, i, err) == -1)
		return -1;
	while (rc == 0 && (more = ferry_volume_next(v, &m, err)) == 1) {
		if (m->kind == FERRY_MEMBER_RECORDS)
			rc = read_part(v, on_listed, ctx, err);
		else if (on_blob != NULL)
			rc = on_blob(ctx, m, err);
	}
	ferry_volume_close(v);
	return rc == -1 || more == -1
	           ? ferry_error_in(err, "%s", bundle->volumes[i].path)
	           : 0;
}

int
ferry_listing_each(const struct ferry_found_bundle *bundle,
    ferry_on_listed *on_listed, ferry_on_carried_blob *on_blob, void *ctx,
    struct ferry_error *err)
{
	size_t last = 0;

	for (size_t i = 0; i < bundle->n; i++) {
		/* Copies lie beside each other. */
		if (bundle->volumes[i].number == last)
			continue;
		last = bundle->volumes[i].number;
		if (read_volume(bundle, i, on_listed, on_blob, ctx, err) == -1)
			return -1;
	}
	return 0;
}
