#include "sync/access/compile.h"

#include "store/access/current.h"
#include "store/access/snapshot_write.h"
#include "store/base/clock.h"
#include "store/base/json.h"
#include "store/catalog/catalog.h"

/* A generation that is newer than what is here, and than older clocks. */
static int
next_generation(struct ferry_store *st, const char *upstream, uint64_t *out,
    struct ferry_error *err)
{
	uint64_t now = (uint64_t)ferry_now(), here = 0;
	struct ferry_key key;
	json_t *record = NULL;
	int rc;

	if (ferry_key_make(&key, err, "access", upstream, NULL) == -1 ||
	    (rc = ferry_catalog_get(st, &key, &record, err)) == -1)
		return -1;
	if (rc == 1)
		rc = ferry_json_u64(
		    record, "generation", INT64_MAX - 1, &here, err);
	json_decref(record);
	*out = here + 1 > now ? here + 1 : now;
	return rc == -1 ? -1 : 0;
}

static int
on_line(void *ctx, const char *kind, json_t *record, struct ferry_error *err)
{

	(void)kind;
	return ferry_snapshot_add(ctx, json_incref(record), err);
}

int
ferry_compile_github(struct ferry_store *st, const char *upstream,
    struct ferry_bytes facts, struct ferry_error *err)
{
	struct ferry_snapshot_writer w = { .n = 0 };
	struct ferry_buf text = FERRY_BUF_INIT;
	uint64_t generation;
	int rc = -1;

	if (next_generation(st, upstream, &generation, err) == 0 &&
	    ferry_snapshot_lines(facts, on_line, &w, err) == 0 &&
	    ferry_snapshot_add(&w,
		json_pack("{s:s,s:s,s:s,s:b,s:b,s:I,s:I}", "kind", "meta",
		    "upstream", upstream, "realm", upstream, "github", 1,
		    "private_mode", 0, "taken_at", (json_int_t)ferry_now(),
		    "generation", (json_int_t)generation),
		err) == 0 &&
	    ferry_snapshot_text(&w, &text, err) == 0)
		rc = ferry_snapshots_put(
		    st, upstream, ferry_bytes_buf(&text), err);
	ferry_buf_free(&text);
	ferry_snapshot_writer_free(&w);
	return rc == -1 ? ferry_error_in(err,
			      "the permissions of upstream "
			      "'%s'",
			      upstream)
	                : rc;
}
