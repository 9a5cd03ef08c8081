#include "sync/issue/guesses.h"

#include <assert.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/bytes.h"
#include "store/base/digest.h"
#include "store/base/error.h"

#define SLOTS 4096U /* a power of two */
#define KEPT 256U

/* Logins that share a slot share its count. */
struct slot {
	uint64_t since; /* when its window began */
	unsigned count;
};

/* until 0: empty. */
struct kept {
	uint8_t digest[FERRY_SHA256_SIZE];
	uint64_t until;
};

struct ferry_guesses {
	pthread_mutex_t mutex;
	unsigned limit;
	uint64_t keep_s;
	uint8_t key[32];
	struct slot slots[SLOTS];
	struct kept kept[KEPT];
};

int
ferry_guesses_new(struct ferry_guesses **out, unsigned limit, uint64_t keep_s,
    struct ferry_error *err)
{
	struct ferry_guesses *g;

	if (ferry_calloc(&g, 1, sizeof(*g), err) == -1)
		return -1;
	if (ferry_random(g->key, sizeof(g->key), err) == -1) {
		free(g);
		return -1;
	}
	g->limit = limit;
	g->keep_s = keep_s;
	(void)pthread_mutex_init(&g->mutex, NULL);
	*out = g;
	return 0;
}

void
ferry_guesses_free(struct ferry_guesses *g)
{

	if (g == NULL)
		return;
	(void)pthread_mutex_destroy(&g->mutex);
	explicit_bzero(g, sizeof(*g));
	free(g);
}

/* Of the login in lower case, a NUL, and the password: no two are one text. */
static bool
digest_of(const struct ferry_guesses *g, const char *login,
    const char *password, uint8_t out[FERRY_SHA256_SIZE])
{
	size_t n = strlen(login), m = strlen(password);
	uint8_t text[1024];
	unsigned size = FERRY_SHA256_SIZE;
	bool ok;

	if (n + 1 + m > sizeof(text))
		return false;
	for (size_t i = 0; i < n; i++)
		text[i] =
		    (uint8_t)(login[i] >= 'A' && login[i] <= 'Z' ? login[i] + 32
								 : login[i]);
	text[n] = 0;
	memcpy(text + n + 1, password, m);
	ok = HMAC(EVP_sha256(), g->key, (int)sizeof(g->key), text, n + 1 + m,
		 out, &size) != NULL;
	explicit_bzero(text, sizeof(text));
	return ok;
}

static struct slot *
slot_of(struct ferry_guesses *g, const char *login)
{
	uint8_t digest[FERRY_SHA256_SIZE] = { 0 };

	(void)digest_of(g, login, "", digest);
	return &g->slots[ferry_get_be64(digest) & (SLOTS - 1)];
}

unsigned
ferry_guesses_try(struct ferry_guesses *g, const char *login, uint64_t now)
{
	struct slot *s = slot_of(g, login);
	unsigned wait = 0;

	(void)pthread_mutex_lock(&g->mutex);
	if (now >= s->since + FERRY_GUESSES_WINDOW_S) {
		s->since = now;
		s->count = 0;
	}
	if (s->count < g->limit)
		s->count++;
	else
		wait = (unsigned)(s->since + FERRY_GUESSES_WINDOW_S - now);
	(void)pthread_mutex_unlock(&g->mutex);
	assert(wait <= FERRY_GUESSES_WINDOW_S);
	return wait;
}

void
ferry_guesses_undo(struct ferry_guesses *g, const char *login)
{
	struct slot *s = slot_of(g, login);

	(void)pthread_mutex_lock(&g->mutex);
	if (s->count > 0)
		s->count--;
	(void)pthread_mutex_unlock(&g->mutex);
}

bool
ferry_guesses_known(struct ferry_guesses *g, const char *login,
    const char *password, uint64_t now)
{
	uint8_t digest[FERRY_SHA256_SIZE];
	const struct kept *k;
	bool known;

	if (g->keep_s == 0 || !digest_of(g, login, password, digest))
		return false;
	k = &g->kept[digest[0] & (KEPT - 1)];
	(void)pthread_mutex_lock(&g->mutex);
	known = now < k->until &&
	        CRYPTO_memcmp(k->digest, digest, sizeof(digest)) == 0;
	(void)pthread_mutex_unlock(&g->mutex);
	return known;
}

void
ferry_guesses_keep(struct ferry_guesses *g, const char *login,
    const char *password, uint64_t now)
{
	uint8_t digest[FERRY_SHA256_SIZE];
	struct kept *k;

	if (g->keep_s == 0 || !digest_of(g, login, password, digest))
		return;
	k = &g->kept[digest[0] & (KEPT - 1)];
	(void)pthread_mutex_lock(&g->mutex);
	memcpy(k->digest, digest, sizeof(digest));
	k->until = now + g->keep_s;
	(void)pthread_mutex_unlock(&g->mutex);
}
