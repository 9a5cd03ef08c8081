#include "sync/permissions/compile.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "store/access/people.h"
#include "store/access/snapshot_write.h"
#include "store/access/snapshots.h"
#include "store/base/clock.h"
#include "store/base/json.h"
#include "store/catalog/catalog.h"
#include "sync/permissions/operator_file.h"

/* One snapshot under way. */
struct work {
	const struct ferry_compile *compile;
	const char *upstream;
	struct ferry_snapshot_writer writer;
	const struct ferry_operator_github *github; /* or NULL */
};

struct meta {
	const char *realm;
	bool github, private_mode;
	const char *visibility; /* of a plain registry */
	int64_t taken_at;
};

static int
add_meta(struct work *w, const struct meta *m, struct ferry_error *err)
{
	uint64_t here = 0;
	int64_t ignored;
	json_t *o;

	if (ferry_snapshots_times(
		w->compile->st, w->upstream, &here, &ignored, err) == -1)
		return -1;
	o = json_pack("{s:s,s:s,s:s,s:b,s:b,s:s*,s:I,s:I}", "kind", "meta",
	    "upstream", w->upstream, "realm", m->realm, "github", m->github,
	    "private_mode", m->private_mode, "visibility", m->visibility,
	    "taken_at", (json_int_t)m->taken_at, "generation",
	    (json_int_t)here + 1);
	return ferry_snapshot_add(&w->writer, o, err);
}

static int
put(struct work *w, struct ferry_error *err)
{
	struct ferry_buf text = FERRY_BUF_INIT;
	int rc = ferry_snapshot_text(&w->writer, &text, err);

	if (rc == 0)
		rc = ferry_snapshots_put(
		    w->compile->st, w->upstream, ferry_bytes_buf(&text), err);
	ferry_buf_free(&text);
	return rc;
}

static int
on_record(void *ctx, json_t *record, struct ferry_error *err)
{
	struct work *w = ctx;

	return ferry_snapshot_add(&w->writer, record, err);
}

static void
on_mistake(void *ctx, const struct ferry_error *mistake)
{
	const struct work *w = ctx;

	w->compile->on_mistake(w->compile->ctx, mistake);
}

/* GitHub */

static json_t *
by_number(json_t *map, const json_t *record, const char *member)
{
	char key[24];

	(void)snprintf(key, sizeof(key), "%" JSON_INTEGER_FORMAT,
	    json_integer_value(json_object_get(record, member)));
	return json_object_get(map, key);
}

/* Whether a package with permissions of its own inherits: no API tells. */
static int
set_inherits(const struct work *w, json_t *record, struct ferry_error *err)
{
	const char *word = "unknown", *how = NULL;
	json_t *on;

	(void)json_object_del(record, "how");
	if (w->github != NULL) {
		on = by_number(w->github->inherits, record, "id");
		if (on != NULL) {
			word = json_is_true(on) ? "yes" : "no";
			how = "operator";
		} else if (json_object_get(record, "repo") != NULL &&
			   by_number(w->github->assume, record, "owner") !=
			       NULL) {
			word = "yes";
			how = "assumed";
		}
	}
	if (how != NULL &&
	    ferry_json_set(record, "how", json_string(how), err) == -1)
		return -1;
	return ferry_json_set(record, "inherits", json_string(word), err);
}

/* What is the API's own: no operator's word of an earlier time stays. */
static int
on_fact(void *ctx, const char *kind, json_t *record, struct ferry_error *err)
{
	static const char *const others[] = { "meta", "operator",
		"package_grant", "actions_access", "name_grant" };
	struct work *w = ctx;

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (strcmp(kind, others[i]) == 0)
			return 0;
	if (strcmp(kind, "package") == 0 &&
	    json_is_true(json_object_get(record, "granular")) &&
	    set_inherits(w, record, err) == -1)
		return -1;
	return ferry_snapshot_add(&w->writer, json_incref(record), err);
}

/* The API's part alone, to look names up in. */
static int
read_facts(const struct ferry_compile *c, const char *upstream,
    struct ferry_bytes facts, const struct meta *m, struct ferry_snapshot **out,
    struct ferry_error *err)
{
	struct work w = { .compile = c, .upstream = upstream };
	struct ferry_buf text = FERRY_BUF_INIT;
	int rc = -1;

	if (ferry_snapshot_lines(facts, on_fact, &w, err) == 0 &&
	    add_meta(&w, m, err) == 0 &&
	    ferry_snapshot_text(&w.writer, &text, err) == 0)
		rc = ferry_snapshot_read(out, ferry_bytes_buf(&text), err);
	ferry_snapshot_writer_free(&w.writer);
	ferry_buf_free(&text);
	return rc;
}

int
ferry_compile_github(const struct ferry_compile *c, const char *upstream,
    struct ferry_bytes facts, int64_t taken_at, struct ferry_error *err)
{
	struct work w = { .compile = c, .upstream = upstream };
	const struct ferry_operator_sink sink = { &w, on_record, on_mistake };
	struct ferry_operator_github g = { .private_mode = false };
	struct meta m = { upstream, true, false, NULL, taken_at };
	struct ferry_snapshot *s = NULL;
	int rc = -1;

