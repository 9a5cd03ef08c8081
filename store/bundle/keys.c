#include "store/bundle/keys.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/store.h>
#include <openssl/ui.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/base/digest.h"
#include "store/base/error.h"
#include "store/base/file.h"
#include "store/bundle/remote.h"
#include "store/store.h"

#define PEM_MAX 4096
#define FILE_NAME (FERRY_KEYID + 8)

/* A key in a token or an agent, which is opened when it signs first. */
struct remote {
	char *uri;
	struct ferry_remote *opened;
};

/* pkey or remote is NULL. */
struct key {
	struct ferry_public public;
	EVP_PKEY *pkey;
	struct remote *remote;
	bool active;
};

struct ferry_keys {
	struct key key[FERRY_KEYS_MAX];
	size_t n;
};

/* The store's own keys */

/* The file of a key elsewhere: its URI, and its public key in PEM. */
static int
load_remote(struct key *key, struct ferry_bytes text, struct ferry_error *err)
{
	struct ferry_bytes uri;

	return !ferry_bytes_line(&text, &uri) ||
	               ferry_calloc(
			   &key->remote, 1, sizeof(*key->remote), err) == -1 ||
	               ferry_strndup(&key->remote->uri, uri, err) == -1
	           ? -1
	           : ferry_public_from_pem(&key->public, text, err);
}

static int
load_key(struct key *key, int dirfd, const char *name, struct ferry_error *err)
{
	struct ferry_buf pem = FERRY_BUF_INIT;
	BIO *bio = NULL;
	int rc = ferry_file_read_at(
	    dirfd, name, FERRY_FILE_FOLLOW, PEM_MAX, &pem, err);

	if (rc == 1 && ferry_remote_is_uri((char *)pem.p))
		rc = load_remote(key, ferry_bytes_buf(&pem), err);
	else if (rc == 1 && (bio = BIO_new_mem_buf(pem.p, (int)pem.n)) != NULL)
		key->pkey = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
	if (rc != -1 && key->pkey == NULL && key->remote == NULL)
		rc = ferry_error_set(
		    err, FERRY_EFORMAT, "it is not a private key in PEM");
	else if (rc == 1 && key->pkey != NULL)
		rc = ferry_public_of(&key->public, key->pkey, err);
	BIO_free(bio);
	if (pem.p != NULL)
		OPENSSL_cleanse(pem.p, pem.cap);
	ferry_buf_free(&pem);
	return rc == -1 ? ferry_error_in(err, "keys/%s", name) : 0;
}

static int
by_id(const void *a, const void *b)
{

	return strcmp(((const struct key *)a)->public.id,
	    ((const struct key *)b)->public.id);
}

/* The id that a file of keys/ is named after, and whether it signs. */
static bool
is_key_file(const char *name, bool *active)
{
	char id[FERRY_KEYID];

	if (strlen(name) < FERRY_KEYID)
		return false;
	memcpy(id, name, FERRY_KEYID - 1);
	id[FERRY_KEYID - 1] = 0;
	*active = strcmp(name + FERRY_KEYID - 1, ".pem") == 0 ||
	          strcmp(name + FERRY_KEYID - 1, ".uri") == 0;
	return ferry_keyid_ok(id) &&
	       (*active || strcmp(name + FERRY_KEYID - 1, ".retired") == 0);
}

/* Whether there are keys that may not be seen; errno says why not. */
static bool
has_folder(const struct ferry_store *st)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_buf path = FERRY_BUF_INIT;
	bool has = true;

	if (ferry_buf_addf(
		&path, &ignored, "%s/keys/.", ferry_store_path(st)) == 0)
		has = access((char *)path.p, F_OK) == 0 || errno != ENOENT;
	ferry_buf_free(&path);
	return has;
}

