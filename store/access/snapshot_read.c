/* From the text of a snapshot to sorted arrays. */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "store/access/snapshot_internal.h"
#include "store/base/json.h"

#define NUMBER_MAX INT64_MAX
#define CHUNK 65536

/* A copy of s that lives as long as the snapshot. */
static int
keep(struct ferry_snapshot *s, const char *text, const char **out,
    struct ferry_error *err)
{
	size_t n = strlen(text) + 1, size = n > CHUNK ? n : CHUNK;
	struct ferry_snapshot_chunk *c = s->chunks;

	if (c == NULL || c->size - c->used < n) {
		if ((c = malloc(sizeof(*c) + size)) == NULL)
			return ferry_error_set(
			    err, FERRY_ENOMEM, "no memory for a snapshot");
		*c = (struct ferry_snapshot_chunk){ s->chunks, 0, size };
		s->chunks = c;
	}
	*out = memcpy(c->text + c->used, text, n);
	c->used += n;
	return 0;
}

static int
number(
    const json_t *o, const char *name, uint64_t *out, struct ferry_error *err)
{

	return ferry_json_u64(o, name, NUMBER_MAX, out, err);
}

static int
number_opt(
    const json_t *o, const char *name, uint64_t *out, struct ferry_error *err)
{

	return ferry_json_u64_opt(o, name, NUMBER_MAX, 0, out, err);
}

static int
flag(const json_t *o, const char *name, bool *out, struct ferry_error *err)
{
	const json_t *v = json_object_get(o, name);

	if (v != NULL && !json_is_boolean(v))
		return ferry_error_set(err, FERRY_EFORMAT,
		    "\"%s\" is neither true nor false", name);
	*out = json_is_true(v);
	return 0;
}

static int
text(struct ferry_snapshot *s, const json_t *o, const char *name,
    const char **out, struct ferry_error *err)
{
	const char *value;

	if (ferry_json_str(o, name, &value, err) == -1)
		return -1;
	return keep(s, value, out, err);
}

static int
role(const json_t *o, const char *name, enum ferry_role *out,
    struct ferry_error *err)
{
	const char *word;

	if (ferry_json_str(o, name, &word, err) == -1)
		return -1;
	if (ferry_role_parse(out, word) == -1)
		return ferry_error_set(err, FERRY_EFORMAT,
		    "\"%s\" is '%.40s'; expected none, read, write or admin",
		    name, word);
	return 0;
}

static int
visibility(const json_t *o, enum ferry_visibility *out, struct ferry_error *err)
{
	const char *word;

	if (ferry_json_str(o, "visibility", &word, err) == -1)
		return -1;
	if (ferry_visibility_parse(out, word) == -1)
		return ferry_error_set(err, FERRY_EFORMAT,
		    "\"visibility\" is '%.40s'; expected public, internal or "
		    "private",
		    word);
	return 0;
}

#define ADD(s, list, item, err)                                                \
	(ferry_array_grow(&(s)->list.v, &(s)->list.cap, (s)->list.n + 1,       \
	     sizeof((s)->list.v[0]), err) == -1                                \
		? -1                                                           \
		: ((s)->list.v[(s)->list.n++] = (item), 0))

static int
add_link(struct ferry_snapshot *s, enum ferry_link_kind kind, uint64_t a,
    uint64_t b, unsigned value, struct ferry_error *err)
{
	struct ferry_link link = { kind, value, a, b };

	return ADD(s, links, link, err);
}

static int
on_meta(struct ferry_snapshot *s, const json_t *o, struct ferry_error *err)
{
	struct ferry_snapshot_meta *m = &s->meta;
	uint64_t taken_at;

	if (s->has_meta)
		return ferry_error_set(
		    err, FERRY_EFORMAT, "there are two records \"meta\"");
	s->has_meta = true;
	if (text(s, o, "upstream", &m->upstream, err) == -1 ||
	    text(s, o, "realm", &m->realm, err) == -1 ||
	    flag(o, "github", &m->github, err) == -1 ||
	    flag(o, "private_mode", &m->private_mode, err) == -1 ||
	    number(o, "taken_at", &taken_at, err) == -1 ||
	    number(o, "generation", &m->generation, err) == -1)
		return -1;
	if (strcmp(m->realm, FERRY_REALM_SITE) == 0)
		return ferry_error_set(err, FERRY_EFORMAT,
		    "the realm '%s' is each site's own", m->realm);
	m->taken_at = (int64_t)taken_at;
	return m->github ? 0 : visibility(o, &m->visibility, err);
}

static int
on_user(struct ferry_snapshot *s, const json_t *o, struct ferry_error *err)
{
	struct ferry_snapshot_user u = { 0 };

	if (number(o, "id", &u.id, err) == -1 ||
	    text(s, o, "login", &u.login, err) == -1 ||
	    flag(o, "suspended", &u.suspended, err) == -1)
		return -1;
	return ADD(s, users, u, err);
}

