#include "sync/issue/desk.h"

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
	free(d);
}

const char *
ferry_desk_accounts(const struct ferry_desk *d)
{

	return ferry_accounts_text(d->accounts);
}

struct ferry_accounts *
ferry_desk_asks(const struct ferry_desk *d)
{

	return d->accounts;
}

/* Who asks */

/* Whether the password is to be looked at: 1; 0 if it is not, and said->word; 2 if
 * it was right a moment ago. */
static int
try_password(struct ferry_desk *d, const struct ferry_issue_ask *ask,
    struct ferry_issue_said *said)
{
	uint64_t now = ferry_ticks_ms() / 1000;

	said->word = FERRY_ISSUE_WRONG;
	if (!ferry_login_valid(ask->login) || ask->password[0] == 0)
		return 0;
	if (ferry_guesses_known(d->guesses, ask->login, ask->password, now))
		return 2;
	said->wait_s = ferry_guesses_try(d->guesses, ask->login, now);
	if (said->wait_s == 0)
		return 1;
	said->word = FERRY_ISSUE_WAIT;
	return 0;
}

/* The person of a login, as a token's holder. */
static int
set_person(
    struct ferry_user_token *who, const char *login, struct ferry_error *err)
{

	*who = (struct ferry_user_token){ .number = 0 };
	/* As one person, however it is typed. */
	memcpy(who->name, login, strlen(login) + 1);
	for (char *p = who->name; *p != 0; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p + 32);
	memcpy(who->realm, FERRY_REALM_SITE, sizeof(FERRY_REALM_SITE));
	return ferry_local_user(login, &who->number, err);
}

static int
serve(struct ferry_desk *d, int dirfd, const struct ferry_issue_ask *ask,
    const struct ferry_user_token *who, struct ferry_issue_said *said,
    struct ferry_error *err)
{

	said->word = FERRY_ISSUE_DONE;
	(void)snprintf(said->login, sizeof(said->login), "%.99s", who->name);
	switch (ask->what) {
	case FERRY_ISSUE_CREATE:
		/* From a token another would outlive it. */
		if (ask->token[0] == 0)
			return ferry_issue_create(
			    dirfd, who, ask, &d->limits, said, err);
		said->word = FERRY_ISSUE_WRONG;
		return 0;
	case FERRY_ISSUE_LIST:
		return ferry_issue_list(dirfd, who, said, err);
	case FERRY_ISSUE_REVOKE:
		return ferry_issue_revoke(dirfd, who, ask, said, err);
	case FERRY_ISSUE_WHATS:
		break;
	}
	return 0;
}

/* Whoever it is: of a token, or of a password that is right. */
static int
serve_somebody(struct ferry_desk *d, const struct ferry_issue_ask *ask,
    struct ferry_issue_said *said, struct ferry_error *err)
{
	int dirfd = ferry_user_token_folder(d->store, true, err), rc;
	struct ferry_user_token who;

	if (dirfd == -1)
		return -1;
	said->word = FERRY_ISSUE_WRONG;
	if (ask->token[0] != 0)
		rc = ferry_issue_holder(dirfd, ask, &who, err);
	else
		rc = set_person(&who, ask->login, err) == -1 ? -1 : 1;
	if (rc == 1)
		rc = serve(d, dirfd, ask, &who, said, err);
	(void)close(dirfd);
	return rc;
}

static void
fail(struct ferry_issue_said *said, const struct ferry_error *why)
{

	said->word = FERRY_ISSUE_FAILED;
	(void)snprintf(said->text, sizeof(said->text), "%s",
	    "passwords or tokens cannot be looked at now; the issuer's log "
	    "says why");
	ferry_log(FERRY_LOG_ERROR, "%s", why->text);
}

bool
ferry_desk_begin(struct ferry_desk *d, const struct ferry_issue_ask *ask,
    struct ferry_issue_said *said)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	int rc;

	said->id = ask->id;
	if (!ferry_text_plain(ask->note)) {
		said->word = FERRY_ISSUE_REFUSED;
		(void)snprintf(said->text, sizeof(said->text),
		    "a note is one line without control characters");
		return true;
	}
	if (ask->token[0] == 0 && (rc = try_password(d, ask, said)) != 2)
		return rc == 0;
	if (serve_somebody(d, ask, said, &err) == -1)
		fail(said, &err);
	return true;
}

void
ferry_desk_end(struct ferry_desk *d, const struct ferry_issue_ask *ask,
    int right, const struct ferry_error *why, struct ferry_issue_said *said)
{
	struct ferry_error err = FERRY_ERROR_INIT;

	said->id = ask->id;
	said->word = FERRY_ISSUE_WRONG;
	/* What could not be looked at was no guess. */
	if (right != 0)
		ferry_guesses_undo(d->guesses, ask->login);
	if (right == -1) {
		fail(said, why);
	} else if (right == 1) {
		ferry_guesses_keep(d->guesses, ask->login, ask->password,
		    ferry_ticks_ms() / 1000);
		if (serve_somebody(d, ask, said, &err) == -1)
			fail(said, &err);
	}
}
