#include "serve/replay/npm/packument.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/error.h"
#include "store/base/json_span.h"
#include "store/format/semver/semver.h"

static const char *const abbreviated[] = { "name", "version", "dist",
	"dependencies", "optionalDependencies", "devDependencies",
	"peerDependencies", "peerDependenciesMeta", "bundleDependencies",
	"bundledDependencies", "acceptDependencies", "bin", "directories",
	"engines", "os", "cpu", "libc", "deprecated", "hasInstallScript",
	"_hasShrinkwrap", "funding" };

/* Keeps the first failure, so that writing reads as what is written. */
struct writer {
	struct ferry_buf *out;
	struct ferry_error *err;
	int rc;
	const char *name;
	const char *base;
	enum ferry_npm_form form;
	/* Held and in upstream's document; sorted by bytes. */
	struct ferry_bytes *shown;
	size_t shown_n;
	struct ferry_bytes latest; /* one of shown */
};

int
ferry_npm_held_add(
    struct ferry_npm_held *held, const char *version, struct ferry_error *err)
{

	if (ferry_array_grow(&held->list, &held->cap, held->n + 1,
		sizeof(*held->list), err) == -1 ||
	    ferry_strdup(&held->list[held->n], version, err) == -1)
		return -1;
	held->n++;
	return 0;
}

void
ferry_npm_held_free(struct ferry_npm_held *held)
{

	for (size_t i = 0; i < held->n; i++)
		free(held->list[i]);
	free(held->list);
	*held = (struct ferry_npm_held){ 0 };
}

static void
put(struct writer *w, struct ferry_bytes s)
{

	if (w->rc == 0)
		w->rc = ferry_buf_add(w->out, s.p, s.n, w->err);
}

static void
puts_(struct writer *w, const char *s)
{

	put(w, ferry_bytes_str(s));
}

/* As part of a URL inside a JSON string: neither quotes nor escapes remain. */
static void
put_url(struct writer *w, struct ferry_bytes s)
{
	static const char plain[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "0123456789-._~@+/!'()*";
	size_t from = 0;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] != 0 && strchr(plain, s.p[i]) != NULL)
			continue;
		put(w, ferry_bytes_of(s.p + from, i - from));
		from = i + 1;
		if (w->rc == 0)
			w->rc =
			    ferry_buf_addf(w->out, w->err, "%%%02X", s.p[i]);
	}
	put(w, ferry_bytes_of(s.p + from, s.n - from));
}

static int
compare(const void *a, const void *b)
{

	return ferry_bytes_cmp(
	    *(const struct ferry_bytes *)a, *(const struct ferry_bytes *)b);
}

static bool
is_shown(const struct writer *w, struct ferry_bytes version)
{

	return bsearch(&version, w->shown, w->shown_n, sizeof(*w->shown),
		   compare) != NULL;
}

/* Names may be written with escapes. */
static bool
named(const struct ferry_span_iter *it, const char *name)
{

	return ferry_span_is(it->name, ferry_bytes_str(name));
}

/* What a JSON string says, if it needs no decoding (no version does). */
static struct ferry_bytes
plain_string(struct ferry_bytes value)
{

	if (ferry_span_type(value) != FERRY_SPAN_STRING ||
	    memchr(value.p, '\\', value.n) != NULL)
		return ferry_bytes_str("");
	return ferry_bytes_of(value.p + 1, value.n - 2);
}

/* The highest of shown, releases before pre-releases. */
static struct ferry_bytes
highest(const struct writer *w)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_bytes best = w->shown[0];
	struct ferry_semver top, v;
	bool found = false;

	for (size_t i = 0; i < w->shown_n; i++) {
		if (ferry_semver_parse(
			&v, w->shown[i], FERRY_SEMVER_LOOSE, &ignored) == -1)
			continue;
		if (!found || (top.pre.n > 0 && v.pre.n == 0) ||
		    ((top.pre.n > 0) == (v.pre.n > 0) &&
			ferry_semver_cmp(&v, &top) > 0)) {
			found = true;
			best = w->shown[i];
			top = v;
		}
	}
	return best;
}

