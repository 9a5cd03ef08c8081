#ifndef FERRY_SERVE_REPLAY_AGES_H
#define FERRY_SERVE_REPLAY_AGES_H

/*
 * How old documents are that could be pulled anew: known of some, in bounded
 * memory.  From any thread, but _new and _free.
 */

#include <stdint.h>

#include "store/pull/message.h"

struct ferry_ages;
struct ferry_error;

/* Of none anything is known.  Errors: FERRY_ENOMEM. */
int ferry_ages_new(struct ferry_ages **out, struct ferry_error *err);
void ferry_ages_free(struct ferry_ages *ages); /* NULL is fine */

/* What is known of the age of a package's document. */
enum ferry_age {
	FERRY_AGE_UNKNOWN, /* ask */
	FERRY_AGE_FRESH,
	FERRY_AGE_OLD /* and it could not be asked for a moment ago */
};
enum ferry_age ferry_ages_get(struct ferry_ages *ages, const char *owner,
    const struct ferry_pull_want *want);
/* It is so for so many seconds. */
void ferry_ages_set(struct ferry_ages *ages, const char *owner,
    const struct ferry_pull_want *want, enum ferry_age age, uint64_t seconds);

/* Of n texts, the ends of each included; never 0. */
uint64_t ferry_ages_hash(const char *const *texts, size_t n);

#endif
