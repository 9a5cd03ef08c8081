/*
 * The engine of packages, with a toy format over a real server on loopback:
 * all that npm does not need of it.
 *
 * A toy document has a line "more NAME" for each further part, and a line
 * "VERSION[/PLATFORM] NEED…" for each version, where a need is NAME:SPEC.  A
 * version has the files NAME-VERSION.main and .side, and perhaps .extra; a line
 * "also FILE" in .main names one more; a line "need NAME" in .side is a need
 * that stands inside.  "!" in a line: no client here can use it.  What is known
 * before documents are asked for is in the fixture, once it was asked twice.
 */

#include "store.h"

#include <jansson.h>
#include <microhttpd.h>
#include <netinet/in.h>

#include "store/base/conf.h"
#include "store/base/json.h"
#include "store/catalog/catalog.h"
#include "store/format/npm/npm.h"
#include "store/store.h"
#include "sync/base/task.h"
#include "sync/fetch/fetch.h"
#include "sync/upstream/package/package.h"
#include "sync/upstream/package/packages.h"
#include "sync/upstream/pull.h"

/* What the server has, and what it was asked. */
struct page {
	const char *path, *text;
	unsigned asked;
};
struct fixture {
	struct unit_store store;
	struct MHD_Daemon *server;
	struct page *pages;
	unsigned missing;
	/* "NAME absent", "NAME text" or "NAME MD5" in lines; or NULL. */
	const char *known, *known_text;
	unsigned later; /* how often it was not known yet */
	unsigned arrived, lost; /* of the growing format */
	char url[64];
	struct ferry_run run;
	struct ferry_task task;
	struct ferry_conf *conf;
};

static enum MHD_Result
on_request(void *ctx, struct MHD_Connection *connection, const char *path,
    const char *method, const char *version, const char *data, size_t *size,
    void **state)
{
	struct fixture *f = ctx;
	struct MHD_Response *response;
	const char *text = NULL;
	enum MHD_Result rc;

	(void)method, (void)version, (void)data, (void)size, (void)state;
	for (struct page *p = f->pages; p->path != NULL; p++)
		if (strcmp(p->path, path) == 0) {
			p->asked++;
			text = p->text;
		}
	f->missing += text == NULL;
	response =
	    MHD_create_response_from_buffer(text == NULL ? 0 : strlen(text),
		(void *)(uintptr_t)text, MHD_RESPMEM_MUST_COPY);
	rc = MHD_queue_response(
	    connection, text == NULL ? 404U : 200U, response);
	MHD_destroy_response(response);
	return rc;
}

/* The toy */

static int
split_text(
    const char *text, char **name, const char **spec, struct ferry_error *err)
{
	size_t n = strcspn(text, " ");

	*spec = text[n] == 0 ? NULL : text + n + 1;
	return ferry_strndup(name, ferry_bytes_of(text, n), err);
}

static int
document_url(const struct ferry_packages *packages, const char *name,
    struct ferry_buf *url, struct ferry_error *err)
{

	return ferry_buf_addf(url, err, "%s/doc/%s", packages->up->url, name);
}

static int
read_document(struct ferry_document *document, const char *part,
    struct ferry_bytes text, const char *name, struct ferry_error *err)
{
	struct ferry_bytes line;

	(void)part, (void)name;
	document->root = text;
	while (ferry_bytes_line(&text, &line)) {
		size_t n = 0, number;
		char word[64], url[128];

		while (n < line.n && line.p[n] != ' ')
			n++;
		if (ferry_bytes_starts(line, "more ")) {
			(void)snprintf(word, sizeof(word), "%.*s",
			    (int)(line.n - 5), (const char *)line.p + 5);
			/* The only server that there is. */
			(void)snprintf(url, sizeof(url), "%s/doc/%s",
			    getenv("TOY_URL"), word);
			if (ferry_document_more(document, word,
				FERRY_PART_BY_PLACE, url, err) == -1)
				return -1;
			continue;
		}
		for (number = 0; number < n && line.p[number] != '+'; number++)
			;
		if (n == 0)
			return ferry_error_set(
			    err, FERRY_EFORMAT, "a line without a version");
		if (ferry_document_add(document, ferry_bytes_of(line.p, n),
			number, line, err) == -1)
			return -1;
	}
	return 0;
}

static int
range_new(void **out, struct ferry_bytes spec, struct ferry_error *err)
{

	return ferry_strndup((char **)out, spec, err);
}

/* "*" or the beginning of versions. */
static bool
range_has(const void *range, struct ferry_bytes number,
    enum ferry_prereleases prereleases)
{

	(void)prereleases;
	return strcmp(range, "*") == 0 || ferry_bytes_starts(number, range);
}

