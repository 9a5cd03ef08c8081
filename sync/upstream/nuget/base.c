#include "sync/upstream/nuget/base.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/json_span.h"
#include "store/format/nuget/name.h"
#include "sync/upstream/nuget/nuget.h"
#include "sync/upstream/nuget/vulnerabilities.h"
#include "sync/upstream/package/packages.h"
#include "sync/upstream/pull.h"

#define INDEX_MAX (4U << 20)

/* Resources by their types, the first that a registry has. */
static const char *const flat_types[] = { "PackageBaseAddress/3.0.0",
	"PackageBaseAddress/Versioned", NULL };
static const char *const registration_types[] = { "RegistrationsBaseUrl/3.6.0",
	"RegistrationsBaseUrl/Versioned", "RegistrationsBaseUrl/3.4.0",
	"RegistrationsBaseUrl/3.0.0-rc", "RegistrationsBaseUrl/3.0.0-beta",
	"RegistrationsBaseUrl", NULL };
static const char *const vulnerability_types[] = { "VulnerabilityInfo/6.7.0",
	NULL };

static bool
has_type(struct ferry_bytes resource, const char *type)
{
	struct ferry_bytes value;
	struct ferry_span_iter it;
	bool found = false;

	if (!ferry_span_get(resource, "@type", &value))
		return false;
	if (ferry_span_type(value) == FERRY_SPAN_STRING)
		return ferry_span_is(ferry_bytes_of(value.p + 1, value.n - 2),
		    ferry_bytes_str(type));
	ferry_span_iter(&it, value);
	while (!found && ferry_span_next(&it))
		found = ferry_span_type(it.value) == FERRY_SPAN_STRING &&
		        ferry_span_is(
			    ferry_bytes_of(it.value.p + 1, it.value.n - 2),
			    ferry_bytes_str(type));
	return found;
}

/* An absolute URL, the caller's; clients skip what is relative. */
static int
resource_url(struct ferry_bytes resource, char **out, struct ferry_error *err)
{
	struct ferry_buf url = FERRY_BUF_INIT;
	struct ferry_bytes id;
	int rc = 0;

	if (ferry_span_get(resource, "@id", &id) &&
	    (rc = ferry_span_string(&url, id, err)) == 0 &&
	    ferry_bytes_is_url(ferry_bytes_buf(&url))) {
		*out = (char *)url.p;
		return 1;
	}
	ferry_buf_free(&url);
	return rc;
}

/* The first resource of the first type that there is one of. */
static int
find_resource(struct ferry_bytes resources, const char *const *types,
    char **out, struct ferry_error *err)
{
	struct ferry_span_iter it;
	int rc = 0;

	*out = NULL;
	for (; *types != NULL && rc == 0; types++) {
		ferry_span_iter(&it, resources);
		while (rc == 0 && ferry_span_next(&it))
			if (has_type(it.value, *types))
				rc = resource_url(it.value, out, err);
	}
	return rc == -1 ? -1 : 0;
}

static int
add_slash(char **url, struct ferry_error *err)
{
	struct ferry_buf buf = FERRY_BUF_INIT;

	if (*url == NULL || (*url)[strlen(*url) - 1] == '/')
		return 0;
	if (ferry_buf_addf(&buf, err, "%s/", *url) == -1)
		return -1;
	free(*url);
	*url = (char *)buf.p;
	return 0;
}

static void
forget_urls(struct nuget_base *base)
{

	free(base->flat);
	free(base->registration);
	free(base->vulnerabilities);
	base->flat = base->registration = base->vulnerabilities = NULL;
}

static int
read_index(
    struct nuget_base *base, struct ferry_bytes text, struct ferry_error *err)
{
	struct ferry_bytes root, resources;

	forget_urls(base);
	if (ferry_span_check(text, &root, err) == -1)
		return -1;
	if (ferry_span_type(root) != FERRY_SPAN_OBJECT ||
	    !ferry_span_get(root, "resources", &resources))
		return ferry_error_set(
		    err, FERRY_EFORMAT, "this is not a service index of NuGet");
	if (find_resource(resources, flat_types, &base->flat, err) == -1 ||
	    find_resource(resources, registration_types, &base->registration,
		err) == -1 ||
	    find_resource(resources, vulnerability_types,
		&base->vulnerabilities, err) == -1 ||
	    add_slash(&base->flat, err) == -1 ||
	    add_slash(&base->registration, err) == -1)
		return -1;
	return base->flat != NULL || base->registration != NULL
	           ? 0
	           : ferry_error_set(err, FERRY_EFORMAT,
			 "its service index has neither PackageBaseAddress nor "
			 "RegistrationsBaseUrl");
}

