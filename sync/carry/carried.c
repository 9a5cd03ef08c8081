#include "sync/carry/carried.h"

#include <inttypes.h>
#include <string.h>

#include "store/base/json.h"
#include "store/catalog/check.h"

static int
parse_record(
    struct ferry_carried *r, const json_t *root, struct ferry_error *err)
{
	const char *op;

	if (ferry_json_u64(root, "seq", INT64_MAX, &r->seq, err) == -1 ||
	    ferry_json_str(root, "op", &op, err) == -1 ||
	    ferry_key_from_json(&r->key, json_object_get(root, "key"), err) ==
		-1)
		return -1;
	r->value = NULL;
	if (strcmp(op, "delete") == 0)
		return ferry_record_check(&r->key, NULL, err);
	if (strcmp(op, "put") != 0)
		return ferry_error_set(err, FERRY_ENEWER,
		    "operation '%.20s' is not known to this ferry; update it",
		    op);
	if (ferry_json_object(root, "value", &r->value, err) == -1)
		return -1;
	if (json_object_get(r->value, "seq") != NULL)
		return ferry_error_set(err, FERRY_EFORMAT,
		    "a record's value must not have \"seq\"");
	return ferry_record_check(&r->key, r->value, err);
}

/* One line, which is in its place. */
static int
read_line(const struct ferry_member *m, struct ferry_bytes line, uint64_t *last,
    ferry_on_carried *on_record, void *ctx, struct ferry_error *err)
{
	struct ferry_carried r;
	json_t *root = NULL;
	int rc = ferry_json_parse(&root, line, "a record", err);

	if (rc == 0)
		rc = parse_record(&r, root, err);
	if (rc == 0 && (r.seq < m->first || r.seq > m->last || r.seq <= *last))
		rc = ferry_error_set(err, FERRY_EFORMAT,
		    "record %" PRIu64 " is not where it belongs", r.seq);
	if (rc == 0) {
		*last = r.seq;
		if (on_record != NULL)
			rc = on_record(ctx, &r, err);
	}
	json_decref(root);
	return rc;
}

int
ferry_carried_each(const struct ferry_member *m, struct ferry_bytes text,
    uint64_t *last, ferry_on_carried *on_record, void *ctx,
    struct ferry_error *err)
{
	char records[FERRY_COUNT_TEXT];
	struct ferry_bytes line;
	uint64_t count = 0;

	while (ferry_bytes_line(&text, &line)) {
		count++;
		if (read_line(m, line, last, on_record, ctx, err) == -1)
			return ferry_error_in(err, "line %" PRIu64, count);
	}
	if (count != m->count)
		return ferry_error_set(err, FERRY_EFORMAT,
		    "it has %s instead of %" PRIu64,
		    ferry_count_text(count, "record", records), m->count);
	return 0;
}
