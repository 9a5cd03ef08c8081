#include "serve/replay/npm/parts.h"

#include <stdlib.h>
#include <string.h>

#include "serve/http/http.h"
#include "serve/replay/call.h"
#include "serve/replay/store_view.h"
#include "store/base/error.h"
#include "store/base/json_span.h"

/* Where a version and its document are in the packument, as the index has them:
 * sorted by name, behind one for "dist-tags", which has no name. */
struct place {
	uint32_t name_at, name_n;
	uint32_t at, n;
};

static int
compare(const void *a, const void *b, void *ctx)
{
	const struct place *x = a, *y = b;
	const uint8_t *text = ctx;

	return ferry_bytes_cmp(ferry_bytes_of(text + x->name_at, x->name_n),
	    ferry_bytes_of(text + y->name_at, y->name_n));
}

static int
add_place(struct ferry_buf *buf, const uint8_t *text, struct ferry_bytes name,
    struct ferry_bytes value, struct ferry_error *err)
{
	struct place place = { (uint32_t)(name.p - text), (uint32_t)name.n,
		(uint32_t)(value.p - text), (uint32_t)value.n };

	return ferry_buf_add(buf, &place, sizeof(place), err);
}

static int
make_places(void *ctx, struct ferry_body **out, struct ferry_error *err)
{
	const struct ferry_body *whole = ctx;
	uint64_t size = whole->size;
	struct ferry_buf text = FERRY_BUF_INIT, buf = FERRY_BUF_INIT;
	struct ferry_bytes root, tags = { NULL, 0 }, versions;
	struct ferry_span_iter it;
	int rc = -1;

	if (size > UINT32_MAX) {
		ferry_error_set(err, FERRY_ELIMIT, "this packument is too big");
		goto out;
	}
	if (ferry_buf_reserve(&text, (size_t)size, err) == -1)
		goto out;
	for (ssize_t n; text.n < size; text.n += (size_t)n)
		if ((n = ferry_body_read(whole, text.n, text.p + text.n,
			 (size_t)size - text.n)) <= 0) {
			ferry_error_errno(err, "reading a packument");
			goto out;
		}
	root = ferry_bytes_buf(&text);
	if (!ferry_span_get(root, "dist-tags", &tags) ||
	    !ferry_span_get(root, "versions", &versions)) {
		rc = 0;
		goto out;
	}
	if (add_place(&buf, text.p, ferry_bytes_of(tags.p, 0), tags, err) == -1)
		goto out;
	ferry_span_iter(&it, versions);
	while (ferry_span_next(&it))
		if (add_place(&buf, text.p, it.name, it.value, err) == -1)
			goto out;
	qsort_r(buf.p + sizeof(struct place), buf.n / sizeof(struct place) - 1,
	    sizeof(struct place), compare, text.p);
	rc = ferry_body_new(out, &buf, err) == -1 ? -1 : 1;
out:
	ferry_buf_free(&text);
	ferry_buf_free(&buf);
	return rc;
}

static struct place
place_at(const struct ferry_body *places, size_t i)
{
	struct place place = { 0, 0, 0, 0 };

	(void)ferry_body_read(places, i * sizeof(place), &place, sizeof(place));
	return place;
}

/* 1 and *out, 0. */
static int
find(const struct ferry_body *places, const struct ferry_body *whole,
    struct ferry_bytes version, struct ferry_npm_part *out)
{
	size_t low = 1, high = (size_t)places->size / sizeof(struct place);
	char name[FERRY_ITEM_NAME];

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		struct place place = place_at(places, mid);
		size_t n =
		    place.name_n < sizeof(name) ? place.name_n : sizeof(name);
		int c;

		if (ferry_body_read(whole, place.name_at, name, n) !=
		    (ssize_t)n)
			return 0;
		c = ferry_bytes_cmp(ferry_bytes_of(name, n), version);
		if (c == 0) {
			*out = (struct ferry_npm_part){ place.at, place.n };
			return 1;
		}
		if (c < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return 0;
}

/* The version that a tag names, appended to out: 1, 0, -1. */
static int
find_tag(const struct ferry_body *whole, struct place tags, const char *tag,
    struct ferry_buf *out, struct ferry_error *err)
{
	struct ferry_buf text = FERRY_BUF_INIT;
	struct ferry_bytes value = { NULL, 0 };
	int rc = -1;

	if (ferry_buf_reserve(&text, tags.n, err) == -1)
		return -1;
	if (ferry_body_read(whole, tags.at, text.p, tags.n) != (ssize_t)tags.n)
		ferry_error_errno(err, "reading a packument");
	else
		rc =
		    ferry_span_get(ferry_bytes_of(text.p, tags.n), tag, &value);
	if (rc == 1 && ferry_span_string(out, value, err) == -1)
		rc = -1;
	ferry_buf_free(&text);
	return rc;
}

int
ferry_npm_part_find(const struct ferry_call *call,
    const struct ferry_body *whole, const char *version,
    struct ferry_npm_part *out, struct ferry_error *err)
{
	struct ferry_buf named = FERRY_BUF_INIT;
	struct ferry_body *places = NULL;
	struct place tags;
	int rc;

	/* Of these bytes: another packument has another entity tag. */
	rc = ferry_store_view_get(call->view, &places, make_places,
	    (void *)(uintptr_t)whole, err, "npm", call->resource.package,
	    "parts", whole->etag, NULL);
	if (rc != 1)
		return rc;
	tags = place_at(places, 0);
	if (version == NULL) {
		*out = (struct ferry_npm_part){ tags.at, tags.n };
	} else {
		rc = find_tag(whole, tags, version, &named, err);
		if (rc != -1)
			rc = find(places, whole,
			    rc == 1 ? ferry_bytes_buf(&named)
				    : ferry_bytes_str(version),
			    out);
	}
	ferry_buf_free(&named);
	ferry_body_unref(places);
	return rc;
}
