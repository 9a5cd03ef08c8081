#ifndef FERRY_CARRY_WISHES_H
#define FERRY_CARRY_WISHES_H

/*
 * What clients of ferryd asked for in vain: summed up from its log of what is
 * asked for (asked_log, serve/README.md), carried home in receipts
 * (store/bundle/FORMAT.md), and kept there.
 *
 * A wish is {"format","package","version"?,"file"?,"count","last"}, "last" being
 * a time of RFC 3339.  Local record at an origin:
 *
 *	wish SITE	{"at":SECONDS,"wishes":[…]}: what its newest receipt says
 */

#include <jansson.h>
#include <stdbool.h>

struct ferry_conf;
struct ferry_error;
struct ferry_store;

#define FERRY_WISHES_MAX 100000 /* that are counted; later ones are left out */

struct ferry_wishes {
	json_t *all; /* by what is wished for; owned */
	const char *since; /* RFC 3339: older lines do not count; or "" */
	bool full;
};

/* since is borrowed.  0, -1. */
int ferry_wishes_new(
    struct ferry_wishes *out, const char *since, struct ferry_error *err);
void ferry_wishes_clear(struct ferry_wishes *wishes);
/* Add what a log says.  Errors: FERRY_ESYSTEM, FERRY_EUSAGE (no file). */
int ferry_wishes_add_log(
    struct ferry_wishes *wishes, const char *path, struct ferry_error *err);
/* The path of the log that the configuration names, or NULL. */
int ferry_wishes_log(
    struct ferry_conf *conf, const char **path, struct ferry_error *err);
/* All of them, the most wanted first.  The caller decrefs. */
int ferry_wishes_list(
    const struct ferry_wishes *wishes, json_t **out, struct ferry_error *err);

/* A member of a wish, "" if it has none.  Borrowed. */
const char *ferry_wish_text(const json_t *wish, const char *name);

/*
 * For a receipt: what the configured log says of the last 30 days that is not
 * here by now, the most wanted first; NULL if no log is configured.
 */
int ferry_wishes_for_receipt(json_t **out, struct ferry_conf *conf,
    struct ferry_store *st, struct ferry_error *err);

#endif