static bool
platform_ok(const struct ferry_packages *packages,
    const struct ferry_listed *listed, enum ferry_need need)
{

	(void)packages, (void)need;
	return strstr(listed->version, "+windows") == NULL;
}

static int
tell_file(const struct ferry_version_at *at, const char *end, bool optional,
    ferry_on_file *on_file, void *ctx, struct ferry_error *err)
{
	char name[100], url[200];
	struct ferry_wanted_file file = {
		.name = name, .url = url, .optional = optional
	};

	(void)snprintf(
	    name, sizeof(name), "%s-%s.%s", at->name, at->version, end);
	(void)snprintf(
	    url, sizeof(url), "%s/file/%s", at->packages->up->url, name);
	return on_file(ctx, &file, err);
}

static int
tell_files(const struct ferry_version_at *at, ferry_on_file *on_file, void *ctx,
    struct ferry_error *err)
{

	return tell_file(at, "main", false, on_file, ctx, err) == -1 ||
	               tell_file(at, "side", false, on_file, ctx, err) == -1 ||
	               tell_file(at, "extra", true, on_file, ctx, err) == -1
	           ? -1
	           : 0;
}

/* The text behind word in a line of file i; its length, or 0. */
static size_t
find_line(
    const struct ferry_version_at *at, size_t i, const char *word, char out[64])
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf text = FERRY_BUF_INIT;
	struct ferry_bytes rest, line;
	struct ferry_file file;

	*out = 0;
	assert_ok(ferry_files_get(at->record, i, &file, &err), &err);
	assert_ok(ferry_blob_load(
		      at->packages->run->st, &file.sha256, 1000, &text, &err),
	    &err);
	rest = ferry_bytes_buf(&text);
	while (ferry_bytes_line(&rest, &line))
		if (ferry_bytes_starts(line, word))
			(void)snprintf(out, 64, "%.*s",
			    (int)(line.n - strlen(word)),
			    (const char *)line.p + strlen(word));
	ferry_buf_free(&text);
	return strlen(out);
}

static int
tell_more(const struct ferry_version_at *at, ferry_on_file *on_file, void *ctx,
    struct ferry_error *err)
{
	char more[64];

	assert_null(at->listed);
	return find_line(at, 0, "also ", more) == 0
	           ? 0
	           : tell_file(at, more, false, on_file, ctx, err);
}

static int
tell_needs(struct ferry_needs *needs, const struct ferry_version_at *at,
    struct ferry_error *err)
{
	char text[100], *p = text;

	(void)snprintf(text, sizeof(text), "%.*s", (int)at->listed->object.n,
	    (const char *)at->listed->object.p);
	for (p += strcspn(p, " "); *p != 0; p += strcspn(p, " ")) {
		char *spec = strchr(++p, ':');

		if (spec == NULL)
			break;
		*spec++ = 0;
		if (ferry_needs_add(needs, p, spec, FERRY_NEEDED, err) == -1)
			return -1;
		p = spec;
	}
	return 0;
}

static int
tell_needs_inside(struct ferry_needs *needs, const struct ferry_version_at *at,
    struct ferry_error *err)
{
	char name[64];

	return find_line(at, 1, "need ", name) == 0
	           ? 0
	           : ferry_needs_add(needs, name, "*", FERRY_NEEDED, err);
}

static int
tell_known(struct ferry_packages *packages, const char *name,
    struct ferry_known *out, struct ferry_error *err)
{
	struct fixture *f = packages->run->task->ctx;
	struct ferry_bytes rest, line;
	size_t n = strlen(name);

	if (f->known == NULL)
		return 0;
	out->what = FERRY_KNOWN_LATER;
	if (f->later++ < 2)
		return 0;
	out->what = FERRY_KNOWN_ABSENT;
	rest = ferry_bytes_str(f->known);
	while (ferry_bytes_line(&rest, &line)) {
		if (!ferry_bytes_starts(line, name) || line.p[n] != ' ')
			continue;
		line = ferry_bytes_of(line.p + n + 1, line.n - n - 1);
		if (ferry_bytes_is(line, "text")) {
			out->what = FERRY_KNOWN_TEXT;
			return ferry_buf_adds(&out->text, f->known_text, err);
		}
		out->what = FERRY_KNOWN_DIGEST;
		return ferry_digest_from_hex(
		    &out->digest, FERRY_MD5, line, err);
	}
	return 0;
}

