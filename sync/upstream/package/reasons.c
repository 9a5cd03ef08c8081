/* Who wants what was chosen, for people and for gc. */

#include <string.h>

#include "sync/upstream/package/packages.h"

static void
add_want(const struct ferry_package_want *want,
    const char *by[FERRY_REASONS_MAX], size_t *n)
{

	if (*n < FERRY_REASONS_MAX)
		by[(*n)++] = want->by;
	for (size_t i = 0; i < want->also_n && *n < FERRY_REASONS_MAX; i++)
		by[(*n)++] = want->also[i];
}

static int
note_chosen(const struct ferry_package *p, struct ferry_chosen *chosen,
    struct ferry_error *err)
{
	const struct ferry_recorded of = ferry_package_recorded(p);
	const char *by[FERRY_REASONS_MAX];
	size_t n = 0;

	if (!chosen->settled || chosen->why.code != FERRY_OK)
		return 0;
	for (size_t i = 0; i < chosen->wants_n; i++)
		add_want(&p->wants[chosen->wants[i]], by, &n);
	/* This is asked each time that no transfer is left. */
	if (n == chosen->noted)
		return 0;
	chosen->noted = n;
	return ferry_reason_note(&of, chosen->entry.key, by, n, err);
}

static int
note_package(const struct ferry_package *p, struct ferry_error *err)
{
	static const char *const kept[] = {
		"what is wanted was withdrawn upstream"
	};
	const struct ferry_recorded of = ferry_package_recorded(p);
	struct ferry_table_entry *e = NULL;

	for (size_t i = 0; p->kept && i < p->gone_n; i++)
		if (ferry_reason_note(&of, p->gone[i], kept, 1, err) == -1)
			return -1;
	while ((e = ferry_table_next(&p->chosen, e)) != NULL)
		if (note_chosen(p, (struct ferry_chosen *)e, err) == -1)
			return -1;
	return 0;
}

int
ferry_packages_note(struct ferry_packages *packages, struct ferry_error *err)
{
	const struct ferry_run *run = packages->run;
	const struct ferry_table_entry *e = NULL;

	if (run == NULL || run->dry_run || run->pulls)
		return 0;
	while ((e = ferry_table_next(&packages->packages, e)) != NULL)
		if (note_package((const struct ferry_package *)e, err) == -1)
			return -1;
	return 0;
}
