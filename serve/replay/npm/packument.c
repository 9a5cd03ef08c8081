#include "serve/replay/npm/packument.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "serve/replay/held.h"
#include "store/base/clock.h"
#include "store/base/error.h"
#include "store/base/json_span.h"
#include "store/base/out.h"
#include "store/format/semver/semver.h"

static const char *const abbreviated[] = { "name", "version", "dist",
	"dependencies", "optionalDependencies", "devDependencies",
	"peerDependencies", "peerDependenciesMeta", "bundleDependencies",
	"bundledDependencies", "acceptDependencies", "bin", "directories",
	"engines", "os", "cpu", "libc", "deprecated", "hasInstallScript",
	"_hasShrinkwrap", "funding" };

/* The document to write. */
struct served {
	struct ferry_out out;
	const char *name;
	const char *base;
	enum ferry_npm_form form;
	/* Held and in upstream's document; sorted by name. */
	struct shown *shown;
	size_t shown_n;
	struct ferry_bytes latest; /* the name of one of shown */
};

/* A version; of duplicates in upstream's document the last. */
struct shown {
	struct ferry_bytes name; /* decoded */
	struct ferry_bytes value;
	int64_t seen_at;
	bool timed; /* upstream says when it was published */
};

/* As part of a URL inside a JSON string: neither quotes nor escapes remain. */
static void
put_url(struct ferry_out *out, struct ferry_bytes s)
{
	static const char plain[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "0123456789-._~@+/!'()*";
	size_t from = 0;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] != 0 && strchr(plain, s.p[i]) != NULL)
			continue;
		ferry_out_bytes(out, ferry_bytes_of(s.p + from, i - from));
		ferry_out_fmt(out, "%%%02X", s.p[i]);
		from = i + 1;
	}
	ferry_out_bytes(out, ferry_bytes_of(s.p + from, s.n - from));
}

static int
compare(const void *a, const void *b)
{

	return ferry_bytes_cmp(
	    ((const struct shown *)a)->name, ((const struct shown *)b)->name);
}

/* Raw text between quotes as a version: decoded into buf if it has escapes.
 * What cannot be decoded is none that anybody holds. */
static struct ferry_bytes
decoded(struct ferry_bytes raw, struct ferry_buf *buf)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;

	if (memchr(raw.p, '\\', raw.n) == NULL)
		return raw;
	ferry_buf_reset(buf);
	return ferry_span_unescape(buf, raw, &ignored) == -1
	           ? ferry_bytes_of("", 0)
	           : ferry_bytes_buf(buf);
}

/* The version that raw text between quotes names, or NULL. */
static struct shown *
find_shown(const struct served *d, struct ferry_bytes raw)
{
	struct ferry_buf buf = FERRY_BUF_INIT;
	struct shown key = { .name = decoded(raw, &buf) }, *found;

	found = bsearch(&key, d->shown, d->shown_n, sizeof(*d->shown), compare);
	ferry_buf_free(&buf);
	return found;
}

/* The same of a JSON value. */
static struct shown *
find_named(const struct served *d, struct ferry_bytes value)
{

	return ferry_span_type(value) != FERRY_SPAN_STRING
	           ? NULL
	           : find_shown(d, ferry_bytes_of(value.p + 1, value.n - 2));
}

/* Names may be written with escapes. */
static bool
named(const struct ferry_span_iter *it, const char *name)
{

	return ferry_span_is(it->name, ferry_bytes_str(name));
}

/* What is put in the place of a "latest" that is not shown: the highest of
 * shown up to that, else of all; releases before pre-releases. */
static struct ferry_bytes
highest(const struct served *d, const struct ferry_semver *up_to)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_bytes best = d->shown[0].name;
	struct ferry_semver top, v;
	bool found = false;

	for (size_t i = 0; i < d->shown_n; i++) {
		if (ferry_semver_parse(&v, d->shown[i].name, FERRY_SEMVER_LOOSE,
			&ignored) == -1 ||
		    (up_to != NULL && ferry_semver_cmp(&v, up_to) > 0))
			continue;
		if (!found || (top.pre.n > 0 && v.pre.n == 0) ||
		    ((top.pre.n > 0) == (v.pre.n > 0) &&
			ferry_semver_cmp(&v, &top) > 0)) {
			found = true;
			best = d->shown[i].name;
			top = v;
		}
	}
	return found || up_to == NULL ? best : highest(d, NULL);
}