/* The line of the document; ".bad" in it: the version is no good. */
static int
describe(
    const struct ferry_version_at *at, json_t *record, struct ferry_error *err)
{
	const char *said = json_string_value(json_object_get(record, "said"));

	assert_int_equal(ferry_files_count(record, err), 2);
	if (memmem(at->object.p, at->object.n, ".bad", 4) != NULL)
		return ferry_error_set(err, FERRY_EFORMAT, "it is no good");
	if (said != NULL && ferry_bytes_is(at->object, said))
		return 0;
	return ferry_json_set(
		   record, "said", ferry_json_text(at->object), err) == -1
	           ? -1
	           : 1;
}

static bool
fits(const struct ferry_packages *packages, const struct ferry_listed *listed,
    const void *range)
{

	(void)packages;
	(void)range;
	return memchr(listed->object.p, '!', listed->object.n) == NULL;
}

/* Something that comes before all documents. */
static void
on_index(void *ctx, const struct ferry_pulled *pulled)
{
	struct ferry_error err = FERRY_ERROR_INIT;

	assert_int_equal(pulled->error.code, FERRY_OK);
	assert_ok(ferry_packages_ready(ctx, &err), &err);
}

static int
open_toy(struct ferry_packages *packages, struct ferry_error *err)
{
	char url[128];
	const struct ferry_pull pull = { .up = packages->up,
		.url = url,
		.kind = FERRY_BLOB_IS_DOCUMENT,
		.max_size = 1000,
		.ctx = packages,
		.on_done = on_index };

	(void)snprintf(url, sizeof(url), "%s/index", packages->up->url);
	return ferry_run_pull(packages->run, &pull, err);
}

/* Names and the order of numbers are npm's. */
static const struct ferry_package_format toy = {
	.format = "npm",
	.document = "document",
	.media_type = "text/plain",
	.file = "toy",
	.default_spec = "*",
	.any = "*",
	.withdrawn = "keep",
	.document_max = 10000,
	.file_max = 1000,
	.plan_size = "size",
	.open = open_toy,
	.split = split_text,
	.document_url = document_url,
	.read = read_document,
	.range_new = range_new,
	.range_has = range_has,
	.range_free = free,
	.platform_ok = platform_ok,
	.files = tell_files,
	.more_files = tell_more,
	.needs = tell_needs,
	.needs_inside = tell_needs_inside,
};
/* The same with an index of all packages, which tells of what is gone. */
static const struct ferry_package_format indexed = {
	.format = "npm",
	.document = "document",
	.media_type = "text/plain",
	.file = "toy",
	.default_spec = "*",
	.any = "*",
	.document_max = 10000,
	.file_max = 1000,
	.plan_size = "size",
	.withdrawn = "hide",
	.split = split_text,
	.known = tell_known,
	.document_url = document_url,
	.read = read_document,
	.range_new = range_new,
	.range_has = range_has,
	.range_free = free,
	.fits = fits,
	.files = tell_files,
	.describe = describe,
};

/*
 * One whose documents need not be there, and whose files are wanted one by one:
 * the word x is the file NAME-VERSION.x, with NAME-VERSION.x.sum aside, which
 * says "good".  Where a is here, b 1.0.0 is followed, in two words.
 */
static int
tell_words(const struct ferry_version_at *at, ferry_on_file *on_file, void *ctx,
    struct ferry_error *err)
{
	const char *rest = at->files;
	size_t n;
	int known = at->record == NULL ? 0 : ferry_files_count(at->record, err);

	assert_non_null(rest);
	for (int i = 0; i < known; i++) {
		struct ferry_wanted_file file = { .url = "" };
		struct ferry_file here;

		assert_ok(
		    ferry_files_get(at->record, (size_t)i, &here, err), err);
		file.name = here.name;
		file.digests = &here.sha256;
		file.n = 1;
		if (on_file(ctx, &file, err) == -1)
			return -1;
	}
	for (; *rest != 0; rest += n + (rest[n] == ' ')) {
		char name[100], url[200];
		struct ferry_wanted_file file = { .name = name,
			.url = url,
			.optional = true,
			.insist = true,
			.judged = true };

		n = strcspn(rest, " ");
		(void)snprintf(name, sizeof(name), "%s-%s.%.*s", at->name,
		    at->version, (int)n, rest);
		(void)snprintf(url, sizeof(url), "%s/file/%s",
		    at->packages->up->url, name);
		if (on_file(ctx, &file, err) == -1)
			return -1;
		(void)snprintf(name, sizeof(name), "%s-%s.%.*s.sum", at->name,
		    at->version, (int)n, rest);
		(void)snprintf(url, sizeof(url), "%s/file/%s",
		    at->packages->up->url, name);
		file = (struct ferry_wanted_file){ .name = name,
			.url = url,
			.optional = true,
			.aside = true };
		if (on_file(ctx, &file, err) == -1)
			return -1;
	}
	return 0;
}

