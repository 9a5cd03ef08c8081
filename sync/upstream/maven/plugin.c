#include "sync/upstream/maven/plugin.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/error.h"
#include "store/base/xml.h"
#include "store/blob/blob.h"
#include "store/format/maven/names.h"

#define BLOCK (64U << 10)
#define MEMBERS_MAX 20000
#define JAR_MAX (64U << 20) /* bytes of a jar that are looked at */

struct jar {
	struct ferry_blob blob;
	uint64_t offset;
	uint8_t block[BLOCK];
	struct ferry_buf text; /* of plugin.xml */
};

static la_ssize_t
on_read(struct archive *a, void *ctx, const void **p)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct jar *jar = ctx;
	ssize_t n;

	if (jar->offset > JAR_MAX)
		return 0;
	n = ferry_blob_read(
	    &jar->blob, jar->offset, jar->block, sizeof(jar->block), &err);
	if (n == -1) {
		archive_set_error(a, err.sys, "%s", err.text);
		return ARCHIVE_FATAL;
	}
	jar->offset += (uint64_t)n;
	*p = jar->block;
	return n;
}

static int
read_member(struct jar *jar, struct archive *a, struct ferry_error *err)
{
	const void *p;
	la_int64_t offset;
	size_t n;

	while (archive_read_data_block(a, &p, &n, &offset) == ARCHIVE_OK) {
		if (n > FERRY_XML_MAX || jar->text.n > FERRY_XML_MAX - n)
			return 0;
		if (ferry_buf_add(&jar->text, p, n, err) == -1)
			return -1;
	}
	return 0;
}

/* Where the jar is damaged, what was read so far counts. */
static int
find_member(struct jar *jar, struct ferry_error *err)
{
	struct archive *a = archive_read_new();
	struct archive_entry *entry;
	int rc = 0;

	if (a == NULL)
		return ferry_error_set(err, FERRY_ENOMEM, "no memory");
	if (archive_read_support_format_zip_streamable(a) == ARCHIVE_OK &&
	    archive_read_open(a, jar, NULL, on_read, NULL) == ARCHIVE_OK)
		for (int i = 0; i < MEMBERS_MAX && archive_read_next_header(
						       a, &entry) == ARCHIVE_OK;
		     i++) {
			const char *name = archive_entry_pathname(entry);

			if (name == NULL ||
			    strcmp(name, "META-INF/maven/plugin.xml") != 0)
				continue;
			rc = read_member(jar, a, err);
			break;
		}
	(void)archive_read_free(a);
	return rc;
}

int
ferry_maven_plugin_prefix(struct ferry_buf *out, struct ferry_store *st,
    const struct ferry_digest *sha256, struct ferry_error *err)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_xml *xml = NULL;
	struct jar *jar = NULL;
	const char *prefix;
	int rc;

	if (ferry_calloc(&jar, 1, sizeof(*jar), err) == -1)
		return -1;
	jar->blob.fd = -1;
	rc = ferry_blob_open(st, sha256, &jar->blob, err);
	if (rc == 1)
		rc = find_member(jar, err);
	if (rc == 0 && jar->text.n > 0 &&
	    ferry_xml_parse(&xml, ferry_bytes_buf(&jar->text), "plugin.xml",
		&ignored) == 0 &&
	    (prefix = ferry_xml_text(ferry_xml_root(xml), "goalPrefix")) !=
		NULL &&
	    ferry_maven_part_valid(ferry_bytes_str(prefix)))
		rc = ferry_buf_adds(out, prefix, err) == -1 ? -1 : 1;
	ferry_xml_free(xml);
	ferry_blob_close(&jar->blob);
	ferry_buf_free(&jar->text);
	free(jar);
	return rc;
}
