#include "sync/upstream/oci/tags.h"

#include <stdlib.h>
#include <string.h>

static int
compare_tags(const void *a, const void *b)
{

	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

bool
ferry_oci_tags_have(const struct oci_repository *r, const char *tag)
{

	return r->tags_n > 0 && bsearch(&tag, r->tags, r->tags_n,
				    sizeof(*r->tags), compare_tags) != NULL;
}

int
ferry_oci_tags_sort(struct oci_repository *r, size_t n, struct ferry_error *err)
{
	const char *p = (const char *)r->tags_text.p;

	if (n == 0)
		return 0;
	if (ferry_calloc(&r->tags, n, sizeof(*r->tags), err) == -1)
		return -1;
	for (size_t i = 0; i < n; i++, p += strlen(p) + 1)
		r->tags[i] = p;
	qsort(r->tags, n, sizeof(*r->tags), compare_tags);
	for (size_t i = 0; i < n; i++)
		if (r->tags_n == 0 ||
		    strcmp(r->tags[r->tags_n - 1], r->tags[i]) != 0)
			r->tags[r->tags_n++] = r->tags[i];
	return 0;
}