static int
check_asides(
    const struct ferry_version_at *at, json_t *record, struct ferry_error *err)
{

	if (json_object_get(record, "sums") != NULL)
		return 0;
	for (size_t i = 0; i < at->asides_n; i++)
		if (at->asides[i].text.n > 0 &&
		    !ferry_bytes_is(at->asides[i].text, "good"))
			return ferry_error_set(err, FERRY_EINCIDENT, "%s lies",
			    at->asides[i].name);
	return ferry_json_set(record, "sums",
		   json_integer((json_int_t)at->asides_n), err) == -1
	           ? -1
	           : 1;
}

static int
follow(const struct ferry_version_at *at, bool closure, struct ferry_error *err)
{
	struct fixture *f = at->packages->run->task->ctx;
	struct ferry_package_want want = { .kind = FERRY_WANT_EXACT,
		.spec = "1.0.0",
		.by = "a",
		.files = "x" };

	f->arrived++;
	if (strcmp(at->name, "a") != 0 || !closure)
		return 0;
	if (ferry_packages_want(at->packages, "b", &want, err) == -1)
		return -1;
	want.files = "y x";
	return ferry_packages_want(at->packages, "b", &want, err);
}

static int
note_lost(struct ferry_packages *packages, const char *name,
    const char *version, const struct ferry_error *why, struct ferry_error *err)
{
	struct fixture *f = packages->run->task->ctx;

	(void)version, (void)why, (void)err;
	f->lost++;
	return strcmp(name, "elsewhere") == 0;
}

static bool
is_exact(const char *spec)
{

	return strchr(spec, '*') == NULL;
}

static int
cut_spec(const char *spec, size_t *n, char **files, struct ferry_error *err)
{

	*n = strcspn(spec, "/");
	return spec[*n] == 0 ? 0 : ferry_strdup(files, spec + *n + 1, err);
}

static const struct ferry_package_format growing = {
	.format = "npm",
	.document = "document",
	.media_type = "text/plain",
	.file = "toy",
	.default_spec = "*",
	.any = "*",
	.withdrawn = "keep",
	.document_max = 10000,
	.file_max = 1000,
	.plan_size = "size",
	.unlisted = true,
	.grows = true,
	.usual = "x",
	.exact = is_exact,
	.cut = cut_spec,
	.split = split_text,
	.document_url = document_url,
	.read = read_document,
	.range_new = range_new,
	.range_has = range_has,
	.range_free = free,
	.files = tell_words,
	.describe = check_asides,
	.arrived = follow,
	.lost = note_lost,
};
static const struct ferry_upstream_kind kind = FERRY_PACKAGE_KIND("toy", &toy),
					kind_indexed = FERRY_PACKAGE_KIND(
					    "indexed", &indexed),
					kind_growing = FERRY_PACKAGE_KIND(
					    "growing", &growing);
static const struct ferry_upstream_kind *const kinds[] = { &kind_indexed, &kind,
	&kind_growing, NULL };

/* The fixture */

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	const union MHD_DaemonInfo *info;

	assert_non_null(f);
	unit_store_open(&f->store);
	f->server = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD, 0, NULL,
	    NULL, on_request, f, MHD_OPTION_SOCK_ADDR,
	    &(struct sockaddr_in){ .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) },
	    MHD_OPTION_END);
	assert_non_null(f->server);
	info = MHD_get_daemon_info(f->server, MHD_DAEMON_INFO_BIND_PORT);
	(void)snprintf(f->url, sizeof(f->url), "http://127.0.0.1:%u",
	    (unsigned)info->port);
	assert_int_equal(setenv("TOY_URL", f->url, 1), 0);
	f->task.st = f->store.st;
	f->task.ctx = f;
	*state = f;
	return 0;
}

static void
end_run(struct fixture *f)
{

	ferry_fetch_free(f->run.fetch);
	if (f->run.failures != NULL)
		ferry_upstreams_free(&f->run);
	json_decref(f->run.failures);
	json_decref(f->run.skipped);
	json_decref(f->run.taken_away);
	json_decref(f->run.unknown);
	json_decref(f->run.plan);
	ferry_conf_free(f->conf);
	f->conf = NULL;
	f->run = (struct ferry_run){ .st = NULL };
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	MHD_stop_daemon(f->server);
	end_run(f);
	unit_store_close(&f->store);
	free(f);
	return 0;
}