static int
on_owner(struct ferry_snapshot *s, const json_t *o, struct ferry_error *err)
{
	struct ferry_snapshot_owner w = { 0 };

	if (number(o, "id", &w.id, err) == -1 ||
	    text(s, o, "login", &w.login, err) == -1 ||
	    flag(o, "organization", &w.organization, err) == -1 ||
	    number_opt(o, "enterprise", &w.enterprise, err) == -1 ||
	    role(o, "base", &w.base, err) == -1)
		return -1;
	return ADD(s, owners, w, err);
}

static int
on_member(struct ferry_snapshot *s, const json_t *o, struct ferry_error *err)
{
	static const char *const words[] = { "", "outside", "member", "owner" };
	uint64_t owner, user;
	const char *word;
	unsigned m = 1;

	if (number(o, "owner", &owner, err) == -1 ||
	    number(o, "user", &user, err) == -1 ||
	    ferry_json_str(o, "role", &word, err) == -1)
		return -1;
	while (m <= FERRY_OWNS && strcmp(words[m], word) != 0)
		m++;
	if (m > FERRY_OWNS)
		return ferry_error_set(err, FERRY_EFORMAT,
		    "\"role\" is '%.40s'; expected outside, member or owner",
		    word);
	return add_link(s, LINK_MEMBER, owner, user, m, err);
}

static int
on_enterprise(
    struct ferry_snapshot *s, const json_t *o, struct ferry_error *err)
{
	uint64_t enterprise, user;

	if (number(o, "enterprise", &enterprise, err) == -1 ||
	    number(o, "user", &user, err) == -1)
		return -1;
	return add_link(s, LINK_ENTERPRISE, enterprise, user, 1, err);
}

static int
on_team(struct ferry_snapshot *s, const json_t *o, struct ferry_error *err)
{
	struct ferry_snapshot_team t = { 0 };

	if (number(o, "id", &t.id, err) == -1 ||
	    number(o, "owner", &t.owner, err) == -1 ||
	    number_opt(o, "parent", &t.parent, err) == -1 ||
	    text(s, o, "slug", &t.slug, err) == -1)
		return -1;
	return ADD(s, teams, t, err);
}

static int
on_team_member(
    struct ferry_snapshot *s, const json_t *o, struct ferry_error *err)
{
	uint64_t team, user;

	if (number(o, "team", &team, err) == -1 ||
	    number(o, "user", &user, err) == -1)
		return -1;
	return add_link(s, LINK_TEAM_OF, user, team, 1, err);
}

static int
on_repo(struct ferry_snapshot *s, const json_t *o, struct ferry_error *err)
{
	struct ferry_snapshot_repo r = { 0 };

	if (number(o, "id", &r.id, err) == -1 ||
	    number(o, "owner", &r.owner, err) == -1 ||
	    text(s, o, "name", &r.name, err) == -1 ||
	    visibility(o, &r.visibility, err) == -1)
		return -1;
	return ADD(s, repos, r, err);
}

/* A grant of something to a user or a team. */
static int
grant(struct ferry_snapshot *s, const json_t *o, const char *what,
    enum ferry_link_kind user_kind, enum ferry_link_kind team_kind,
    struct ferry_error *err)
{
	bool to_team = json_object_get(o, "team") != NULL;
	enum ferry_role r = FERRY_NO_ROLE;
	uint64_t a, b;

	if (number(o, what, &a, err) == -1 ||
	    number(o, to_team ? "team" : "user", &b, err) == -1 ||
	    role(o, "role", &r, err) == -1)
		return -1;
	return add_link(s, to_team ? team_kind : user_kind, a, b, r, err);
}

static int
on_repo_grant(
    struct ferry_snapshot *s, const json_t *o, struct ferry_error *err)
{

	return grant(s, o, "repo", LINK_REPO_USER, LINK_REPO_TEAM, err);
}

static int
on_owner_grant(
    struct ferry_snapshot *s, const json_t *o, struct ferry_error *err)
{

	return grant(s, o, "owner", LINK_OWNER_USER, LINK_OWNER_TEAM, err);
}

static int
on_package_grant(
    struct ferry_snapshot *s, const json_t *o, struct ferry_error *err)
{

	return grant(
	    s, o, "package", LINK_PACKAGE_USER, LINK_PACKAGE_TEAM, err);
}

static int
on_package(struct ferry_snapshot *s, const json_t *o, struct ferry_error *err)
{
	static const char *const words[] = { "unknown", "no", "yes" };
	struct ferry_snapshot_package p = { 0 };
	const char *word;
	unsigned i = 0;

	if (number(o, "id", &p.id, err) == -1 ||
	    number(o, "owner", &p.owner, err) == -1 ||
	    number_opt(o, "repo", &p.repo, err) == -1 ||
	    text(s, o, "type", &p.type, err) == -1 ||
	    text(s, o, "name", &p.name, err) == -1 ||
	    visibility(o, &p.visibility, err) == -1 ||
	    flag(o, "granular", &p.granular, err) == -1 ||
	    ferry_json_str_opt(o, "inherits", "unknown", &word, err) == -1)
		return -1;
	while (i < 3 && strcmp(words[i], word) != 0)
		i++;
	if (i == 3)
		return ferry_error_set(err, FERRY_EFORMAT,
		    "\"inherits\" is '%.40s'; expected yes, no or unknown",
		    word);
	p.inherits = (enum ferry_inherits)i;
	return ADD(s, packages, p, err);
}