/* The version that a tag names, if it can be read. */
static const struct ferry_semver *
tagged(struct ferry_semver *out, struct ferry_bytes tag)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;

	return tag.n >= 2 && ferry_semver_parse(out,
				 ferry_bytes_of(tag.p + 1, tag.n - 2),
				 FERRY_SEMVER_LOOSE, &ignored) == 0
	           ? out
	           : NULL;
}

/* Add the versions of upstream's that are held, sorted. */
static int
add_shown(struct served *d, struct ferry_bytes versions,
    const struct ferry_held *held, struct ferry_error *err)
{
	struct ferry_buf buf = FERRY_BUF_INIT;
	struct ferry_span_iter it;
	size_t *at;

	/* At which of shown a version of held is, and one more. */
	if (ferry_calloc(&d->shown, held->n, sizeof(*d->shown), err) == -1 ||
	    ferry_calloc(&at, held->n, sizeof(*at), err) == -1)
		return -1;
	ferry_span_iter(&it, versions);
	while (ferry_span_next(&it)) {
		const struct ferry_held_version *v =
		    ferry_held_find(held, decoded(it.name, &buf));

		if (v == NULL)
			continue;
		if (at[v - held->list] == 0)
			at[v - held->list] = ++d->shown_n;
		d->shown[at[v - held->list] - 1] =
		    (struct shown){ ferry_bytes_str(v->name), it.value,
			    v->seen_at, false };
	}
	free(at);
	ferry_buf_free(&buf);
	qsort(d->shown, d->shown_n, sizeof(*d->shown), compare);
	return 0;
}

/* Which of upstream's versions are held, and what "latest" is. */
static int
choose(struct served *d, struct ferry_bytes root, const struct ferry_held *held,
    struct ferry_error *err)
{
	struct ferry_bytes versions, tags, latest = ferry_bytes_of("", 0);
	const struct shown *named;
	struct ferry_semver top;

	if (held->n == 0 || !ferry_span_get(root, "versions", &versions))
		return 0;
	if (add_shown(d, versions, held, err) == -1)
		return -1;
	if (d->shown_n == 0)
		return 0;
	named = ferry_span_get(root, "dist-tags", &tags) &&
	                ferry_span_get(tags, "latest", &latest)
	            ? find_named(d, latest)
	            : NULL;
	d->latest =
	    named == NULL ? highest(d, tagged(&top, latest)) : named->name;
	return 1;
}

static void
put_latest(struct served *d, const char *comma)
{

	ferry_out_fmt(&d->out, "%s\"latest\":\"%.*s\"", comma, (int)d->latest.n,
	    (const char *)d->latest.p);
}

static void
put_tags(struct served *d, struct ferry_bytes tags)
{
	const char *comma = "";
	struct ferry_span_iter it;
	const struct shown *v;
	bool latest = false;

	ferry_out_str(&d->out, "{");
	ferry_span_iter(&it, tags);
	while (ferry_span_next(&it)) {
		if (named(&it, "latest")) {
			latest = true;
			put_latest(d, comma);
		} else if ((v = find_named(d, it.value)) != NULL) {
			ferry_out_fmt(&d->out, "%s\"%.*s\":\"%.*s\"", comma,
			    (int)it.name.n, (const char *)it.name.p,
			    (int)v->name.n, (const char *)v->name.p);
		} else {
			continue;
		}
		comma = ",";
	}
	if (!latest)
		put_latest(d, comma);
	ferry_out_str(&d->out, "}");
}

static void
put_one_time(
    struct served *d, const char *comma, struct ferry_bytes name, int64_t at)
{
	char text[FERRY_TIME_TEXT];

	ferry_out_fmt(&d->out, "%s\"%.*s\":\"%s\"", comma, (int)name.n,
	    (const char *)name.p, ferry_time_text(at, text));
}

/* Of what upstream gives no time of: when it was seen first. */
static void
put_own_times(struct served *d, const char *comma, bool created, bool modified)
{
	int64_t first = d->shown[0].seen_at, last = first;

	for (size_t i = 0; i < d->shown_n; i++) {
		const struct shown *v = &d->shown[i];

		first = v->seen_at < first ? v->seen_at : first;
		last = v->seen_at > last ? v->seen_at : last;
		if (v->timed)
			continue;
		put_one_time(d, comma, v->name, v->seen_at);
		comma = ",";
	}
	if (!created) {
		put_one_time(d, comma, ferry_bytes_str("created"), first);
		comma = ",";
	}
	if (!modified)
		put_one_time(d, comma, ferry_bytes_str("modified"), last);
}

