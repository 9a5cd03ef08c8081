/* `ferry trust brought`: what came by a key, for the day it is revoked. */

#include "sync/command/trust.h"

#include <inttypes.h>
#include <stdio.h>

#include "store/base/clock.h"
#include "store/catalog/catalog.h"
#include "store/catalog/removal.h"
#include "sync/carry/imported.h"
#include "sync/command/command_task.h"

struct brought {
	struct ferry_context *ctx;
	struct ferry_store *st;
	uint64_t versions;
};

static void
print_import(const struct brought *b, const struct ferry_imported *i)
{
	char at[FERRY_TIME_TEXT];

	if (b->ctx->json)
		ferry_command_print(json_pack("{s:s,s:s,s:I,s:I,s:I,s:I}",
		    "event", "import", "origin", i->origin, "from",
		    (json_int_t)i->from, "last", (json_int_t)i->to, "at",
		    (json_int_t)i->at, "keys", (json_int_t)i->keys));
	else
		(void)printf("records %" PRIu64 " to %" PRIu64 " of %s, "
			     "imported %s%s\n",
		    i->from, i->to, i->origin, ferry_time_text(i->at, at),
		    i->keys > 1 ? ", signed by other trusted keys, too" : "");
}

/* Whether the record that came with the import is what is served today. */
static int
is_served(const struct brought *b, const struct ferry_key *key,
    struct ferry_error *err)
{
	json_t *record = NULL;
	int rc = ferry_catalog_get(b->st, key, &record, err);

	if (rc == 1)
		rc = !ferry_removal_is(record);
	json_decref(record);
	return rc;
}

static void
print_version(struct brought *b, const struct ferry_key *key)
{
	char text[FERRY_KEY_TEXT];

	b->versions++;
	if (b->ctx->json)
		ferry_command_print(json_pack("{s:s,s:s,s:s,s:s,s:s}", "event",
		    "version", "format", ferry_key_part(key, 1), "name",
		    ferry_key_part(key, 2), "owner", ferry_key_part(key, 3),
		    "version", ferry_key_part(key, 4)));
	else
		(void)printf("  %s\n", ferry_key_text(key, text));
}

static int
on_imported(void *ctx, const struct ferry_imported *i, struct ferry_error *err)
{
	struct brought *b = ctx;
	struct ferry_journal_record r;
	struct ferry_journal_iter *it;
	int rc;

	print_import(b, i);
	if (ferry_journal_iter_new(&it, b->st, i->first, err) == -1)
		return -1;
	while ((rc = ferry_journal_iter_next(it, &r, err)) == 1 &&
	       r.seq <= i->last) {
		if (r.value == NULL ||
		    !ferry_key_is(&r.key, FERRY_KIND_VERSION))
			continue;
		if ((rc = is_served(b, &r.key, err)) == -1)
			break;
		if (rc == 1)
			print_version(b, &r.key);
	}
	ferry_journal_iter_free(it);
	return rc == -1 ? -1 : 0;
}

int
ferry_trust_brought(struct ferry_context *ctx, struct ferry_store *st,
    const char *key, struct ferry_error *err)
{
	struct brought b = { .ctx = ctx, .st = st };
	char text[FERRY_COUNT_TEXT];

	if (!ferry_keyid_ok(key))
		return ferry_error_set(err, FERRY_EUSAGE,
		    "'%.40s' is not the id of a key; 'ferry trust' lists them",
		    key);
	if (ferry_imported_by(st, key, on_imported, &b, err) == -1)
		return -1;
	if (ctx->json)
		ferry_command_print(
		    json_pack("{s:s,s:s,s:I}", "event", "result", "code", "ok",
			"versions", (json_int_t)b.versions));
	else
		(void)printf("%s came by key %s and %s served here\n",
		    ferry_count_text(b.versions, "version", text), key,
		    b.versions == 1 ? "is" : "are");
	return 0;
}
