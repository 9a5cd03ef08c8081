#ifndef FERRY_SYNC_ISSUE_HTPASSWD_H
#define FERRY_SYNC_ISSUE_HTPASSWD_H

/*
 * Passwords in a file of lines NAME:HASH, as htpasswd(1) writes it.
 *
 * HASH is bcrypt ($2y$, what `htpasswd -B` makes), SHA-256 or SHA-512 crypt ($5$,
 * $6$: -2, -5), yescrypt ($y$), or {SHA}, a SHA-1 without salt (-s).  Apache's
 * own MD5 ($apr1$), which htpasswd makes without an option, and DES are refused:
 * the log says so.
 *
 * Threads: all functions from any thread.
 *
 * Source: htpasswd(1); crypt(5) of libxcrypt.
 */

struct ferry_error;

/* A look at the file's form: each line, and its kind of hash.
 * Errors: FERRY_ECONFIG with file and line, FERRY_ESYSTEM. */
int ferry_htpasswd_check(const char *path, struct ferry_error *err);

enum ferry_htpasswd {
	FERRY_HTPASSWD_UNKNOWN, /* no such name; takes as long as a wrong one */
	FERRY_HTPASSWD_WRONG,
	FERRY_HTPASSWD_RIGHT
};
/* The file is read each time, so a change counts at once.  Names are compared
 * without case.  Returns: enum ferry_htpasswd, or -1. */
int ferry_htpasswd_ask(const char *path, const char *login,
    const char *password, struct ferry_error *err);

#endif
