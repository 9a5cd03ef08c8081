#include "store/format/maven/words.h"

#include <string.h>

static uint8_t
lower(uint8_t c)
{

	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

bool
ferry_maven_is_word(struct ferry_bytes word, const char *text)
{

	for (size_t i = 0; i < word.n; i++)
		if (text[i] == 0 || lower(word.p[i]) != (uint8_t)text[i])
			return false;
	return text[word.n] == 0;
}

int
ferry_maven_text_cmp(struct ferry_bytes a, struct ferry_bytes b)
{

	for (size_t i = 0; i < a.n && i < b.n; i++) {
		int c = lower(a.p[i]) - lower(b.p[i]);

		if (c != 0)
			return c;
	}
	return (a.n > b.n) - (a.n < b.n);
}

int
ferry_maven_word(struct ferry_bytes word, bool digit)
{
	static const struct {
		const char *word;
		enum ferry_maven_word rank;
	} words[] = {
		{ "alpha", FERRY_MAVEN_ALPHA },
		{ "beta", FERRY_MAVEN_BETA },
		{ "milestone", FERRY_MAVEN_MILESTONE },
		{ "rc", FERRY_MAVEN_RC },
		{ "cr", FERRY_MAVEN_RC },
		{ "snapshot", FERRY_MAVEN_SNAPSHOT },
		{ "", FERRY_MAVEN_RELEASE },
		{ "ga", FERRY_MAVEN_RELEASE },
		{ "final", FERRY_MAVEN_RELEASE },
		{ "release", FERRY_MAVEN_RELEASE },
		{ "sp", FERRY_MAVEN_SP },
	};

	if (digit && word.n == 1)
		switch (lower(*word.p)) {
		case 'a':
			return FERRY_MAVEN_ALPHA;
		case 'b':
			return FERRY_MAVEN_BETA;
		case 'm':
			return FERRY_MAVEN_MILESTONE;
		default:
			return FERRY_MAVEN_OTHER;
		}
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (ferry_maven_is_word(word, words[i].word))
			return words[i].rank;
	return FERRY_MAVEN_OTHER;
}

int
ferry_maven_word_cmp(
    int rank_a, struct ferry_bytes a, int rank_b, struct ferry_bytes b)
{

	if (rank_a != rank_b || rank_a != FERRY_MAVEN_OTHER)
		return rank_a - rank_b;
	return ferry_maven_text_cmp(a, b);
}

struct ferry_bytes
ferry_maven_digits(struct ferry_bytes digits)
{

	while (digits.n > 0 && *digits.p == '0')
		digits = ferry_bytes_of(digits.p + 1, digits.n - 1);
	return digits;
}

int
ferry_maven_digits_cmp(struct ferry_bytes a, struct ferry_bytes b)
{

	return a.n != b.n ? (a.n > b.n) - (a.n < b.n)
	       : a.n == 0 ? 0
	                  : memcmp(a.p, b.p, a.n);
}