/* Sync from pages what wants says; what happened is in f->run. */
static void
sync_format(struct fixture *f, const char *format, struct page *pages,
    const char *wants)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	char path[400], text[1000];

	end_run(f);
	f->pages = pages;
	f->missing = 0;
	(void)snprintf(path, sizeof(path), "%s/toy.conf", f->store.dir);
	(void)snprintf(text, sizeof(text),
	    "upstreams = ( { name = \"up\"; format = \"%s\"; url = \"%s\"; "
	    "without_digests = true; "
	    "tries = 1; %s } );",
	    format, f->url, wants);
	unit_write(path, text);
	f->run = (struct ferry_run){ .task = &f->task,
		.st = f->store.st,
		.kinds = kinds,
		.failures = json_array(),
		.skipped = json_array(),
		.taken_away = json_array(),
		.unknown = json_array(),
		.plan = json_array() };
	assert_ok(ferry_conf_open(&f->conf, path, &err), &err);
	assert_ok(ferry_upstreams_read(
		      &f->run, ferry_conf_root(f->conf), NULL, 0, &err),
	    &err);
	assert_ok(ferry_fetch_new(&f->run.fetch, &err), &err);
	f->later = 0;
	assert_ok(ferry_run_work(&f->run, &err), &err);
}

static void
sync_toy(struct fixture *f, struct page *pages, const char *wants)
{

	sync_format(f, "toy", pages, wants);
}

/* The names of a version's files, each with a blank behind it; "-" if there
 * is no such version. */
static void
expect_files(
    struct fixture *f, const char *name, const char *version, const char *want)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_file file;
	json_t *record = NULL;
	struct ferry_key key;
	char got[400] = "";
	int n = 0;

	assert_ok(
	    ferry_key_make(&key, &err, version == NULL ? "package" : "version",
		"npm", name, "up", version, NULL),
	    &err);
	if (ferry_catalog_get(f->store.st, &key, &record, &err) == 0)
		(void)snprintf(got, sizeof(got), "-");
	else
		n = ferry_files_count(record, &err);
	for (int i = 0; i < n; i++) {
		assert_ok(
		    ferry_files_get(record, (size_t)i, &file, &err), &err);
		(void)snprintf(got + strlen(got), sizeof(got) - strlen(got),
		    "%s ", file.name);
	}
	json_decref(record);
	assert_string_equal(got, want);
}

static void
expect_failure(const struct fixture *f, const char *item, const char *text)
{
	json_t *one = json_array_get(f->run.failures, 0);

	assert_int_equal(json_array_size(f->run.failures), 1);
	assert_string_equal(
	    json_string_value(json_object_get(one, "item")), item);
	if (strstr(json_string_value(json_object_get(one, "text")), text) ==
	    NULL)
		fail_msg("%s", json_string_value(json_object_get(one, "text")));
}

/* Tests */

static void
test_package_files(void **state)
{
	struct fixture *f = *state;
	struct page pages[] = { { "/index", "x", 0 },
		{ "/doc/a", "1.0.0\n2.0.0\n", 0 },
		{ "/file/a-2.0.0.main", "also more\n", 0 },
		{ "/file/a-2.0.0.side", "-", 0 },
		{ "/file/a-2.0.0.more", "+", 0 }, { NULL, NULL, 0 } };

	/* The absent .extra is no failure; .more was found in .main. */
	sync_toy(f, pages, "packages = [ \"a\" ];");
	assert_int_equal(json_array_size(f->run.failures), 0);
	assert_int_equal(f->missing, 1);
	assert_int_equal(f->run.added, 1);
	expect_files(
	    f, "a", "2.0.0", "a-2.0.0.main a-2.0.0.side a-2.0.0.more ");
	expect_files(f, "a", "1.0.0", "-");

	/* A second time nothing is fetched but documents. */
	sync_toy(f, pages, "packages = [ \"a\" ];");
	assert_int_equal(f->run.present, 1);
	assert_int_equal(f->run.added, 0);
	assert_int_equal(pages[2].asked, 1);
	assert_int_equal(pages[4].asked, 1);
}

static void
test_package_incomplete(void **state)
{
	struct fixture *f = *state;
	struct page pages[] = { { "/index", "x", 0 },
		{ "/doc/a", "1.0.0\n", 0 },
		{ "/file/a-1.0.0.main", "also more\n", 0 },
		{ "/file/a-1.0.0.side", "-", 0 }, { NULL, NULL, 0 } };

	/* Nothing is recorded before all files are here, whichever lacks. */
	sync_toy(f, pages, "packages = [ \"a\" ];");
	expect_failure(f, "npm:a@1.0.0", "404");
	expect_files(f, "a", "1.0.0", "-");

	pages[3].path = "/file/a-1.0.0.more";
	sync_toy(f, pages, "packages = [ \"a\" ];");
	expect_failure(f, "npm:a@1.0.0", "404");
	expect_files(f, "a", "1.0.0", "-");
}

