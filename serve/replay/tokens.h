#ifndef FERRY_SERVE_REPLAY_TOKENS_H
#define FERRY_SERVE_REPLAY_TOKENS_H

/*
 * /tokens: a person's own tokens, for a login and password (or, but for making
 * one, for a token):
 *
 *	POST /tokens		make one: 201 with "token", which is shown once;
 *				"note" and "expires" (30d) of a form or of JSON
 *	GET /tokens		those that are good
 *	DELETE /tokens/ID	revoke one
 *
 * Who asks is found out by the issuer (issuing.h).
 */

struct ferry_replay;

extern const struct ferry_replay ferry_replay_tokens;

#endif
