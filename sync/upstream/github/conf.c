#include "sync/upstream/github/conf.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/conf.h"
#include "sync/fetch/reach.h"

static bool
ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), k = strlen(end);

	return n > k && strcmp(text + n - k, end) == 0;
}

static int
read_profile(struct github *gh, const char *host, struct ferry_error *err)
{
	static const char *const names[] = { "github.com", "ghes", "ghe.com" };
	const char *word;
	int fallback = strcmp(host, "github.com") == 0 ? GITHUB_COM
	               : ends_with(host, ".ghe.com")   ? GITHUB_GHE_COM
	                                               : GITHUB_GHES;

	if (ferry_conf_str(
		gh->up->group, "profile", names[fallback], &word, err) == -1)
		return -1;
	for (int i = 0; i < 3; i++)
		if (strcmp(names[i], word) == 0) {
			gh->profile = (enum github_profile)i;
			return 0;
		}
	return ferry_conf_error(gh->up->group, "profile", err,
	    "expected \"github.com\", \"ghes\" or \"ghe.com\"");
}

static int
read_owners(struct github *gh, struct ferry_error *err)
{
	struct ferry_conf_group *group = gh->up->group;
	const char *name;
	int rc;

	for (unsigned i = 0;
	     (rc = ferry_conf_strs(group, "owners", i, &name, err)) == 1; i++) {
		size_t n = strlen(name);

		if (n == 0 || n > 100 ||
		    strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				 "abcdefghijklmnopqrstuvwxyz0123456789-_") != n)
			return ferry_conf_error(group, "owners", err,
			    "element %u, '%.80s', is not the name of an "
			    "organization or user",
			    i + 1, name);
		if (gh->owners_n == GITHUB_OWNERS_MAX)
			return ferry_conf_error(group, "owners", err,
			    "at most %d owners", GITHUB_OWNERS_MAX);
		if (ferry_array_grow(&gh->owners, &gh->owners_cap,
			gh->owners_n + 1, sizeof(*gh->owners), err) == -1)
			return -1;
		gh->owners[gh->owners_n++] =
		    (struct github_owner){ .gh = gh, .name = name };
	}
	if (rc == 0 && gh->owners_n == 0)
		return ferry_conf_error(group, "owners", err,
		    "is missing or empty; expected organizations and users: "
		    "[ \"octo\", … ]");
	return rc;
}

static int
new_parts(struct github *gh, struct ferry_error *err)
{
	size_t n = ferry_formats_count();

	if (ferry_calloc(&gh->parts, n, sizeof(*gh->parts), err) == -1)
		return -1;
	gh->parts_n = n;
	for (size_t i = 0; i < n; i++) {
		gh->parts[i].format = ferry_format_at(i);
		(void)snprintf(gh->parts[i].url_option,
		    sizeof(gh->parts[i].url_option), "%s_url",
		    gh->parts[i].format->github.name);
	}
	return 0;
}

/* A type of which ferry has no format is told of at every sync. */
static int
want_type(struct github *gh, const char *type, struct ferry_error *err)
{
	const struct ferry_format *format = ferry_format_of_type(type);
	struct ferry_buf known = FERRY_BUF_INIT;
	const char *other;

	for (size_t i = 0; i < gh->parts_n; i++)
		if (gh->parts[i].format == format) {
			if (strcmp(format->github.name, type) == 0)
				gh->parts[i].wanted = true;
			else
				gh->parts[i].legacy_wanted = true;
			return 0;
		}
	for (size_t i = 0; (other = ferry_github_type_at(i)) != NULL; i++) {
		if (strcmp(other, type) == 0) {
			ferry_buf_free(&known);
			return 0;
		}
		if (ferry_buf_addf(
			&known, err, "%s%s", i == 0 ? "" : ", ", other) == -1)
			return -1;
	}
	ferry_conf_error(gh->up->group, "types", err,
	    "'%.40s' is not a type of package; there are %s", type,
	    (char *)known.p);
	ferry_buf_free(&known);
	return -1;
}

static int
read_types(struct github *gh, struct ferry_error *err)
{
	struct ferry_conf_group *group = gh->up->group;
	const char *type;
	int rc;

	for (unsigned i = 0;
	     (rc = ferry_conf_strs(group, "types", i, &type, err)) == 1; i++)
		if (want_type(gh, type, err) == -1)
			return -1;
	for (size_t i = 0; i < gh->parts_n; i++)
		if (!ferry_conf_has(group, "types"))
			gh->parts[i].wanted =
			    gh->parts[i].format->github.by_default &&
			    (gh->profile != GITHUB_GHE_COM ||
				!gh->parts[i].format->github.not_ghe_com);
	return rc;
}

/* Where GitHub is on the web, and what it has beside that. */
struct web {
	const char *authority;
	char scheme[12]; /* "https://" */
	bool isolated; /* registries have hosts of their own */
};

/* Where a registry is, if the configuration does not say; nothing is appended
 * if it is nowhere. */