static void
test_package_parts(void **state)
{
	struct fixture *f = *state;
	struct page pages[] = { { "/index", "x", 0 },
		{ "/doc/a", "more b1\n1.0.0\n", 0 },
		{ "/doc/b1", "2.0.0\nmore b2\n", 0 },
		{ "/doc/b2", "3.0.0\n", 0 }, { "/file/a-3.0.0.main", "-", 0 },
		{ "/file/a-3.0.0.side", "-", 0 },
		{ "/file/a-1.0.0.main", "-", 0 },
		{ "/file/a-1.0.0.side", "-", 0 }, { NULL, NULL, 0 } };

	/* The newest stands in a part that only a part names. */
	sync_toy(f, pages, "packages = [ \"a\", \"a 1.0\" ];");
	assert_int_equal(json_array_size(f->run.failures), 0);
	expect_files(f, "a", NULL, "document b1 b2 ");
	expect_files(f, "a", "3.0.0", "a-3.0.0.main a-3.0.0.side ");
	expect_files(f, "a", "1.0.0", "a-1.0.0.main a-1.0.0.side ");
	assert_int_equal(pages[1].asked, 1);
	assert_int_equal(pages[3].asked, 1);

	/* A part that is lost fails the package, and says so. */
	pages[3].path = "/gone";
	sync_toy(f, pages, "packages = [ \"a\" ];");
	expect_failure(f, "npm:a", "404");
}

static void
test_package_platforms(void **state)
{
	struct fixture *f = *state;
	struct page pages[] = { { "/index", "x", 0 },
		{ "/doc/a", "1.0.0\n2.0.0+linux\n2.0.0\n2.0.0+windows\n", 0 },
		{ "/file/a-2.0.0.main", "-", 0 },
		{ "/file/a-2.0.0.side", "-", 0 },
		{ "/file/a-2.0.0+linux.main", "-", 0 },
		{ "/file/a-2.0.0+linux.side", "-", 0 }, { NULL, NULL, 0 } };

	/* One number, and of it every platform that is wanted. */
	sync_toy(f, pages, "select = ( { name = \"a\"; latest = 1; } );");
	assert_int_equal(json_array_size(f->run.failures), 0);
	assert_int_equal(f->run.added, 2);
	expect_files(f, "a", "2.0.0", "a-2.0.0.main a-2.0.0.side ");
	expect_files(
	    f, "a", "2.0.0+linux", "a-2.0.0+linux.main a-2.0.0+linux.side ");
	expect_files(f, "a", "2.0.0+windows", "-");
}

static void
test_package_needs(void **state)
{
	struct fixture *f = *state;
	struct page pages[] = { { "/index", "x", 0 },
		{ "/doc/a", "1.0.0 b:1\n", 0 },
		{ "/doc/b", "1.0.0 a:1\n2.0.0\n", 0 },
		{ "/doc/c", "1.0.0 d:*\n", 0 },
		{ "/file/a-1.0.0.main", "-", 0 },
		{ "/file/a-1.0.0.side", "need c\n", 0 },
		{ "/file/b-1.0.0.main", "-", 0 },
		{ "/file/b-1.0.0.side", "-", 0 },
		{ "/file/c-1.0.0.main", "-", 0 },
		{ "/file/c-1.0.0.side", "-", 0 }, { NULL, NULL, 0 } };

	/* b as the document says, in a circle; c as a file says; d is not. */
	sync_toy(f, pages, "packages = [ \"a\" ];");
	expect_failure(f, "npm:d", "404");
	expect_files(f, "b", "1.0.0", "b-1.0.0.main b-1.0.0.side ");
	expect_files(f, "c", "1.0.0", "c-1.0.0.main c-1.0.0.side ");
	expect_files(f, "b", "2.0.0", "-");

	/* What is here tells its needs again. */
	sync_toy(f, pages, "packages = [ \"a\" ];");
	assert_int_equal(f->run.present, 3);
	expect_failure(f, "npm:d", "404");

	sync_toy(f, pages, "packages = [ \"a\" ]; dependencies = false;");
	assert_int_equal(json_array_size(f->run.failures), 0);
	assert_int_equal(f->run.present, 1);
}

static void
test_package_unreadable_document(void **state)
{
	struct fixture *f = *state;
	struct page pages[] = { { "/index", "x", 0 }, { "/doc/a", " 1\n", 0 },
		{ NULL, NULL, 0 } };

	sync_toy(f, pages, "packages = [ \"a\" ];");
	expect_failure(f, "npm:a", "a line without a version");
	expect_files(f, "a", NULL, "-");
}