static int
scan(struct ferry_keys *keys, struct ferry_store *st, struct ferry_error *err)
{
	int keysfd = ferry_store_keysfd(st), fd = -1, rc = 0;
	struct dirent *de;
	bool active;
	DIR *d;

	if (keysfd != -1)
		fd = openat(keysfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	else if (!has_folder(st))
		return 0;
	if (keysfd == -1 || fd == -1 || (d = fdopendir(fd)) == NULL) {
		ferry_error_errno(err, "%s/keys", ferry_store_path(st));
		if (fd != -1)
			(void)close(fd);
		return -1;
	}
	while (rc == 0 && (de = readdir(d)) != NULL) {
		struct key *key = &keys->key[keys->n];

		if (!is_key_file(de->d_name, &active))
			continue;
		if (keys->n == FERRY_KEYS_MAX) {
			rc = ferry_error_set(err, FERRY_ELIMIT,
			    "%s/keys holds more than %d keys; remove "
			    "retired ones",
			    ferry_store_path(st), FERRY_KEYS_MAX);
			break;
		}
		key->active = active;
		keys->n++;
		rc = load_key(key, keysfd, de->d_name, err);
		if (rc == 0 &&
		    strncmp(key->public.id, de->d_name, FERRY_KEYID - 1) != 0)
			rc = ferry_error_set(err, FERRY_EFORMAT,
			    "keys/%s holds the key %s", de->d_name,
			    key->public.id);
	}
	(void)closedir(d);
	if (rc == 0)
		qsort(keys->key, keys->n, sizeof(keys->key[0]), by_id);
	return rc;
}

static int
write_key(int dirfd, const char *name, EVP_PKEY *pkey, struct ferry_error *err)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *p;
	long n;
	int rc = -1;

	if (bio == NULL ||
	    PEM_write_bio_PKCS8PrivateKey(
		bio, pkey, NULL, NULL, 0, NULL, NULL) != 1 ||
	    (n = BIO_get_mem_data(bio, &p)) <= 0)
		ferry_error_set(err, FERRY_ENOMEM, "cannot write a key");
	else
		rc = ferry_file_replace_at(
		    dirfd, name, 0600, ferry_bytes_of(p, (size_t)n), err);
	BIO_free(bio);
	return rc == -1 ? ferry_error_in(err, "the store's keys") : 0;
}

/* Remove what a killed writer of keys left; each has a name of its own. */
static void
sweep_unfinished(int dirfd)
{
	static const char end[] = ".pem.new";
	int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd == -1 ? NULL : fdopendir(fd);
	struct dirent *de;

	while (d != NULL && (de = readdir(d)) != NULL) {
		size_t n = strlen(de->d_name);

		if (n > sizeof(end) - 1 &&
		    strcmp(de->d_name + n - (sizeof(end) - 1), end) == 0)
			(void)unlinkat(dirfd, de->d_name, 0);
	}
	if (d != NULL)
		(void)closedir(d);
	else if (fd != -1)
		(void)close(fd);
}

int
ferry_keys_add(
    struct ferry_store *st, struct ferry_public *out, struct ferry_error *err)
{
	EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	char name[FILE_NAME];
	int rc = -1;

	if (ferry_store_keysfd(st) == -1) {
		errno = EACCES;
		ferry_error_errno(err, "%s/keys", ferry_store_path(st));
	} else if (pkey == NULL) {
		ferry_error_set(err, FERRY_ESYSTEM, "cannot make a key");
	} else if (ferry_public_of(out, pkey, err) == 0) {
		(void)snprintf(name, sizeof(name), "%s.pem", out->id);
		sweep_unfinished(ferry_store_keysfd(st));
		rc = write_key(ferry_store_keysfd(st), name, pkey, err);
	}
	EVP_PKEY_free(pkey);
	return rc;
}

int
ferry_keys_add_uri(struct ferry_store *st, const char *uri,
    struct ferry_public *out, struct ferry_error *err)
{
	struct ferry_buf text = FERRY_BUF_INIT;
	struct ferry_remote *remote = NULL;
	char name[FILE_NAME];
	int fd = ferry_store_keysfd(st), rc = -1;

