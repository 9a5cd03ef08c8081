#include "store/recipe/turn.h"

#include <stdlib.h>

#include "store/recipe/spool.h"

#define PASS (4U << 20) /* after as many bytes views are passed */

/* Where the contents of streams begin, those from *next on, which lie in what
 * begins at byte at; count of them, and those that lie in them. */
static void
find_level(const struct ferry_plan *plan, size_t *next, size_t count,
    uint64_t at, uint64_t *starts)
{

	while (count-- > 0) {
		const struct ferry_plan_stream *s = &plan->v[*next];

		at += s->before;
		starts[(*next)++] = at;
		find_level(plan, next, s->children, at, starts);
		at += s->span;
	}
}

int
ferry_turn(const struct ferry_plan *plan, struct ferry_spool *image,
    enum ferry_assembly_way way, bool *turned, struct ferry_error *err)
{
	struct ferry_buf scratch = FERRY_BUF_INIT;
	uint64_t *starts = NULL, looked = 0;
	size_t next = 0;
	uint8_t *p;
	int rc = 0;

	if (turned != NULL)
		*turned = false;
	if (plan->n == 0)
		return 0;
	if (ferry_calloc(&starts, plan->n, sizeof(*starts), err) == -1 ||
	    ferry_spool_edit(image, &p, err) == -1) {
		free(starts);
		return -1;
	}
	find_level(plan, &next, ferry_plan_outer(plan), 0, starts);
	/* What lies in another is turned after it, and back before it. */
	for (size_t k = 0; k < plan->n && rc != -1; k++) {
		size_t i = way == FERRY_ASSEMBLY_TURN ? k : plan->n - 1 - k;

		rc = ferry_assembly_turn(
		    p + starts[i], (size_t)plan->v[i].span, way, &scratch, err);
		if (rc == 1 && turned != NULL)
			*turned = true;
		looked += plan->v[i].span;
		if (looked >= PASS || k + 1 == plan->n) {
			ferry_spool_pass(image, ferry_spool_size(image));
			looked = 0;
		}
	}
	free(starts);
	ferry_buf_free(&scratch);
	return rc == -1 ? -1 : 0;
}