/* A member of a version's record, or "-". */
static void
expect_member(
    struct fixture *f, const char *version, const char *name, const char *want)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	json_t *record = NULL, *value;
	struct ferry_key key;

	assert_ok(
	    ferry_key_version(&key, "npm", "a", "up", version, &err), &err);
	assert_int_equal(
	    ferry_catalog_get(f->store.st, &key, &record, &err), 1);
	value = json_object_get(record, name);
	assert_string_equal(value == NULL           ? "-"
			    : json_is_string(value) ? json_string_value(value)
						    : "+",
	    want);
	json_decref(record);
}

#define DOC_A "1.0.0 x\n1.1.0 !\n"

static void
test_package_known(void **state)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct fixture *f = *state;
	struct page pages[] = { { "/doc/a", DOC_A, 0 },
		{ "/file/a-1.0.0.main", "-", 0 },
		{ "/file/a-1.0.0.side", "-", 0 },
		{ "/file/b-1.0.0.main", "-", 0 },
		{ "/file/b-1.0.0.side", "-", 0 }, { NULL, NULL, 0 } };
	char hex[FERRY_DIGEST_TEXT], known[200];
	struct ferry_digest md5;

	assert_ok(ferry_digest_of(&md5, FERRY_MD5, B(DOC_A), &err), &err);
	(void)snprintf(known, sizeof(known), "a %s\nb text\n",
	    ferry_digest_hex(&md5, hex));
	f->known = known;
	f->known_text = "1.0.0 y\n";
	/* a as its digest says, b as the index says, c not at all. */
	sync_format(f, "indexed", pages, "packages = [ \"a\", \"b\", \"c\" ];");
	expect_failure(f, "npm:c", "does not list it");
	expect_files(f, "a", NULL, "document ");
	expect_files(f, "b", NULL, "document ");
	expect_files(f, "a", "1.0.0", "a-1.0.0.main a-1.0.0.side ");
	expect_files(f, "b", "1.0.0", "b-1.0.0.main b-1.0.0.side ");
	expect_files(f, "a", "1.1.0", "-");
	assert_true(f->later > 2);

	/* Nothing is new: nothing is asked for. */
	sync_format(f, "indexed", pages, "packages = [ \"a\", \"b\" ];");
	assert_int_equal(f->run.present, 2);
	assert_int_equal(pages[0].asked, 1);

	/* It is new, and is not what the index says. */
	pages[0].text = "1.0.0 z\n";
	f->known = "a 00000000000000000000000000000000\n";
	sync_format(f, "indexed", pages, "packages = [ \"a\" ];");
	expect_failure(f, "npm:a", "content is md5:");
	expect_member(f, "1.0.0", "said", "1.0.0 x");
	f->known = NULL;
}

static void
test_package_described(void **state)
{
	struct fixture *f = *state;
	struct page pages[] = { { "/doc/a", "1.0.0 x\n1.1.0 .bad\n", 0 },
		{ "/file/a-1.0.0.main", "-", 0 },
		{ "/file/a-1.0.0.side", "-", 0 },
		{ "/file/a-1.1.0.main", "-", 0 },
		{ "/file/a-1.1.0.side", "-", 0 }, { NULL, NULL, 0 } };

	sync_format(f, "indexed", pages, "select = ( { name = \"a\"; } );");
	expect_failure(f, "npm:a@1.1.0", "it is no good");
	expect_files(f, "a", "1.1.0", "-");
	expect_member(f, "1.0.0", "said", "1.0.0 x");

	/* Its document says something else of what is here. */
	pages[0].text = "1.0.0 more\n";
	sync_format(f, "indexed", pages, "select = ( { name = \"a\"; } );");
	assert_int_equal(f->run.present, 1);
	expect_member(f, "1.0.0", "said", "1.0.0 more");
}

