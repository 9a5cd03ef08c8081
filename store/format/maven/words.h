#ifndef FERRY_STORE_FORMAT_MAVEN_WORDS_H
#define FERRY_STORE_FORMAT_MAVEN_WORDS_H

/* Parts of versions, for the orders of version.h. */

#include <stdbool.h>

#include "store/base/bytes.h"

/* The order of words; what Maven does not know comes behind them. */
enum ferry_maven_word {
	FERRY_MAVEN_ALPHA,
	FERRY_MAVEN_BETA,
	FERRY_MAVEN_MILESTONE,
	FERRY_MAVEN_RC,
	FERRY_MAVEN_SNAPSHOT,
	FERRY_MAVEN_RELEASE, /* also "", "ga", "final" */
	FERRY_MAVEN_SP,
	FERRY_MAVEN_OTHER
};
/* In any case; digit: a digit follows, and so "a" is alpha. */
int ferry_maven_word(struct ferry_bytes word, bool digit);
/* Of two words with their ranks. */
int ferry_maven_word_cmp(
    int rank_a, struct ferry_bytes a, int rank_b, struct ferry_bytes b);

/* Digits without the zeros in front; of 0 nothing is left. */
struct ferry_bytes ferry_maven_digits(struct ferry_bytes digits);
/* Of two such. */
int ferry_maven_digits_cmp(struct ferry_bytes a, struct ferry_bytes b);

/* Whether they are the same in any case of ASCII letters. */
bool ferry_maven_is_word(struct ferry_bytes word, const char *lower);
/* Order in lower case. */
int ferry_maven_text_cmp(struct ferry_bytes a, struct ferry_bytes b);

#endif
