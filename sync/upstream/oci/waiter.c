#include "sync/upstream/oci/waiter.h"

#include <stdlib.h>

#include "store/base/bytes.h"
#include "store/base/error.h"

int
ferry_oci_waiter_add(struct oci_waiter **list, void *ctx,
    void (*on_settled)(void *ctx, const struct ferry_error *why),
    struct ferry_error *err)
{
	struct oci_waiter *w;

	if (on_settled == NULL)
		return 0;
	if (ferry_calloc(&w, 1, sizeof(*w), err) == -1)
		return -1;
	w->ctx = ctx;
	w->on_settled = on_settled;
	w->next = *list;
	*list = w;
	return 0;
}

void
ferry_oci_waiters_tell(struct oci_waiter **list, const struct ferry_error *why)
{
	struct oci_waiter *w = *list, *next;

	*list = NULL;
	for (; w != NULL; w = next) {
		next = w->next;
		if (why == NULL || why->code != FERRY_ECANCELLED)
			w->on_settled(w->ctx, why);
		free(w);
	}
}
