#ifndef FERRY_SYNC_PERMISSIONS_OPERATOR_INTERNAL_H
#define FERRY_SYNC_PERMISSIONS_OPERATOR_INTERNAL_H

/* What operator_file.c (the file and its form) and operator_names.c (who and
 * what is meant) share. */

#include "sync/permissions/operator_file.h"

struct ferry_conf;
struct ferry_conf_group;

struct operator_user {
	uint64_t id;
	const char *login; /* the file's */
	bool suspended;
};

struct ferry_operator {
	struct ferry_conf *conf;
	char *path;
	struct ferry_conf_group *root;
	const char *signed_off_by, *realm;
	struct operator_user *users; /* of realm "local" */
	size_t users_n;
};

/* The one of op->users with that login, in whatever case, or NULL. */
struct operator_user *
ferry_operator_local_user(const struct ferry_operator *op, const char *login);

/* Whether the group "site" has the right form (operator_site.c). */
int
ferry_operator_check_site(struct ferry_operator *op, struct ferry_error *err);

#endif
