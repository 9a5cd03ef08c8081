/* Gradle's StaticVersionComparator: parts one by one, numbers before words. */

#include "store/format/maven/version.h"
#include "store/format/maven/words.h"

struct part {
	struct ferry_bytes text;
	bool number;
};

static bool
is_digit(uint8_t c)
{

	return c >= '0' && c <= '9';
}

static bool
is_separator(uint8_t c)
{

	return c == '.' || c == '-' || c == '_' || c == '+';
}

/* Digits that are a number for Java's long; more are a word. */
static bool
is_number(struct ferry_bytes text)
{
	static const char max[] = "9223372036854775807";
	struct ferry_bytes digits = ferry_maven_digits(text);

	return text.n > 0 && is_digit(*text.p) &&
	       ferry_maven_digits_cmp(digits, ferry_bytes_str(max)) <= 0;
}

/* Take a part, up to a separator or where digits begin or end.  An empty one
 * between separators is a part, but not at the end. */
static bool
next_part(struct ferry_bytes s, size_t *at, struct part *out)
{
	size_t start = *at, end = start;

	if (start >= s.n)
		return false;
	while (end < s.n && !is_separator(s.p[end]) &&
	       is_digit(s.p[end]) == is_digit(s.p[start]))
		end++;
	out->text = ferry_bytes_of(s.p + start, end - start);
	out->number = is_number(out->text);
	*at = end < s.n && is_separator(s.p[end]) ? end + 1 : end;
	return true;
}

/* Words that Gradle knows; 0 for all others. */
static int
rank(struct ferry_bytes text)
{
	static const struct {
		const char *word;
		int rank;
	} words[] = {
		{ "dev", -1 },
		{ "rc", 1 },
		{ "snapshot", 2 },
		{ "final", 3 },
		{ "ga", 4 },
		{ "release", 5 },
		{ "sp", 6 },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (ferry_maven_is_word(text, words[i].word))
			return words[i].rank;
	return 0;
}

static int
compare_parts(const struct part *a, const struct part *b)
{
	int x, y;

	if (a->number && b->number)
		return ferry_maven_digits_cmp(
		    ferry_maven_digits(a->text), ferry_maven_digits(b->text));
	if (a->number != b->number)
		return a->number ? 1 : -1;
	if (ferry_bytes_equal(a->text, b->text))
		return 0;
	x = rank(a->text);
	y = rank(b->text);
	return x != 0 || y != 0 ? x - y : ferry_bytes_cmp(a->text, b->text);
}

int
ferry_gradle_version_cmp(struct ferry_bytes a, struct ferry_bytes b)
{
	size_t i = 0, k = 0;
	struct part x, y;

	for (;;) {
		bool more_a = next_part(a, &i, &x),
		     more_b = next_part(b, &k, &y);
		int c;

		if (!more_a || !more_b)
			return more_a   ? (x.number ? 1 : -1)
			       : more_b ? (y.number ? -1 : 1)
			                : 0;
		if ((c = compare_parts(&x, &y)) != 0)
			return c;
	}
}
