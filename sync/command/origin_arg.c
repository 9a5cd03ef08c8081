#include "sync/command/origin_arg.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/error.h"
#include "store/store.h"
#include "sync/carry/trust.h"

int
ferry_command_origin(struct ferry_store *st, const char *name,
    char id[FERRY_STORE_ID], struct ferry_error *err)
{
	struct ferry_trust *keys = NULL;
	size_t n = 0, found = 0;

	if (strcmp(name, ferry_store_id(st)) == 0 ||
	    strcmp(name, ferry_store_name(st)) == 0) {
		(void)snprintf(id, FERRY_STORE_ID, "%s", ferry_store_id(st));
		return 0;
	}
	if (ferry_trust_list(st, &keys, &n, err) == -1)
		return -1;
	for (size_t i = 0; i < n; i++) {
		const struct ferry_trust *t = &keys[i];

		if (t->revoked_at != 0 || t->store[0] == 0 ||
		    (strcmp(t->name, name) != 0 &&
			strcmp(t->store, name) != 0) ||
		    (found > 0 && strcmp(id, t->store) == 0))
			continue;
		memcpy(id, t->store, FERRY_STORE_ID);
		found++;
	}
	free(keys);
	if (found == 1)
		return 0;
	return ferry_error_set(err, found == 0 ? FERRY_ENOTFOUND : FERRY_EUSAGE,
	    found == 0 ? "no trusted key speaks for an origin '%s'; 'ferry "
			 "trust' lists them"
		       : "several origins are called '%s'; give its id, which "
			 "'ferry trust' lists",
	    name);
}
