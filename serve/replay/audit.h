#ifndef FERRY_REPLAY_AUDIT_H
#define FERRY_REPLAY_AUDIT_H

/*
 * The audit log: one line for each decision about a package or a user,
 * whatever it was.
 *
 *	{"time":"2026-…Z","id":"…","remote":"10.0.0.7","who":"tom",
 *	 "token":"1f3a…","action":"read","format":"npm","owner":"ghes",
 *	 "package":"@octo/svc","item":"1.0.0","verdict":"allowed","rule":"D13",
 *	 "generation":4}
 *
 * id is the access log's; who and token (its id, as `ferry token list` has it)
 * are absent for anonymous clients, and for a credential that is not known;
 * owner is the upstream, absent where there is no such package; item is a
 * version, tag, digest or file; rule is a row of the decision table
 * (store/access/rules.h), absent where none was reached.  "session":true marks
 * a token of GET /v2/token.  Verdicts: "allowed", "need-credential",
 * "bad-credential", "out-of-scope", "forbidden", "hidden", "read-only",
 * "too-many"; "not-pulled" follows an "allowed" where the puller refused, and
 * "reason" says why.
 *
 * What has nothing to do with anybody or any package (pings, pages) is only
 * written when it was refused.
 */

struct ferry_access_decision;
struct ferry_call;

/* FERRY_AUDIT_TOO_MANY: nothing was decided, decision is NULL.  Does nothing
 * without an audit log. */
enum ferry_audit { FERRY_AUDIT_DECIDED, FERRY_AUDIT_TOO_MANY };
void ferry_audit_add(const struct ferry_call *call, const char *format,
    enum ferry_audit what, const struct ferry_access_decision *decision);
/* The puller would not get what the client may read. */
void ferry_audit_not_pulled(
    const struct ferry_call *call, const char *format, const char *reason);

#endif
