#ifndef FERRY_ACCESS_POLICY_H
#define FERRY_ACCESS_POLICY_H

/*
 * What the configuration adds to the decision table, and the table asked with
 * it: what a server decides by, and what commands explain and report.
 */

#include <stdbool.h>
#include <stdint.h>

#include "store/access/rules.h"

struct ferry_conf_group;
struct ferry_error;
struct ferry_format;
struct ferry_snapshots;

#define FERRY_ACCESS_FORMATS 8
struct ferry_access_policy {
	bool private_mode; /* nobody is anonymous */
	bool hide_existence; /* whoever may not read hears of nothing */
	/* By the order of ferry_format_at(): whether a login is needed even
	 * for what is public.  Not given: as GitHub does for its packages,
	 * and not for those of other registries. */
	bool login_given;
	bool login[FERRY_ACCESS_FORMATS];
	int64_t max_age_s; /* older snapshots only let read what is public; 0 */
};

/* From the group "serve" of a configuration.  Errors: FERRY_ECONFIG. */
int ferry_access_policy_read(struct ferry_access_policy *out,
    struct ferry_conf_group *serve, struct ferry_error *err);

/* Whether anonymous clients may not read even what is public of s, which is
 * NULL where nothing is known.  format is NULL for one that is not served. */
bool ferry_access_needs_login(const struct ferry_access_policy *policy,
    const struct ferry_format *format, const struct ferry_snapshot *s);

/* Whether s, or nothing (NULL), is too old to be believed. */
bool ferry_access_is_stale(
    const struct ferry_access_policy *policy, const struct ferry_snapshot *s);

/* Strings are borrowed. */
struct ferry_access_question {
	const struct ferry_claim *claim;
	const struct ferry_format *format; /* NULL: one that is not served */
	const char *type; /* as GitHub calls it */
	const char *owner; /* the upstream; NULL: there is no such package */
	const char *package;
	enum ferry_need need;
};

/*
 * What the table says.  on_record as of ferry_rules(), or NULL.
 * Returns: the snapshot that it was asked of, which is all's; NULL if nothing
 *     is known of the owner.
 */
const struct ferry_snapshot *ferry_access_rule(
    const struct ferry_snapshots *all, const struct ferry_access_policy *policy,
    const struct ferry_access_question *question,
    struct ferry_ruling_result *out, ferry_on_record *on_record, void *ctx);

#endif
