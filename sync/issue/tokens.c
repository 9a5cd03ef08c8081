#include "sync/issue/tokens.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/access/user_token.h"
#include "store/base/clock.h"
#include "store/base/error.h"
#include "store/base/json.h"

/* Of one person: those that are over beyond these go, the oldest first, so that
 * logging in and out does not fill the folder. */
#define OVER_MAX 20
#define LISTED_MAX 200

int
ferry_issue_holder(int dirfd, const struct ferry_issue_ask *ask,
    struct ferry_user_token *out, struct ferry_error *err)
{
	int rc =
	    ferry_user_token_find(dirfd, ferry_bytes_str(ask->token), out, err);

	return rc == 1 && !ferry_user_token_good(out, ferry_now()) ? 0 : rc;
}

static bool
is_whose(const struct ferry_user_token *t, const struct ferry_user_token *who)
{

	return t->workflow == who->workflow && t->service == who->service &&
	       t->number == who->number && strcmp(t->realm, who->realm) == 0 &&
	       (!t->service || strcmp(t->name, who->name) == 0);
}

/* Those of one person, oldest first, in *out, which the caller frees. */
static int
load(int dirfd, const struct ferry_user_token *who,
    struct ferry_user_token **out, size_t *n, struct ferry_error *err)
{
	size_t all, kept = 0;

	if (ferry_user_token_list(dirfd, out, &all, err) == -1)
		return -1;
	for (size_t i = 0; i < all; i++)
		if (is_whose(&(*out)[i], who))
			(*out)[kept++] = (*out)[i];
	*n = kept;
	return 0;
}

static int
add_json(
    json_t *list, const struct ferry_user_token *t, struct ferry_error *err)
{
	char scopes[FERRY_SCOPES_TEXT];

	return ferry_json_push(list,
	    json_pack("{s:s,s:o,s:s,s:I,s:I}", "id", t->id, "note",
		ferry_json_text(ferry_bytes_str(t->note)), "scopes",
		ferry_scopes_text(t->scopes, scopes), "created_at",
		(json_int_t)t->created_at, "expires_at",
		(json_int_t)t->expires_at),
	    err);
}

/* Remove what is over, and count what is not. */
static int
tidy(int dirfd, const struct ferry_user_token *who, size_t *good,
    struct ferry_error *err)
{
	struct ferry_user_token *list = NULL;
	int64_t now = ferry_now();
	size_t n = 0, over = 0;
	int rc = load(dirfd, who, &list, &n, err);

	*good = 0;
	for (size_t i = 0; rc == 0 && i < n; i++)
		*good += ferry_user_token_good(&list[i], now);
	over = n - *good;
	for (size_t i = 0; rc == 0 && i < n && over > OVER_MAX; i++)
		if (!ferry_user_token_good(&list[i], now)) {
			rc = ferry_user_token_remove(dirfd, &list[i], err);
			over--;
		}
	free(list);
	return rc;
}

int
ferry_issue_create(int dirfd, const struct ferry_user_token *who,
    const struct ferry_issue_ask *ask, const struct ferry_issue_limits *limits,
    struct ferry_issue_said *said, struct ferry_error *err)
{
	struct ferry_user_token t = *who;
	char text[FERRY_USER_TOKEN_TEXT];
	uint64_t life = ask->life_s;
	size_t good;

	if (limits->life_s != 0 && (life == 0 || life > limits->life_s))
		life = limits->life_s;
	t.scopes = FERRY_SCOPE_READ;
	t.created_at = ferry_now();
	t.expires_at = life == 0 ? 0 : t.created_at + (int64_t)life;
	(void)snprintf(t.note, sizeof(t.note), "%s", ask->note);
	if (tidy(dirfd, who, &good, err) == -1)
		return -1;
	if (good >= limits->tokens) {
		said->word = FERRY_ISSUE_REFUSED;
		(void)snprintf(said->text, sizeof(said->text),
		    "there are %zu good tokens of this account, as many as one "
		    "may have; revoke one first",
		    good);
		return 0;
	}
	if (ferry_user_token_create(dirfd, &t, text, err) == -1)
		return -1;
	memcpy(said->token, text, sizeof(text));
	explicit_bzero(text, sizeof(text));
	if ((said->tokens = json_array()) == NULL)
		return ferry_error_set(err, FERRY_ENOMEM, "no memory");
	return add_json(said->tokens, &t, err);
}

int
ferry_issue_list(int dirfd, const struct ferry_user_token *who,
    struct ferry_issue_said *said, struct ferry_error *err)
{
	struct ferry_user_token *list = NULL;
	int64_t now = ferry_now();
	size_t n = 0;
	int rc;

	if ((said->tokens = json_array()) == NULL)
		return ferry_error_set(err, FERRY_ENOMEM, "no memory");
	rc = load(dirfd, who, &list, &n, err);
	for (size_t i = n;
	     rc == 0 && i-- > 0 && json_array_size(said->tokens) < LISTED_MAX;)
		if (ferry_user_token_good(&list[i], now))
			rc = add_json(said->tokens, &list[i], err);
	free(list);
	return rc;
}

int
ferry_issue_revoke(int dirfd, const struct ferry_user_token *who,
    const struct ferry_issue_ask *ask, struct ferry_issue_said *said,
    struct ferry_error *err)
{
	const char *which = ask->which[0] == 0 ? who->id : ask->which;
	struct ferry_user_token *list = NULL, gone;
	size_t n = 0, found = 0, at = 0;
	int rc = load(dirfd, who, &list, &n, err);

	/* Ids of others' are not there for who asks. */
	for (size_t i = 0; rc == 0 && *which != 0 && i < n; i++)
		if (strncmp(list[i].id, which, strlen(which)) == 0) {
			at = i;
			found++;
		}
	if (rc == 0 && found == 1)
		rc = ferry_user_token_revoke(
		    dirfd, list[at].id, ferry_now(), &gone, err);
	else if (rc == 0)
		said->word = FERRY_ISSUE_ABSENT;
	free(list);
	return rc;
}
