#include "serve/replay/rubygems/lists.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "serve/replay/call.h"
#include "serve/replay/rubygems/index.h"
#include "serve/replay/rubygems/info.h"
#include "serve/replay/rubygems/write.h"
#include "serve/replay/store_view.h"
#include "store/base/clock.h"
#include "store/base/digest.h"
#include "store/base/error.h"

#define LISTS_BYTES (64U << 20)
#define APPENDED_MIN (16U << 10) /* so much may be appended to any list */

/*
 * Invariants: 1. set and serial say of what it was made; 2. base_n is what of
 * body was not appended; 3. digester has read body, or is NULL where nothing is
 * ever appended; 4. whole is the form that others are packed from.
 */
struct list {
	struct list *next; /* less recently used */
	enum ferry_gem_kind kind;
	char base[FERRY_OWNER_NAME];
	char audience[96]; /* "": everybody */
	uint64_t access; /* what decided, then */
	uint64_t serial; /* of the index */
	struct ferry_digest set; /* of what is in it */
	bool empty;
	time_t made_at;
	struct ferry_body *body, *packed; /* packed: or NULL */
	size_t base_n;
	struct ferry_digester *digester;
};

struct ferry_gem_lists {
	struct ferry_gem_index *index; /* whose lock is for all below, too */
	struct list *first;
};

/* Who asks for what. */
struct wish {
	const struct ferry_call *call;
	const struct ferry_permit *permit;
	bool open; /* everybody may read everything */
	enum ferry_gem_kind kind;
	const char *base;
	char audience[96];
	uint64_t access;
};

static void
list_free(struct list *l)
{

	ferry_body_unref(l->body);
	ferry_body_unref(l->packed);
	ferry_digester_free(l->digester);
	free(l);
}

int
ferry_gem_lists_new(struct ferry_gem_lists **out, struct ferry_gem_index *index,
    struct ferry_error *err)
{

	if (ferry_calloc(out, 1, sizeof(**out), err) == -1)
		return -1;
	(*out)->index = index;
	return 0;
}

void
ferry_gem_lists_free(struct ferry_gem_lists *lists)
{
	struct list *l;

	if (lists == NULL)
		return;
	while ((l = lists->first) != NULL) {
		lists->first = l->next;
		list_free(l);
	}
	free(lists);
}

/* The table; with the lock */

static uint64_t
size_of(const struct list *l)
{

	return sizeof(*l) + (l->body == NULL ? 0 : l->body->size) +
	       (l->packed == NULL ? 0 : l->packed->size);
}

/* The one that was used goes to the front; what is too much goes. */
static void
touch(struct ferry_gem_lists *lists, struct list *l)
{
	uint64_t bytes = size_of(l);
	struct list **at = &lists->first, *one;

	while (*at != NULL && *at != l)
		at = &(*at)->next;
	if (*at == l)
		*at = l->next;
	l->next = lists->first;
	lists->first = l;
	for (at = &l->next; (one = *at) != NULL;) {
		bytes += size_of(one);
		if (bytes <= LISTS_BYTES) {
			at = &one->next;
			continue;
		}
		bytes -= size_of(one);
		*at = one->next;
		list_free(one);
	}
}

static struct list *
find_list(const struct ferry_gem_lists *lists, const struct wish *w)
{
	struct list *l = lists->first;

	while (
	    l != NULL && (l->kind != w->kind || strcmp(l->base, w->base) != 0 ||
			     strcmp(l->audience, w->audience) != 0))
		l = l->next;
	return l;
}

/* Another audience's of the same gems. */
static struct list *
find_same(const struct ferry_gem_lists *lists, const struct list *of)
{
	struct list *l = lists->first;

	while (l != NULL &&
	       (l == of || l->kind != of->kind || l->serial != of->serial ||
		   strcmp(l->base, of->base) != 0 ||
		   !ferry_digest_equal(&l->set, &of->set)))
		l = l->next;
	return l;
}

/* Whether a gem is in a list. */
static bool
is_in(const struct wish *w, const struct ferry_gem_entry *e)
{

	return ferry_gem_in_base(e, w->base) &&
	       (w->open ||
		   ferry_access_sees(w->permit, "rubygems", e->owner, e->name));
}

/* Making */

static bool
is_in_list(const void *ctx, const struct ferry_gem_entry *e)
{

	return is_in(ctx, e);
}

