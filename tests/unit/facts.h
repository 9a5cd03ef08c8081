#ifndef FERRY_TESTS_UNIT_FACTS_H
#define FERRY_TESTS_UNIT_FACTS_H

/* Pages of GitHub's API, for tests of what becomes of them. */

#include "unit.h"

#include "sync/permissions/facts.h"
#include "sync/permissions/github_page.h"

static const struct ferry_facts_owner octo = { 100, true, "Octo" };

/* Adds a page of items; -1 if any is refused. */
static int
try_add(struct ferry_facts *f, enum ferry_fact what,
    const struct ferry_fact_about *about, const char *page)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	json_t *items = NULL, *item;
	size_t i;
	int rc =
	    ferry_github_page_read(&items, ferry_bytes_str(page), NULL, &err);

	if (rc == 0)
		json_array_foreach (items, i, item)
			if (ferry_facts_add(f, what, about, item, &err) == -1)
				rc = -1;
	json_decref(items);
	return rc;
}

static void
add(struct ferry_facts *f, enum ferry_fact what,
    const struct ferry_fact_about *about, const char *page)
{

	assert_int_equal(try_add(f, what, about, page), 0);
}

static struct ferry_facts *
facts_new(bool granular_npm)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_facts *f;

	assert_int_equal(ferry_facts_new(&f, granular_npm, &err), 0);
	return f;
}

#endif
