#include "sync/issue/htpasswd.h"

#include <crypt.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "store/base/bytes.h"
#include "store/base/digest.h"
#include "store/base/error.h"
#include "store/base/file.h"
#include "store/base/log.h"

#define FILE_MAX (8U << 20)
#define HASH_MAX 256
#define SHA1 "{SHA}"

/* Whether crypt(3) is to be asked. */
static bool
is_crypt(const char *hash)
{
	static const char *const known[] = { "$2y$", "$2b$", "$2a$", "$5$",
		"$6$", "$y$" };

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strncmp(hash, known[i], strlen(known[i])) == 0)
			return true;
	return false;
}

static bool
is_sha1(const char *hash)
{

	return strncmp(hash, SHA1, sizeof(SHA1) - 1) == 0;
}

/* One line: its name and hash, which may be overwritten by the next. */
struct entry {
	struct ferry_bytes name;
	char hash[HASH_MAX];
};

/* Returns: whether the line has one; blank ones and comments have none. */
static bool
read_line(struct ferry_bytes line, struct entry *out, bool *wrong)
{
	const uint8_t *colon;
	size_t n;

	line = ferry_bytes_trim(line);
	*wrong = false;
	if (line.n == 0 || line.p[0] == '#')
		return false;
	colon = memchr(line.p, ':', line.n);
	n = colon == NULL ? 0 : line.n - (size_t)(colon - line.p) - 1;
	*wrong = colon == NULL || colon == line.p || n == 0 || n >= HASH_MAX;
	if (*wrong)
		return false;
	out->name = ferry_bytes_of(line.p, (size_t)(colon - line.p));
	memcpy(out->hash, colon + 1, n);
	out->hash[n] = 0;
	return true;
}

int
ferry_htpasswd_check(const char *path, struct ferry_error *err)
{
	struct ferry_buf text = FERRY_BUF_INIT;
	struct ferry_bytes rest, line;
	struct entry e = { .hash = "" };
	unsigned number = 0;
	bool wrong;
	int rc = ferry_file_read(path, FILE_MAX, &text, err);

	rest = ferry_bytes_buf(&text);
	while (rc == 0 && ferry_bytes_line(&rest, &line)) {
		number++;
		if (read_line(line, &e, &wrong) && !is_crypt(e.hash) &&
		    !is_sha1(e.hash))
			rc = ferry_error_set(err, FERRY_ECONFIG,
			    "%s:%u: this kind of hash is not taken; 'htpasswd "
			    "-B' makes one that is",
			    path, number);
		else if (wrong)
			rc = ferry_error_set(err, FERRY_ECONFIG,
			    "%s:%u: expected NAME:HASH", path, number);
	}
	if (text.p != NULL)
		explicit_bzero(text.p, text.cap);
	explicit_bzero(&e, sizeof(e));
	ferry_buf_free(&text);
	return rc;
}

/* Whether password makes hash: 1, 0, -1. */
static int
matches_crypt(const char *hash, const char *password, struct ferry_error *err)
{
	struct crypt_data *data = NULL;
	const char *got;
	int rc = -1;

	/* Some 32 kB: not for a thread's stack. */
	if (ferry_calloc(&data, 1, sizeof(*data), err) == -1)
		return -1;
	got = crypt_r(password, hash, data);
	rc = got != NULL && got[0] != '*' && strlen(got) == strlen(hash) &&
	     CRYPTO_memcmp(got, hash, strlen(hash)) == 0;
	explicit_bzero(data, sizeof(*data));
	free(data);
	return rc;
}

static int
matches_sha1(const char *hash, const char *password, struct ferry_error *err)
{
	struct ferry_buf text = FERRY_BUF_INIT;
	struct ferry_digest digest;
	const char *want = hash + sizeof(SHA1) - 1;
	int rc = -1;

	if (ferry_digest_of(
		&digest, FERRY_SHA1, ferry_bytes_str(password), err) == 0 &&
	    ferry_base64_add(&text, ferry_bytes_of(digest.v, digest.n), err) ==
		0)
		rc = text.n == strlen(want) &&
		     CRYPTO_memcmp(text.p, want, text.n) == 0;
	ferry_buf_free(&text);
	explicit_bzero(&digest, sizeof(digest));
	return rc;
}

static int
matches(const char *hash, const char *password, struct ferry_error *err)
{

	if (is_crypt(hash))
		return matches_crypt(hash, password, err);
	return is_sha1(hash) ? matches_sha1(hash, password, err) : 0;
}

/* The first entry called login; else out is the file's first, whose hash takes as
 * long to compare. */
static bool
find(struct ferry_bytes text, const char *login, struct entry *out)
{
	struct ferry_bytes line;
	struct entry e;
	bool wrong, any = false;

	out->hash[0] = 0;
	while (ferry_bytes_line(&text, &line)) {
		if (!read_line(line, &e, &wrong))
			continue;
		if (e.name.n == strlen(login) &&
		    strncasecmp((const char *)e.name.p, login, e.name.n) == 0) {
			*out = e;
			return true;
		}
		if (!any)
			*out = e;
		any = true;
	}
	return false;
}

int
ferry_htpasswd_ask(const char *path, const char *login, const char *password,
    struct ferry_error *err)
{
	struct ferry_buf text = FERRY_BUF_INIT;
	struct entry e = { .hash = "" };
	int rc = ferry_file_read(path, FILE_MAX, &text, err);
	bool found;

	if (rc == 0) {
		found = find(ferry_bytes_buf(&text), login, &e);
		if (found && !is_crypt(e.hash) && !is_sha1(e.hash))
			ferry_log(FERRY_LOG_WARNING,
			    "%s: the hash of '%s' is of a kind that is not "
			    "taken; 'htpasswd -B' makes one that is",
			    path, login);
		rc = matches(e.hash, password, err);
		if (rc != -1)
			rc = !found    ? FERRY_HTPASSWD_UNKNOWN
			     : rc == 1 ? FERRY_HTPASSWD_RIGHT
			               : FERRY_HTPASSWD_WRONG;
	}
	if (text.p != NULL)
		explicit_bzero(text.p, text.cap);
	explicit_bzero(&e, sizeof(e));
	ferry_buf_free(&text);
	return rc;
}
