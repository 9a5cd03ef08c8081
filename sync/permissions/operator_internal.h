#ifndef FERRY_SYNC_PERMISSIONS_OPERATOR_INTERNAL_H
#define FERRY_SYNC_PERMISSIONS_OPERATOR_INTERNAL_H

/* What operator.c (the file and its form) and operator_names.c (who and what
 * is meant) share. */

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
	struct ferry_conf_group *root;
	const char *signed_off_by, *realm;
	struct operator_user *users; /* of realm "local" */
	size_t users_n;
};

/* 1 and *out, or 0. */
int operator_local_user(
    const struct ferry_operator *op, const char *login, uint64_t *out);

#endif
