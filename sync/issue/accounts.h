#ifndef FERRY_SYNC_ISSUE_ACCOUNTS_H
#define FERRY_SYNC_ISSUE_ACCOUNTS_H

/*
 * Whose passwords are right: a file of htpasswd's, a directory (LDAP), or both.
 * Who is in the file is not looked for in the directory.
 *
 * Threads: _ask from any thread; but it may hang for as long as a directory, or its
 * name's server, likes, so it is asked in processes of its own (worker.h).
 */

#include <stdint.h>

struct ferry_accounts;
struct ferry_conf_group;
struct ferry_error;

/* From the group "issue" of a configuration, which is borrowed until _free.
 * Errors: FERRY_ECONFIG, FERRY_ESYSTEM. */
int ferry_accounts_new(struct ferry_accounts **out,
    struct ferry_conf_group *group, struct ferry_error *err);
void ferry_accounts_free(struct ferry_accounts *a); /* NULL is fine */

/* How long a question may take. */
uint64_t ferry_accounts_timeout_ms(const struct ferry_accounts *a);
/* What they are, for the log. */
const char *ferry_accounts_text(const struct ferry_accounts *a);

/* Whether this is the password of login, which is a valid one: 1, 0, -1 if that
 * cannot be found out now.  Takes as long as a directory may. */
int ferry_accounts_ask(struct ferry_accounts *a, const char *login,
    const char *password, struct ferry_error *err);

#endif