static int
derive_url(const struct github *gh, const struct ferry_github_type *type,
    const struct web *web, struct ferry_buf *url, struct ferry_error *err)
{

	if (gh->profile == GITHUB_COM)
		return ferry_buf_adds(url, type->cloud, err);
	if (gh->profile == GITHUB_GHE_COM && type->not_ghe_com)
		return 0;
	if (gh->profile == GITHUB_GHE_COM || web->isolated)
		return ferry_buf_addf(url, err, "%s%s.%s", web->scheme,
		    type->label, web->authority);
	return type->path == NULL
	           ? 0
	           : ferry_buf_addf(url, err, "%s%s%s", web->scheme,
			 web->authority, type->path);
}

static int
read_part(struct github *gh, struct github_part *part, const struct web *web,
    struct ferry_error *err)
{
	const struct ferry_github_type *type = &part->format->github;
	struct ferry_buf derived = FERRY_BUF_INIT;
	struct ferry_conf_group *ignored;
	char *url = NULL;
	int rc = -1;

	if (derive_url(gh, type, web, &derived, err) == -1 ||
	    ferry_conf_url(gh->up->group, part->url_option, (char *)derived.p,
		&url, err) == -1)
		goto out;
	part->usable = url != NULL;
	/* Clients call it by its own name, wherever it is asked.  Its options
	 * may stand there, whether they are used or not. */
	if (!part->usable)
		rc = ferry_conf_group(gh->up->group, type->name, &ignored, err);
	else if (ferry_strdup(&part->host,
		     derived.n > 0 ? (char *)derived.p : url, err) == 0)
		rc = ferry_upstream_delegate(&part->up, gh->up,
		    part->format->name, type->name, url, part->host,
		    gh->up->token == NULL ? NULL : "ferry", err);
out:
	ferry_buf_free(&derived);
	free(url);
	return rc;
}

static int
read_api(struct github *gh, const struct web *web, struct ferry_error *err)
{
	struct ferry_buf api = FERRY_BUF_INIT;
	int rc = -1;

	if (gh->profile == GITHUB_COM)
		rc = ferry_buf_adds(&api, "https://api.github.com", err);
	else if (gh->profile == GITHUB_GHE_COM)
		rc = ferry_buf_addf(
		    &api, err, "%sapi.%s", web->scheme, web->authority);
	else
		rc = ferry_buf_addf(
		    &api, err, "%s%s/api/v3", web->scheme, web->authority);
	if (rc == 0)
		rc = ferry_conf_url(
		    gh->up->group, "api", (char *)api.p, &gh->api, err);
	if (rc == 0)
		rc = ferry_reach_add_url(gh->up->reach, gh->api, err);
	ferry_buf_free(&api);
	return rc;
}

/* What only an owner's packages are called is the owner's, also where another
 * registry has such names, which anybody could have taken. */
static int
protect_names(struct github *gh, const struct ferry_github_type *type,
    struct ferry_error *err)
{
	struct ferry_buf pattern = FERRY_BUF_INIT;
	int rc = 0;

	for (size_t i = 0; i < gh->owners_n && rc == 0; i++) {
		ferry_buf_reset(&pattern);
		rc = type->owned_names(&pattern, gh->owners[i].name, err);
		for (size_t k = 0; k < pattern.n; k++)
			pattern.p[k] = (uint8_t)tolower(pattern.p[k]);
		if (rc == 0)
			rc = ferry_upstream_protect(
			    gh->up, (char *)pattern.p, err);
	}
	ferry_buf_free(&pattern);
	return rc;
}

static int
read_parts(struct github *gh, const struct web *web, struct ferry_error *err)
{

	for (size_t i = 0; i < gh->parts_n; i++) {
		struct github_part *part = &gh->parts[i];

		if (read_part(gh, part, web, err) == -1 ||
		    (part->wanted && part->format->github.owned_names != NULL &&
			!ferry_conf_has(gh->up->group, "protect") &&
			protect_names(gh, &part->format->github, err) == -1))
			return -1;
	}
	return 0;
}

int
ferry_github_configure(struct github *gh, struct ferry_error *err)
{
	struct ferry_upstream *up = gh->up;
	struct web web = { .authority = strstr(up->url, "://") + 3 };
	struct ferry_error ignored = FERRY_ERROR_INIT;
	char host[256];

	if (web.authority[strcspn(web.authority, "/")] != 0 ||
	    ferry_fetch_url_host(host, sizeof(host), up->url, &ignored) == -1)
		return ferry_conf_error(up->group, "url", err,
		    "expected the web host alone, such as "
		    "\"https://github.com\"");
	(void)snprintf(web.scheme, sizeof(web.scheme), "%.*s",
	    (int)(web.authority - up->url), up->url);
	if (read_profile(gh, host, err) == -1 ||
	    ferry_conf_bool(up->group, "subdomain_isolation", true,
		&web.isolated, err) == -1 ||
	    read_api(gh, &web, err) == -1 || read_owners(gh, err) == -1 ||
	    new_parts(gh, err) == -1 || read_types(gh, err) == -1 ||
	    ferry_conf_str(
		up->group, "enterprise", NULL, &gh->enterprise, err) == -1 ||
	    read_parts(gh, &web, err) == -1)
		return -1;
	/* The API wants few requests at once. */
	gh->origin = up->origin;
	if (gh->origin.connections > 8)
		gh->origin.connections = 8;
	return 0;
}