	if (strchr(uri, '\n') != NULL || strlen(uri) > FERRY_REMOTE_URI_MAX)
		return ferry_error_set(
		    err, FERRY_EUSAGE, "the URI of a key is one line");
	if (ferry_remote_open(&remote, uri, out, err) == -1)
		return -1;
	ferry_remote_free(remote);
	(void)snprintf(name, sizeof(name), "%s.pem", out->id);
	if (faccessat(fd, name, F_OK, 0) == 0)
		return ferry_error_set(err, FERRY_EEXIST,
		    "keys/%s is this key already, as a file; remove that one "
		    "first",
		    name);
	(void)snprintf(name, sizeof(name), "%s.uri", out->id);
	if (ferry_buf_addf(&text, err, "%s\n", uri) == 0 &&
	    ferry_public_pem(&text, out, err) == 0)
		rc = ferry_file_replace_at(
		    fd, name, 0600, ferry_bytes_buf(&text), err);
	ferry_buf_free(&text);
	return rc;
}

int
ferry_keys_ensure(struct ferry_store *st, struct ferry_error *err)
{
	struct ferry_keys *keys = NULL;
	struct ferry_public made;
	int rc = -1;

	if (ferry_calloc(&keys, 1, sizeof(*keys), err) == 0 &&
	    scan(keys, st, err) == 0)
		rc = keys->n > 0 ? 0 : ferry_keys_add(st, &made, err);
	ferry_keys_free(keys);
	return rc;
}

int
ferry_keys_open(
    struct ferry_keys **out, struct ferry_store *st, struct ferry_error *err)
{
	struct ferry_keys *keys;

	if (ferry_calloc(&keys, 1, sizeof(*keys), err) == -1)
		return -1;
	if (scan(keys, st, err) == -1)
		goto fail;
	if (keys->n == 0) {
		ferry_error_set(err, FERRY_ESTORE,
		    "the store has lost its key: %s/keys holds none; bring "
		    "the file back from a copy, or make a new key with 'ferry "
		    "key new', which every site must trust first",
		    ferry_store_path(st));
		goto fail;
	}
	*out = keys;
	return 0;
fail:
	ferry_keys_free(keys);
	return -1;
}

/* The first private key of what is there. */
static EVP_PKEY *
load_private(OSSL_STORE_CTX *store)
{
	EVP_PKEY *pkey = NULL;

	while (pkey == NULL && !OSSL_STORE_eof(store)) {
		OSSL_STORE_INFO *info = OSSL_STORE_load(store);

		if (info == NULL)
			continue;
		pkey = OSSL_STORE_INFO_get1_PKEY(info);
		OSSL_STORE_INFO_free(info);
	}
	return pkey;
}

static int
open_private(struct key *key, const char *uri, struct ferry_error *err)
{
	OSSL_STORE_CTX *store =
	    OSSL_STORE_open(uri, UI_OpenSSL(), NULL, NULL, NULL);

	if (store != NULL &&
	    OSSL_STORE_expect(store, OSSL_STORE_INFO_PKEY) == 1)
		key->pkey = load_private(store);
	(void)OSSL_STORE_close(store);
	return key->pkey != NULL
	           ? ferry_public_of(&key->public, key->pkey, err)
	           : ferry_error_set(err, FERRY_EUSAGE,
			 "there is no private key, or its passphrase is "
			 "wrong");
}

static int
open_remote(struct key *key, const char *uri, struct ferry_error *err)
{

	return ferry_calloc(&key->remote, 1, sizeof(*key->remote), err) == -1
	           ? -1
	           : ferry_remote_open(
			 &key->remote->opened, uri, &key->public, err);
}

int
ferry_keys_open_uri(
    struct ferry_keys **out, const char *uri, struct ferry_error *err)
{
	struct ferry_keys *keys = NULL;
	int rc = ferry_calloc(&keys, 1, sizeof(*keys), err);

	if (rc == 0) {
		keys->n = 1;
		keys->key[0].active = true;
		rc = ferry_remote_is_uri(uri)
		         ? open_remote(&keys->key[0], uri, err)
		         : open_private(&keys->key[0], uri, err);
	}
	if (rc == -1) {
		ferry_keys_free(keys);
		return ferry_error_in(err, "%s", uri);
	}
	*out = keys;
	return 0;
}

