#include "sync/pull/wants.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/base/clock.h"
#include "store/base/error.h"
#include "store/base/log.h"
#include "store/blob/blob.h"
#include "store/store.h"
#include "sync/pull/absent.h"
#include "sync/pull/refused.h"
#include "sync/pull/socket.h"
#include "sync/upstream/run.h"

/* So much of a file is told of at once: what is smaller comes whole. */
#define GROWS_FROM (64U << 10) /* the first time */
#define GROWS_BY (256U << 10)

struct waiter {
	uint64_t conn, id;
	bool streams; /* it takes what has come */
	bool done; /* answered before the others */
	uint64_t told; /* so much of it */
};

/*
 * Invariants:
 *  1. up is NULL unless it was begun in this run.
 *  2. fd is -1 unless it is under way, or has ended well and is unanswered.
 *  3. ended is true from when its end is known until it is answered, which
 *     follows the next commit.
 */
struct want {
	struct want *next;
	struct ferry_pull_ask ask; /* of the first who asked */
	struct ferry_upstream *up; /* that is asked for it now */
	size_t tried; /* upstreams of the run before this */
	bool ended;
	struct ferry_pull_said said;
	struct ferry_error failure; /* the first, of those tried; or FERRY_OK */
	int fd; /* of what has come while that is little, or -1 */
	uint64_t size; /* of it */
	struct waiter *waiters;
	size_t waiters_n, waiters_cap;
};

struct ferry_wants {
	struct want *first, **last;
	size_t waiters_n; /* of all */
	struct ferry_absents absent;
	struct ferry_pull_socket *socket;
	struct ferry_pull_on_uses on_uses;
	uint64_t settled; /* run->settled, when it was looked at */
	struct ferry_wants_counts counts;
	json_t *refused; /* or NULL */
};

int
ferry_wants_new(struct ferry_wants **out, struct ferry_error *err)
{

	if (ferry_calloc(out, 1, sizeof(**out), err) == -1)
		return -1;
	(*out)->last = &(*out)->first;
	return 0;
}

static void
drop_little(struct want *want)
{

	if (want->fd != -1)
		(void)close(want->fd);
	want->fd = -1;
}

void
ferry_wants_free(struct ferry_wants *wants)
{
	struct want *want;

	if (wants == NULL)
		return;
	while ((want = wants->first) != NULL) {
		wants->first = want->next;
		drop_little(want);
		free(want->waiters);
		free(want);
	}
	ferry_absents_free(&wants->absent);
	json_decref(wants->refused);
	free(wants);
}

json_t **
ferry_wants_refused(struct ferry_wants *wants)
{

	return &wants->refused;
}

void
ferry_wants_tell(struct ferry_wants *wants, const struct ferry_pull_on_uses *on)
{

	wants->on_uses = *on;
}

void
ferry_wants_answer(struct ferry_wants *wants, struct ferry_pull_socket *s)
{

	wants->socket = s;
}

size_t
ferry_wants_count(const struct ferry_wants *wants)
{
	size_t n = 0;

	for (const struct want *w = wants->first; w != NULL; w = w->next)
		n++;
	return n;
}

size_t
ferry_wants_begun(const struct ferry_wants *wants)
{
	size_t n = 0;

	for (const struct want *w = wants->first; w != NULL; w = w->next)
		n += w->up != NULL;
	return n;
}

const struct ferry_wants_counts *
ferry_wants_counts(const struct ferry_wants *wants)
{

	return &wants->counts;
}

/* Asking */

static bool
same_ask(const struct ferry_pull_ask *a, const struct ferry_pull_ask *b)
{

	if (a->want.what != b->want.what ||
	    strcmp(a->want.package, b->want.package) != 0 ||
	    strcmp(a->want.version, b->want.version) != 0 ||
	    strcmp(a->want.file, b->want.file) != 0 ||
	    strcmp(a->want.format, b->want.format) != 0 ||
	    a->upstreams_n != b->upstreams_n)
		return false;
	for (size_t i = 0; i < a->upstreams_n; i++)
		if (strcmp(a->upstreams[i], b->upstreams[i]) != 0)
			return false;
	return true;
}

static struct want *
find_want(struct ferry_wants *wants, const struct ferry_pull_ask *ask,
    struct ferry_error *err)
{
	struct want *want = wants->first;

