#include "sync/carry/receipt.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "store/base/clock.h"
#include "store/base/error.h"
#include "store/base/file.h"
#include "store/catalog/catalog.h"
#include "store/index/local.h"
#include "store/store.h"
#include "sync/carry/origins.h"
#include "sync/carry/sites.h"
#include "sync/carry/trust.h"

int
ferry_receipt_make(const struct ferry_task *task, const char *origin,
    const json_t *wishes, struct ferry_buf *buf, char name[FERRY_RECEIPT_NAME],
    struct ferry_error *err)
{
	struct ferry_receipt r = { .at = ferry_now() };
	struct ferry_position here;
	struct ferry_keys *keys = NULL;
	int rc = -1;

	(void)snprintf(r.site, sizeof(r.site), "%s", ferry_store_id(task->st));
	(void)snprintf(
	    r.site_name, sizeof(r.site_name), "%s", ferry_store_name(task->st));
	(void)snprintf(r.origin, sizeof(r.origin), "%s", origin);
	if (ferry_position_get(
		task->st, origin[0] == 0 ? "-" : origin, &here, err) == -1 ||
	    ferry_wanted_load(task->st, &r, err) == -1 ||
	    ferry_keys_open(&keys, task->st, err) == -1)
		goto out;
	r.seq = here.seq;
	r.chain = here.chain;
	r.head = here.head;
	(void)snprintf(name, FERRY_RECEIPT_NAME, "ferry-receipt-%s%s%s.txt",
	    r.site_name, here.name[0] == 0 ? "" : "-", here.name);
	rc = ferry_receipt_write(buf, &r, wishes, keys, err);
out:
	ferry_keys_free(keys);
	return rc;
}

int
ferry_receipt_save(const char *dir, const char *name,
    const struct ferry_buf *text, struct ferry_error *err)
{
	int dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc;

	if (dirfd == -1)
		return ferry_error_errno(err, "%s", dir);
	rc = ferry_file_replace_at(
	    dirfd, name, 0644, ferry_bytes_buf(text), err);
	(void)close(dirfd);
	return rc == -1 ? ferry_error_in(err, "%s", dir) : 0;
}

/* What it says must be about this store, and about its history. */
static int
check_history(struct ferry_store *st, const struct ferry_receipt *r,
    struct ferry_error *err)
{
	struct ferry_digest chain;
	int rc;

	if (strcmp(r->site, ferry_store_id(st)) == 0)
		return ferry_error_set(err, FERRY_EWRONGSITE,
		    "this receipt was written by this very store; take it to "
		    "the origin");
	if (r->origin[0] != 0 && strcmp(r->origin, ferry_store_id(st)) != 0)
		return ferry_error_set(err, FERRY_EWRONGSITE,
		    "this receipt of %s is for the origin %s, here is %s",
		    r->site_name, r->origin, ferry_store_id(st));
	if (r->origin[0] == 0 && r->seq != 0)
		return ferry_error_set(err, FERRY_EFORMAT,
		    "this receipt names records but no origin");
	if ((rc = ferry_journal_chain(st, r->seq, &chain, err)) == -1)
		return -1;
	if (rc == 0 || !ferry_digest_equal(&chain, &r->chain))
		return ferry_error_set(err, FERRY_EFORK,
		    "%s holds record %" PRIu64 " of another history than this "
		    "store's. If this store was restored from a backup: 'ferry "
		    "sync' here, then carry a full bundle there ('ferry export "
		    "--to DIR'), and let its operator import it with 'ferry "
		    "import --new-history %s'; its receipts count again then",
		    r->site_name, r->seq, ferry_store_name(st));
	return 0;
}

/* Another site of the same name would make --for NAME ambiguous. */
static int
check_name(struct ferry_store *st, const struct ferry_receipt *r,
    struct ferry_error *err)
{
	struct ferry_receipt other;
	int rc = ferry_site_find(st, r->site_name, &other, err);

	if (rc == 1 && strcmp(other.site, r->site) != 0)
		return ferry_error_set(err, FERRY_EEXIST,
		    "another site (%s) is known here as '%s'", other.site,
		    r->site_name);
	return rc == -1 ? -1 : 0;
}

static int
put_wishes(struct ferry_store *st, const struct ferry_receipt *r,
    struct ferry_bytes signed_text, struct ferry_error *err)
{
	json_t *wishes;
	int rc;

	if (ferry_receipt_wishes(signed_text, &wishes, err) == -1)
		return -1;
	rc = ferry_local_named_put(st, FERRY_KIND_WISH, r->site,
	    json_pack("{s:I,s:O}", "at", (json_int_t)r->at, "wishes", wishes),
	    err);
	json_decref(wishes);
	return rc;
}

int
ferry_receipt_add(const struct ferry_task *task, struct ferry_bytes text,
    struct ferry_receipt *out, struct ferry_error *err)
{
	struct ferry_receipt_signature signatures[FERRY_RECEIPT_SIGNATURES];
	struct ferry_bytes signed_text;
	struct ferry_receipt known;
	size_t n;
	int rc;

	if (ferry_receipt_parse(out, text, &signed_text, signatures, &n, err) ==
		-1 ||
	    ferry_trust_receipt(
		task->st, out->site, signed_text, signatures, n, err) == -1 ||
	    check_history(task->st, out, err) == -1 ||
	    check_name(task->st, out, err) == -1)
		return -1;
	rc = ferry_site_get(task->st, out->site, &known, err);
	if (rc == -1)
		return -1;
	/*
	 * What is neither further nor later is old.  A later receipt of an
	 * earlier record is a site that was restored from its backup; an
	 * earlier one of a later record, a clock that was set right.
	 */
	if (rc == 1 && out->seq <= known.seq && out->at <= known.at &&
	    (out->seq != known.seq || out->at != known.at))
		return 0;
	if (ferry_site_put(task->st, out, err) == -1 ||
	    put_wishes(task->st, out, signed_text, err) == -1 ||
	    (out->seq > 0 &&
		ferry_mark_put(task->st, out->seq, &out->chain, err) == -1) ||
	    ferry_store_commit(task->st, err) == -1)
		return -1;
	return 1;
}
