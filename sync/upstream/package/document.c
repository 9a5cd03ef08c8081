#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/error.h"
#include "sync/upstream/package/format.h"

int
ferry_document_add(struct ferry_document *document, struct ferry_bytes version,
    size_t number_n, struct ferry_bytes object, struct ferry_error *err)
{
	struct ferry_listed *listed;

	assert(number_n <= version.n);
	if (document->n == FERRY_DOCUMENT_VERSIONS_MAX)
		return ferry_error_set(err, FERRY_ELIMIT,
		    "more than %d versions", FERRY_DOCUMENT_VERSIONS_MAX);
	if (ferry_array_grow(&document->listed, &document->cap, document->n + 1,
		sizeof(*document->listed), err) == -1)
		return -1;
	listed = &document->listed[document->n];
	*listed =
	    (struct ferry_listed){ .number_n = number_n, .object = object };
	if (ferry_strndup(&listed->version, version, err) == -1)
		return -1;
	document->n++;
	return 0;
}

int
ferry_document_more(struct ferry_document *document, const char *name,
    enum ferry_part_name kind, const char *url, struct ferry_error *err)
{
	struct ferry_document_part *part;

	for (size_t i = 0; i < document->parts_n; i++)
		if (strcmp(document->parts[i].name, name) == 0)
			return 0;
	if (document->parts_n == FERRY_DOCUMENT_PARTS_MAX)
		return ferry_error_set(err, FERRY_ELIMIT,
		    "the document has more than %d parts",
		    FERRY_DOCUMENT_PARTS_MAX);
	if (ferry_array_grow(&document->parts, &document->parts_cap,
		document->parts_n + 1, sizeof(*document->parts), err) == -1)
		return -1;
	part = &document->parts[document->parts_n++];
	*part = (struct ferry_document_part){ NULL, NULL,
		kind == FERRY_PART_BY_CONTENT };
	if (ferry_strdup(&part->name, name, err) == -1 ||
	    ferry_strdup(&part->url, url, err) == -1)
		return -1;
	return 0;
}

const struct ferry_listed *
ferry_document_find(const struct ferry_document *document, const char *version)
{

	for (size_t i = 0; i < document->n; i++)
		if (strcmp(document->listed[i].version, version) == 0)
			return &document->listed[i];
	return NULL;
}

static int
by_version(const void *a, const void *b)
{
	const struct ferry_listed *const *x = a, *const *y = b;
	int c = strcmp((*x)->version, (*y)->version);

	/* Of duplicates the last one comes first. */
	return c != 0 ? c : (*x < *y) - (*x > *y);
}

int
ferry_document_unique(struct ferry_document *document, struct ferry_error *err)
{
	const struct ferry_listed **sorted;
	size_t n = 0;

	if (ferry_calloc(&sorted, document->n + 1, sizeof(*sorted), err) == -1)
		return -1;
	for (size_t i = 0; i < document->n; i++)
		sorted[i] = &document->listed[i];
	qsort(sorted, document->n, sizeof(*sorted), by_version);
	for (size_t i = 1; i < document->n; i++) {
		struct ferry_listed *twin =
		    &document->listed[sorted[i] - document->listed];

		if (strcmp(sorted[i - 1]->version, twin->version) == 0)
			twin->number_n = SIZE_MAX; /* it goes */
	}
	free(sorted);
	for (size_t i = 0; i < document->n; i++)
		if (document->listed[i].number_n == SIZE_MAX)
			free(document->listed[i].version);
		else
			document->listed[n++] = document->listed[i];
	document->n = n;
	return 0;
}

struct ferry_bytes
ferry_listed_number(const struct ferry_listed *listed)
{

	return ferry_bytes_of(listed->version, listed->number_n);
}

void
ferry_document_free(struct ferry_document *document)
{

	for (size_t i = 0; i < document->n; i++)
		free(document->listed[i].version);
	for (size_t i = 0; i < document->parts_n; i++) {
		free(document->parts[i].name);
		free(document->parts[i].url);
	}
	free(document->listed);
	free(document->parts);
	*document = (struct ferry_document){ .n = 0 };
}