	/* What has ended is answered in this turn, with what is known. */
	while (want != NULL && !same_ask(&want->ask, ask))
		want = want->next;
	if (want != NULL || ferry_calloc(&want, 1, sizeof(*want), err) == -1)
		return want;
	want->ask = *ask;
	want->fd = -1;
	*wants->last = want;
	wants->last = &want->next;
	return want;
}

void
ferry_wants_ask(void *ctx, uint64_t conn, const struct ferry_pull_ask *ask)
{
	struct ferry_wants *wants = ctx;
	struct ferry_pull_said said = { .id = ask->id,
		.word = FERRY_PULL_SAID_BUSY,
		.text = "the puller has too much to do" };
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct want *want;

	if (ferry_absents_find(&wants->absent, ask, &said) ||
	    wants->waiters_n >= FERRY_WANTS_MAX ||
	    (want = find_want(wants, ask, &ignored)) == NULL ||
	    ferry_array_grow(&want->waiters, &want->waiters_cap,
		want->waiters_n + 1, sizeof(*want->waiters), &ignored) == -1) {
		ferry_pull_socket_say(wants->socket, conn, &said);
		return;
	}
	want->waiters[want->waiters_n++] =
	    (struct waiter){ conn, ask->id, ask->stream, false, 0 };
	wants->waiters_n++;
}

/* Beginning and ending */

static enum ferry_pull_word
word_of(enum ferry_code code)
{

	switch (code) {
	case FERRY_ENOTFOUND:
	case FERRY_EUNRESOLVED:
		return FERRY_PULL_SAID_ABSENT;
	case FERRY_EDENIED:
	case FERRY_EDIGEST:
	case FERRY_EFORMAT:
	case FERRY_EINCIDENT:
	case FERRY_ELIMIT:
	case FERRY_ESIGNATURE:
		return FERRY_PULL_SAID_REFUSED;
	default:
		return FERRY_PULL_SAID_FAILED;
	}
}

/* "npm:react@18.0.0", "maven:g:a@1 a-1.jar". */
static void
name_want(const struct want *want, char *out, size_t size)
{
	const struct ferry_pull_want *w = &want->ask.want;

	(void)snprintf(out, size, "%s:%s%s%s%s%s", w->format, w->package,
	    w->version[0] == 0 ? "" : "@", w->version,
	    w->file[0] == 0 ? "" : " ", w->file);
}

static void
end_want(struct want *want, enum ferry_pull_word word, const char *text)
{

	char item[4 * FERRY_PULL_NAME];

	name_want(want, item, sizeof(item));
	want->ended = true;
	want->said.word = word;
	(void)snprintf(want->said.text, sizeof(want->said.text), "%.*s",
	    FERRY_PULL_TEXT - 1, text);
	if (word == FERRY_PULL_SAID_REFUSED || word == FERRY_PULL_SAID_FAILED)
		ferry_log(FERRY_LOG_WARNING, "not pulled: %s: %s", item, text);
}

static bool
is_asked(const struct ferry_pull_ask *ask, const struct ferry_upstream *up)
{

	if (!up->pull || !up->wanted ||
	    strcmp(up->kind->format, ask->want.format) != 0)
		return false;
	for (size_t i = 0; i < ask->upstreams_n; i++)
		if (strcmp(ask->upstreams[i], up->name) == 0)
			return true;
	return false;
}

/* Want it of the next upstream that may supply it; it ends if there is none.
 * Of those tried, why says why not. */
static int
begin_want(struct want *want, struct ferry_run *run, struct ferry_error *why,
    struct ferry_error *err)
{

	want->up = NULL;
	for (; want->tried < run->upstreams_n; want->tried++) {
		struct ferry_upstream *up = &run->upstreams[want->tried];

		if (!is_asked(&want->ask, up) ||
		    ferry_upstream_may_pull(
			run, up, want->ask.want.package, why) == -1)
			continue;
		want->up = up;
		return up->kind->pull(run, up, &want->ask.want, err);
	}
	if (why->code == FERRY_OK)
		ferry_error_set(why, FERRY_ENOTFOUND,
		    "no upstream that the puller has could supply it");
	/* Who could not be asked may have it. */
	if (want->failure.code != FERRY_OK)
		*why = want->failure;
	end_want(want, word_of(why->code), why->text);
	return 0;
}

int
ferry_wants_begin(
    struct ferry_wants *wants, struct ferry_run *run, struct ferry_error *err)
{

	for (struct want *want = wants->first; want != NULL;
	     want = want->next) {
		struct ferry_error why = FERRY_ERROR_INIT;

		if (want->up != NULL || want->ended)
			continue;
		if (begin_want(want, run, &why, err) == -1)
			return -1;
		/* It may have ended at once. */
		wants->settled = UINT64_MAX;
	}
	return 0;
}

