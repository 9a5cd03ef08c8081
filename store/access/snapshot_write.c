#include "store/access/snapshot_write.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "store/access/snapshot.h"
#include "store/base/json.h"

#define TIDY_MIN 65536 /* lines */

static int
compare(const void *a, const void *b)
{

	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sort, and drop what came twice: a user is in many lists. */
static void
tidy(struct ferry_snapshot_writer *w)
{
	size_t n = 0;

	if (w->n == 0)
		return;
	qsort(w->lines, w->n, sizeof(*w->lines), compare);
	for (size_t i = 0; i < w->n; i++)
		if (n > 0 && strcmp(w->lines[n - 1], w->lines[i]) == 0) {
			w->bytes -= strlen(w->lines[i]) + 1;
			free(w->lines[i]);
		} else {
			w->lines[n++] = w->lines[i];
		}
	w->n = n;
}

int
ferry_snapshot_add(
    struct ferry_snapshot_writer *w, json_t *record, struct ferry_error *err)
{
	struct ferry_buf line = FERRY_BUF_INIT;
	int rc = -1;

	if (record == NULL)
		return ferry_error_set(
		    err, FERRY_ENOMEM, "no memory for a record");
	if (w->n >= w->tidy_at && w->n >= TIDY_MIN) {
		tidy(w);
		w->tidy_at = 2 * w->n;
	}
	if (ferry_json_add(&line, record, err) == -1 ||
	    ferry_array_grow(
		&w->lines, &w->cap, w->n + 1, sizeof(*w->lines), err) == -1)
		goto out;
	if (line.n > FERRY_SNAPSHOT_LINE ||
	    w->bytes + line.n + 1 > FERRY_SNAPSHOT_MAX) {
		ferry_error_set(err, FERRY_ELIMIT,
		    "a permission snapshot becomes too large");
		goto out;
	}
	w->lines[w->n++] = (char *)line.p;
	w->bytes += line.n + 1;
	line = (struct ferry_buf)FERRY_BUF_INIT;
	rc = 0;
out:
	ferry_buf_free(&line);
	json_decref(record);
	return rc;
}

int
ferry_snapshot_text(struct ferry_snapshot_writer *w, struct ferry_buf *out,
    struct ferry_error *err)
{

	tidy(w);
	if (ferry_buf_reserve(out, w->bytes, err) == -1)
		return -1;
	for (size_t i = 0; i < w->n; i++)
		if (ferry_buf_adds(out, w->lines[i], err) == -1 ||
		    ferry_buf_add(out, "\n", 1, err) == -1)
			return -1;
	return 0;
}

void
ferry_snapshot_writer_free(struct ferry_snapshot_writer *w)
{

	for (size_t i = 0; i < w->n; i++)
		free(w->lines[i]);
	free(w->lines);
	*w = (struct ferry_snapshot_writer){ .n = 0 };
}

static int
one_line(struct ferry_bytes line, ferry_on_snapshot_line *on_line, void *ctx,
    struct ferry_error *err)
{
	json_t *record = NULL;
	const char *kind;
	int rc = -1;

	if (ferry_json_parse(&record, line, "a record", err) == 0 &&
	    ferry_json_str(record, "kind", &kind, err) == 0)
		rc = on_line(ctx, kind, record, err);
	json_decref(record);
	return rc;
}

int
ferry_snapshot_lines(struct ferry_bytes text, ferry_on_snapshot_line *on_line,
    void *ctx, struct ferry_error *err)
{
	struct ferry_bytes line;
	uint64_t number = 0;

	while (ferry_bytes_line(&text, &line)) {
		number++;
		if (line.n > 0 && one_line(line, on_line, ctx, err) == -1)
			return ferry_error_in(
			    err, "line %" PRIu64 " of a snapshot", number);
	}
	return 0;
}
