#include "sync/permissions/diff.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/access/rules.h"
#include "store/access/snapshot_write.h"
#include "store/base/json.h"
#include "sync/permissions/describe.h"

struct compare {
	struct ferry_describe before, after;
	const struct ferry_snapshot_meta
	    *was; /* what counted before, or NULL */
	ferry_on_change *on_change;
	void *ctx;
};

/* Facts */

/* A text's lines, sorted; views into it. */
struct lines {
	struct ferry_bytes *v;
	size_t n, cap;
};

static int
by_bytes(const void *a, const void *b)
{

	return ferry_bytes_cmp(
	    *(const struct ferry_bytes *)a, *(const struct ferry_bytes *)b);
}

static int
split(struct lines *out, struct ferry_bytes text, struct ferry_error *err)
{
	struct ferry_bytes line;

	while (ferry_bytes_line(&text, &line)) {
		if (ferry_array_grow(&out->v, &out->cap, out->n + 1,
			sizeof(*out->v), err) == -1)
			return -1;
		if (line.n > 0)
			out->v[out->n++] = line;
	}
	if (out->n > 0)
		qsort(out->v, out->n, sizeof(*out->v), by_bytes);
	return 0;
}

static int
fact(const struct compare *c, char sign, struct ferry_bytes line,
    struct ferry_error *err)
{
	const struct ferry_describe *describe =
	    sign == '-' ? &c->before : &c->after;
	struct ferry_buf text = FERRY_BUF_INIT;
	json_t *record = NULL;
	int rc = -1;

	if (ferry_json_parse(&record, line, "a record", err) == 0 &&
	    (rc = ferry_describe_record(describe, record, &text, err)) == 1)
		rc = c->on_change(c->ctx, sign, (char *)text.p, record, err);
	ferry_buf_free(&text);
	json_decref(record);
	return rc == -1 ? -1 : 0;
}

static int
facts(const struct compare *c, struct ferry_bytes before,
    struct ferry_bytes after, struct ferry_error *err)
{
	struct lines a = { .n = 0 }, b = { .n = 0 };
	size_t i = 0, k = 0;
	int rc = -1, order;

	if (split(&a, before, err) == -1 || split(&b, after, err) == -1)
		goto out;
	while (i < a.n || k < b.n) {
		order = i == a.n   ? 1
		        : k == b.n ? -1
		                   : ferry_bytes_cmp(a.v[i], b.v[k]);
		if (order < 0 && fact(c, '-', a.v[i], err) == -1)
			goto out;
		if (order > 0 && fact(c, '+', b.v[k], err) == -1)
			goto out;
		i += order <= 0;
		k += order >= 0;
	}
	rc = 0;
out:
	free(a.v);
	free(b.v);
	return rc;
}

/* What they mean */

static enum ferry_role
role_in(const struct ferry_snapshot *s, uint64_t user,
    const struct ferry_snapshot_package *p)
{
	struct ferry_claim claim = { .kind = FERRY_CLAIM_USER,
		.scopes = FERRY_SCOPE_READ,
		.user = user };
	struct ferry_ask ask = {
		.type = p->type, .name = p->name, .need = FERRY_NEED_READ
	};
	struct ferry_ruling_result result;
	size_t n;

	if (s == NULL || ferry_snapshot_user(s, user) == NULL)
		return FERRY_NO_ROLE;
	n = strlen(ferry_snapshot_meta(s)->realm);
	if (n >= sizeof(claim.realm))
		return FERRY_NO_ROLE;
	memcpy(claim.realm, ferry_snapshot_meta(s)->realm, n + 1);
	ferry_rules(s, &claim, &ask, &result, NULL, NULL);
	return result.ruling == FERRY_RULING_ALLOW ? result.role
	                                           : FERRY_NO_ROLE;
}

static int
meaning(const struct compare *c, const struct ferry_snapshot_user *u,
    const struct ferry_snapshot_package *p, struct ferry_error *err)
{
	/* Before there was a snapshot everybody read what was public. */
	bool open = c->before.s == NULL && c->was != NULL && !c->was->github &&
	            c->was->visibility == FERRY_PUBLIC;
	enum ferry_role was =
	    open ? FERRY_READ : role_in(c->before.s, u->id, p);
	enum ferry_role is = role_in(c->after.s, u->id, p);
	struct ferry_buf text = FERRY_BUF_INIT;
	int rc;

	if (was == is)
		return 0;
	if (is == FERRY_NO_ROLE)
		rc = ferry_buf_addf(&text, err, "%s: loses %s on %s %s",
		    u->login, ferry_role_name(was), p->type, p->name);
	else if (was == FERRY_NO_ROLE)
		rc = ferry_buf_addf(&text, err, "%s: gains %s on %s %s",
		    u->login, ferry_role_name(is), p->type, p->name);
	else
		rc = ferry_buf_addf(&text, err, "%s: %s instead of %s on %s %s",
		    u->login, ferry_role_name(is), ferry_role_name(was),
		    p->type, p->name);
	if (rc == 0)
		rc = c->on_change(c->ctx, '=', (char *)text.p, NULL, err);
	ferry_buf_free(&text);
	return rc;
}

