#include "sync/carry/find.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/base/error.h"
#include "store/base/file.h"
#include "store/bundle/detached.h"
#include "sync/carry/rotate.h"

static struct ferry_found_bundle *
bundle_of(struct ferry_found *found, const struct ferry_volume *v,
    struct ferry_error *err)
{
	const struct ferry_head *head = ferry_volume_head(v);
	struct ferry_found_bundle *b;

	for (size_t i = 0; i < found->n; i++)
		if (ferry_digest_equal(
			&found->bundles[i].head->digest, &head->digest))
			return &found->bundles[i];
	if (ferry_array_grow(&found->bundles, &found->cap, found->n + 1,
		sizeof(*b), err) == -1)
		return NULL;
	b = &found->bundles[found->n];
	*b = (struct ferry_found_bundle){ 0 };
	if (ferry_head_parse(
		&b->head, ferry_volume_text(v), FERRY_HEAD_WHOLE, err) == -1)
		return NULL;
	found->n++;
	return b;
}

/* All volumes have the same head, which is what a signature is of. */
static void
add_signers(struct ferry_signers *all, const struct ferry_signers *more)
{

	for (size_t i = 0; i < more->n; i++) {
		size_t k = 0;

		while (k < all->n && strcmp(all->id[k], more->id[i]) != 0)
			k++;
		if (k == all->n && k < FERRY_SIGNATURES_MAX)
			memcpy(all->id[all->n++], more->id[i], FERRY_KEYID);
	}
}

static int
keep_volume(struct ferry_found *found, const struct ferry_volume *v,
    const struct ferry_signers *signers, const char *path,
    struct ferry_error *err)
{
	struct ferry_found_bundle *b = bundle_of(found, v, err);
	struct ferry_found_volume *fv;

	if (b == NULL || ferry_array_grow(&b->volumes, &b->cap, b->n + 1,
			     sizeof(*fv), err) == -1)
		return -1;
	fv = &b->volumes[b->n];
	if (ferry_strdup(&fv->path, path, err) == -1)
		return -1;
	fv->number = ferry_volume_number(v);
	b->n++;
	add_signers(&b->signers, signers);
	return 0;
}

static bool
is_fatal(const struct ferry_error *err)
{

	return err->code == FERRY_ENOMEM || err->code == FERRY_EINDEX;
}

static bool
called_as_volume(const char *path)
{
	const char *name = strrchr(path, '/');

	return strncmp(name == NULL ? path : name + 1, "ferry-", 6) == 0;
}

static int
by_name(const struct dirent **a, const struct dirent **b)
{

	return strcmp((*a)->d_name, (*b)->d_name);
}

static int
is_detached(const struct dirent *de)
{
	const char *end = strrchr(de->d_name, '.');

	return end != NULL && strcmp(end, FERRY_DETACHED_SUFFIX) == 0;
}

/* The signatures in files of their own that lie in a folder. */
struct signatures {
	struct ferry_detached *v;
	size_t n, cap;
};

static int
read_signature(const struct ferry_task *task, int dirfd, const char *name,
    struct signatures *out, struct ferry_error *err)
{
	struct ferry_buf text = FERRY_BUF_INIT;
	struct ferry_error why = FERRY_ERROR_INIT;
	struct ferry_detached signature;
	int rc = ferry_file_read_at(
	    dirfd, name, FERRY_FILE_NO_FOLLOW, FERRY_DETACHED_MAX, &text, &why);

	if (rc == 1 && ferry_detached_parse(
			   &signature, ferry_bytes_buf(&text), &why) == -1)
		rc = -1;
	ferry_buf_free(&text);
	if (rc == -1 && why.code == FERRY_ENOMEM) {
		*err = why;
		return -1;
	}
	/* Other people's .sig files lie on media, too. */
	if (rc == -1)
		ferry_task_note(task, "skipping %s: %s", name, why.text);
	if (rc != 1)
		return 0;
	if (ferry_array_grow(
		&out->v, &out->cap, out->n + 1, sizeof(*out->v), err) == -1)
		return -1;
	out->v[out->n++] = signature;
	return 0;
}

static int
read_signatures(const struct ferry_task *task, const char *dir,
    struct signatures *out, struct ferry_error *err)
{
	struct dirent **list = NULL;
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc = 0;
	int n = scandir(dir, &list, is_detached, by_name);

