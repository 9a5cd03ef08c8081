/*
 * Many gems into a store, without any upstream: put_gems STORE COUNT VERSIONS
 * [FROM], each called gem-NNNNNN, whose files are all the same few bytes.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/digest.h"
#include "store/base/files.h"
#include "store/blob/blob.h"
#include "store/catalog/catalog.h"
#include "store/store.h"
#include "tool.h"

static void
put_version(struct ferry_store *st, const char *name, unsigned i,
    const struct ferry_digest *sha256)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	char version[32], file[100], line[200], hex[FERRY_DIGEST_TEXT];
	json_t *record = json_object();
	struct ferry_key key;

	(void)snprintf(version, sizeof(version), "1.%u.0", i);
	(void)snprintf(file, sizeof(file), "%s-%s.gem", name, version);
	(void)snprintf(line, sizeof(line), "gem-000000:>= 1.0|checksum:%s",
	    ferry_digest_hex(sha256, hex));
	CHECK(ferry_files_add(record, file, 3, sha256, NULL, &err));
	tool_set(record, "line", line);
	CHECK(ferry_key_version(&key, "rubygems", name, "gems", version, &err));
	tool_put(st, &key, record);
}

int
main(int argc, char **argv)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_digest sha256;
	unsigned long n, from, versions;
	struct ferry_store *st;
	struct ferry_key key;
	json_t *upstream;

	if (argc < 4) {
		(void)fprintf(
		    stderr, "usage: put_gems STORE COUNT VERSIONS [FROM]\n");
		return 2;
	}
	n = strtoul(argv[2], NULL, 10);
	versions = strtoul(argv[3], NULL, 10);
	from = argc > 4 ? strtoul(argv[4], NULL, 10) : 0;
	st = tool_open(argv[1]);
	CHECK(ferry_blob_put(
	    st, FERRY_BLOB_IS_FILE, ferry_bytes_str("gem"), &sha256, &err));
	upstream = json_pack("{s:s,s:s,s:s}", "format", "rubygems", "url",
	    "https://registry.example", "visibility", "public");
	CHECK(ferry_key_upstream(&key, "gems", &err));
	tool_put(st, &key, upstream);
	for (unsigned long i = from; i < from + n; i++) {
		char name[32];

		(void)snprintf(name, sizeof(name), "gem-%06lu", i);
		CHECK(ferry_key_package(&key, "rubygems", name, "gems", &err));
		tool_put(st, &key, json_pack("{s:s}", "upstream", "gems"));
		for (unsigned v = 0; v < versions; v++)
			put_version(st, name, v, &sha256);
		if (ferry_store_commit_due(st))
			CHECK(ferry_store_commit(st, &err));
	}
	tool_close(st);
	return 0;
}
