#ifndef FERRY_SERVE_REPLAY_NPM_LOGIN_H
#define FERRY_SERVE_REPLAY_NPM_LOGIN_H

/*
 * `npm login` and `npm logout`: PUT -/user/org.couchdb.user:NAME with a token, or
 * with a password that the issuer looks at, and DELETE -/user/token/TOKEN.
 *
 * Source: npm-profile, "loginCouch" (201 with "token", which is kept as
 *     _authToken); npm, lib/commands/logout.js (any answer below 400 removes the
 *     token from .npmrc).
 * Observed: tests/access/200-npm.sh, tests/access/060-people.sh.
 */

#include "store/base/bytes.h"

struct ferry_call;
struct ferry_error;
struct ferry_identity;
struct ferry_request;
struct ferry_response;

/* Whether a login's body shows a password, and no token. */
bool ferry_npm_login_by_password(const struct ferry_request *rq);
/* Who the token in a login's body is of. */
void ferry_npm_login_identify(struct ferry_call *call);

/* As answer() of a format: to a login with a token, or with a password, and to a
 * logout. */
int ferry_npm_answer_login(const struct ferry_call *call,
    struct ferry_response *res, struct ferry_error *err);
typedef void ferry_npm_refuse(const struct ferry_call *call, unsigned status,
    const char *text, struct ferry_response *res);
int ferry_npm_answer_sign_in(const struct ferry_call *call,
    ferry_npm_refuse *refuse, struct ferry_response *res,
    struct ferry_error *err);
int ferry_npm_answer_logout(const struct ferry_call *call,
    ferry_npm_refuse *refuse, struct ferry_response *res,
    struct ferry_error *err);

#endif
