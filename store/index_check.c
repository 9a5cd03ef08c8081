#include "store/index_check.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "store/base/json.h"
#include "store/catalog/catalog.h"
#include "store/internal.h"

#define FILTER_KEYS 256 /* fewer than a part of a filter is made of */

struct check {
	struct ferry_store *st;
	ferry_index_broken_fn *on_broken;
	void *ctx;
	bool (*stopped)(void);
	struct ferry_kv *kv; /* that is read: of st, or one that salvages */
	uint64_t seen; /* entries, to ask now and then */
	uint64_t files; /* of all records, each blob once a record */
	bool told[FERRY_CFS]; /* is broken, and was told of */
};

/* One entry of a family.  Returns 0; 1 if the family was told of; -1. */
typedef int check_entry_fn(struct check *c, struct ferry_bytes key,
    struct ferry_bytes value, struct ferry_error *err);

/* Returns 1. */
static int __attribute__((format(printf, 3, 4)))
broken(struct check *c, const char *part, const char *fmt, ...)
{
	char text[488];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	c->on_broken(c->ctx, part, text);
	return 1;
}

/* Of a family, the first that is broken is told. */
static int
each(struct check *c, enum ferry_cf cf, check_entry_fn *on,
    struct ferry_error *err)
{
	struct ferry_error why = FERRY_ERROR_INIT;
	struct ferry_kv_iter *it = NULL;
	struct ferry_bytes key, value;
	int rc, next;

	if (c->told[cf])
		return 1;
	if (ferry_kv_iter_new(&it, c->kv, cf, FERRY_KV_SCAN,
		ferry_bytes_str(""), ferry_bytes_str(""), err) == -1)
		return -1;
	for (rc = 0; rc == 0;) {
		if (++c->seen % 4096 == 0 && c->stopped()) {
			rc = ferry_error_set(err, FERRY_ECANCELLED,
			    "stopped before everything was verified");
			break;
		}
		next = ferry_kv_iter_next(it, &key, &value, &why);
		if (next == 0 && ferry_kv_ask_tables(c->kv, cf, &why) == 0)
			break;
		rc = next != 1 ? -1 : on(c, key, value, &why);
		if (rc == 0 && c->seen % FILTER_KEYS == 0)
			rc = ferry_kv_ask_beyond(c->kv, cf, key, &why);
		if (rc == -1 &&
		    (why.code == FERRY_EINDEX || why.code == FERRY_EFORMAT ||
			why.code == FERRY_ELIMIT))
			rc = broken(c, ferry_cf_name(cf), "%s", why.text);
		else if (rc == -1)
			*err = why;
	}
	ferry_kv_iter_free(it);
	return rc;
}

static int
any_entry(struct check *c, struct ferry_bytes key, struct ferry_bytes value,
    struct ferry_error *err)
{

	(void)c;
	(void)key;
	(void)value;
	(void)err;
	return 0;
}

static int
local_entry(struct check *c, struct ferry_bytes key, struct ferry_bytes value,
    struct ferry_error *err)
{
	char text[FERRY_KEY_TEXT];
	json_t *root = NULL;
	struct ferry_key k;
	int rc = -1;

	(void)c;
	if (ferry_key_parse(&k, key, err) == 0)
		rc = ferry_json_parse(
		    &root, value, ferry_key_text(&k, text), err);
	json_decref(root);
	return rc;
}

/* Whether an earlier file of the record is the same blob. */
static bool
named_before(const json_t *record, size_t i, const struct ferry_digest *blob)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_file file;

	for (size_t k = 0; k < i; k++)
		if (ferry_files_get(record, k, &file, &ignored) == 0 &&
		    ferry_digest_equal(&file.sha256, blob))
			return true;
	return false;
}

/* A record's references: that there are no others shows their number. */
static int
catalog_entry(struct check *c, struct ferry_bytes key, struct ferry_bytes value,
    struct ferry_error *err)
{
	uint8_t ref[FERRY_SHA256_SIZE + FERRY_KEY_MAX];
	struct ferry_buf nothing = FERRY_BUF_INIT;
	char text[FERRY_KEY_TEXT];
	json_t *record = NULL;
	struct ferry_file file;
	struct ferry_key k;
	int n = -1, rc = -1;

	if (ferry_key_parse(&k, key, err) == 0 &&
	    ferry_json_parse(&record, value, ferry_key_text(&k, text), err) ==
		0)
		n = rc = ferry_files_count(record, err);
	for (int i = 0; rc != -1 && i < n; i++) {
		if ((rc = ferry_files_get(record, (size_t)i, &file, err)) == -1)
			break;
		if (named_before(record, (size_t)i, &file.sha256))
			continue;
		c->files++;
		memcpy(ref, file.sha256.v, FERRY_SHA256_SIZE);
		memcpy(ref + FERRY_SHA256_SIZE, key.p, key.n);
		rc = ferry_kv_get(c->st->kv, FERRY_CF_REF,
		    ferry_bytes_of(ref, FERRY_SHA256_SIZE + key.n), &nothing,
		    err);
		if (rc == 1)
			continue;
		if (rc == 0)
			(void)ferry_error_set(err, FERRY_EINDEX,
			    "what %s names is not noted", text);
		if (err->code == FERRY_EINDEX) {
			c->told[FERRY_CF_REF] = true;
			rc = broken(
			    c, ferry_cf_name(FERRY_CF_REF), "%s", err->text);
		}
		break;
	}
	ferry_buf_free(&nothing);
	json_decref(record);
	return rc == -1 || c->told[FERRY_CF_REF] ? rc : 0;
}

