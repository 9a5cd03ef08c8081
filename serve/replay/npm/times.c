#include "serve/replay/npm/times.h"

#include <string.h>

#include "serve/replay/format.h"
#include "serve/replay/npm/load.h"
#include "store/base/clock.h"
#include "store/base/error.h"
#include "store/base/json.h"
#include "store/base/json_span.h"

/* Keep one member of "time": of a version, or of the package. */
static int
keep_time(struct ferry_times *out, const struct ferry_span_iter *it,
    struct ferry_error *err)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_buf name = FERRY_BUF_INIT, text = FERRY_BUF_INIT;
	int64_t at;
	int rc = 0;

	if (ferry_span_type(it->value) == FERRY_SPAN_STRING &&
	    ferry_span_unescape(&name, it->name, &ignored) == 0 && name.n > 0 &&
	    ferry_span_string(&text, it->value, &ignored) == 0 &&
	    ferry_time_parse(&at, ferry_bytes_buf(&text), &ignored) == 0) {
		if (strcmp((char *)name.p, "created") == 0)
			out->created_at = at;
		else if (strcmp((char *)name.p, "modified") == 0)
			out->updated_at = at;
		else
			rc = ferry_json_set(out->versions, (char *)name.p,
			    json_integer((json_int_t)at), err);
	}
	ferry_buf_free(&name);
	ferry_buf_free(&text);
	return rc;
}

int
ferry_npm_times(struct ferry_store_view *view, const char *package,
    const char *owner, struct ferry_times *out, struct ferry_error *err)
{
	struct ferry_buf packument = FERRY_BUF_INIT;
	struct ferry_held held = { 0 };
	struct ferry_bytes root, times;
	struct ferry_span_iter it;
	int rc = ferry_npm_load(view, package, owner, &packument, &held, err);

	if (rc == 1 &&
	    ferry_span_check(ferry_bytes_buf(&packument), &root, err) == -1)
		rc = -1;
	if (rc == 1 && (out->versions = json_object()) == NULL)
		rc = ferry_error_set(err, FERRY_ENOMEM, "no memory");
	if (rc == 1 && ferry_span_get(root, "time", &times)) {
		ferry_span_iter(&it, times);
		while (rc == 1 && ferry_span_next(&it))
			if (keep_time(out, &it, err) == -1)
				rc = -1;
	}
	ferry_held_free(&held);
	ferry_buf_free(&packument);
	return rc == -1 ? -1 : 0;
}
