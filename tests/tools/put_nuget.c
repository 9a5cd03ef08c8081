/*
 * Many NuGet packages into a store, without any upstream: put_nuget STORE COUNT
 * VERSIONS, each called Package.Of.NNNNNN, whose files are all the same few
 * bytes.
 */

#include <stdio.h>
#include <stdlib.h>

#include "store/base/digest.h"
#include "store/base/files.h"
#include "store/blob/blob.h"
#include "store/catalog/catalog.h"
#include "store/store.h"
#include "tool.h"

static void
put_version(struct ferry_store *st, unsigned long i, unsigned v,
    const struct ferry_digest *sha256)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	char name[40], id[40], version[32], file[100], text[200];
	json_t *record, *about;
	struct ferry_key key;

	(void)snprintf(name, sizeof(name), "package.of.%06lu", i);
	(void)snprintf(id, sizeof(id), "Package.Of.%06lu", i);
	(void)snprintf(version, sizeof(version), "1.%u.0", v);
	(void)snprintf(file, sizeof(file), "%s.%s.nupkg", name, version);
	(void)snprintf(text, sizeof(text),
	    "What package %lu is: a library for things such as number %lu, "
	    "with a description of the usual length.",
	    i, i % 977);
	about = json_pack("{s:s,s:s,s:s}", "authors", "Anna, Bert",
	    "description", text, "tags", "tests numbers things");
	record = json_pack("{s:s,s:s,s:o,s:[{s:s,s:[[s,s]]}],s:s,s:s}", "id",
	    id, "version", version, "about", about, "dependencies", "framework",
	    "net8.0", "needs", "Package.Of.000000", "[1.0.0, )", "published",
	    "2024-05-01T10:00:00Z", "content_hash",
	    "z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kx"
	    "vUdBeoGlODJ6+SfaPg==");
	CHECK(ferry_files_add(record, file, 5, sha256, NULL, &err));
	CHECK(ferry_key_version(&key, "nuget", name, "nuget", version, &err));
	tool_put(st, &key, record);
}

int
main(int argc, char **argv)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_digest sha256;
	unsigned long n, versions;
	struct ferry_store *st;
	struct ferry_key key;

	if (argc != 4) {
		(void)fprintf(
		    stderr, "usage: put_nuget STORE COUNT VERSIONS\n");
		return 2;
	}
	n = strtoul(argv[2], NULL, 10);
	versions = strtoul(argv[3], NULL, 10);
	st = tool_open(argv[1]);
	CHECK(ferry_blob_put(
	    st, FERRY_BLOB_IS_FILE, ferry_bytes_str("nupkg"), &sha256, &err));
	CHECK(ferry_key_upstream(&key, "nuget", &err));
	tool_put(st, &key,
	    json_pack("{s:s,s:s,s:s}", "format", "nuget", "url",
		"https://registry.example/v3/index.json", "visibility",
		"public"));
	for (unsigned long i = 0; i < n; i++) {
		char name[40];

		(void)snprintf(name, sizeof(name), "package.of.%06lu", i);
		CHECK(ferry_key_package(&key, "nuget", name, "nuget", &err));
		tool_put(st, &key, json_pack("{s:s}", "upstream", "nuget"));
		for (unsigned v = 0; v < versions; v++)
			put_version(st, i, v, &sha256);
		if (ferry_store_commit_due(st))
			CHECK(ferry_store_commit(st, &err));
	}
	tool_close(st);
	return 0;
}
