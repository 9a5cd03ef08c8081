#include "sync/command/user_arg.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "store/access/claim.h"
#include "store/access/people.h"
#include "store/access/snapshots.h"
#include "store/base/error.h"
#include "sync/permissions/operator_file.h"

/* What login or repository means in one snapshot.  Returns whether it is
 * there. */
typedef bool lookup(const struct ferry_snapshot *s, const char *name,
    struct ferry_user_arg *out);

static bool
lookup_user(const struct ferry_snapshot *s, const char *name,
    struct ferry_user_arg *out)
{
	const struct ferry_snapshot_user *u = ferry_snapshot_login(s, name);

	if (u == NULL)
		return false;
	out->number = u->id;
	(void)snprintf(out->name, sizeof(out->name), "%s", u->login);
	return true;
}

static bool
lookup_repository(const struct ferry_snapshot *s, const char *name,
    struct ferry_user_arg *out)
{
	const struct ferry_snapshot_repo *r = ferry_snapshot_full_name(s, name);

	if (r == NULL)
		return false;
	out->number = r->id;
	(void)snprintf(out->name, sizeof(out->name), "%s/%s",
	    ferry_snapshot_owner(s, r->owner)->login, r->name);
	return true;
}

static int
find(struct ferry_user_arg *out, struct ferry_store *st, const char *upstream,
    const char *name, lookup *look, const char *what, struct ferry_error *err)
{
	struct ferry_snapshots *all = NULL;
	struct ferry_user_arg who;
	int found = 0;

	if (ferry_snapshots_load(&all, st, err) == -1)
		return -1;
	for (size_t i = 0; i < ferry_snapshots_count(all) && found < 2; i++) {
		const struct ferry_snapshot *s = ferry_snapshots_at(all, i);
		const struct ferry_snapshot_meta *m = ferry_snapshot_meta(s);

		if ((upstream != NULL && strcmp(upstream, m->upstream) != 0 &&
			strcmp(upstream, m->realm) != 0) ||
		    !look(s, name, &who))
			continue;
		(void)snprintf(who.realm, sizeof(who.realm), "%s", m->realm);
		/* Several plain registries know the same local users. */
		if (found == 0 || strcmp(out->realm, who.realm) != 0)
			found++;
		*out = who;
	}
	ferry_snapshots_free(all);
	if (found == 1)
		return 0;
	return ferry_error_set(err, found == 0 ? FERRY_ENOTFOUND : FERRY_EUSAGE,
	    found == 0
		? "no permission snapshot here knows %s '%s'; 'ferry sync' of a "
		  "GitHub upstream or 'ferry access apply' brings them"
		: "several upstreams have %s '%s'; choose one with --upstream",
	    what, name);
}

/* One of this site's own, or where named the one that such a login would be:
 * 1, 0, -1. */
static int
find_here(struct ferry_user_arg *out, struct ferry_store *st, const char *login,
    bool named, struct ferry_error *err)
{
	struct ferry_people *people;
	bool found;
	int rc = 0;

	if (ferry_people_load(&people, st, err) == -1)
		return -1;
	found = ferry_people_find(people, login, &out->number);
	ferry_people_free(people);
	if (!found && named && ferry_login_valid(login)) {
		rc = ferry_local_user(login, &out->number, err);
		found = rc == 0;
	}
	(void)snprintf(out->realm, sizeof(out->realm), "%s", FERRY_REALM_SITE);
	(void)snprintf(out->name, sizeof(out->name), "%s", login);
	return rc == -1 ? -1 : found;
}

int
ferry_user_arg_user(struct ferry_user_arg *out, struct ferry_store *st,
    const char *upstream, const char *login, struct ferry_error *err)
{
	static const char here[] = "site:";
	bool named = strncmp(login, here, sizeof(here) - 1) == 0;
	struct ferry_error why = FERRY_ERROR_INIT;
	struct ferry_user_arg ours;
	int rc;

	if (named)
		login += sizeof(here) - 1;
	if ((rc = find_here(&ours, st, login, named, err)) == -1)
		return -1;
	if (named) {
		*out = ours;
		return rc == 1 ? 0
		               : ferry_error_set(err, FERRY_EUSAGE,
				     "'%.80s' is no login", login);
	}
	if (find(out, st, upstream, login, lookup_user, "a user", &why) == 0) {
		if (rc == 0 || upstream != NULL)
			return 0;
		return ferry_error_set(err, FERRY_EUSAGE,
		    "this site and an upstream have a user '%s'; say "
		    "'site:%s', or choose the upstream with --upstream",
		    login, login);
	}
	if (rc == 1 && why.code == FERRY_ENOTFOUND && upstream == NULL) {
		*out = ours;
		return 0;
	}
	*err = why;
	return -1;
}

void
ferry_user_arg_claim(const struct ferry_user_arg *who, struct ferry_claim *out)
{

	*out = (struct ferry_claim){ .kind = FERRY_CLAIM_USER,
		.scopes = FERRY_SCOPE_READ,
		.user = who->number };
	memcpy(out->realm, who->realm, sizeof(out->realm));
	if (strcmp(who->realm, FERRY_REALM_SITE) == 0)
		(void)snprintf(
		    out->login, sizeof(out->login), "%.99s", who->name);
}

int
ferry_user_arg_repository(struct ferry_user_arg *out, struct ferry_store *st,
    const char *upstream, const char *full_name, struct ferry_error *err)
{

	return find(out, st, upstream, full_name, lookup_repository,
	    "a repository", err);
}

/* Who has that login or number already would be somebody else. */
static int
check_stranger(const struct ferry_snapshot *s, const char *login,
    uint64_t number, struct ferry_error *err)
{
	const char *upstream = ferry_snapshot_meta(s)->upstream;
	const struct ferry_snapshot_user *u = ferry_snapshot_user(s, number);
	const struct ferry_snapshot_owner *o = ferry_snapshot_owner(s, number);

	if (ferry_snapshot_login(s, login) != NULL)
		return ferry_error_set(err, FERRY_EUSAGE,
		    "the permission snapshot of '%s' knows '%s'; leave out "
		    "--number",
		    upstream, login);
	if (u != NULL || o != NULL)
		return ferry_error_set(err, FERRY_EUSAGE,
		    "%" PRIu64 " is the number of '%s' in the permission "
		    "snapshot of '%s', not of '%s'",
		    number, u != NULL ? u->login : o->login, upstream, login);
	return 0;
}

int
ferry_user_arg_stranger(struct ferry_user_arg *out, struct ferry_store *st,
    const char *upstream, const char *login, uint64_t number,
    struct ferry_error *err)
{
	struct ferry_snapshots *all = NULL;
	const struct ferry_snapshot *s;
	int rc = -1;

	if (!ferry_login_valid(login))
		return ferry_error_set(err, FERRY_EUSAGE,
		    "a login has at most %d letters, digits and -_.@",
		    FERRY_LOGIN_MAX);
	if (ferry_snapshots_load(&all, st, err) == -1)
		return -1;
	s = ferry_snapshots_find(all, upstream);
	if (s == NULL || !ferry_snapshot_meta(s)->github) {
		ferry_error_set(err, FERRY_ENOTFOUND,
		    "there is no permission snapshot of '%s' here", upstream);
	} else if (check_stranger(s, login, number, err) == 0) {
		(void)snprintf(out->realm, sizeof(out->realm), "%s",
		    ferry_snapshot_meta(s)->realm);
		(void)snprintf(out->name, sizeof(out->name), "%s", login);
		out->number = number;
		rc = 0;
	}
	ferry_snapshots_free(all);
	return rc;
}
