/* What the catalog is told of packages and versions. */

#include "store/base/clock.h"
#include "store/base/json.h"
#include "sync/upstream/package/packages.h"
#include "sync/upstream/pull.h"

struct ferry_recorded
ferry_package_recorded(const struct ferry_package *p)
{

	return (struct ferry_recorded){ p->packages->run,
		p->packages->format->format, p->entry.key,
		p->packages->up->name };
}

int
ferry_package_record(struct ferry_package *p, struct ferry_error *err)
{
	const struct ferry_package_format *format = p->packages->format;
	const struct ferry_recorded of = ferry_package_recorded(p);
	json_t *record, *file;

	if (of.run->dry_run)
		return 0;
	record =
	    json_pack("{s:s,s:O*}", "upstream", of.upstream, "young", p->young);
	for (size_t i = 0; record != NULL && i < p->parts_n; i++) {
		if (p->parts[i].sha256.n == 0)
			continue;
		if (ferry_files_add(record,
			i == 0 ? format->document : p->parts[i].name,
			p->parts[i].size, &p->parts[i].sha256, &file,
			err) == -1 ||
		    ferry_json_set(file, "media_type",
			json_string(format->media_type), err) == -1) {
			json_decref(record);
			return -1;
		}
	}
	if (record != NULL && format->record != NULL &&
	    format->record(p->packages, p->entry.key, record, err) == -1) {
		json_decref(record);
		return -1;
	}
	return ferry_recorded_put(&of, NULL, record, err);
}

json_t *
ferry_version_record_new(const char *signature, struct ferry_error *err)
{
	json_t *record = json_pack("{s:I,s:s*}", "pulled_at",
	    (json_int_t)ferry_now(), "signature", signature);

	if (record == NULL)
		ferry_error_set(err, FERRY_ENOMEM, "no memory");
	return record;
}

int
ferry_version_record_file(const struct ferry_packages *packages, json_t *record,
    const struct ferry_wanted_file *wanted, const struct ferry_pulled *pulled,
    struct ferry_error *err)
{
	char hex[FERRY_DIGEST_TEXT];
	json_t *file;

	if (ferry_files_add(record, wanted->name, pulled->size, &pulled->sha256,
		&file, err) == -1)
		return -1;
	/* SHA-1 before SHA-512 is how records have always had them. */
	for (int alg = FERRY_ALGS - 1; alg > FERRY_SHA256; alg--)
		if ((packages->format->digests & FERRY_ALG(alg)) != 0 &&
		    ferry_json_set(file, ferry_alg_name((enum ferry_alg)alg),
			json_string(
			    ferry_digest_hex(&pulled->digests[alg], hex)),
			err) == -1)
			return -1;
	if (packages->format->dated && pulled->modified > 0 &&
	    ferry_json_set(file, "modified_at",
		json_integer((json_int_t)pulled->modified), err) == -1)
		return -1;
	return wanted->path == NULL
	           ? 0
	           : ferry_json_set(file, "path",
			 ferry_json_text(ferry_bytes_str(wanted->path)), err);
}

int
ferry_version_record_put(struct ferry_package *p, const char *version,
    json_t *record, struct ferry_error *err)
{
	const struct ferry_recorded of = ferry_package_recorded(p);

	/* What has no document is known by its versions. */
	if (p->without && ferry_package_record(p, err) == -1)
		return -1;
	return ferry_recorded_put(&of, version, json_incref(record), err) == -1
	           ? -1
	           : ferry_recorded_agrees(&of, version, err);
}