static void
test_package_gone(void **state)
{
	struct fixture *f = *state;
	struct page pages[] = { { "/doc/a", "1.0.0 x\n1.1.0 x\n", 0 },
		{ "/file/a-1.0.0.main", "-", 0 },
		{ "/file/a-1.0.0.side", "-", 0 },
		{ "/file/a-1.1.0.main", "-", 0 },
		{ "/file/a-1.1.0.side", "-", 0 }, { NULL, NULL, 0 } };
	const char *all = "select = ( { name = \"a\"; } );",
		   *kept = "select = ( { name = \"a\"; } ); "
			   "withdrawn = \"keep\";",
		   *locked = "packages = [ \"a 1.1.0\" ]; "
			     "withdrawn = \"keep\";";

	sync_format(f, "indexed", pages, all);
	expect_member(f, "1.1.0", "gone_at", "-");

	/* It is said once. */
	pages[0].text = "1.0.0 x\n";
	sync_format(f, "indexed", pages, all);
	expect_member(f, "1.1.0", "gone_at", "+");
	expect_member(f, "1.0.0", "gone_at", "-");
	assert_int_equal(json_array_size(f->run.taken_away), 1);
	sync_format(f, "indexed", pages, all);
	assert_int_equal(json_array_size(f->run.taken_away), 0);

	assert_int_equal(f->run.withdrawn, 1);
	expect_member(f, "1.1.0", "kept", "-");

	/* Clients get it all the same: what wants it has it. */
	sync_format(f, "indexed", pages, kept);
	expect_member(f, "1.1.0", "gone_at", "+");
	expect_member(f, "1.1.0", "kept", "+");
	sync_format(f, "indexed", pages, locked);
	assert_int_equal(json_array_size(f->run.failures), 0);
	pages[0].path = "/nowhere";
	sync_format(f, "indexed", pages, locked);
	assert_int_equal(json_array_size(f->run.failures), 0);
	assert_int_equal(f->run.withdrawn, 2);
	expect_member(f, "1.0.0", "kept", "+");
	sync_format(f, "indexed", pages, all);
	expect_failure(f, "npm:a@*", "which would list");
	expect_member(f, "1.0.0", "kept", "-");
	pages[0].path = "/doc/a";
	sync_format(f, "indexed", pages, all);
	expect_member(f, "1.0.0", "gone_at", "-");
	expect_member(f, "1.1.0", "gone_at", "+");
	pages[0].text = "1.0.0 x\n1.1.0 x\n";
	sync_format(f, "indexed", pages, all);
	expect_member(f, "1.1.0", "gone_at", "-");
}

static void
test_package_grows(void **state)
{
	struct fixture *f = *state;
	struct page pages[] = { { "/doc/a", "1.0.0\n", 0 },
		{ "/file/a-1.0.0.x", "1", 0 },
		{ "/file/a-1.0.0.x.sum", "good", 0 },
		{ "/file/b-1.0.0.x", "2", 0 }, { "/file/b-1.0.0.y", "3", 0 },
		{ "/file/b-1.0.0.z", "4", 0 }, { NULL, NULL, 0 } };

	/* b has no document; what was wanted of it second waits for the first. */
	sync_format(f, "growing", pages, "packages = [ \"a\" ];");
	assert_int_equal(json_array_size(f->run.failures), 0);
	expect_files(f, "a", "1.0.0", "a-1.0.0.x ");
	expect_files(f, "b", "1.0.0", "b-1.0.0.x b-1.0.0.y ");
	assert_int_equal(f->run.added, 2);
	assert_int_equal(pages[3].asked, 1);

	/* Nothing new: each version arrives, and no file is asked for. */
	f->arrived = 0;
	sync_format(f, "growing", pages, "packages = [ \"a\" ];");
	assert_true(f->arrived >= 2);
	assert_int_equal(f->run.added, 0);
	assert_int_equal(f->run.present, 2);
	assert_int_equal(pages[1].asked, 1);
	assert_int_equal(pages[4].asked, 1);

	/* One more file of what is here. */
	sync_format(f, "growing", pages, "packages = [ \"b 1.0.0/z\" ];");
	expect_files(f, "b", "1.0.0", "b-1.0.0.x b-1.0.0.y b-1.0.0.z ");
	assert_int_equal(pages[3].asked, 1);
}

static void
test_package_lost(void **state)
{
	struct fixture *f = *state;
	struct page pages[] = { { "/doc/liar", "1.0.0\n", 0 },
		{ "/file/liar-1.0.0.x", "1", 0 },
		{ "/file/liar-1.0.0.x.sum", "bad", 0 }, { NULL, NULL, 0 } };

	sync_format(f, "growing", pages, "packages = [ \"liar\" ];");
	expect_failure(f, "npm:liar@1.0.0", "liar-1.0.0.x.sum lies");
	assert_int_equal(f->run.incidents, 1);
	expect_files(f, "liar", "1.0.0", "-");
	assert_int_equal(f->lost, 1);

	/* A range needs a list; and what somebody else sees to is no failure. */
	sync_format(f, "growing", pages, "packages = [ \"none *\" ];");
	expect_failure(f, "npm:none@*", "upstream has no document of 'none'");
	sync_format(f, "growing", pages, "packages = [ \"elsewhere *\" ];");
	assert_int_equal(json_array_size(f->run.failures), 0);
	assert_int_equal(f->lost, 3);
}

int
main(void)
{
#define engine_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		engine_test(test_package_files),
		engine_test(test_package_incomplete),
		engine_test(test_package_parts),
		engine_test(test_package_platforms),
		engine_test(test_package_needs),
		engine_test(test_package_unreadable_document),
		engine_test(test_package_known),
		engine_test(test_package_described),
		engine_test(test_package_gone),
		engine_test(test_package_grows),
		engine_test(test_package_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