/* What would be in it: a digest of the gems, whatever their versions. */
static int
find_set(struct list *l, const struct wish *w,
    const struct ferry_gem_state *state, struct ferry_error *err)
{
	struct ferry_digester *d = NULL;

	if (ferry_digester_new(&d, FERRY_ALG(FERRY_SHA256), err) == -1)
		return -1;
	l->empty = true;
	for (size_t i = 0; i < state->n; i++) {
		const struct ferry_gem_entry *e = &state->list[i];

		if (!is_in(w, e))
			continue;
		l->empty = false;
		ferry_digester_update(d, e->name, strlen(e->name) + 1);
		ferry_digester_update(d, e->owner, strlen(e->owner) + 1);
	}
	ferry_digester_final(d, FERRY_SHA256, &l->set);
	ferry_digester_free(d);
	return 0;
}

static int
set_body(struct list *l, struct ferry_buf *text, struct ferry_error *err)
{
	struct ferry_body *body;

	if (ferry_body_new(&body, text, err) == -1)
		return -1;
	ferry_gem_body_tag(body, l->digester);
	ferry_body_unref(l->body);
	ferry_body_unref(l->packed);
	l->body = body;
	l->packed = NULL;
	l->made_at = (time_t)ferry_now();
	return 0;
}

/* The whole list from nothing. */
static int
make_whole(struct list *l, const struct wish *w,
    const struct ferry_gem_state *state, struct ferry_error *err)
{
	struct ferry_buf text = FERRY_BUF_INIT;
	const struct ferry_gem_selection in = { state, is_in_list, w };
	int rc = -1;

	ferry_digester_free(l->digester);
	l->digester = NULL;
	if (ferry_digester_new(&l->digester,
		FERRY_ALG(FERRY_SHA256) | FERRY_ALG(FERRY_MD5), err) == -1 ||
	    ferry_gem_write_list(&text, l->kind, &in, err) == -1)
		goto out;
	ferry_digester_update(l->digester, text.p, text.n);
	l->base_n = text.n;
	rc = set_body(l, &text, err);
out:
	ferry_buf_free(&text);
	return rc;
}

/* The changes that the list lacks, as text; n == 0 if none is for it. */
static int
write_changes(const struct list *l, const struct wish *w,
    const struct ferry_gem_state *state, struct ferry_buf *out,
    struct ferry_error *err)
{
	size_t i = state->changes_n;

	while (i > 0 && state->changes[i - 1].serial > l->serial)
		i--;
	for (; i < state->changes_n; i++)
		if (is_in(w, &state->changes[i].entry) &&
		    ferry_gem_write_versions(
			out, &state->changes[i].entry, err) == -1)
			return -1;
	return 0;
}

/* Take over what another audience's list of the same gems has. */
static int
share(struct list *l, const struct list *same, struct ferry_error *err)
{

	ferry_body_unref(l->body);
	ferry_body_unref(l->packed);
	ferry_digester_free(l->digester);
	l->digester = NULL;
	l->body = ferry_body_ref(same->body);
	l->packed = same->packed == NULL ? NULL : ferry_body_ref(same->packed);
	l->base_n = same->base_n;
	l->made_at = same->made_at;
	if (ferry_digester_new(&l->digester,
		FERRY_ALG(FERRY_SHA256) | FERRY_ALG(FERRY_MD5), err) == -1)
		return -1;
	ferry_digester_update(
	    l->digester, l->body->bytes.p, (size_t)l->body->size);
	return 0;
}

/* Append more to what clients have. */
static int
append(struct list *l, const struct ferry_buf *more, struct ferry_error *err)
{
	size_t n = (size_t)l->body->size;
	struct ferry_buf text = FERRY_BUF_INIT;
	int rc = -1;

	/* A copy: answers of the old one may be under way. */
	if (ferry_buf_reserve(&text, n + more->n, err) == 0 &&
	    ferry_buf_add(&text, l->body->bytes.p, n, err) == 0 &&
	    ferry_buf_add(&text, more->p, more->n, err) == 0) {
		ferry_digester_update(l->digester, more->p, more->n);
		rc = set_body(l, &text, err);
	}
	l->empty = false;
	ferry_buf_free(&text);
	return rc;
}

/* What the list is of, once it has more: the same for all who had the same. */
static int
next_set(struct list *l, const struct ferry_buf *more, struct ferry_error *err)
{
	struct ferry_digester *d = NULL;

	if (ferry_digester_new(&d, FERRY_ALG(FERRY_SHA256), err) == -1)
		return -1;
	ferry_digester_update(d, l->set.v, l->set.n);
	ferry_digester_update(d, more->p, more->n);
	ferry_digester_final(d, FERRY_SHA256, &l->set);
	ferry_digester_free(d);
	return 0;
}

/* Append what changed, if that can be and pays.  Returns: 1; 0 the whole must
 * be made; -1. */
