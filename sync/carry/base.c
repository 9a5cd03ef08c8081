#include "sync/carry/base.h"

#include "store/blob/blob.h"
#include "store/catalog/former.h"
#include "store/catalog/removed.h"
#include "store/format/format.h"
#include "store/store.h"

#define VERSION_PART 4 /* of a version's key */

/* The best so far: below or above the version that is asked for. */
struct best {
	bool any, lower;
	struct ferry_key key;
	struct ferry_base base;
};

bool
ferry_base_is_wanted(
    const struct ferry_receipt *site, const struct ferry_digest *blob)
{

	for (size_t i = 0; i < site->wanted_n; i++)
		if (ferry_digest_equal(&site->wanted[i], blob))
			return true;
	return false;
}

/* Whether file i of the record is in one of the places, and here: 1, 0, -1. */
static int
is_there(struct ferry_store *st, const json_t *record, size_t i,
    const struct ferry_base_places *places, struct ferry_base *out,
    struct ferry_error *err)
{
	const struct ferry_receipt *site = places->site;
	int n = ferry_files_count(record, err), rc;
	struct ferry_blob_info info;
	struct ferry_file file;

	if (n == -1)
		return -1;
	/* What was removed a site's gc may have taken. */
	if (i >= (size_t)n || ferry_removal_is(record))
		return 0;
	if (ferry_files_get(record, i, &file, err) == -1 ||
	    (rc = ferry_blob_stat(st, &file.sha256, &info, err)) == -1)
		return -1;
	out->blob = file.sha256;
	/* More is missing there than the receipt could name: nothing is sure. */
	out->at_site = places->site_known && site->wanted_more == 0 &&
	               info.seq > 0 && info.seq <= site->seq &&
	               !ferry_base_is_wanted(site, &out->blob);
	return rc == 1 && !info.lost &&
	       (out->at_site || places->carried(places->ctx, &out->blob));
}

static struct ferry_bytes
version_of(const struct ferry_key *key)
{

	return ferry_bytes_str(ferry_key_part(key, VERSION_PART));
}

/* Whether key is nearer to the version asked for, order from it, than best. */
static bool
is_nearer(const struct ferry_format *format, const struct best *best,
    const struct ferry_key *key, bool lower)
{
	int than;

	if (!best->any || best->lower != lower)
		return !best->any || lower;
	than =
	    format->compare_versions(version_of(key), version_of(&best->key));
	return lower ? than > 0 : than < 0;
}

/* What a package's document was when the site got it: 1, 0, -1. */
static int
find_former(struct ferry_store *st, const struct ferry_key *package,
    const struct ferry_file *file, const struct ferry_base_places *places,
    struct ferry_base *out, struct ferry_error *err)
{
	const struct ferry_receipt *site = places->site;
	int rc;

	if (!places->site_known || !places->site_settled ||
	    site->wanted_more > 0)
		return 0;
	out->at_site = true;
	rc = ferry_former_find(
	    st, package, file->name, site->seq, &out->blob, err);
	return rc == 1 ? !ferry_base_is_wanted(site, &out->blob) &&
	                     !ferry_digest_equal(&out->blob, &file->sha256)
	               : rc;
}

/* File i of the nearest version of the package that is there, not own: 1, 0, -1. */
static int
find_version(struct ferry_store *st, const struct ferry_journal_record *record,
    size_t i, const struct ferry_digest *own,
    const struct ferry_base_places *places, struct ferry_base *out,
    struct ferry_error *err)
{
	const struct ferry_format *format =
	    ferry_format_find(ferry_bytes_str(ferry_key_part(&record->key, 1)));
	struct best best = { .any = false };
	struct ferry_record_iter *it = NULL;
	struct ferry_key prefix, key;
	struct ferry_base base;
	json_t *value;
	int rc;

	if (format == NULL)
		return 0;
	if (ferry_key_beside(
		&prefix, FERRY_KIND_VERSION, &record->key, NULL, err) == -1 ||
	    ferry_catalog_iter_new(&it, st, &prefix, NULL, err) == -1)
		return -1;
	while ((rc = ferry_record_iter_next(it, &key, &value, err)) == 1) {
		int order = format->compare_versions(
		    version_of(&key), version_of(&record->key));

		if (order != 0 && is_nearer(format, &best, &key, order < 0))
			rc = is_there(st, value, i, places, &base, err);
		else
			rc = 0;
		json_decref(value);
		if (rc == -1)
			break;
		if (rc == 1 && !ferry_digest_equal(&base.blob, own)) {
			best.any = true;
			best.lower = order < 0;
			best.key = key;
			best.base = base;
		}
	}
	ferry_record_iter_free(it);
	if (rc == -1 || !best.any)
		return rc == -1 ? -1 : 0;
	*out = best.base;
	return 1;
}

int
ferry_base_find(struct ferry_store *st,
    const struct ferry_journal_record *record, size_t i,
    const struct ferry_base_places *places, struct ferry_base *out,
    struct ferry_error *err)
{
	struct ferry_file file;

	if (ferry_files_get(record->value, i, &file, err) == -1)
		return -1;
	if (ferry_base_is_wanted(places->site, &file.sha256))
		return 0;
	if (ferry_key_is(&record->key, FERRY_KIND_PACKAGE))
		return find_former(st, &record->key, &file, places, out, err);
	if (ferry_key_is(&record->key, FERRY_KIND_VERSION))
		return find_version(
		    st, record, i, &file.sha256, places, out, err);
	return 0;
}
