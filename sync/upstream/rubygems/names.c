#include "sync/upstream/rubygems/names.h"

#include <stdlib.h>
#include <string.h>

#include "store/base/error.h"

/* FNV-1a.  Who makes names collide slows down the mirror of his own registry. */
static uint32_t
hash(struct ferry_bytes name)
{
	uint32_t h = 2166136261U;

	for (size_t i = 0; i < name.n; i++)
		h = (h ^ name.p[i]) * 16777619U;
	return h;
}

static bool
is_called(const struct gem_names *names, const struct gem_named *named,
    struct ferry_bytes name)
{

	return ferry_bytes_is(name, (const char *)names->text.p + named->name);
}

/* The slot of name, or the free one where it would be. */
static size_t
find_slot(const struct gem_names *names, struct ferry_bytes name)
{
	size_t i = hash(name) & (names->slots_n - 1);

	while (names->slots[i] != 0 &&
	       !is_called(names, &names->at[names->slots[i] - 1], name))
		i = (i + 1) & (names->slots_n - 1);
	return i;
}

static int
grow(struct gem_names *names, struct ferry_error *err)
{
	size_t n = names->slots_n == 0 ? 1024 : 2 * names->slots_n;
	uint32_t *slots;

	if (names->slots_n > 0 && names->n < names->slots_n / 2)
		return 0;
	if (ferry_calloc(&slots, n, sizeof(*slots), err) == -1)
		return -1;
	free(names->slots);
	names->slots = slots;
	names->slots_n = n;
	for (size_t i = 0; i < names->n; i++)
		slots[find_slot(names, ferry_bytes_str((char *)names->text.p +
						       names->at[i].name))] =
		    (uint32_t)i + 1;
	return 0;
}

const struct gem_named *
ferry_gem_names_find(const struct gem_names *names, struct ferry_bytes name)
{
	uint32_t at;

	if (names->slots_n == 0)
		return NULL;
	at = names->slots[find_slot(names, name)];
	return at == 0 ? NULL : &names->at[at - 1];
}

/* A text that stays; its place. */
static int
keep(struct gem_names *names, struct ferry_bytes s, uint32_t *at,
    struct ferry_error *err)
{

	if (names->text.n + s.n + 1 > UINT32_MAX / 2)
		return ferry_error_set(
		    err, FERRY_ELIMIT, "the index of gems is too long");
	*at = (uint32_t)names->text.n;
	return ferry_buf_add(&names->text, s.p, s.n, err) == -1 ||
	               ferry_buf_add(&names->text, "", 1, err) == -1
	           ? -1
	           : 0;
}

struct gem_named *
ferry_gem_names_add(
    struct gem_names *names, struct ferry_bytes name, struct ferry_error *err)
{
	struct gem_named *named;
	size_t slot;

	if (grow(names, err) == -1)
		return NULL;
	slot = find_slot(names, name);
	if (names->slots[slot] != 0)
		return &names->at[names->slots[slot] - 1];
	if (names->n == GEM_NAMES_MAX) {
		ferry_error_set(err, FERRY_ELIMIT,
		    "the index has more than %d gems", GEM_NAMES_MAX);
		return NULL;
	}
	if (ferry_array_grow(&names->at, &names->cap, names->n + 1,
		sizeof(*names->at), err) == -1)
		return NULL;
	named = &names->at[names->n];
	*named = (struct gem_named){ .versions = GEM_NAMES_NONE };
	if (keep(names, name, &named->name, err) == -1)
		return NULL;
	names->slots[slot] = (uint32_t)++names->n;
	return named;
}

int
ferry_gem_names_list(struct gem_names *names, struct gem_named *named,
    struct ferry_bytes number, struct ferry_bytes platform,
    struct ferry_error *err)
{
	struct ferry_buf text = FERRY_BUF_INIT;
	struct gem_names_version *version;
	int rc = -1;

	if (ferry_array_grow(&names->listed, &names->listed_cap,
		names->listed_n + 1, sizeof(*names->listed), err) == -1 ||
	    ferry_buf_add(&text, number.p, number.n, err) == -1 ||
	    (!ferry_bytes_is(platform, "ruby") &&
		(ferry_buf_adds(&text, "-", err) == -1 ||
		    ferry_buf_add(&text, platform.p, platform.n, err) == -1)))
		goto out;
	version = &names->listed[names->listed_n];
	version->before = named->versions;
	if (keep(names, ferry_bytes_buf(&text), &version->text, err) == -1)
		goto out;
	named->versions = (uint32_t)names->listed_n++;
	rc = 0;
out:
	ferry_buf_free(&text);
	return rc;
}

void
ferry_gem_names_free(struct gem_names *names)
{

	free(names->slots);
	free(names->at);
	free(names->listed);
	ferry_buf_free(&names->text);
	*names = (struct gem_names){ .n = 0 };
}