static size_t
users(const struct ferry_snapshot *s)
{

	return s == NULL ? 0 : ferry_snapshot_users(s);
}

static size_t
packages(const struct ferry_snapshot *s)
{

	return s == NULL ? 0 : ferry_snapshot_packages(s);
}

/* Every user of one, with every package of one; of the second what the first
 * has not. */
static int
meanings(const struct compare *c, struct ferry_error *err)
{
	const struct ferry_snapshot *s[2] = { c->before.s, c->after.s };

	for (int i = 0; i < 2; i++)
		for (size_t u = 0; u < users(s[i]); u++) {
			const struct ferry_snapshot_user *user =
			    ferry_snapshot_user_at(s[i], u);

			if (i == 1 && s[0] != NULL &&
			    ferry_snapshot_user(s[0], user->id) != NULL)
				continue;
			for (int k = 0; k < 2; k++)
				for (size_t p = 0; p < packages(s[k]); p++) {
					const struct ferry_snapshot_package *
					    package = ferry_snapshot_package_at(
						s[k], p);

					if (k == 1 && s[0] != NULL &&
					    ferry_snapshot_package(s[0],
						package->type,
						package->name) != NULL)
						continue;
					if (meaning(c, user, package, err) ==
					    -1)
						return -1;
				}
		}
	return 0;
}

/* What holds for all packages of an upstream */

static const char *
state(const struct ferry_snapshot_meta *m)
{

	return m->github ? "for whom GitHub lets read them"
	                 : ferry_visibility_name(m->visibility);
}

static int
say(const struct compare *c, struct ferry_error *err, const char *fmt, ...)
{
	char text[1000];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return c->on_change(c->ctx, '=', text, NULL, err);
}

static int
upstream_meaning(const struct compare *c, const struct ferry_snapshot_meta *is,
    struct ferry_error *err)
{
	const struct ferry_snapshot_meta *was = c->was;

	if (was == NULL)
		return 0;
	if (strcmp(state(was), state(is)) != 0 &&
	    say(c, err, "packages of upstream %s are %s instead of %s",
		is->upstream, state(is), state(was)) == -1)
		return -1;
	if (was->private_mode != is->private_mode &&
	    say(c, err, "without a token %s of upstream %s is read%s",
		is->private_mode ? "nothing" : "what is public", is->upstream,
		is->private_mode ? " any more" : "") == -1)
		return -1;
	return strcmp(was->realm, is->realm) == 0 || c->before.s == NULL
	           ? 0
	           : say(c, err,
			 "users of upstream %s are those of %s instead of %s",
			 is->upstream, is->realm, was->realm);
}

int
ferry_access_compare(struct ferry_bytes before,
    const struct ferry_snapshot_meta *otherwise, struct ferry_bytes after,
    ferry_on_change *on_change, void *ctx, bool *decided,
    struct ferry_error *err)
{
	struct compare c = { .on_change = on_change, .ctx = ctx };
	uint64_t decisions;
	int rc = -1;

	if (ferry_describe_new(&c.before, before, err) == -1 ||
	    ferry_describe_new(&c.after, after, err) == -1)
		goto out;
	decisions = (uint64_t)(users(c.before.s) + users(c.after.s)) *
	            (packages(c.before.s) + packages(c.after.s));
	*decided = decisions <= FERRY_DIFF_DECISIONS;
	c.was =
	    c.before.s != NULL ? ferry_snapshot_meta(c.before.s) : otherwise;
	if ((c.after.s != NULL &&
		upstream_meaning(&c, ferry_snapshot_meta(c.after.s), err) ==
		    -1) ||
	    (*decided && meanings(&c, err) == -1))
		goto out;
	rc = facts(&c, before, after, err);
out:
	ferry_describe_free(&c.before);
	ferry_describe_free(&c.after);
	return rc;
}