static int
on_actions(struct ferry_snapshot *s, const json_t *o, struct ferry_error *err)
{
	enum ferry_role r;
	uint64_t package, repo;

	if (number(o, "package", &package, err) == -1 ||
	    number(o, "repo", &repo, err) == -1 ||
	    role(o, "role", &r, err) == -1)
		return -1;
	return add_link(s, LINK_PACKAGE_REPO, package, repo, r, err);
}

static int
on_name_grant(
    struct ferry_snapshot *s, const json_t *o, struct ferry_error *err)
{
	struct ferry_name_grant g = { 0 };

	if (text(s, o, "type", &g.type, err) == -1 ||
	    text(s, o, "name", &g.pattern, err) == -1 ||
	    number(o, "user", &g.user, err) == -1 ||
	    role(o, "role", &g.role, err) == -1)
		return -1;
	return ADD(s, names, g, err);
}

/* For people: what could not be read, and who answers for the rest. */
static int
on_words(struct ferry_snapshot *s, const json_t *o, struct ferry_error *err)
{
	const char *text;

	(void)s;
	return ferry_json_str(o, "text", &text, err);
}

static const struct {
	const char *kind;
	int (*on)(
	    struct ferry_snapshot *s, const json_t *o, struct ferry_error *err);
} kinds[] = {
	{ "meta", on_meta },
	{ "user", on_user },
	{ "owner", on_owner },
	{ "member", on_member },
	{ "enterprise_member", on_enterprise },
	{ "team", on_team },
	{ "team_member", on_team_member },
	{ "repo", on_repo },
	{ "repo_grant", on_repo_grant },
	{ "owner_grant", on_owner_grant },
	{ "package", on_package },
	{ "package_grant", on_package_grant },
	{ "actions_access", on_actions },
	{ "name_grant", on_name_grant },
	{ "note", on_words },
	{ "operator", on_words },
};

static int
read_line(
    struct ferry_snapshot *s, struct ferry_bytes line, struct ferry_error *err)
{
	json_t *o = NULL;
	const char *kind;
	int rc = -1;

	if (line.n > FERRY_SNAPSHOT_LINE)
		return ferry_error_set(err, FERRY_ELIMIT,
		    "a record has more than %u bytes", FERRY_SNAPSHOT_LINE);
	if (ferry_json_parse(&o, line, "a record", err) == -1 ||
	    ferry_json_str(o, "kind", &kind, err) == -1)
		goto out;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i].kind, kind) == 0) {
			rc = kinds[i].on(s, o, err);
			goto out;
		}
	/* What is not understood could take rights away: fail closed. */
	ferry_error_set(err, FERRY_ENEWER,
	    "a record of kind '%.40s' is not known to this ferry; update it",
	    kind);
out:
	json_decref(o);
	return rc;
}

int
ferry_snapshot_read(
    struct ferry_snapshot **out, struct ferry_bytes t, struct ferry_error *err)
{
	struct ferry_snapshot *s;
	struct ferry_bytes line;
	uint64_t number = 0;

	if (t.n > FERRY_SNAPSHOT_MAX)
		return ferry_error_set(err, FERRY_ELIMIT,
		    "a snapshot has more than %u bytes", FERRY_SNAPSHOT_MAX);
	if (ferry_calloc(&s, 1, sizeof(*s), err) == -1)
		return -1;
	while (ferry_bytes_line(&t, &line)) {
		number++;
		if (line.n > 0 && read_line(s, line, err) == -1) {
			ferry_error_in(err,
			    "line %" PRIu64 " of a permission snapshot",
			    number);
			goto fail;
		}
	}
	if (!s->has_meta) {
		ferry_error_set(err, FERRY_EFORMAT,
		    "a permission snapshot has no record \"meta\"");
		goto fail;
	}
	if (ferry_snapshot_sort(s, err) == -1) {
		ferry_error_in(err, "a permission snapshot");
		goto fail;
	}
	*out = s;
	return 0;
fail:
	ferry_snapshot_free(s);
	return -1;
}

void
ferry_snapshot_free(struct ferry_snapshot *s)
{
	struct ferry_snapshot_chunk *next;

	if (s == NULL)
		return;
	for (struct ferry_snapshot_chunk *c = s->chunks; c != NULL; c = next) {
		next = c->next;
		free(c);
	}
	free(s->users.v);
	free(s->owners.v);
	free(s->teams.v);
	free(s->repos.v);
	free(s->packages.v);
	free(s->links.v);
	free(s->names.v);
	free(s);
}