/* When each version was published, as upstream says. */
static void
put_time(struct served *d, struct ferry_bytes times)
{
	bool created = false, modified = false;
	const char *comma = "";
	struct ferry_span_iter it;
	struct shown *v;

	ferry_out_str(&d->out, "{");
	ferry_span_iter(&it, times);
	while (ferry_span_next(&it)) {
		/* Besides versions there are "created", "modified" and such. */
		v = find_shown(d, it.name);
		if (v == NULL && it.name.n > 0 && isdigit(it.name.p[0]))
			continue;
		if (v != NULL && ferry_span_type(it.value) != FERRY_SPAN_STRING)
			continue;
		if (v != NULL)
			v->timed = true;
		created = created || named(&it, "created");
		modified = modified || named(&it, "modified");
		ferry_out_str(&d->out, comma);
		ferry_out_bytes(&d->out, it.whole);
		comma = ",";
	}
	put_own_times(d, comma, created, modified);
	ferry_out_str(&d->out, "}");
}

static void
put_attestations(
    struct served *d, struct ferry_bytes value, struct ferry_bytes version)
{
	struct ferry_out *out = &d->out;
	const char *comma = "";
	struct ferry_span_iter it;

	ferry_out_str(out, "{");
	ferry_span_iter(&it, value);
	for (; ferry_span_next(&it); comma = ",") {
		ferry_out_str(out, comma);
		if (!named(&it, "url")) {
			ferry_out_bytes(out, it.whole);
			continue;
		}
		ferry_out_fmt(
		    out, "\"url\":\"%s-/npm/v1/attestations/", d->base);
		for (const char *p = d->name; *p != 0; p++)
			if (*p == '/')
				ferry_out_str(out, "%2f");
			else
				put_url(out, ferry_bytes_of(p, 1));
		ferry_out_str(out, "@");
		put_url(out, version);
		ferry_out_str(out, "\"");
	}
	ferry_out_str(out, "}");
}

static void
put_dist(struct served *d, struct ferry_bytes dist, struct ferry_bytes version)
{
	const char *slash = strchr(d->name, '/'), *comma = "";
	struct ferry_out *out = &d->out;
	struct ferry_span_iter it;

	ferry_out_str(out, "\"dist\":{");
	ferry_span_iter(&it, dist);
	for (; ferry_span_next(&it); comma = ",") {
		ferry_out_str(out, comma);
		if (named(&it, "tarball")) {
			ferry_out_str(out, "\"tarball\":\"");
			ferry_out_str(out, d->base);
			put_url(out, ferry_bytes_str(d->name));
			ferry_out_str(out, "/-/");
			put_url(out, ferry_bytes_str(
					 slash == NULL ? d->name : slash + 1));
			ferry_out_str(out, "-");
			put_url(out, version);
			ferry_out_str(out, ".tgz\"");
		} else if (named(&it, "attestations") &&
			   ferry_span_type(it.value) == FERRY_SPAN_OBJECT) {
			ferry_out_str(out, "\"attestations\":");
			put_attestations(d, it.value, version);
		} else {
			ferry_out_bytes(out, it.whole);
		}
	}
	ferry_out_str(out, "}");
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
    struct served *d, struct ferry_bytes value, struct ferry_bytes version)
{
	bool short_form = d->form == FERRY_NPM_ABBREVIATED, script = false,
	     said = false;
	const char *comma = "";
	struct ferry_out *out = &d->out;
	struct ferry_span_iter it;

	ferry_out_str(out, "{");
	ferry_span_iter(&it, value);
	while (ferry_span_next(&it)) {
		if (short_form && named(&it, "scripts"))
			script = installs(it.value);
		if (short_form && !in_abbreviated(it.name))
			continue;
		if (named(&it, "hasInstallScript"))
			said = true;
		ferry_out_str(out, comma);
		comma = ",";
		if (named(&it, "dist") &&
		    ferry_span_type(it.value) == FERRY_SPAN_OBJECT)
			put_dist(d, it.value, version);
		else
			ferry_out_bytes(out, it.whole);
	}
	if (script && !said)
		ferry_out_fmt(out, "%s\"hasInstallScript\":true", comma);
	ferry_out_str(out, "}");
}