/* Which of upstream's versions are held, and what "latest" is. */
static int
choose(struct writer *w, struct ferry_bytes root,
    const struct ferry_npm_held *held)
{
	struct ferry_bytes versions, tags, latest;
	struct ferry_span_iter it;

	if (ferry_span_type(root) != FERRY_SPAN_OBJECT ||
	    !ferry_span_get(root, "versions", &versions))
		return ferry_error_set(
		    w->err, FERRY_EFORMAT, "this is not a packument");
	if (held->n == 0)
		return 0;
	if (ferry_calloc(&w->shown, held->n, sizeof(*w->shown), w->err) == -1)
		return -1;
	/* held is sorted: mark by looking each of upstream's up in it. */
	ferry_span_iter(&it, versions);
	while (ferry_span_next(&it) && w->shown_n < held->n) {
		size_t low = 0, high = held->n;

		while (low < high) {
			size_t mid = low + (high - low) / 2;
			int c = ferry_bytes_cmp(
			    ferry_bytes_str(held->list[mid]), it.name);

			if (c == 0) {
				w->shown[w->shown_n++] = it.name;
				break;
			}
			if (c < 0)
				low = mid + 1;
			else
				high = mid;
		}
	}
	if (w->shown_n == 0)
		return 0;
	qsort(w->shown, w->shown_n, sizeof(*w->shown), compare);
	if (ferry_span_get(root, "dist-tags", &tags) &&
	    ferry_span_get(tags, "latest", &latest) &&
	    is_shown(w, plain_string(latest)))
		w->latest = plain_string(latest);
	else
		w->latest = highest(w);
	return 1;
}

static void
put_tags(struct writer *w, struct ferry_bytes tags)
{
	const char *comma = "";
	struct ferry_span_iter it;
	bool latest = false;

	puts_(w, "{");
	ferry_span_iter(&it, tags);
	while (ferry_span_next(&it)) {
		if (named(&it, "latest")) {
			latest = true;
			puts_(w, comma);
			puts_(w, "\"latest\":\"");
			put(w, w->latest);
			puts_(w, "\"");
		} else if (is_shown(w, plain_string(it.value))) {
			puts_(w, comma);
			put(w, it.whole);
		} else {
			continue;
		}
		comma = ",";
	}
	if (!latest) {
		puts_(w, comma);
		puts_(w, "\"latest\":\"");
		put(w, w->latest);
		puts_(w, "\"");
	}
	puts_(w, "}");
}

static void
put_time(struct writer *w, struct ferry_bytes times)
{
	const char *comma = "";
	struct ferry_span_iter it;

	puts_(w, "{");
	ferry_span_iter(&it, times);
	while (ferry_span_next(&it)) {
		/* Besides versions there are "created", "modified" and such. */
		if (it.name.n > 0 && isdigit(it.name.p[0]) &&
		    !is_shown(w, it.name))
			continue;
		puts_(w, comma);
		put(w, it.whole);
		comma = ",";
	}
	puts_(w, "}");
}

static void
put_attestations(
    struct writer *w, struct ferry_bytes value, struct ferry_bytes version)
{
	const char *comma = "";
	struct ferry_span_iter it;

	puts_(w, "{");
	ferry_span_iter(&it, value);
	while (ferry_span_next(&it)) {
		puts_(w, comma);
		comma = ",";
		if (!named(&it, "url")) {
			put(w, it.whole);
			continue;
		}
		puts_(w, "\"url\":\"");
		puts_(w, w->base);
		puts_(w, "-/npm/v1/attestations/");
		for (const char *p = w->name; *p != 0; p++)
			if (*p == '/')
				puts_(w, "%2f");
			else
				put_url(w, ferry_bytes_of(p, 1));
		puts_(w, "@");
		put_url(w, version);
		puts_(w, "\"");
	}
	puts_(w, "}");
}

static void
put_dist(struct writer *w, struct ferry_bytes dist, struct ferry_bytes version)
{
	const char *slash = strchr(w->name, '/'), *comma = "";
	struct ferry_span_iter it;

	puts_(w, "\"dist\":{");
	ferry_span_iter(&it, dist);
	while (ferry_span_next(&it)) {
		puts_(w, comma);
		comma = ",";
		if (named(&it, "tarball")) {
			puts_(w, "\"tarball\":\"");
			puts_(w, w->base);
			put_url(w, ferry_bytes_str(w->name));
			puts_(w, "/-/");
			put_url(w, ferry_bytes_str(
				       slash == NULL ? w->name : slash + 1));
			puts_(w, "-");
			put_url(w, version);
			puts_(w, ".tgz\"");
		} else if (named(&it, "attestations") &&
			   ferry_span_type(it.value) == FERRY_SPAN_OBJECT) {
			puts_(w, "\"attestations\":");
			put_attestations(w, it.value, version);
		} else {
			put(w, it.whole);
		}
	}
	puts_(w, "}");
}

static bool
in_abbreviated(struct ferry_bytes name)
{

	for (size_t i = 0; i < sizeof(abbreviated) / sizeof(abbreviated[0]);
	     i++)
		if (ferry_span_is(name, ferry_bytes_str(abbreviated[i])))
			return true;
	return false;
}

static bool
installs(struct ferry_bytes scripts)
{
	struct ferry_bytes script;

	return ferry_span_get(scripts, "install", &script) ||
	       ferry_span_get(scripts, "preinstall", &script) ||
	       ferry_span_get(scripts, "postinstall", &script);
}

