#include "sync/issue/desk.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/access/people.h"
#include "store/access/user_token.h"
#include "store/base/clock.h"
#include "store/base/conf.h"
#include "store/base/error.h"
#include "store/base/json.h"
#include "store/base/log.h"
#include "sync/issue/accounts.h"
#include "sync/issue/guesses.h"
#include "sync/issue/tokens.h"

struct ferry_desk {
	const char *store;
	struct ferry_accounts *accounts;
	struct ferry_guesses *guesses;
	struct ferry_issue_limits limits;
	pthread_mutex_t tokens; /* one at a time changes them */
};

static int
read_group(struct ferry_desk *d, struct ferry_conf_group *g,
    const char **socket, struct ferry_error *err)
{
	struct ferry_error cause = FERRY_ERROR_INIT;
	uint64_t guesses, keep, tokens;
	const char *life;
	int64_t life_s;

	if (ferry_conf_path(g, "socket", NULL, socket, err) == -1 ||
	    ferry_conf_str(g, "token_life", "90d", &life, err) == -1 ||
	    ferry_conf_u64(g, "tokens", 1, 10000, 50, &tokens, err) == -1 ||
	    ferry_conf_u64(g, "guesses", 1, 1000, 10, &guesses, err) == -1 ||
	    ferry_conf_u64(g, "keep", 0, 3600, 60, &keep, err) == -1)
		return -1;
	if (ferry_duration_parse(&life_s, life, &cause) == -1)
		return ferry_conf_error(g, "token_life", err, "%s", cause.text);
	if (ferry_accounts_new(&d->accounts, g, err) == -1 ||
	    ferry_conf_finish(g, err) == -1)
		return -1;
	d->limits =
	    (struct ferry_issue_limits){ (uint64_t)life_s, (size_t)tokens };
	return ferry_guesses_new(&d->guesses, (unsigned)guesses, keep, err);
}

int
ferry_desk_new(struct ferry_desk **out, struct ferry_conf *conf,
    const char *store, const char **socket, struct ferry_error *err)
{
	struct ferry_conf_group *group;
	struct ferry_desk *d;

	if (ferry_calloc(&d, 1, sizeof(*d), err) == -1)
		return -1;
	d->store = store;
	(void)pthread_mutex_init(&d->tokens, NULL);
	if (ferry_conf_group(ferry_conf_root(conf), "issue", &group, err) ==
		-1 ||
	    read_group(d, group, socket, err) == -1) {
		ferry_desk_free(d);
		return -1;
	}
	*out = d;
	return 0;
}

void
ferry_desk_free(struct ferry_desk *d)
{

	if (d == NULL)
		return;
	ferry_accounts_free(d->accounts);
	ferry_guesses_free(d->guesses);
	(void)pthread_mutex_destroy(&d->tokens);
	free(d);
}

const char *
ferry_desk_accounts(const struct ferry_desk *d)
{

	return ferry_accounts_text(d->accounts);
}

/* Who asks */

/* Whether the password is right: 1, 0 and said->word, -1. */
static int
check_password(struct ferry_desk *d, const struct ferry_issue_ask *ask,
    struct ferry_issue_said *said, struct ferry_error *err)
{
	uint64_t now = ferry_ticks_ms() / 1000;
	int rc;

	said->word = FERRY_ISSUE_WRONG;
	if (!ferry_login_valid(ask->login) || ask->password[0] == 0)
		return 0;
	if (ferry_guesses_known(d->guesses, ask->login, ask->password, now))
		return 1;
	said->wait_s = ferry_guesses_try(d->guesses, ask->login, now);
	if (said->wait_s > 0) {
		said->word = FERRY_ISSUE_WAIT;
		return 0;
	}
	rc = ferry_accounts_ask(d->accounts, ask->login, ask->password, err);
	/* What could not be looked at was no guess. */
	if (rc != 0)
		ferry_guesses_undo(d->guesses, ask->login);
	if (rc == 1)
		ferry_guesses_keep(d->guesses, ask->login, ask->password, now);
	return rc;
}

/* The person, as a token's holder: 1, 0 and said->word, -1. */
static int
find_person(struct ferry_desk *d, int dirfd, const struct ferry_issue_ask *ask,
    struct ferry_user_token *who, struct ferry_issue_said *said,
    struct ferry_error *err)
{
	int rc;

	*who = (struct ferry_user_token){ .number = 0 };
	if (ask->token[0] != 0) {
		said->word = FERRY_ISSUE_WRONG;
		return ferry_issue_holder(dirfd, ask, who, err);
	}
	if ((rc = check_password(d, ask, said, err)) != 1)
		return rc;
	/* As one person, however it is typed. */
	for (size_t i = 0; ask->login[i] != 0; i++)
		who->name[i] = ask->login[i] >= 'A' && ask->login[i] <= 'Z'
		                   ? (char)(ask->login[i] + 32)
		                   : ask->login[i];
	memcpy(who->realm, FERRY_REALM_SITE, sizeof(FERRY_REALM_SITE));
	return ferry_local_user(ask->login, &who->number, err) == -1 ? -1 : 1;
}

static int
serve(struct ferry_desk *d, int dirfd, const struct ferry_issue_ask *ask,
    struct ferry_issue_said *said, struct ferry_error *err)
{
	struct ferry_user_token who;
	int rc = find_person(d, dirfd, ask, &who, said, err);

	if (rc != 1)
		return rc;
	said->word = FERRY_ISSUE_DONE;
	(void)snprintf(said->login, sizeof(said->login), "%.99s", who.name);
	(void)pthread_mutex_lock(&d->tokens);
	switch (ask->what) {
	case FERRY_ISSUE_CREATE:
		/* From a token another would outlive it. */
		if (ask->token[0] != 0)
			said->word = FERRY_ISSUE_WRONG;
		else
			rc = ferry_issue_create(
			    dirfd, &who, ask, &d->limits, said, err);
		break;
	case FERRY_ISSUE_LIST:
		rc = ferry_issue_list(dirfd, &who, said, err);
		break;
	case FERRY_ISSUE_REVOKE:
		rc = ferry_issue_revoke(dirfd, &who, ask, said, err);
		break;
	case FERRY_ISSUE_WHATS:
		break;
	}
	(void)pthread_mutex_unlock(&d->tokens);
	return rc;
}

void
ferry_desk_answer(struct ferry_desk *d, const struct ferry_issue_ask *ask,
    struct ferry_issue_said *said)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	int dirfd = ferry_user_token_folder(d->store, true, &err);

	said->id = ask->id;
	if (dirfd != -1 && ferry_text_plain(ask->note) &&
	    serve(d, dirfd, ask, said, &err) != -1) {
		(void)close(dirfd);
		return;
	}
	if (dirfd != -1)
		(void)close(dirfd);
	said->word =
	    err.code == FERRY_OK ? FERRY_ISSUE_REFUSED : FERRY_ISSUE_FAILED;
	(void)snprintf(said->text, sizeof(said->text), "%s",
	    err.code != FERRY_OK
		? "passwords cannot be looked at now; the issuer's log says why"
		: "a note is one line without control characters");
	if (err.code != FERRY_OK)
		ferry_log(FERRY_LOG_ERROR, "%s", err.text);
}