	if (c->op != NULL) {
		if (read_facts(c, upstream, facts, &m, &s, err) == -1 ||
		    ferry_operator_github(c->op, upstream, s, &sink, &g, err) ==
			-1)
			goto out;
		w.github = &g;
		m.private_mode = g.private_mode;
	}
	if (ferry_snapshot_lines(facts, on_fact, &w, err) == 0 &&
	    add_meta(&w, &m, err) == 0)
		rc = put(&w, err);
out:
	ferry_operator_github_clear(&g);
	ferry_snapshot_free(s);
	ferry_snapshot_writer_free(&w.writer);
	if (rc == -1)
		ferry_error_in(
		    err, "the permissions of upstream '%s'", upstream);
	return rc;
}

int
ferry_compile_again(const struct ferry_compile *c, const char *upstream,
    struct ferry_error *err)
{
	struct ferry_buf text = FERRY_BUF_INIT;
	uint64_t generation;
	int64_t taken_at = 0;
	int rc =
	    ferry_snapshots_times(c->st, upstream, &generation, &taken_at, err);

	if (rc == 1)
		rc = ferry_snapshots_text(
		    c->st, upstream, FERRY_SNAPSHOT_NOW, &text, err);
	if (rc == 0)
		rc = ferry_error_set(err, FERRY_ENOTFOUND,
		    "there is no permission snapshot of '%s' yet; 'ferry sync' "
		    "takes one",
		    upstream);
	else if (rc == 1)
		rc = ferry_compile_github(
		    c, upstream, ferry_bytes_buf(&text), taken_at, err);
	ferry_buf_free(&text);
	return rc;
}

/* Plain registries */

/* The snapshot whose users these are: 1; 0 if there is none; -1. */
static int
read_realm(const struct ferry_compile *c, struct ferry_snapshot **out,
    struct ferry_error *err)
{
	const char *realm = ferry_operator_realm(c->op);
	struct ferry_error mistake = FERRY_ERROR_INIT;
	struct ferry_buf text = FERRY_BUF_INIT;
	int rc;

	if (strcmp(realm, FERRY_REALM_LOCAL) == 0)
		return ferry_operator_has_users(c->op);
	rc = ferry_snapshots_text(c->st, realm, FERRY_SNAPSHOT_NOW, &text, err);
	if (rc == 1 &&
	    ferry_snapshot_read(out, ferry_bytes_buf(&text), err) == -1)
		rc = -1;
	if (rc == 0) {
		ferry_error_set(&mistake, FERRY_ENOTFOUND,
		    "there is no permission snapshot of realm '%s' yet", realm);
		c->on_mistake(c->ctx, &mistake);
	}
	ferry_buf_free(&text);
	return rc;
}

int
ferry_compile_plain(const struct ferry_compile *c, const char *upstream,
    const char *visibility, struct ferry_error *err)
{
	struct work w = { .compile = c, .upstream = upstream };
	const struct ferry_operator_sink sink = { &w, on_record, on_mistake };
	struct meta m = { FERRY_REALM_LOCAL, false, false, visibility,
		ferry_now() };
	struct ferry_snapshot *realm = NULL;
	uint64_t generation;
	int64_t taken_at;
	int rc = c->op == NULL ? 0 : read_realm(c, &realm, err), known = 0;

	if (rc == 1) {
		m.realm = ferry_operator_realm(c->op);
		rc = ferry_operator_plain(c->op, upstream, realm, &sink, err);
		known = 1;
	} else if (rc == 0) {
		known = ferry_snapshots_times(
		    c->st, upstream, &generation, &taken_at, err);
	}
	if (rc == -1 || known == -1)
		rc = -1;
	else if (known == 1)
		rc = add_meta(&w, &m, err) == -1 ? -1 : put(&w, err);
	ferry_snapshot_free(realm);
	ferry_snapshot_writer_free(&w.writer);
	if (rc == -1)
		ferry_error_in(
		    err, "the permissions of upstream '%s'", upstream);
	return rc;
}

/* The site's own */

static int
ignore_record(void *ctx, json_t *record, struct ferry_error *err)
{

	(void)ctx;
	(void)err;
	json_decref(record);
	return 0;
}

int
ferry_compile_site(const struct ferry_compile *c, struct ferry_error *err)
{
	const struct ferry_operator_sink sink = { c->ctx, ignore_record,
		c->on_mistake };
	struct ferry_snapshots *all = NULL;
	json_t *record = NULL;
	int rc = 0;

	if (c->op != NULL && (rc = ferry_snapshots_load(&all, c->st, err)) == 0)
		rc = ferry_operator_site(c->op, all, &sink, &record, err);
	ferry_snapshots_free(all);
	return rc == -1 ? -1 : ferry_people_put(c->st, record, err);
}