static void
put_versions(struct served *d, struct ferry_bytes versions)
{
	struct ferry_out *out = &d->out;
	const char *comma = "";
	const struct shown *v;
	struct ferry_span_iter it;

	ferry_out_str(out, "{");
	ferry_span_iter(&it, versions);
	while (ferry_span_next(&it)) {
		v = find_shown(d, it.name);
		if (v == NULL || v->value.p != it.value.p)
			continue;
		ferry_out_str(out, comma);
		ferry_out_str(out, "\"");
		ferry_out_bytes(out, v->name);
		ferry_out_str(out, "\":");
		put_version(d, v->value, v->name);
		comma = ",";
	}
	ferry_out_str(out, "}");
}

/* The last of upstream's members called name, or nothing. */
static struct ferry_bytes
member(struct ferry_bytes root, const char *name)
{
	struct ferry_bytes value;

	return ferry_span_get(root, name, &value) ? value
	                                          : ferry_bytes_of("", 0);
}

static void
put_full(struct served *d, struct ferry_bytes root)
{
	static const struct {
		const char *name;
		void (*put)(struct served *d, struct ferry_bytes value);
	} own[] = { { "dist-tags", put_tags }, { "versions", put_versions },
		{ "time", put_time } };
	struct ferry_out *out = &d->out;
	bool done[3] = { false, false, false };
	const char *comma = "";
	struct ferry_span_iter it;
	size_t i;

	ferry_out_str(out, "{");
	if (member(root, "name").n == 0) {
		ferry_out_str(out, "\"name\":");
		ferry_out_json(out, ferry_bytes_str(d->name));
		comma = ",";
	}
	ferry_span_iter(&it, root);
	for (; ferry_span_next(&it); comma = ",") {
		for (i = 0; i < 3 && !named(&it, own[i].name); i++)
			;
		if (i < 3 && done[i])
			continue;
		ferry_out_str(out, comma);
		if (i == 3) {
			ferry_out_bytes(out, it.whole);
			continue;
		}
		done[i] = true;
		ferry_out_fmt(out, "\"%s\":", own[i].name);
		own[i].put(d, member(root, own[i].name));
	}
	for (i = 0; i < 3; i++, comma = ",")
		if (!done[i]) {
			ferry_out_fmt(out, "%s\"%s\":", comma, own[i].name);
			own[i].put(d, member(root, own[i].name));
		}
	ferry_out_str(out, "}");
}

static void
put_abbreviated(struct served *d, struct ferry_bytes root)
{
	struct ferry_out *out = &d->out;
	struct ferry_bytes value;

	ferry_out_str(out, "{\"name\":");
	ferry_out_json(out, ferry_bytes_str(d->name));
	/* Upstream's own time: a fresh one makes pnpm ask for the full form. */
	if ((ferry_span_get(root, "time", &value) &&
		ferry_span_get(value, "modified", &value)) ||
	    ferry_span_get(root, "modified", &value)) {
		ferry_out_str(out, ",\"modified\":");
		ferry_out_bytes(out, value);
	}
	ferry_out_str(out, ",\"dist-tags\":");
	put_tags(d, member(root, "dist-tags"));
	ferry_out_str(out, ",\"versions\":");
	put_versions(d, member(root, "versions"));
	ferry_out_str(out, "}");
}

int
ferry_npm_document(struct ferry_buf *out, struct ferry_bytes upstream,
    const char *name, const struct ferry_held *held, enum ferry_npm_form form,
    const char *base, struct ferry_error *err)
{
	struct served d = { .name = name, .base = base, .form = form };
	struct ferry_bytes root;
	int rc = -1;

	if (ferry_span_check(upstream, &root, err) == -1)
		goto out;
	if ((rc = choose(&d, root, held, err)) != 1)
		goto out;
	rc = -1;
	if (ferry_buf_reserve(out, upstream.n, err) == -1)
		goto out;
	ferry_out_begin(&d.out, out);
	if (form == FERRY_NPM_FULL)
		put_full(&d, root);
	else
		put_abbreviated(&d, root);
	rc = ferry_out_end(&d.out, err) == -1 ? -1 : 1;
out:
	if (rc == -1)
		ferry_error_in(err, "the packument of %s", name);
	free(d.shown);
	return rc;
}

int
ferry_npm_latest(struct ferry_buf *out, struct ferry_bytes root,
    const struct ferry_held *held, struct ferry_error *err)
{
	struct served d = { .shown = NULL };
	int rc = choose(&d, root, held, err);

	if (rc == 1 && ferry_buf_add(out, d.latest.p, d.latest.n, err) == -1)
		rc = -1;
	free(d.shown);
	return rc;
}