static int
check_references(struct check *c, struct ferry_error *err)
{
	struct check refs = *c;
	int rc;

	refs.seen = 0;
	rc = each(&refs, FERRY_CF_REF, any_entry, err);
	if (rc == 0 && refs.seen - 1 != c->files)
		rc = broken(c, ferry_cf_name(FERRY_CF_REF),
		    "%" PRIu64 " references to blobs are noted where records "
		    "name %" PRIu64,
		    refs.seen - 1, c->files);
	return rc;
}

static int
check_journal(struct check *c, const struct ferry_store_totals *t,
    struct ferry_error *err)
{
	const char *part = ferry_cf_name(FERRY_CF_JOURNAL);
	struct ferry_journal_iter *it = NULL;
	struct ferry_error why = FERRY_ERROR_INIT;
	struct ferry_digest chain = { FERRY_SHA256, FERRY_SHA256_SIZE, { 0 } };
	struct ferry_journal_record r;
	uint64_t seq = 0;
	int rc, follows;

	if (ferry_journal_iter_new(&it, c->st, 0, err) == -1)
		return -1;
	while ((rc = ferry_journal_iter_next(it, &r, &why)) == 1) {
		if (r.seq != seq + 1) {
			rc = broken(c, part,
			    "records %" PRIu64 " to %" PRIu64 " are missing",
			    seq + 1, r.seq - 1);
			goto out;
		}
		if ((follows = ferry_journal_follows(&r, &chain, &why)) == -1)
			break;
		if (follows == 0) {
			rc = broken(c, part,
			    "record %" PRIu64 " was changed after it was "
			    "written",
			    r.seq);
			goto out;
		}
		chain = r.chain;
		seq = r.seq;
		if (seq % 4096 == 0 && c->stopped()) {
			rc = ferry_error_set(err, FERRY_ECANCELLED,
			    "stopped before everything was verified");
			goto out;
		}
	}
	if (rc == -1)
		rc = broken(c, part, "what follows record %" PRIu64 ": %s", seq,
		    why.text);
	else if (seq != t->records)
		rc = broken(c, part,
		    "it ends with record %" PRIu64 " instead of %" PRIu64, seq,
		    t->records);
out:
	ferry_journal_iter_free(it);
	return rc == -1 ? -1 : 0;
}

/* A writer could not open it: tell of the families that cannot be read.  A
 * reader's handle passes over tables that are gone. */
static int
name_parts(struct check *c, const char *path, const struct ferry_error *refused,
    struct ferry_error *err)
{
	struct ferry_error why = FERRY_ERROR_INIT;
	struct ferry_kv *kv = NULL;
	bool told = false;
	int rc = ferry_kv_open(&kv, path, FERRY_KV_SALVAGE, NULL, &why);

	if (rc == -1)
		return broken(c, "manifest and log", "%s", refused->text);
	c->kv = kv;
	for (int i = 0; rc != -1 && i < FERRY_CFS; i++) {
		rc = each(c, (enum ferry_cf)i, any_entry, err);
		c->told[i] = rc == 1;
		told = told || c->told[i];
	}
	c->kv = c->st->kv;
	ferry_kv_close(kv);
	if (rc != -1 && !told)
		rc = broken(c, "tables and log", "%s", refused->text);
	return rc;
}

/* Whether a writer could open it, if there is none. */
static int
probe(struct check *c, struct ferry_error *err)
{
	struct ferry_error why = FERRY_ERROR_INIT;
	char path[4200];
	int fd = openat(c->st->dirfd, "lock", O_RDONLY | O_CLOEXEC), rc = 0;

	/* There is no lock before the first writer. */
	if (fd == -1 && errno != ENOENT)
		return ferry_error_errno(err, "%s/lock", c->st->path);
	if (fd != -1 && flock(fd, LOCK_SH | LOCK_NB) == -1) {
		(void)close(fd);
		return 0;
	}
	(void)snprintf(path, sizeof(path), "%s/index", c->st->path);
	if (ferry_kv_probe(path, &why) == -1)
		rc = name_parts(c, path, &why, err);
	if (fd != -1)
		(void)close(fd);
	return rc == -1 ? -1 : 0;
}

int
ferry_index_check(struct ferry_store *st, ferry_index_broken_fn *on_broken,
    void *ctx, bool (*stopped)(void), struct ferry_error *err)
{
	struct check c = { .st = st,
		.kv = st->kv,
		.on_broken = on_broken,
		.ctx = ctx,
		.stopped = stopped };
	struct ferry_store_totals totals;
	int catalog;

	if (ferry_store_totals(st, &totals, err) == -1 ||
	    probe(&c, err) == -1 ||
	    (!c.told[FERRY_CF_JOURNAL] &&
		check_journal(&c, &totals, err) == -1) ||
	    (catalog = each(&c, FERRY_CF_CATALOG, catalog_entry, err)) == -1 ||
	    (catalog == 0 && !c.told[FERRY_CF_REF] &&
		check_references(&c, err) == -1) ||
	    each(&c, FERRY_CF_BYTES, any_entry, err) == -1 ||
	    each(&c, FERRY_CF_LOCAL, local_entry, err) == -1)
		return -1;
	return 0;
}