	if (fd == -1 || n == -1)
		rc = ferry_error_errno(err, "%s", dir);
	for (int i = 0; i < n; i++) {
		if (rc == 0)
			rc =
			    read_signature(task, fd, list[i]->d_name, out, err);
		free(list[i]);
	}
	free(list);
	if (fd != -1)
		(void)close(fd);
	return rc;
}

/* Those of v's bundle, of keys that are known here: of others there may be any
 * number. */
static int
countersign(struct ferry_store *st, struct ferry_volume *v,
    const struct signatures *signatures, struct ferry_error *err)
{
	struct ferry_digest bundle;
	struct ferry_trust ignored;
	int rc;

	if (ferry_digest_of(&bundle, FERRY_SHA256, ferry_volume_text(v), err) ==
	    -1)
		return -1;
	for (size_t i = 0; i < signatures->n; i++) {
		const struct ferry_detached *s = &signatures->v[i];

		if (!ferry_digest_equal(&s->bundle, &bundle))
			continue;
		if ((rc = ferry_trust_get(st, s->signer, &ignored, err)) == -1)
			return -1;
		if (rc == 1 &&
		    ferry_volume_countersign(v, s->signer, s->v, err) == -1)
			return -1;
	}
	return 0;
}

/* Whether those whom this site trusts signed v, of which the head was not read. */
static int
check_trusted(const struct ferry_task *task, struct ferry_volume *v,
    const struct signatures *signatures, struct ferry_signers *signers,
    struct ferry_found *found, struct ferry_error *err)
{

	return ferry_rotate_volume(task, v, &found->rotated, err) == -1 ||
	               countersign(task->st, v, signatures, err) == -1
	           ? -1
	           : ferry_trust_volume(task->st, v, signers, err);
}

/* One file.  Returns -1 only for what ends the import. */
static int
look_at_file(const struct ferry_task *task, const char *path, bool named,
    const struct signatures *signatures, struct ferry_found *found,
    struct ferry_error *err)
{
	struct ferry_error why = FERRY_ERROR_INIT;
	struct ferry_volume *v = NULL;
	struct ferry_signers signers = { 0 };
	int rc = 0;

	if (ferry_volume_open(&v, AT_FDCWD, path, &why) == 0) {
		if (task->st != NULL && check_trusted(task, v, signatures,
					    &signers, found, &why) == -1)
			ferry_error_in(&why, "%s", path);
		else if (ferry_volume_begin(v, &why) == 0) {
			if (task->st != NULL &&
			    ferry_trust_origin(task->st, v, &why) == -1)
				ferry_error_in(&why, "%s", path);
			else if (keep_volume(found, v, &signers, path, err) ==
				 -1)
				rc = -1;
		}
	} else if (why.code != FERRY_ESYSTEM && !is_fatal(&why) && !named &&
		   !called_as_volume(path)) {
		ferry_task_note(task, "skipping %s: no ferry volume", path);
		return 0;
	}
	if (why.code != FERRY_OK) {
		if (is_fatal(&why)) {
			*err = why;
			rc = -1;
		} else {
			if (found->refused++ == 0)
				found->first = why;
			ferry_task_note(task, "refused: %s", why.text);
		}
	}
	ferry_volume_close(v);
	return rc;
}

static int
is_candidate(const struct dirent *de)
{
	size_t n = strlen(de->d_name);

	/* Media of old file systems have names in capitals. */
	return (n > 4 && strcasecmp(de->d_name + n - 4, ".tar") == 0) ||
	       (n > 9 && strcasecmp(de->d_name + n - 9, ".tar.part") == 0);
}

/* A file that was named; what signs it lies beside it. */
static int
look_at_named(const struct ferry_task *task, const char *path,
    struct ferry_found *found, struct ferry_error *err)
{
	const char *slash = strrchr(path, '/');
	struct signatures signatures = { 0 };
	char *dir = NULL;
	int rc = ferry_strndup(&dir,
	    slash == NULL ? ferry_bytes_str(".")
			  : ferry_bytes_of(path, (size_t)(slash - path) + 1),
	    err);

