/* A nupkg, from its last bytes to what is in it: what makes no sense is an error
 * of a kind that belongs to that package alone. */

#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "store/base/digest.h"
#include "store/base/error.h"
#include "store/base/json.h"
#include "store/blob/blob.h"
#include "store/format/nuget/name.h"
#include "store/format/nuget/version.h"
#include "sync/upstream/nuget/inside.h"
#include "sync/upstream/nuget/members.h"
#include "sync/upstream/nuget/nuspec.h"
#include "sync/upstream/nuget/signature.h"
#include "sync/upstream/nuget/zip.h"

#define MEMBER_MAX 100000

static bool
is_expected(const struct ferry_error *err)
{

	return err->code == FERRY_EFORMAT || err->code == FERRY_ELIMIT ||
	       err->code == FERRY_ESIGNATURE;
}

static void
try_nuspec(struct ferry_bytes text)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf key = FERRY_BUF_INIT;
	json_t *record = json_object();

	if (ferry_nuspec_read(record, text, &err) == -1) {
		FUZZ_CHECK(is_expected(&err));
	} else {
		FUZZ_CHECK(ferry_nuget_id_valid(ferry_bytes_str(
		    json_string_value(json_object_get(record, "id")))));
		FUZZ_CHECK(ferry_nuget_version_key(&key,
			       ferry_bytes_str(json_string_value(
				   json_object_get(record, "version"))),
			       &err) == 1);
	}
	ferry_buf_free(&key);
	json_decref(record);
}

static void
try_signature(struct ferry_bytes text)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	const struct nuget_trust trust = { .signatures =
					       NUGET_SIGNATURES_AUTO };
	struct nuget_inside inside = { .nuspec = FERRY_BUF_INIT };
	json_t *record = json_object();

	FUZZ_CHECK(ferry_buf_add(&inside.signature, text.p, text.n, &err) == 0);
	if (ferry_nuget_signature_judge(record, &inside, &trust, &err) == -1)
		FUZZ_CHECK(is_expected(&err));
	ferry_nuget_inside_free(&inside);
	json_decref(record);
}

struct taking {
	struct ferry_buf text;
	bool nuspec, signature;
};

static struct ferry_buf *
on_member(void *ctx, const char *path, uint64_t *max)
{
	struct taking *t = ctx;
	size_t n = strlen(path);

	if (t->text.n > 0)
		return NULL;
	t->nuspec = n > 7 && strcmp(path + n - 7, ".nuspec") == 0;
	t->signature = strcmp(path, NUGET_SIGNATURE) == 0;
	*max = MEMBER_MAX;
	return t->nuspec || t->signature ? &t->text : NULL;
}

static void
try_members(const struct ferry_blob *blob)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct taking t = { .text = FERRY_BUF_INIT };

	if (ferry_nuget_members_read(blob, on_member, &t, &err) == -1)
		FUZZ_CHECK(is_expected(&err));
	FUZZ_CHECK(t.text.n <= MEMBER_MAX);
	if (t.nuspec)
		try_nuspec(ferry_bytes_buf(&t.text));
	if (t.signature)
		try_signature(ferry_bytes_buf(&t.text));
	ferry_buf_free(&t.text);
}

static void
try_zip(const struct ferry_blob *blob)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_digester *digester = NULL;
	struct nuget_zip zip;

	if (ferry_nuget_zip_read(&zip, blob, &err) == -1) {
		FUZZ_CHECK(is_expected(&err));
		return;
	}
	FUZZ_CHECK(zip.directory <= zip.end && zip.end <= zip.size);
	FUZZ_CHECK(
	    ferry_digester_new(&digester, FERRY_ALG(FERRY_SHA256), &err) == 0);
	if (ferry_nuget_zip_digest(&zip, blob, digester, &err) == -1)
		FUZZ_CHECK(is_expected(&err));
	ferry_digester_free(digester);
	ferry_nuget_zip_free(&zip);
	try_members(blob);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_blob blob = { .size = size, .fd = -1 };

	if (size == 0 || ferry_buf_add(&blob.bytes, data, size, &err) == -1)
		return 0;
	if (data[0] == '<')
		try_nuspec(ferry_bytes_of(data, size));
	else if (data[0] == 0x30)
		try_signature(ferry_bytes_of(data, size));
	else
		try_zip(&blob);
	ferry_buf_free(&blob.bytes);
	return 0;
}
