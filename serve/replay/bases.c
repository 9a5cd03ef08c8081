#include "serve/replay/bases.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/bytes.h"
#include "store/base/clock.h"
#include "store/base/error.h"
#include "store/base/log.h"

#define PLACES 8
#define UNUSED_MS 600000U
#define BASE_MAX 320 /* longer ones have no place */

struct ferry_bases {
	pthread_mutex_t mutex;
	bool logged;
	struct place {
		uint64_t used_at; /* 0: never */
		char base[BASE_MAX];
	} places[PLACES];
};

int
ferry_bases_new(struct ferry_bases **out, struct ferry_error *err)
{
	struct ferry_bases *bases;

	if (ferry_calloc(&bases, 1, sizeof(*bases), err) == -1)
		return -1;
	(void)pthread_mutex_init(&bases->mutex, NULL);
	*out = bases;
	return 0;
}

void
ferry_bases_free(struct ferry_bases *bases)
{

	if (bases == NULL)
		return;
	(void)pthread_mutex_destroy(&bases->mutex);
	free(bases);
}

bool
ferry_bases_has(struct ferry_bases *bases, const char *base)
{
	size_t n = strlen(base) + 1;
	uint64_t now = ferry_ticks_ms();
	struct place *oldest = &bases->places[0], *found = NULL;
	bool log = false;

	if (n > BASE_MAX)
		return false;
	(void)pthread_mutex_lock(&bases->mutex);
	for (size_t i = 0; found == NULL && i < PLACES; i++) {
		struct place *p = &bases->places[i];

		if (p->used_at != 0 && strcmp(p->base, base) == 0)
			found = p;
		if (p->used_at < oldest->used_at)
			oldest = p;
	}
	if (found == NULL &&
	    (oldest->used_at == 0 || now - oldest->used_at >= UNUSED_MS)) {
		found = oldest;
		memcpy(found->base, base, n);
	}
	if (found != NULL) {
		found->used_at = now;
	} else {
		log = !bases->logged;
		bases->logged = true;
	}
	(void)pthread_mutex_unlock(&bases->mutex);
	if (log)
		ferry_log(FERRY_LOG_WARNING,
		    "clients call this server by more than %d base URLs: some "
		    "get documents uncompressed; serve.hosts or "
		    "serve.public_url says which names count",
		    PLACES);
	return found != NULL;
}