/* Tell those who take what has come.  size 0: it was for nothing. */
static void
tell_growth(struct ferry_wants *wants, struct want *want, uint64_t size,
    const struct ferry_blob_writer *writer)
{
	struct ferry_pull_said said = { .word = FERRY_PULL_SAID_GROWS,
		.size = size };

	for (size_t i = 0; i < want->waiters_n; i++) {
		struct waiter *w = &want->waiters[i];
		int fd = -1;

		if (!w->streams || w->done || (size == 0 && w->told == 0) ||
		    (size > 0 && w->told > 0 && size < w->told + GROWS_BY))
			continue;
		if (writer != NULL && w->told == 0 &&
		    (fd = ferry_blob_writer_reader(writer)) == -1)
			continue;
		said.id = w->id;
		if (size == 0) {
			/* What it has is of no use any more: it waits for the
			 * end.  Not told, it would take that for whole. */
			ferry_pull_socket_say(wants->socket, w->conn, &said);
			w->streams = false;
		} else if (ferry_pull_socket_hint(
			       wants->socket, w->conn, &said, fd)) {
			w->told = size;
		}
		if (fd != -1)
			(void)close(fd);
	}
}

/* What is little is told of when it is right: what is wrong is then refused with
 * a word. */
static void
on_growth(struct ferry_wants *wants, struct want *want, uint64_t size,
    const struct ferry_blob_writer *writer)
{

	if (writer == NULL || size >= GROWS_FROM) {
		drop_little(want);
		tell_growth(wants, want, size, writer);
		return;
	}
	if (want->fd == -1)
		want->fd = ferry_blob_writer_reader(writer);
	want->size = size;
}

void
ferry_wants_grow(void *ctx, const struct ferry_upstream *up,
    const char *package, const char *version, const char *file, bool is_main,
    const struct ferry_blob_writer *writer)
{
	uint64_t size = writer == NULL ? 0 : ferry_blob_writer_readable(writer);
	struct ferry_wants *wants = ctx;

	if (writer != NULL && size == 0)
		return;
	for (struct want *want = wants->first; want != NULL; want = want->next)
		if (want->up == up && !want->ended &&
		    want->ask.want.what == FERRY_PULL_VERSION &&
		    strcmp(want->ask.want.package, package) == 0 &&
		    strcmp(want->ask.want.version, version) == 0 &&
		    (want->ask.want.file[0] == 0
			    ? is_main
			    : strcmp(want->ask.want.file, file) == 0))
			on_growth(wants, want, size, writer);
}

/* A client gets it now. */
static void
tell_use(struct ferry_wants *wants, const struct want *want)
{
	const struct ferry_pull_want *w = &want->ask.want;
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_pull_use use;

	if (w->version[0] == 0 || wants->on_uses.on_use == NULL)
		return;
	memcpy(use.format, w->format, sizeof(use.format));
	memcpy(use.package, w->package, sizeof(use.package));
	memcpy(use.what, w->version, sizeof(use.what));
	(void)snprintf(
	    use.upstream, sizeof(use.upstream), "%s", want->up->name);
	(void)wants->on_uses.on_use(wants->on_uses.ctx, &use, &ignored);
}

/*
 * Whether others are asked when it fails.  Of one that is not public nobody knows
 * which names are its own: another must not supply these, just because it is down.
 */
static bool
is_public(const struct ferry_upstream *up)
{

	return up->visibility != NULL && strcmp(up->visibility, "public") == 0;
}

/* Look what became of a want that was begun. */
static int
look_at(struct ferry_wants *wants, struct want *want, struct ferry_run *run,
    struct ferry_error *err)
{
	struct ferry_pull_end end = { .why = FERRY_ERROR_INIT };
	bool failed;
	int64_t age;

