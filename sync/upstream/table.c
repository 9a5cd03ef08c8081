#include "sync/upstream/table.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/bytes.h"

static uint32_t
hash(const char *key)
{
	uint32_t h = 2166136261U; /* FNV-1a */

	for (; *key != 0; key++)
		h = (h ^ (uint8_t)*key) * 16777619U;
	return h;
}

struct ferry_table_entry *
ferry_table_find(const struct ferry_table *t, const char *key)
{

	if (t->cap == 0)
		return NULL;
	for (struct ferry_table_entry *e = t->slots[hash(key) % t->cap];
	     e != NULL; e = e->next)
		if (strcmp(e->key, key) == 0)
			return e;
	return NULL;
}

static int
grow(struct ferry_table *t, struct ferry_error *err)
{
	struct ferry_table_entry **slots, *e, *next;
	size_t cap = t->cap == 0 ? 16 : t->cap * 4;

	if (ferry_calloc(&slots, cap, sizeof(*slots), err) == -1)
		return -1;
	for (size_t i = 0; i < t->cap; i++)
		for (e = t->slots[i]; e != NULL; e = next) {
			size_t at = hash(e->key) % cap;

			next = e->next;
			e->next = slots[at];
			slots[at] = e;
		}
	free(t->slots);
	t->slots = slots;
	t->cap = cap;
	return 0;
}

void *
ferry_table_add(struct ferry_table *t, const char *key, size_t size,
    struct ferry_error *err)
{
	struct ferry_table_entry *e;
	size_t at;

	if ((t->n >= t->cap && grow(t, err) == -1) ||
	    ferry_calloc(&e, 1, size, err) == -1)
		return NULL;
	if (ferry_strdup(&e->key, key, err) == -1) {
		free(e);
		return NULL;
	}
	at = hash(key) % t->cap;
	e->next = t->slots[at];
	t->slots[at] = e;
	t->n++;
	return e;
}

struct ferry_table_entry *
ferry_table_next(
    const struct ferry_table *t, const struct ferry_table_entry *entry)
{
	size_t i = entry == NULL ? 0 : hash(entry->key) % t->cap + 1;

	if (entry != NULL && entry->next != NULL)
		return entry->next;
	while (i < t->cap && t->slots[i] == NULL)
		i++;
	return i < t->cap ? t->slots[i] : NULL;
}

void
ferry_table_free(struct ferry_table *t, void (*on_free)(void *entry))
{
	struct ferry_table_entry *e, *next;

	for (size_t i = 0; i < t->cap; i++)
		for (e = t->slots[i]; e != NULL; e = next) {
			next = e->next;
			if (on_free != NULL)
				on_free(e);
			free(e->key);
			free(e);
		}
	free(t->slots);
	*t = (struct ferry_table){ NULL, 0, 0 };
}