	if (rc == 0 && task->st != NULL)
		rc = read_signatures(task, dir, &signatures, err);
	if (rc == 0)
		rc = look_at_file(task, path, true, &signatures, found, err);
	free(signatures.v);
	free(dir);
	return rc;
}

static int
look_at_entry(const struct ferry_task *task, const char *dir,
    const struct dirent *de, const struct signatures *signatures,
    struct ferry_found *found, struct ferry_error *err)
{
	struct ferry_buf path = FERRY_BUF_INIT;
	const char *name = de->d_name;
	int rc = 0;

	if (de->d_type == DT_LNK)
		ferry_task_note(task, "skipping %s: a link", name);
	else if (strcmp(name + strlen(name) - 5, ".part") == 0)
		ferry_task_note(
		    task, "skipping %s: an export that did not end", name);
	else if ((rc = ferry_buf_addf(&path, err, "%s/%s", dir, name)) == 0)
		rc = look_at_file(
		    task, (const char *)path.p, false, signatures, found, err);
	ferry_buf_free(&path);
	return rc;
}

static int
look_into_folder(const struct ferry_task *task, const char *dir,
    struct ferry_found *found, struct ferry_error *err)
{
	struct signatures signatures = { 0 };
	struct dirent **list = NULL;
	int n = scandir(dir, &list, is_candidate, by_name), rc = 0;

	if (n == -1)
		return ferry_error_errno(err, "%s", dir);
	if (task->st != NULL)
		rc = read_signatures(task, dir, &signatures, err);
	for (int i = 0; i < n; i++) {
		if (rc == 0)
			rc = look_at_entry(
			    task, dir, list[i], &signatures, found, err);
		free(list[i]);
	}
	free(list);
	free(signatures.v);
	return rc;
}

static int
by_number(const void *a, const void *b)
{
	const struct ferry_found_volume *x = a, *y = b;

	return x->number < y->number ? -1 : x->number > y->number;
}

static int
by_records(const void *a, const void *b)
{
	const struct ferry_head *x =
	    ((const struct ferry_found_bundle *)a)->head;
	const struct ferry_head *y =
	    ((const struct ferry_found_bundle *)b)->head;

	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	return x->to < y->to ? -1 : x->to > y->to;
}

int
ferry_find(const struct ferry_task *task, char *const *paths, size_t n,
    struct ferry_found *out, struct ferry_error *err)
{
	struct stat sb;

	*out = (struct ferry_found){ 0 };
	for (size_t i = 0; i < n; i++) {
		if (stat(paths[i], &sb) == -1)
			return ferry_error_errno(err, "%s", paths[i]);
		if ((S_ISDIR(sb.st_mode)
			    ? look_into_folder(task, paths[i], out, err)
			    : look_at_named(task, paths[i], out, err)) == -1)
			return -1;
	}
	if (out->n > 0)
		qsort(out->bundles, out->n, sizeof(*out->bundles), by_records);
	for (size_t i = 0; i < out->n; i++)
		qsort(out->bundles[i].volumes, out->bundles[i].n,
		    sizeof(*out->bundles[i].volumes), by_number);
	return 0;
}

int
ferry_found_open(struct ferry_volume **out,
    const struct ferry_found_bundle *bundle, size_t i, struct ferry_error *err)
{
	const char *path = bundle->volumes[i].path;
	struct ferry_volume *v = NULL;

	*out = NULL;
	if (ferry_volume_open(&v, AT_FDCWD, path, err) == 0 &&
	    ferry_volume_begin(v, err) == 0) {
		if (ferry_digest_equal(
			&ferry_volume_head(v)->digest, &bundle->head->digest)) {
			*out = v;
			return 0;
		}
		ferry_error_set(err, FERRY_EDIGEST,
		    "%s was changed while it was read", path);
	}
	ferry_volume_close(v);
	return -1;
}

void
ferry_found_clear(struct ferry_found *found)
{

	for (size_t i = 0; i < found->n; i++) {
		struct ferry_found_bundle *b = &found->bundles[i];

		for (size_t k = 0; k < b->n; k++)
			free(b->volumes[k].path);
		free(b->volumes);
		ferry_head_free(b->head);
	}
	free(found->bundles);
	*found = (struct ferry_found){ 0 };
}