	switch (want->up->kind->pulled(want->up, &want->ask.want, &end)) {
	case FERRY_PULL_WAITS:
		return 0;
	case FERRY_PULL_HERE:
		age = ferry_now() - end.checked_at;
		if (want->ask.want.what == FERRY_PULL_DOCUMENT && age >= 0 &&
		    (uint64_t)age < want->up->max_age)
			want->said.fresh_s = want->up->max_age - (uint64_t)age;
		tell_use(wants, want);
		end_want(want, FERRY_PULL_SAID_HERE, "");
		return 0;
	case FERRY_PULL_LACKS:
		break;
	}
	assert(end.why.code != FERRY_OK);
	failed = word_of(end.why.code) == FERRY_PULL_SAID_FAILED;
	if (failed && want->failure.code == FERRY_OK)
		want->failure = end.why;
	if (word_of(end.why.code) == FERRY_PULL_SAID_ABSENT ||
	    (failed && is_public(want->up))) {
		want->tried++;
		wants->settled = UINT64_MAX;
		return begin_want(want, run, &end.why, err);
	}
	end_want(want, word_of(end.why.code), end.why.text);
	return 0;
}

/* It is right, and here, but not durable yet: those who take what comes have all
 * of it, or can have. */
static void
answer_early(struct ferry_wants *wants, struct want *want)
{
	struct ferry_pull_said grown = { .word = FERRY_PULL_SAID_GROWS,
		.size = want->size };

	for (size_t i = 0; i < want->waiters_n; i++) {
		struct waiter *w = &want->waiters[i];

		grown.id = w->id;
		if (!w->streams || w->done ||
		    (w->told == 0 && (want->fd == -1 ||
					 !ferry_pull_socket_hint(wants->socket,
					     w->conn, &grown, want->fd))))
			continue;
		want->said.id = w->id;
		ferry_pull_socket_say(wants->socket, w->conn, &want->said);
		w->done = true;
	}
	drop_little(want);
}

/* Tell everybody who waits for it, and forget it. */
static void
answer_want(struct ferry_wants *wants, struct want **p)
{
	struct want *want = *p;
	char item[4 * FERRY_PULL_NAME];

	wants->counts.here += want->said.word == FERRY_PULL_SAID_HERE;
	wants->counts.absent += want->said.word == FERRY_PULL_SAID_ABSENT;
	wants->counts.refused += want->said.word == FERRY_PULL_SAID_REFUSED;
	wants->counts.failed += want->said.word == FERRY_PULL_SAID_FAILED;
	if (want->said.word == FERRY_PULL_SAID_ABSENT)
		ferry_absents_add(&wants->absent, &want->ask, want->said.text);
	if (want->said.word == FERRY_PULL_SAID_REFUSED) {
		name_want(want, item, sizeof(item));
		ferry_refused_note(&wants->refused, item, want->said.text);
	}
	for (size_t i = 0; i < want->waiters_n; i++) {
		if (want->waiters[i].done)
			continue;
		want->said.id = want->waiters[i].id;
		ferry_pull_socket_say(
		    wants->socket, want->waiters[i].conn, &want->said);
	}
	wants->waiters_n -= want->waiters_n;
	if ((*p = want->next) == NULL)
		wants->last = p;
	drop_little(want);
	free(want->waiters);
	free(want);
}

static void
answer_ended(struct ferry_wants *wants)
{

	for (struct want **p = &wants->first; *p != NULL;)
		if ((*p)->ended)
			answer_want(wants, p);
		else
			p = &(*p)->next;
}

int
ferry_wants_settle(
    struct ferry_wants *wants, struct ferry_run *run, struct ferry_error *err)
{
	bool ended = false;

	if (wants->settled == run->settled)
		return 0;
	wants->settled = run->settled;
	for (struct want *want = wants->first; want != NULL;
	     want = want->next) {
		if (want->up != NULL && !want->ended &&
		    look_at(wants, want, run, err) == -1)
			return -1;
		if (want->ended && want->said.word == FERRY_PULL_SAID_HERE)
			answer_early(wants, want);
		ended = ended || want->ended;
	}
	if (!ended)
		return 0;
	if (ferry_store_pending(run->st) > 0 &&
	    ferry_store_commit_soon(run->st, err) == -1)
		return -1;
	answer_ended(wants);
	return 0;
}

void
ferry_wants_put_back(struct ferry_wants *wants)
{

	for (struct want *want = wants->first; want != NULL;
	     want = want->next) {
		drop_little(want);
		tell_growth(wants, want, 0, NULL);
		want->up = NULL;
		want->failure = (struct ferry_error)FERRY_ERROR_INIT;
		want->tried = 0;
		want->ended = false;
	}
	wants->settled = UINT64_MAX;
}

void
ferry_wants_fail(struct ferry_wants *wants, const struct ferry_error *why)
{

	for (struct want *want = wants->first; want != NULL; want = want->next)
		end_want(want, FERRY_PULL_SAID_FAILED, why->text);
	answer_ended(wants);
}