static int
on_check(void *ctx, struct ferry_bytes view, struct ferry_error *err)
{

	return read_index(ctx, view, err);
}

static void
on_index(void *ctx, const struct ferry_pulled *pulled)
{
	struct nuget_base *base = ctx;
	const struct nuget *nuget = base->packages->state;
	struct ferry_error err = pulled->error;

	if (err.code == FERRY_OK && base->flat == NULL &&
	    base->registration == NULL)
		(void)read_index(base, pulled->view, &err);
	if (err.code == FERRY_OK && nuget->advisories &&
	    ferry_nuget_vulnerabilities_ask(base, &err) == -1) {
		ferry_run_fatal(base->packages->run, &err);
		return;
	}
	if (err.code != FERRY_OK)
		ferry_error_in(&err, "the service index of upstream '%s'",
		    base->packages->up->name);
	base->state = err.code == FERRY_OK ? NUGET_READY : NUGET_FAILED;
	base->error = err;
}

static int
ask_index(struct nuget_base *base, struct ferry_error *err)
{
	const char *url = base->packages->up->url, *owner = base->entry.key;
	struct ferry_buf buf = FERRY_BUF_INIT;
	struct ferry_pull pull = { .up = base->packages->up,
		.accept = "application/json",
		.kind = FERRY_BLOB_IS_DOCUMENT,
		.max_size = INDEX_MAX,
		.ctx = base,
		.on_check = on_check,
		.on_done = on_index };
	int rc = -1;

	if (ferry_buf_addf(&buf, err, "%s%s%s%s", url, owner[0] == 0 ? "" : "/",
		owner,
		owner[0] == 0 && ferry_bytes_ends(ferry_bytes_str(url), ".json")
		    ? ""
		    : "/index.json") == 0) {
		pull.url = (char *)buf.p;
		rc = ferry_run_pull(base->packages->run, &pull, err);
	}
	ferry_buf_free(&buf);
	return rc;
}

static int
base_key(const char *name, char **out, struct ferry_error *err)
{

	return ferry_strndup(
	    out, ferry_nuget_name_owner(ferry_bytes_str(name)), err);
}

const struct nuget_base *
ferry_nuget_base_of(const struct ferry_packages *packages, const char *name)
{
	struct nuget *nuget = packages->state;
	struct ferry_error ignored = FERRY_ERROR_INIT;
	const struct nuget_base *base;
	char *key = NULL;

	if (base_key(name, &key, &ignored) == -1)
		return NULL;
	base = (const struct nuget_base *)ferry_table_find(&nuget->bases, key);
	free(key);
	return base;
}

static struct nuget_base *
find_base(
    struct ferry_packages *packages, const char *name, struct ferry_error *err)
{
	struct nuget *nuget = packages->state;
	struct nuget_base *base = NULL;
	char *key = NULL;

	if (base_key(name, &key, err) == -1)
		return NULL;
	base = (struct nuget_base *)ferry_table_find(&nuget->bases, key);
	if (base == NULL && (base = ferry_table_add(&nuget->bases, key,
				 sizeof(*base), err)) != NULL)
		base->packages = packages;
	free(key);
	return base;
}

int
ferry_nuget_base_known(struct ferry_packages *packages, const char *name,
    struct ferry_known *out, struct ferry_error *err)
{
	struct nuget_base *base = find_base(packages, name, err);

	if (base == NULL)
		return -1;
	if (base->state == NUGET_NEW) {
		base->state = NUGET_ASKED;
		if (ask_index(base, err) == -1) {
			base->state = NUGET_FAILED;
			base->error = *err;
			return -1;
		}
	}
	if (base->state == NUGET_FAILED) {
		*err = base->error;
		return -1;
	}
	out->what = base->state == NUGET_READY ? FERRY_KNOWN_NOTHING
	                                       : FERRY_KNOWN_LATER;
	return 0;
}

static void
base_free(void *entry)
{

	forget_urls(entry);
}

void
ferry_nuget_bases_free(struct nuget *nuget)
{

	ferry_table_free(&nuget->bases, base_free);
}
