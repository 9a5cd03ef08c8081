/*
 * What etc/ferry.conf says of a GitHub upstream, and where its parts are.
 *
 * Source: shared/protocols/github-packages.md, sections 3.1 and 4.
 */

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/conf.h"
#include "store/format/oci/names.h"
#include "sync/upstream/github/github.h"

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

/* An option that is a URL, without a slash at its end; the caller frees. */
static int
read_url(const struct github *gh, const char *name, const char *fallback,
    char **out, struct ferry_error *err)
{
	const char *text;
	size_t n;

	if (ferry_conf_str(gh->up->group, name, fallback, &text, err) == -1)
		return -1;
	if (text == NULL)
		return 0;
	n = strlen(text);
	while (n > 0 && text[n - 1] == '/')
		n--;
	if ((strncmp(text, "http://", 7) != 0 &&
		strncmp(text, "https://", 8) != 0) ||
	    strpbrk(text, "?# \t") != NULL || strchr(text, '@') != NULL)
		return ferry_conf_error(gh->up->group, name, err,
		    "expected https://HOST/… without user, '?' or '#'");
	return ferry_strndup(out, ferry_bytes_of(text, n), err);
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

/* Types that ferry does not have are told of at every sync. */
static int
read_types(struct github *gh, struct ferry_error *err)
{
	static const char *const known[] = { "npm", "container", "docker",
		"maven", "rubygems", "nuget" };
	struct ferry_conf_group *group = gh->up->group;
	bool *slots[] = { &gh->npm, &gh->container, &gh->docker };
	const char *type;
	size_t k;
	int rc;

	for (unsigned i = 0;
	     (rc = ferry_conf_strs(group, "types", i, &type, err)) == 1; i++) {
		for (k = 0; k < 6 && strcmp(known[k], type) != 0; k++)
			;
		if (k == 6)
			return ferry_conf_error(group, "types", err,
			    "'%.40s' is not a type of package; there are npm, "
			    "container, docker, maven, rubygems and nuget",
			    type);
		if (k < 3)
			*slots[k] = true;
	}
	if (rc == 0 && !ferry_conf_has(group, "types"))
		gh->npm = gh->container = true;
	return rc;
}

/* Where the registries are, if the configuration does not say. */
static int
derive(const struct github *gh, const char *scheme, const char *authority,
    bool isolated, struct ferry_buf *npm, struct ferry_buf *container,
    struct ferry_error *err)
{

	switch (gh->profile) {
	case GITHUB_COM:
		if (ferry_buf_adds(npm, "https://npm.pkg.github.com", err) ==
		    -1)
			return -1;
		return ferry_buf_adds(container, "https://ghcr.io", err);
	case GITHUB_GHES:
		/* The container registry needs a host of its own. */
		if (!isolated)
			return ferry_buf_addf(
			    npm, err, "%s%s/_registry/npm", scheme, authority);
		break;
	case GITHUB_GHE_COM:
		break;
	}
	if (ferry_buf_addf(npm, err, "%snpm.%s", scheme, authority) == -1)
		return -1;
	return ferry_buf_addf(
	    container, err, "%scontainers.%s", scheme, authority);
}

static int
drive(struct github *gh, int part, const char *format, const char *url,
    const char *host, struct ferry_error *err)
{
	struct github_part *p = &gh->parts[part];
	struct ferry_conf_group *ignored;

	p->type = part == GITHUB_NPM ? "npm" : "container";
	p->usable = url != NULL;
	/* Its options may stand there, whether they are used or not. */
	if (!p->usable)
		return ferry_conf_group(gh->up->group, p->type, &ignored, err);
	return ferry_upstream_delegate(&p->up, gh->up, format, p->type, url,
	    host, gh->up->token == NULL ? NULL : "ferry", err);
}

static int
read_registries(struct github *gh, const char *scheme, const char *authority,
    bool isolated, struct ferry_error *err)
{
	struct ferry_buf npm = FERRY_BUF_INIT, container = FERRY_BUF_INIT;
	struct ferry_error why = FERRY_ERROR_INIT;
	char host[FERRY_OCI_HOST_MAX + 1];
	char *npm_url = NULL, *container_url = NULL;
	const char *known;
	int rc = -1;

	if (derive(gh, scheme, authority, isolated, &npm, &container, err) ==
		-1 ||
	    read_url(gh, "npm_url", (char *)npm.p, &npm_url, err) == -1 ||
	    read_url(gh, "container_url", (char *)container.p, &container_url,
		err) == -1)
		goto out;
	/* Clients call it by its own name, wherever it is asked. */
	known = container.n > 0 ? (char *)container.p : container_url;
	if (known != NULL) {
		if (ferry_oci_host(host, ferry_bytes_str(known), &why) == -1) {
			ferry_conf_error(
			    gh->up->group, "url", err, "%.300s", why.text);
			goto out;
		}
		if (ferry_strdup(&gh->host, host, err) == -1)
			goto out;
	}
	if (drive(gh, GITHUB_NPM, "npm", npm_url, NULL, err) == -1 ||
	    drive(gh, GITHUB_CONTAINER, "oci", container_url, gh->host, err) ==
		-1)
		goto out;
	rc = 0;
out:
	ferry_buf_free(&npm);
	ferry_buf_free(&container);
	free(npm_url);
	free(container_url);
	return rc;
}

static int
read_api(struct github *gh, const char *scheme, const char *authority,
    struct ferry_error *err)
{
	struct ferry_buf api = FERRY_BUF_INIT;
	int rc = -1;

	if (gh->profile == GITHUB_COM)
		rc = ferry_buf_adds(&api, "https://api.github.com", err);
	else if (gh->profile == GITHUB_GHE_COM)
		rc = ferry_buf_addf(&api, err, "%sapi.%s", scheme, authority);
	else
		rc =
		    ferry_buf_addf(&api, err, "%s%s/api/v3", scheme, authority);
	if (rc == 0)
		rc = read_url(gh, "api", (char *)api.p, &gh->api, err);
	ferry_buf_free(&api);
	return rc;
}

/* An owner's scope is the owner's, also where another registry has one of that
 * name, which anybody could have taken. */
static int
protect_scopes(struct github *gh, struct ferry_error *err)
{
	char pattern[128];

	if (!gh->npm || ferry_conf_has(gh->up->group, "protect"))
		return 0;
	for (size_t i = 0; i < gh->owners_n; i++) {
		(void)snprintf(
		    pattern, sizeof(pattern), "@%.100s/*", gh->owners[i].name);
		for (char *p = pattern; *p != 0; p++)
			*p = (char)tolower((unsigned char)*p);
		if (ferry_upstream_protect(gh->up, pattern, err) == -1)
			return -1;
	}
	return 0;
}

int
github_configure(struct github *gh, struct ferry_error *err)
{
	struct ferry_upstream *up = gh->up;
	const char *authority = strstr(up->url, "://") + 3;
	char scheme[12], host[FERRY_OCI_HOST_MAX + 1];
	struct ferry_error why = FERRY_ERROR_INIT;
	bool isolated;

	if (authority[strcspn(authority, "/")] != 0 ||
	    ferry_oci_host(host, ferry_bytes_str(up->url), &why) == -1)
		return ferry_conf_error(up->group, "url", err,
		    "expected the web host alone, such as "
		    "\"https://github.com\"");
	(void)snprintf(scheme, sizeof(scheme), "%.*s",
	    (int)(authority - up->url), up->url);
	if (read_profile(gh, host, err) == -1 ||
	    ferry_conf_bool(
		up->group, "subdomain_isolation", true, &isolated, err) == -1 ||
	    read_api(gh, scheme, authority, err) == -1 ||
	    read_owners(gh, err) == -1 || read_types(gh, err) == -1 ||
	    protect_scopes(gh, err) == -1 ||
	    ferry_conf_str(
		up->group, "enterprise", NULL, &gh->enterprise, err) == -1 ||
	    read_registries(gh, scheme, authority, isolated, err) == -1)
		return -1;
	/* The API wants few requests at once. */
	gh->origin = up->origin;
	if (gh->origin.connections > 8)
		gh->origin.connections = 8;
	return 0;
}
