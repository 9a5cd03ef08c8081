#include "serve/replay/oci/path.h"

#include <string.h>

/* The part behind the last '/', and in front of it; false if there is none. */
static bool
cut(struct ferry_bytes path, struct ferry_bytes *front,
    struct ferry_bytes *back)
{
	const uint8_t *slash = memrchr(path.p, '/', path.n);
	size_t n;

	if (slash == NULL)
		return false;
	n = (size_t)(slash - path.p);
	*front = ferry_bytes_of(path.p, n);
	*back = ferry_bytes_of(slash + 1, path.n - n - 1);
	return front->n > 0 && back->n > 0;
}

bool
ferry_oci_path_split(struct ferry_oci_path *out, struct ferry_bytes path)
{
	static const struct {
		const char *word;
		enum ferry_oci_endpoint endpoint;
	} words[] = { { "manifests", FERRY_OCI_MANIFESTS },
		{ "blobs", FERRY_OCI_BLOBS },
		{ "referrers", FERRY_OCI_REFERRERS } },
	  alone[] = { { "", FERRY_OCI_BASE }, { "token", FERRY_OCI_TOKEN },
		  { "_catalog", FERRY_OCI_CATALOG } };
	struct ferry_bytes front, word;

	out->name = out->reference = ferry_bytes_str("");
	for (size_t i = 0; i < sizeof(alone) / sizeof(alone[0]); i++)
		if (ferry_bytes_is(path, alone[i].word)) {
			out->endpoint = alone[i].endpoint;
			return true;
		}
	if (!cut(path, &front, &out->reference) ||
	    !cut(front, &out->name, &word))
		return false;
	if (ferry_bytes_is(word, "tags") &&
	    ferry_bytes_is(out->reference, "list")) {
		out->endpoint = FERRY_OCI_TAGS;
		return true;
	}
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (ferry_bytes_is(word, words[i].word)) {
			out->endpoint = words[i].endpoint;
			return true;
		}
	return false;
}