static int
carry_on(struct ferry_gem_lists *lists, struct list *l, const struct wish *w,
    const struct ferry_gem_state *state, struct ferry_error *err)
{
	struct ferry_buf more = FERRY_BUF_INIT;
	struct list *same;
	int rc = 0;

	if (l->body == NULL || l->access != w->access ||
	    l->serial < state->whole)
		return 0;
	if (write_changes(l, w, state, &more, err) == -1) {
		rc = -1;
	} else if (more.n == 0) {
		l->serial = state->serial;
		rc = 1;
	} else if (l->kind == FERRY_GEM_VERSIONS &&
		   l->body->size + more.n - l->base_n <=
		       l->base_n / 2 + APPENDED_MIN) {
		l->serial = state->serial;
		rc = next_set(l, &more, err);
		if (rc == 0)
			rc = (same = find_same(lists, l)) != NULL
			         ? share(l, same, err)
			         : append(l, &more, err);
		rc = rc == -1 ? -1 : 1;
	}
	ferry_buf_free(&more);
	return rc;
}

/* Bring a list up to date. */
static int
update_list(struct ferry_gem_lists *lists, struct list *l, const struct wish *w,
    const struct ferry_gem_state *state, struct ferry_error *err)
{
	struct ferry_digest before = l->set;
	struct list *same;
	int rc = carry_on(lists, l, w, state, err);

	if (rc != 0)
		return rc == -1 ? -1 : 0;
	if (find_set(l, w, state, err) == -1)
		return -1;
	l->access = w->access;
	/* Permissions changed, and nothing of it is about these gems. */
	if (l->body != NULL && l->serial == state->serial &&
	    ferry_digest_equal(&before, &l->set))
		return 0;
	l->serial = state->serial;
	same = find_same(lists, l);
	return same != NULL ? share(l, same, err)
	                    : make_whole(l, w, state, err);
}

/* The list of w as of now; NULL with err set. */
static struct list *
current_list(struct ferry_gem_lists *lists, const struct wish *w,
    const struct ferry_gem_state *state, struct ferry_error *err)
{
	struct list *l = find_list(lists, w);

	if (l == NULL) {
		if (ferry_calloc(&l, 1, sizeof(*l), err) == -1)
			return NULL;
		l->kind = w->kind;
		(void)snprintf(l->base, sizeof(l->base), "%s", w->base);
		(void)snprintf(
		    l->audience, sizeof(l->audience), "%s", w->audience);
	}
	if ((l->body == NULL || l->serial != state->serial ||
		l->access != w->access) &&
	    update_list(lists, l, w, state, err) == -1) {
		/* What is half made is nobody's. */
		struct list **at = &lists->first;

		while (*at != NULL && *at != l)
			at = &(*at)->next;
		if (*at == l)
			*at = l->next;
		list_free(l);
		return NULL;
	}
	touch(lists, l);
	return l;
}

static void
make_wish(struct wish *w, const struct ferry_call *call,
    const struct ferry_permit *permit)
{
	const struct ferry_identity *who = &call->identity;

	*w = (struct wish){ .call = call,
		.permit = permit,
		.open = !ferry_access_restricts(
		    ferry_store_view_access(call->view)),
		.kind = (enum ferry_gem_kind)call->resource.kind,
		.base = call->resource.origin,
		.access = ferry_access_serial(who) };
	if (!w->open)
		(void)snprintf(w->audience, sizeof(w->audience), "%d %s",
		    (int)who->claim.kind, who->subject);
}

int
ferry_gem_lists_get(struct ferry_gem_lists *lists,
    const struct ferry_call *call, const struct ferry_permit *permit,
    enum ferry_gem_form form, struct ferry_gem_list *out,
    struct ferry_error *err)
{
	struct ferry_body *body = NULL, *packed = NULL;
	struct ferry_gem_state state;
	struct list *l;
	struct wish w;
	int rc = 0;

	make_wish(&w, call, permit);
	if (ferry_gem_index_lock(lists->index, &state, err) == -1)
		return -1;
	if ((l = current_list(lists, &w, &state, err)) == NULL) {
		ferry_gem_index_unlock(lists->index);
		return -1;
	}
	out->made_at = l->made_at;
	out->empty = l->empty;
	body = ferry_body_ref(l->body);
	if (form == FERRY_GEM_PACKED && l->packed != NULL)
		packed = ferry_body_ref(l->packed);
	ferry_gem_index_unlock(lists->index);
	if (form == FERRY_GEM_PLAIN) {
		out->body = body;
		return 0;
	}
	/* Packing takes long; nobody else waits for it. */
	if (packed == NULL && (rc = ferry_gem_pack(&packed, body, err)) == 0) {
		if (ferry_gem_index_lock(lists->index, &state, err) == 0) {
			l = find_list(lists, &w);
			if (l != NULL && l->body == body && l->packed == NULL)
				l->packed = ferry_body_ref(packed);
			ferry_gem_index_unlock(lists->index);
		}
	}
	ferry_body_unref(body);
	out->body = packed;
	return rc;
}
