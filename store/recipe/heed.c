#include "store/recipe/heed.h"

#include "store/base/error.h"
#include "store/recipe/spool.h"

int
ferry_heed_stopped(const struct ferry_heed *h, struct ferry_error *err)
{

	return h != NULL && h->stopped != NULL && atomic_load(h->stopped)
	           ? ferry_error_set(err, FERRY_ECANCELLED, "stopped")
	           : 0;
}

void
ferry_heed_pass(const struct ferry_heed *h)
{

	for (size_t i = 0; h != NULL && i < FERRY_HEED_VIEWS; i++)
		ferry_spool_pass_view(h->mapped[i]);
}

int
ferry_heed(const struct ferry_heed *h, struct ferry_error *err)
{

	ferry_heed_pass(h);
	return ferry_heed_stopped(h, err);
}
