#include "store/access/access.h"

#include <stddef.h>

/* It will carry the identity and the snapshot that decided. */
struct ferry_permit {
	enum ferry_verdict verdict;
};

static const struct ferry_permit everybody = { FERRY_ALLOWED };

void
ferry_access_decide(const struct ferry_access_request *request,
    struct ferry_access_decision *decision)
{

	decision->permit = NULL;
	switch (request->action) {
	case FERRY_ACTION_READ:
	case FERRY_ACTION_SERVICE:
		decision->verdict = FERRY_ALLOWED;
		decision->reason = "everybody may read";
		decision->permit = &everybody;
		return;
	case FERRY_ACTION_IDENTITY:
		decision->verdict = FERRY_NEED_CREDENTIAL;
		decision->reason = "this server has no users or tokens yet";
		return;
	case FERRY_ACTION_WRITE:
		decision->verdict = FERRY_READ_ONLY;
		decision->reason = "this is a read-only mirror";
		return;
	}
	decision->verdict = FERRY_FORBIDDEN;
	decision->reason = "unknown action";
}

bool
ferry_access_sees(const struct ferry_permit *permit, const char *format,
    const char *owner, const char *package)
{

	(void)format;
	(void)owner;
	(void)package;
	return permit != NULL;
}
