/* ComparableVersion: a version as a tree of lists, compared item by item. */

#include <assert.h>
#include <string.h>

#include "store/format/maven/version.h"
#include "store/format/maven/words.h"

enum type { NUMBER, WORD, LIST };

/* Items of a version lie in one array; lists are chains in it. */
struct item {
	enum type type;
	struct ferry_bytes text; /* NUMBER: digits without leading zeros */
	int rank; /* WORD: see ferry_maven_word() */
	short next, first, last, prev; /* indexes, or -1 */
};
/* A character makes two items at most, and each item's list one more. */
#define ITEMS (4 * FERRY_MAVEN_VERSION_MAX + 8)
struct version {
	struct item items[ITEMS];
	short n;
};

static short
new_item(struct version *v, enum type type)
{

	assert(v->n < ITEMS);
	v->items[v->n] = (struct item){
		.type = type, .next = -1, .first = -1, .last = -1, .prev = -1
	};
	return v->n++;
}

static void
append(struct version *v, short list, short item)
{
	struct item *l = &v->items[list];

	v->items[item].prev = l->last;
	if (l->last == -1)
		l->first = item;
	else
		v->items[l->last].next = item;
	l->last = item;
}

static short
new_list(struct version *v, short list)
{
	short item = new_item(v, LIST);

	append(v, list, item);
	return item;
}

static void
add_number(struct version *v, short list, struct ferry_bytes digits)
{
	short item = new_item(v, NUMBER);

	v->items[item].text = ferry_maven_digits(digits);
	append(v, list, item);
}

static void
add_word(struct version *v, short list, struct ferry_bytes word, bool digit)
{
	short item = new_item(v, WORD);

	v->items[item].text = word;
	v->items[item].rank = ferry_maven_word(word, digit);
	append(v, list, item);
}

static void
add_token(struct version *v, short list, bool digits, struct ferry_bytes text)
{

	if (text.n == 0 || digits)
		add_number(v, list, text);
	else
		add_word(v, list, text, false);
}

static bool
is_null(const struct item *item)
{

	return item->type == NUMBER ? item->text.n == 0
	       : item->type == WORD ? item->rank == FERRY_MAVEN_RELEASE
	                            : item->first == -1;
}

/* Drop what is zero at the end, and before lists at the end. */
static void
normalize(struct version *v, short list)
{
	short at = v->items[list].last;

	while (at != -1) {
		struct item *item = &v->items[at];
		short prev = item->prev;

		if (is_null(item)) {
			if (prev == -1)
				v->items[list].first = item->next;
			else
				v->items[prev].next = item->next;
			if (item->next == -1)
				v->items[list].last = prev;
			else
				v->items[item->next].prev = prev;
		} else if (item->type != LIST) {
			break;
		}
		at = prev;
	}
}

static struct ferry_bytes
part(struct ferry_bytes s, size_t from, size_t to)
{

	return ferry_bytes_of(s.p + from, to - from);
}

static void
parse(struct version *v, struct ferry_bytes s)
{
	short list;
	bool digits = false;
	size_t start = 0;

	v->n = 0;
	list = new_item(v, LIST);
	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = s.p[i];

		if (c == '.' || c == '-') {
			add_token(v, list, digits, part(s, start, i));
			start = i + 1;
			if (c == '-')
				list = new_list(v, list);
		} else if (c >= '0' && c <= '9') {
			if (!digits && i > start) {
				/* ".x1" is "-x1". */
				if (v->items[list].first != -1)
					list = new_list(v, list);
				add_word(v, list, part(s, start, i), true);
				start = i;
				list = new_list(v, list);
			}
			digits = true;
		} else {
			if (digits && i > start) {
				add_number(v, list, part(s, start, i));
				start = i;
				list = new_list(v, list);
			}
			digits = false;
		}
	}
	if (s.n > start) {
		if (!digits && v->items[list].first != -1)
			list = new_list(v, list);
		add_token(v, list, digits, part(s, start, s.n));
	}
	/* Inner lists come behind those they are in. */
	for (short i = (short)(v->n - 1); i >= 0; i--)
		if (v->items[i].type == LIST)
			normalize(v, i);
}

/* What an item is beside nothing. */
static int
compare_null(const struct version *v, short at)
{
	const struct item *item = &v->items[at];
	int c = 0;

	switch (item->type) {
	case NUMBER:
		return item->text.n == 0 ? 0 : 1;
	case WORD:
		return item->rank - FERRY_MAVEN_RELEASE;
	case LIST:
		/* Lists nest no deeper than the version has characters. */
		for (short i = item->first; i != -1 && c == 0;
		     i = v->items[i].next)
			c = compare_null(v, i);
		break;
	}
	return c;
}

static int
compare_items(
    const struct version *v, short a, const struct version *w, short b)
{
	const struct item *x = &v->items[a], *y = &w->items[b];
	/* A word is less than a list, and that less than a number. */
	static const int order[] = { [NUMBER] = 2, [WORD] = 0, [LIST] = 1 };
	short i, k;
	int c = 0;

	if (x->type != y->type)
		return order[x->type] - order[y->type];
	if (x->type == NUMBER)
		return ferry_maven_digits_cmp(x->text, y->text);
	if (x->type == WORD)
		return ferry_maven_word_cmp(x->rank, x->text, y->rank, y->text);
	for (i = x->first, k = y->first; c == 0 && (i != -1 || k != -1);) {
		c = i == -1   ? -compare_null(w, k)
		    : k == -1 ? compare_null(v, i)
		              : compare_items(v, i, w, k);
		if (i != -1)
			i = v->items[i].next;
		if (k != -1)
			k = w->items[k].next;
	}
	return c;
}

int
ferry_maven_version_cmp(struct ferry_bytes a, struct ferry_bytes b)
{
	struct version v, w;

	if (a.n > FERRY_MAVEN_VERSION_MAX || b.n > FERRY_MAVEN_VERSION_MAX)
		return ferry_bytes_cmp(a, b);
	parse(&v, a);
	parse(&w, b);
	return compare_items(&v, 0, &w, 0);
}
