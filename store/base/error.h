#ifndef FERRY_BASE_ERROR_H
#define FERRY_BASE_ERROR_H

/*
 * The one way in which functions of ferry fail.
 *
 * A function that can fail takes a struct ferry_error last, returns 0 (or a
 * useful positive value) on success and -1 on failure.  On success the error
 * is untouched.  The text starts with the cause; every caller that knows more
 * appends what it was doing.  Finding nothing is a result, not an error.
 */

#include <stddef.h>

enum ferry_code {
	FERRY_OK = 0,
	FERRY_EUSAGE, /* the command line is wrong */
	FERRY_ECONFIG, /* the configuration is wrong */
	FERRY_ESYSTEM, /* a system call failed; sys is errno */
	FERRY_ENOMEM, /* out of memory */
	FERRY_EINDEX, /* RocksDB reported an error */
	FERRY_ELOCKED, /* another writer holds the store */
	FERRY_ESTORE, /* not a store, a newer one, or a damaged one */
	FERRY_EFORMAT, /* bytes from outside are not well-formed */
	FERRY_ELIMIT, /* a size or count from outside is over its bound */
	FERRY_EDIGEST, /* content does not match its digest */
	FERRY_ESIZE, /* content does not match its size */
	FERRY_ENOTFOUND, /* the named thing does not exist */
	FERRY_EEXIST, /* the named thing exists already */
	FERRY_EDENIED, /* refused by a rule of access */
	FERRY_ENETWORK, /* no answer from upstream; sys is the CURLcode */
	FERRY_EHTTP, /* upstream answered an error; sys is the status */
	FERRY_EINCIDENT, /* changed bytes under a known name and version */
	FERRY_EUNRESOLVED, /* nothing upstream satisfies what was asked for */
	FERRY_ESIGNATURE, /* a signature is wrong or of an unknown key */
	FERRY_EREVOKED, /* signed by a key whose trust was revoked */
	FERRY_EWRONGSITE, /* a bundle for another site */
	FERRY_EGAP, /* records before this bundle are missing here */
	FERRY_EREPLAY, /* an older bundle than what is here */
	FERRY_EFORK, /* the origin's history differs from ours */
	FERRY_EEXPIRED, /* past its expiry time */
	FERRY_ENEWER, /* written by a newer version of ferry */
	FERRY_EUNDECLARED, /* the bundle holds what its head does not name */
	FERRY_EMISSING, /* the bundle lacks what its head names */
	FERRY_ECANCELLED, /* stopped by the user */
	FERRY_CODES
};

struct ferry_error {
	enum ferry_code code; /* what callers branch on */
	int sys; /* errno, HTTP status or CURLcode, as code tells */
	char text[488]; /* the cause, then each context outwards */
};
#define FERRY_ERROR_INIT                                                       \
	{                                                                      \
		FERRY_OK, 0, ""                                                \
	}

/*
 * Each returns -1.  The first two start an error (errno is read on entry);
 * the third appends context, separated by "; ".  The text is cut, not
 * overflowed; what is cut is the outermost context.
 */
int ferry_error_set(struct ferry_error *err, enum ferry_code code,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));
int ferry_error_errno(struct ferry_error *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
int ferry_error_in(struct ferry_error *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#if defined(__clang_analyzer__) && !defined(FERRY_BASE_ERROR_C)
/* The analyser sees one file at a time: tell it that these return -1. */
#define ferry_error_set(...) (ferry_error_set(__VA_ARGS__), -1)
#define ferry_error_errno(...) (ferry_error_errno(__VA_ARGS__), -1)
#define ferry_error_in(...) (ferry_error_in(__VA_ARGS__), -1)
#endif

/* Returns: the code's stable name for machines ("digest", "gap", ...). */
const char *ferry_code_name(enum ferry_code code);

#endif