void
ferry_keys_free(struct ferry_keys *keys)
{

	if (keys == NULL)
		return;
	for (size_t i = 0; i < keys->n; i++) {
		EVP_PKEY_free(keys->key[i].pkey);
		if (keys->key[i].remote == NULL)
			continue;
		ferry_remote_free(keys->key[i].remote->opened);
		free(keys->key[i].remote->uri);
		free(keys->key[i].remote);
	}
	free(keys);
}

size_t
ferry_keys_count(const struct ferry_keys *keys)
{

	return keys->n;
}

const struct ferry_public *
ferry_keys_public(const struct ferry_keys *keys, size_t i)
{

	return &keys->key[i].public;
}

bool
ferry_keys_active(const struct ferry_keys *keys, size_t i)
{

	return keys->key[i].active;
}

const char *
ferry_keys_uri(const struct ferry_keys *keys, size_t i)
{

	return keys->key[i].remote == NULL ? NULL : keys->key[i].remote->uri;
}

static int
sign_remote(const struct key *key, struct ferry_bytes text,
    uint8_t signature[FERRY_SIGNATURE], struct ferry_error *err)
{
	struct remote *r = key->remote;
	struct ferry_public public;

	if (r->opened == NULL) {
		if (ferry_remote_open(&r->opened, r->uri, &public, err) == -1)
			return ferry_error_in(
			    err, "the key %s at %s", key->public.id, r->uri);
		if (strcmp(public.id, key->public.id) != 0)
			return ferry_error_set(err, FERRY_EFORMAT,
			    "%s is another key now, %s", r->uri, public.id);
	}
	return ferry_remote_sign(r->opened, text, signature, err);
}

int
ferry_keys_sign(const struct ferry_keys *keys, size_t i,
    struct ferry_bytes text, uint8_t signature[FERRY_SIGNATURE],
    struct ferry_error *err)
{
	EVP_MD_CTX *ctx;
	size_t n = FERRY_SIGNATURE;
	int rc = -1;

	if (keys->key[i].remote != NULL)
		return sign_remote(&keys->key[i], text, signature, err);
	if ((ctx = EVP_MD_CTX_new()) == NULL ||
	    EVP_DigestSignInit(ctx, NULL, NULL, NULL, keys->key[i].pkey) != 1 ||
	    EVP_DigestSign(ctx, signature, &n, text.p, text.n) != 1)
		ferry_error_set(err, FERRY_ENOMEM, "cannot sign");
	else
		rc = 0;
	EVP_MD_CTX_free(ctx);
	return rc;
}

int
ferry_keys_retire(
    struct ferry_store *st, const char *id, struct ferry_error *err)
{
	char from[FILE_NAME], to[FILE_NAME];
	struct ferry_keys *keys = NULL;
	size_t active = 0;
	bool found = false;
	int rc = -1, fd = ferry_store_keysfd(st);

	if (ferry_keys_open(&keys, st, err) == -1)
		return -1;
	for (size_t i = 0; i < keys->n; i++) {
		active += keys->key[i].active;
		found |= keys->key[i].active &&
		         strcmp(keys->key[i].public.id, id) == 0;
	}
	if (!found) {
		ferry_error_set(err, FERRY_ENOTFOUND,
		    "no key '%s' signs here; see 'ferry key'", id);
	} else if (active < 2) {
		ferry_error_set(err, FERRY_EUSAGE,
		    "%s is the only key that signs; make another first with "
		    "'ferry key new'",
		    id);
	} else {
		(void)snprintf(from, sizeof(from), "%s.pem", id);
		if (faccessat(fd, from, F_OK, 0) == -1)
			(void)snprintf(from, sizeof(from), "%s.uri", id);
		(void)snprintf(to, sizeof(to), "%s.retired", id);
		if (renameat(fd, from, fd, to) == -1 || fsync(fd) == -1)
			ferry_error_errno(err, "keys/%s", from);
		else
			rc = 0;
	}
	ferry_keys_free(keys);
	return rc;
}