static void
put_version(
    struct writer *w, struct ferry_bytes value, struct ferry_bytes version)
{
	bool short_form = w->form == FERRY_NPM_ABBREVIATED, script = false,
	     said = false;
	const char *comma = "";
	struct ferry_span_iter it;

	puts_(w, "{");
	ferry_span_iter(&it, value);
	while (ferry_span_next(&it)) {
		if (short_form && named(&it, "scripts"))
			script = installs(it.value);
		if (short_form && !in_abbreviated(it.name))
			continue;
		if (named(&it, "hasInstallScript"))
			said = true;
		puts_(w, comma);
		comma = ",";
		if (named(&it, "dist") &&
		    ferry_span_type(it.value) == FERRY_SPAN_OBJECT)
			put_dist(w, it.value, version);
		else
			put(w, it.whole);
	}
	if (script && !said) {
		puts_(w, comma);
		puts_(w, "\"hasInstallScript\":true");
	}
	puts_(w, "}");
}

static void
put_versions(struct writer *w, struct ferry_bytes versions)
{
	const char *comma = "";
	struct ferry_span_iter it;

	puts_(w, "{");
	ferry_span_iter(&it, versions);
	while (ferry_span_next(&it)) {
		if (!is_shown(w, it.name))
			continue;
		puts_(w, comma);
		comma = ",";
		puts_(w, "\"");
		put(w, it.name);
		puts_(w, "\":");
		put_version(w, it.value, it.name);
	}
	puts_(w, "}");
}

static void
put_full(struct writer *w, struct ferry_bytes root)
{
	const char *comma = "";
	struct ferry_span_iter it;
	bool tags = false;

	puts_(w, "{");
	ferry_span_iter(&it, root);
	while (ferry_span_next(&it)) {
		puts_(w, comma);
		comma = ",";
		if (named(&it, "dist-tags")) {
			puts_(w, "\"dist-tags\":");
			put_tags(w, it.value);
			tags = true;
		} else if (named(&it, "versions")) {
			puts_(w, "\"versions\":");
			put_versions(w, it.value);
		} else if (named(&it, "time")) {
			puts_(w, "\"time\":");
			put_time(w, it.value);
		} else {
			put(w, it.whole);
		}
	}
	if (!tags) {
		puts_(w, ",\"dist-tags\":");
		put_tags(w, ferry_bytes_str(""));
	}
	puts_(w, "}");
}

static void
put_abbreviated(struct writer *w, struct ferry_bytes root)
{
	struct ferry_bytes value;

	puts_(w, "{\"name\":");
	if (w->rc == 0)
		w->rc =
		    ferry_span_quote(w->out, ferry_bytes_str(w->name), w->err);
	/* Upstream's own time: a fresh one makes pnpm ask for the full form. */
	if ((ferry_span_get(root, "time", &value) &&
		ferry_span_get(value, "modified", &value)) ||
	    ferry_span_get(root, "modified", &value)) {
		puts_(w, ",\"modified\":");
		put(w, value);
	}
	puts_(w, ",\"dist-tags\":");
	if (!ferry_span_get(root, "dist-tags", &value))
		value = ferry_bytes_str("");
	put_tags(w, value);
	puts_(w, ",\"versions\":");
	if (ferry_span_get(root, "versions", &value))
		put_versions(w, value);
	puts_(w, "}");
}

int
ferry_npm_document(struct ferry_buf *out, struct ferry_bytes upstream,
    const char *name, const struct ferry_npm_held *held,
    enum ferry_npm_form form, const char *base, struct ferry_error *err)
{
	struct writer w = {
		.out = out, .err = err, .name = name, .base = base, .form = form
	};
	struct ferry_bytes root;
	int rc = -1;

	if (ferry_span_check(upstream, &root, err) == -1)
		goto out;
	if ((rc = choose(&w, root, held)) != 1)
		goto out;
	rc = -1;
	if (ferry_buf_reserve(out, upstream.n, err) == -1)
		goto out;
	if (form == FERRY_NPM_FULL)
		put_full(&w, root);
	else
		put_abbreviated(&w, root);
	rc = w.rc == 0 ? 1 : -1;
out:
	if (rc == -1)
		ferry_error_in(err, "the packument of %s", name);
	free(w.shown);
	return rc;
}

int
ferry_npm_latest(struct ferry_buf *out, struct ferry_bytes root,
    const struct ferry_npm_held *held, struct ferry_error *err)
{
	struct writer w = { .err = err };
	int rc = choose(&w, root, held);

	if (rc == 1 && ferry_buf_add(out, w.latest.p, w.latest.n, err) == -1)
		rc = -1;
	free(w.shown);
	return rc;
}
