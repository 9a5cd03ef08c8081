#include "store/access/user_token.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include "store/access/people.h"
#include "store/base/digest.h"
#include "store/base/file.h"
#include "store/base/json.h"
#include "store/base/log.h"

#define PREFIX 8 /* "ferry_u_" */
#define RANDOM 32
#define CHECK 6
#define FILE_MAX 8192
#define FILE_NAME (64 + sizeof(".json"))

static const char alphabet[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			       "abcdefghijklmnopqrstuvwxyz";

/* Scopes */

static const struct {
	unsigned scope;
	const char *name;
} scope_names[] = { { FERRY_SCOPE_READ, "read:packages" },
	{ FERRY_SCOPE_WRITE, "write:packages" },
	{ FERRY_SCOPE_DELETE, "delete:packages" }, { FERRY_SCOPE_REPO, "repo" },
	{ FERRY_SCOPE_ORG, "read:org" },
	{ FERRY_SCOPE_METRICS, "read:metrics" } };
#define SCOPES (sizeof(scope_names) / sizeof(scope_names[0]))

const char *
ferry_scopes_text(unsigned scopes, char buf[FERRY_SCOPES_TEXT])
{
	size_t n = 0;

	buf[0] = 0;
	for (size_t i = 0; i < SCOPES; i++)
		if ((scopes & scope_names[i].scope) != 0)
			n += (size_t)snprintf(buf + n, FERRY_SCOPES_TEXT - n,
			    "%s%s", n == 0 ? "" : ",", scope_names[i].name);
	return buf;
}

int
ferry_scopes_parse(unsigned *out, const char *text, struct ferry_error *err)
{
	unsigned scopes = 0;

	while (*text != 0) {
		size_t n = strcspn(text, ","), i = 0;

		while (i < SCOPES &&
		       (strlen(scope_names[i].name) != n ||
			   memcmp(scope_names[i].name, text, n) != 0))
			i++;
		if (i == SCOPES)
			return ferry_error_set(err, FERRY_EUSAGE,
			    "'%.*s' is no scope; there are read:packages, "
			    "write:packages, delete:packages, repo, read:org "
			    "and read:metrics",
			    (int)n, text);
		scopes |= scope_names[i].scope;
		text += n + (text[n] == ',');
	}
	*out = scopes;
	return 0;
}

/* Text */

/* The six digits of a CRC-32, most significant first. */
static void
checksum(const char *text, char out[CHECK])
{
	uLong crc = crc32(0, (const Bytef *)text, PREFIX + RANDOM);

	for (int i = CHECK; i-- > 0;) {
		out[i] = alphabet[crc % 62];
		crc /= 62;
	}
}

bool
ferry_user_token_looks_right(struct ferry_bytes text)
{
	char check[CHECK];

	if (text.n != FERRY_USER_TOKEN_TEXT - 1 ||
	    (memcmp(text.p, "ferry_u_", PREFIX) != 0 &&
		memcmp(text.p, "ferry_w_", PREFIX) != 0 &&
		memcmp(text.p, "ferry_s_", PREFIX) != 0))
		return false;
	checksum((const char *)text.p, check);
	return memcmp(text.p + PREFIX + RANDOM, check, CHECK) == 0;
}

static int
make_text(const struct ferry_user_token *token,
    char text[FERRY_USER_TOKEN_TEXT], struct ferry_error *err)
{
	uint8_t bytes[64];
	size_t n = 0, at = sizeof(bytes);

	memcpy(text,
	    token->workflow  ? "ferry_w_"
	    : token->service ? "ferry_s_"
			     : "ferry_u_",
	    PREFIX);
	while (n < RANDOM) {
		if (at == sizeof(bytes)) {
			if (ferry_random(bytes, sizeof(bytes), err) == -1)
				return -1;
			at = 0;
		}
		/* 248 is 4 times 62: no character is likelier than another. */
		if (bytes[at] < 248)
			text[PREFIX + n++] = alphabet[bytes[at] % 62];
		at++;
	}
	explicit_bzero(bytes, sizeof(bytes));
	checksum(text, text + PREFIX + RANDOM);
	text[FERRY_USER_TOKEN_TEXT - 1] = 0;
	return 0;
}

static const char *
file_name(const struct ferry_digest *digest, char name[FILE_NAME])
{
	char hex[FERRY_DIGEST_TEXT];

	(void)snprintf(
	    name, FILE_NAME, "%.64s.json", ferry_digest_hex(digest, hex));
	return name;
}

/* Files */

#define NEW ".json.new"
#define FRESH_S 60 /* somebody may be writing it */

/* Remove what killed writers left beside tokens' files. */
static void
sweep(int dirfd)
{
	int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd == -1 ? NULL : fdopendir(fd);
	struct dirent *de;
	struct stat sb;

	if (d == NULL) {
		if (fd != -1)
			(void)close(fd);
		return;
	}
	while ((de = readdir(d)) != NULL)
		if (strspn(de->d_name, "0123456789abcdef") == 64 &&
		    strcmp(de->d_name + 64, NEW) == 0 &&
		    fstatat(fd, de->d_name, &sb, AT_SYMLINK_NOFOLLOW) == 0 &&
		    llabs((long long)time(NULL) - (long long)sb.st_mtime) >
			FRESH_S)
			(void)unlinkat(fd, de->d_name, 0);
	(void)closedir(d);
}

static int
write_token(int dirfd, const char *name, const struct ferry_user_token *t,
    struct ferry_error *err)
{
	char scopes[FERRY_SCOPES_TEXT];
	struct ferry_buf text = FERRY_BUF_INIT;
	json_t *o = json_pack("{s:b,s:b,s:s,s:I,s:s,s:s,s:s,s:I,s:I,s:I,s:s}",
	    "workflow", t->workflow, "service", t->service, "realm", t->realm,
	    "number", (json_int_t)t->number, "name", t->name, "scopes",
	    ferry_scopes_text(t->scopes, scopes), "job",
	    ferry_role_name(t->job), "created_at", (json_int_t)t->created_at,
	    "expires_at", (json_int_t)t->expires_at, "revoked_at",
	    (json_int_t)t->revoked_at, "note", t->note);
	int rc = -1;

	sweep(dirfd);
	if (o == NULL)
		ferry_error_set(
		    err, FERRY_EUSAGE, "a token's names and note are UTF-8");
	else if (ferry_json_add(&text, o, err) == 0 &&
		 ferry_buf_adds(&text, "\n", err) == 0 &&
		 (rc = ferry_file_replace_owned(
		      dirfd, name, 0640, ferry_bytes_buf(&text), err)) == -1)
		ferry_error_in(err, "writing a token");
	ferry_buf_free(&text);
	json_decref(o);
	return rc;
}

static int
copy(char *out, size_t size, const json_t *o, const char *name,
    struct ferry_error *err)
{
	const char *text;

	if (ferry_json_str(o, name, &text, err) == -1)
		return -1;
	if (strlen(text) >= size)
		return ferry_error_set(
		    err, FERRY_EFORMAT, "\"%s\" is too long", name);
	memcpy(out, text, strlen(text) + 1);
	return 0;
}

static int
when(int64_t *out, const json_t *o, const char *name, struct ferry_error *err)
{
	uint64_t t;

	if (ferry_json_u64(o, name, INT64_MAX, &t, err) == -1)
		return -1;
	*out = (int64_t)t;
	return 0;
}

static int
parse(struct ferry_user_token *t, const json_t *o, struct ferry_error *err)
{
	const char *scopes, *job;

	t->workflow = json_is_true(json_object_get(o, "workflow"));
	t->service = json_is_true(json_object_get(o, "service"));
	if (copy(t->realm, sizeof(t->realm), o, "realm", err) == -1 ||
	    copy(t->name, sizeof(t->name), o, "name", err) == -1 ||
	    copy(t->note, sizeof(t->note), o, "note", err) == -1 ||
	    ferry_json_u64(o, "number", INT64_MAX, &t->number, err) == -1 ||
	    when(&t->created_at, o, "created_at", err) == -1 ||
	    when(&t->expires_at, o, "expires_at", err) == -1 ||
	    when(&t->revoked_at, o, "revoked_at", err) == -1 ||
	    ferry_json_str(o, "scopes", &scopes, err) == -1 ||
	    ferry_json_str(o, "job", &job, err) == -1 ||
	    ferry_scopes_parse(&t->scopes, scopes, err) == -1)
		return -1;
	return ferry_role_parse(&t->job, job) == -1
	           ? ferry_error_set(err, FERRY_EFORMAT, "\"job\" is no role")
	           : 0;
}

/* Returns: 1 and *t, 0 if there is no such file, -1. */
static int
read_token(int dirfd, const char *name, struct ferry_user_token *t,
    struct ferry_error *err)
{
	struct ferry_buf text = FERRY_BUF_INIT;
	struct stat sb;
	json_t *o = NULL;
	int fd = openat(
		dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC),
	    rc = -1;

	if (fd == -1 && errno == ENOENT)
		return 0;
	*t = (struct ferry_user_token){ 0 };
	(void)snprintf(t->id, sizeof(t->id), "%.12s", name);
	if (fd == -1 || fstat(fd, &sb) == -1)
		ferry_error_errno(err, "open");
	else if (ferry_file_read_fd(fd, FILE_MAX, &text, err) == 0 &&
		 ferry_json_parse(&o, ferry_bytes_buf(&text), "a token", err) ==
		     0)
		rc = parse(t, o, err);
	if (fd != -1)
		(void)close(fd);
	ferry_buf_free(&text);
	json_decref(o);
	if (rc == -1)
		return ferry_error_in(err, "tokens/%.12s….json", name);
	if (sb.st_mtime > t->created_at + 1 &&
	    (t->revoked_at == 0 || sb.st_mtime < t->revoked_at))
		t->used_at = sb.st_mtime;
	return 1;
}

int
ferry_user_token_create(int dirfd, struct ferry_user_token *token,
    char text[FERRY_USER_TOKEN_TEXT], struct ferry_error *err)
{
	struct ferry_digest digest;
	char name[FILE_NAME];

	if (make_text(token, text, err) == -1 ||
	    ferry_digest_of(
		&digest, FERRY_SHA256, ferry_bytes_str(text), err) == -1 ||
	    write_token(dirfd, file_name(&digest, name), token, err) == -1)
		return -1;
	(void)snprintf(token->id, sizeof(token->id), "%.12s", name);
	return 0;
}

int
ferry_user_token_get(int dirfd, const struct ferry_digest *digest,
    struct ferry_user_token *out, struct ferry_error *err)
{
	char name[FILE_NAME];

	return read_token(dirfd, file_name(digest, name), out, err);
}

int
ferry_user_token_find(int dirfd, struct ferry_bytes text,
    struct ferry_user_token *out, struct ferry_error *err)
{
	struct ferry_digest digest;

	if (!ferry_user_token_looks_right(text))
		return 0;
	if (ferry_digest_of(&digest, FERRY_SHA256, text, err) == -1)
		return -1;
	return ferry_user_token_get(dirfd, &digest, out, err);
}

bool
ferry_user_token_good(const struct ferry_user_token *token, int64_t now)
{

	return token->revoked_at == 0 &&
	       (token->expires_at == 0 || now < token->expires_at);
}

void
ferry_user_token_used(int dirfd, const struct ferry_digest *digest)
{
	char name[FILE_NAME];

	(void)utimensat(
	    dirfd, file_name(digest, name), NULL, AT_SYMLINK_NOFOLLOW);
}

/* Lists */

static bool
is_token(const char *name)
{

	return strlen(name) == FILE_NAME - 1 &&
	       strspn(name, "0123456789abcdef") == 64 &&
	       strcmp(name + 64, ".json") == 0;
}

static int
by_age(const void *a, const void *b)
{
	const struct ferry_user_token *x = a, *y = b;

	if (x->created_at != y->created_at)
		return x->created_at < y->created_at ? -1 : 1;
	return strcmp(x->id, y->id);
}

/* Call on for each token's file until it returns other than 0. */
static int
each(int dirfd, int (*on)(void *ctx, const char *name, struct ferry_error *err),
    void *ctx, struct ferry_error *err)
{
	int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc = 0;
	struct dirent *de;
	DIR *dir;

	if (fd == -1 || (dir = fdopendir(fd)) == NULL) {
		ferry_error_errno(err, "the folder of tokens");
		if (fd != -1)
			(void)close(fd);
		return -1;
	}
	while (rc == 0 && (de = readdir(dir)) != NULL)
		if (is_token(de->d_name))
			rc = on(ctx, de->d_name, err);
	(void)closedir(dir);
	return rc;
}

struct list {
	int dirfd;
	struct ferry_user_token *v;
	size_t n, cap;
};

static int
add(void *ctx, const char *name, struct ferry_error *err)
{
	struct ferry_error why = FERRY_ERROR_INIT;
	struct list *l = ctx;
	int rc;

	if (ferry_array_grow(&l->v, &l->cap, l->n + 1, sizeof(*l->v), err) ==
	    -1)
		return -1;
	rc = read_token(l->dirfd, name, &l->v[l->n], &why);
	if (rc == 1)
		l->n++;
	/* One file that is none does not hide the others. */
	if (rc == -1)
		ferry_log(FERRY_LOG_WARNING, "skipped: %s", why.text);
	return 0;
}

int
ferry_user_token_list(int dirfd, struct ferry_user_token **out, size_t *n,
    struct ferry_error *err)
{
	struct list l = { .dirfd = dirfd };

	if (each(dirfd, add, &l, err) == -1) {
		free(l.v);
		return -1;
	}
	if (l.n > 0)
		qsort(l.v, l.n, sizeof(*l.v), by_age);
	*out = l.v;
	*n = l.n;
	return 0;
}

struct search {
	const char *id;
	char name[FILE_NAME];
	unsigned found;
};

static int
match(void *ctx, const char *name, struct ferry_error *err)
{
	struct search *s = ctx;

	(void)err;
	if (strncmp(name, s->id, strlen(s->id)) == 0) {
		memcpy(s->name, name, FILE_NAME);
		s->found++;
	}
	return 0;
}

int
ferry_user_token_revoke(int dirfd, const char *id, int64_t now,
    struct ferry_user_token *out, struct ferry_error *err)
{
	struct search s = { .id = id };
	int rc;

	if (id[0] == 0 || strspn(id, "0123456789abcdef") != strlen(id))
		return ferry_error_set(err, FERRY_EUSAGE,
		    "'%.40s' is not the id of a token; 'ferry token list' "
		    "shows them",
		    id);
	if (each(dirfd, match, &s, err) == -1)
		return -1;
	if (s.found != 1)
		return ferry_error_set(err,
		    s.found == 0 ? FERRY_ENOTFOUND : FERRY_EUSAGE,
		    s.found == 0
			? "there is no token '%.40s'; 'ferry token list' shows "
			  "them"
			: "several tokens begin with '%.40s'; give more of it",
		    id);
	if ((rc = read_token(dirfd, s.name, out, err)) != 1)
		return rc == 0 ? ferry_error_set(err, FERRY_ENOTFOUND,
				     "token '%.40s' is gone", id)
		               : -1;
	if (out->revoked_at != 0)
		return 0;
	out->revoked_at = now;
	return write_token(dirfd, s.name, out, err);
}

int
ferry_user_token_remove(
    int dirfd, const struct ferry_user_token *token, struct ferry_error *err)
{
	struct search s = { .id = token->id };

	if (each(dirfd, match, &s, err) == -1)
		return -1;
	return s.found == 1 && unlinkat(dirfd, s.name, 0) == -1 &&
	               errno != ENOENT
	           ? ferry_error_errno(err, "tokens/%.12s….json", s.name)
	           : 0;
}

int
ferry_user_token_folder(const char *store, bool make, struct ferry_error *err)
{
	int top = open(store, O_RDONLY | O_DIRECTORY | O_CLOEXEC), fd;
	bool made;
	struct stat st;

	if (top == -1)
		return ferry_error_errno(err, "%s", store);
	made = make && mkdirat(top, "tokens", 0750) == 0;
	fd = openat(top, "tokens", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1 && (make || errno != ENOENT))
		ferry_error_errno(err, "%s/tokens", store);
	/* Of whom the store is, even if root makes it. */
	if (fd != -1 && made && geteuid() == 0 &&
	    (fstat(top, &st) == -1 || fchown(fd, st.st_uid, st.st_gid) == -1)) {
		ferry_error_errno(err, "%s/tokens", store);
		(void)close(fd);
		fd = -1;
	}
	(void)close(top);
	return fd;
}

void
ferry_user_token_claim(
    const struct ferry_user_token *token, struct ferry_claim *out)
{

	*out =
	    (struct ferry_claim){ .kind = token->workflow ? FERRY_CLAIM_WORKFLOW
		                                          : FERRY_CLAIM_USER,
		    .scopes = token->scopes,
		    .job = token->job };
	(void)snprintf(out->realm, sizeof(out->realm), "%s", token->realm);
	if (token->workflow)
		out->repo = token->number;
	else
		out->user = token->number;
	if (strcmp(token->realm, FERRY_REALM_SITE) == 0 &&
	    ferry_login_valid(token->name))
		memcpy(out->login, token->name, strlen(token->name) + 1);
}
