#include "unit.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "serve/http/forwarded.h"
#include "serve/http/http.h"
#include "serve/http/net.h"
#include "serve/http/range.h"
#include "serve/replay/cache.h"
#include "serve/replay/held.h"
#include "serve/replay/npm/packument.h"
#include "serve/replay/oci/path.h"
#include "store/base/json_span.h"

/* Paths of OCI */

static void
test_oci_path_split(void **state)
{
	static const struct {
		const char *path;
		enum ferry_oci_endpoint endpoint;
		const char *name, *reference;
	} rows[] = {
		{ "", FERRY_OCI_BASE, "", "" },
		{ "token", FERRY_OCI_TOKEN, "", "" },
		{ "_catalog", FERRY_OCI_CATALOG, "", "" },
		{ "a/manifests/1", FERRY_OCI_MANIFESTS, "a", "1" },
		{ "a/b/c/blobs/sha256:00", FERRY_OCI_BLOBS, "a/b/c",
		    "sha256:00" },
		{ "a/tags/list", FERRY_OCI_TAGS, "a", "list" },
		{ "a/referrers/x:1", FERRY_OCI_REFERRERS, "a", "x:1" },
		/* What is last decides. */
		{ "org/blobs/manifests/1", FERRY_OCI_MANIFESTS, "org/blobs",
		    "1" },
		{ "manifests/blobs/x", FERRY_OCI_BLOBS, "manifests", "x" },
		{ "org/manifests/tags/list", FERRY_OCI_TAGS, "org/manifests",
		    "list" },
		{ "tags/list/tags/list", FERRY_OCI_TAGS, "tags/list", "list" },
		{ "a/tags/list/manifests/list", FERRY_OCI_MANIFESTS,
		    "a/tags/list", "list" },
		{ "token/manifests/token", FERRY_OCI_MANIFESTS, "token",
		    "token" },
		{ "_catalog/tags/list", FERRY_OCI_TAGS, "_catalog", "list" },
	};
	static const char *const none[] = { "/", "a", "a/", "/manifests/1",
		"manifests/1", "a/manifests/", "a/manifests", "a/manifests//",
		"a/blobs/uploads/1", "a/tags/lists", "a/tag/list", "tags/list",
		"a/manifests/1/", "token/", "_catalog/", "a/Manifests/1",
		"a/xmanifests/1" };
	struct ferry_oci_path p;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (!ferry_oci_path_split(&p, ferry_bytes_str(rows[i].path)) ||
		    p.endpoint != rows[i].endpoint ||
		    !ferry_bytes_is(p.name, rows[i].name) ||
		    !ferry_bytes_is(p.reference, rows[i].reference))
			fail_msg("%s", rows[i].path);
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		if (ferry_oci_path_split(&p, ferry_bytes_str(none[i])))
			fail_msg("%s", none[i]);
}

/* Ranges and tags */

static void
test_range_parse(void **state)
{
	static const struct {
		const char *value;
		uint64_t size;
		enum ferry_range_kind kind;
		uint64_t offset, n;
	} rows[] = {
		{ "bytes=0-0", 10, FERRY_RANGE_PART, 0, 1 },
		{ "bytes=0-", 10, FERRY_RANGE_PART, 0, 10 },
		{ "bytes=9-", 10, FERRY_RANGE_PART, 9, 1 },
		{ "bytes=2-100", 10, FERRY_RANGE_PART, 2, 8 },
		{ "Bytes=2-3", 10, FERRY_RANGE_PART, 2, 2 },
		{ "bytes=-3", 10, FERRY_RANGE_PART, 7, 3 },
		{ "bytes=-30", 10, FERRY_RANGE_PART, 0, 10 },
		{ "bytes=0-18446744073709551615", 10, FERRY_RANGE_PART, 0, 10 },
		{ "bytes=10-", 10, FERRY_RANGE_UNSATISFIABLE, 0, 0 },
		{ "bytes=-0", 10, FERRY_RANGE_UNSATISFIABLE, 0, 0 },
		{ "bytes=0-", 0, FERRY_RANGE_UNSATISFIABLE, 0, 0 },
		{ "bytes=3-2", 10, FERRY_RANGE_NONE, 0, 0 },
		/* Several that are nearly one, in any order. */
		{ "bytes=0-1,3-4", 10, FERRY_RANGE_PART, 0, 5 },
		{ "bytes=6-7, 0-3,2-5", 10, FERRY_RANGE_PART, 0, 8 },
		{ "bytes=0-1 , -2", 10, FERRY_RANGE_PART, 0, 10 },
		{ "bytes=0-9,4-5", 10, FERRY_RANGE_PART, 0, 10 },
		{ "bytes=0-9,90-99", 1000, FERRY_RANGE_PART, 0, 100 },
		{ "bytes=,0-1,", 10, FERRY_RANGE_PART, 0, 2 },
		/* Those behind the end do not count. */
		{ "bytes=0-1,10-11,99-", 10, FERRY_RANGE_PART, 0, 2 },
		{ "bytes=10-11,99-", 10, FERRY_RANGE_UNSATISFIABLE, 0, 0 },
		/* Far from each other, or malformed: everything. */
		{ "bytes=0-9,91-99", 1000, FERRY_RANGE_NONE, 0, 0 },
		{ "bytes=0-9,500-", 1000, FERRY_RANGE_NONE, 0, 0 },
		{ "bytes=0-1,x", 10, FERRY_RANGE_NONE, 0, 0 },
		{ "bytes=0-1,3-2", 10, FERRY_RANGE_NONE, 0, 0 },
		{ "bytes=0-1 3-4", 10, FERRY_RANGE_NONE, 0, 0 },
		{ "bytes=,", 10, FERRY_RANGE_NONE, 0, 0 },
		{ "bytes=0-0,1-1,2-2,3-3,4-4,5-5,6-6,7-7,0-0,1-1,2-2,3-3,4-4,"
		  "5-5,6-6,7-7,0-0,1-1,2-2,3-3,4-4,5-5,6-6,7-7,0-0,1-1,2-2,"
		  "3-3,4-4,5-5,6-6,7-7",
		    10, FERRY_RANGE_PART, 0, 8 },
		{ "bytes=0-0,1-1,2-2,3-3,4-4,5-5,6-6,7-7,0-0,1-1,2-2,3-3,4-4,"
		  "5-5,6-6,7-7,0-0,1-1,2-2,3-3,4-4,5-5,6-6,7-7,0-0,1-1,2-2,"
		  "3-3,4-4,5-5,6-6,7-7,8-8",
		    10, FERRY_RANGE_NONE, 0, 0 },
		{ "bytes=", 10, FERRY_RANGE_NONE, 0, 0 },
		{ "bytes=-", 10, FERRY_RANGE_NONE, 0, 0 },
		{ "bytes=a-", 10, FERRY_RANGE_NONE, 0, 0 },
		{ "bytes=18446744073709551616-", 10, FERRY_RANGE_NONE, 0, 0 },
		{ "lines=1-2", 10, FERRY_RANGE_NONE, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ferry_range r = { 0, 0 };

		if (ferry_range_parse(rows[i].value, rows[i].size, &r) !=
			rows[i].kind ||
		    r.offset != rows[i].offset || r.size != rows[i].n)
			fail_msg("%s", rows[i].value);
	}
}

static void
test_etag_matches(void **state)
{

	(void)state;
	assert_true(ferry_etag_matches("\"a\"", "\"a\""));
	assert_true(ferry_etag_matches("\"x,\", \"a\"", "\"a\""));
	assert_true(ferry_etag_matches("W/\"a\"", "\"a\""));
	assert_true(ferry_etag_matches("*", "\"a\""));
	assert_false(ferry_etag_matches("", "\"a\""));
	assert_false(ferry_etag_matches("\"b\"", "\"a\""));
	assert_false(ferry_etag_matches("a", "\"a\""));
	assert_false(ferry_etag_matches("\"x", "\"a\""));
	assert_false(ferry_etag_matches("\"ab\"", "\"a\""));
}

static void
test_form_get(void **state)
{
	static const char form[] =
	    "scope=a%3Ab&other=x&scope=c+d&empty=&scopes=no&scope=%zz&scope";
	static const struct {
		const char *name;
		size_t i;
		int rc;
		const char *value;
	} rows[] = {
		{ "scope", 0, 1, "a:b" },
		{ "scope", 1, 1, "c d" },
		{ "scope", 2, -1, "" },
		{ "scope", 3, 0, "" },
		{ "other", 0, 1, "x" },
		{ "other", 1, 0, "" },
		{ "empty", 0, 1, "" },
		{ "cope", 0, 0, "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ferry_error err = FERRY_ERROR_INIT;
		struct ferry_buf buf = FERRY_BUF_INIT;

		assert_int_equal(ferry_form_get(ferry_bytes_str(form),
				     rows[i].name, rows[i].i, &buf, &err),
		    rows[i].rc);
		if (rows[i].rc == 1)
			assert_true(ferry_bytes_is(
			    ferry_bytes_buf(&buf), rows[i].value));
		ferry_buf_free(&buf);
	}
}

static const struct sockaddr *
parse(int family, const char *address)
{
	static struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	static struct sockaddr_in in4 = { .sin_family = AF_INET };

	if (family == AF_INET) {
		assert_int_equal(inet_pton(AF_INET, address, &in4.sin_addr), 1);
		return (struct sockaddr *)&in4;
	}
	assert_int_equal(inet_pton(AF_INET6, address, &in6.sin6_addr), 1);
	return (struct sockaddr *)&in6;
}

static bool
in(const struct ferry_networks *set, int family, const char *address)
{

	return ferry_networks_has(set, parse(family, address));
}

static void
test_loopback(void **state)
{
	struct sockaddr other = { .sa_family = AF_UNIX };

	(void)state;
	assert_true(ferry_address_is_loopback(parse(AF_INET, "127.0.0.1")));
	assert_true(ferry_address_is_loopback(parse(AF_INET, "127.9.9.9")));
	assert_true(ferry_address_is_loopback(parse(AF_INET6, "::1")));
	assert_true(
	    ferry_address_is_loopback(parse(AF_INET6, "::ffff:127.0.0.1")));
	assert_false(ferry_address_is_loopback(parse(AF_INET, "128.0.0.1")));
	assert_false(ferry_address_is_loopback(parse(AF_INET, "10.0.0.127")));
	assert_false(ferry_address_is_loopback(parse(AF_INET6, "::2")));
	assert_false(ferry_address_is_loopback(parse(AF_INET6, "::127.0.0.1")));
	assert_false(ferry_address_is_loopback(&other));
	assert_false(ferry_address_is_loopback(NULL));
}

static void
test_networks(void **state)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_networks set = { 0 };

	(void)state;
	assert_false(in(&set, AF_INET, "127.0.0.1"));
	assert_ok(ferry_networks_add(&set, "10.0.0.0/9", &err), &err);
	assert_ok(ferry_networks_add(&set, "192.0.2.1", &err), &err);
	assert_ok(ferry_networks_add(&set, "fd00::/8", &err), &err);
	assert_true(in(&set, AF_INET, "10.127.255.255"));
	assert_false(in(&set, AF_INET, "10.128.0.0"));
	assert_true(in(&set, AF_INET, "192.0.2.1"));
	assert_false(in(&set, AF_INET, "192.0.2.2"));
	assert_true(in(&set, AF_INET6, "::ffff:10.0.0.1"));
	assert_true(in(&set, AF_INET6, "fdff::1"));
	assert_false(in(&set, AF_INET6, "fe00::1"));
	assert_int_equal(ferry_networks_add(&set, "10.0.0.0/33", &err), -1);
	assert_int_equal(ferry_networks_add(&set, "10.0.0", &err), -1);
	assert_int_equal(ferry_networks_add(&set, "", &err), -1);
}

/* The cache */

struct made {
	unsigned calls;
	size_t size;
	int rc;
	struct ferry_cache *drop; /* drops its own group meanwhile */
	unsigned sleep_us;
};

static int
on_make(void *ctx, struct ferry_body **out, struct ferry_error *err)
{
	struct made *m = ctx;
	struct ferry_buf buf = FERRY_BUF_INIT;

	__atomic_fetch_add(&m->calls, 1, __ATOMIC_RELAXED);
	if (m->sleep_us != 0)
		(void)usleep(m->sleep_us);
	if (m->drop != NULL)
		ferry_cache_drop(m->drop, ferry_bytes_str("g"));
	if (m->rc == -1)
		return ferry_error_set(err, FERRY_EINDEX, "broken");
	if (m->rc == 0)
		return 0;
	if (ferry_buf_reserve(&buf, m->size + 1, err) == -1)
		return -1;
	memset(buf.p, 'x', m->size);
	buf.n = m->size;
	return ferry_body_new(out, &buf, err) == -1 ? -1 : 1;
}

static int
ask(struct ferry_cache *cache, const char *group, const char *name,
    struct made *m)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_body *body = NULL;
	int rc = ferry_cache_get(cache, ferry_bytes_str(group),
	    ferry_bytes_str(name), on_make, m, &body, &err);

	if (rc == 1)
		assert_int_equal(body->size, m->size);
	if (rc == -1)
		assert_string_equal(err.text, "broken");
	ferry_body_unref(body);
	return rc;
}

static void
test_cache_made_once_until_dropped(void **state)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct made m = { .size = 100, .rc = 1 };
	struct ferry_cache_stats stats;
	struct ferry_cache *cache;

	(void)state;
	assert_ok(ferry_cache_new(&cache, 1U << 20, 10, &err), &err);
	for (int i = 0; i < 3; i++)
		assert_int_equal(ask(cache, "g", "a", &m), 1);
	assert_int_equal(m.calls, 1);
	assert_int_equal(ask(cache, "g", "b", &m), 1);
	assert_int_equal(ask(cache, "h", "a", &m), 1);
	assert_int_equal(m.calls, 3);
	ferry_cache_drop(cache, ferry_bytes_str("g"));
	assert_int_equal(ask(cache, "h", "a", &m), 1);
	assert_int_equal(m.calls, 3);
	assert_int_equal(ask(cache, "g", "a", &m), 1);
	assert_int_equal(m.calls, 4);
	ferry_cache_stats(cache, &stats);
	assert_int_equal(stats.entries, 2);
	ferry_cache_drop_all(cache);
	ferry_cache_stats(cache, &stats);
	assert_int_equal(stats.entries, 0);
	assert_int_equal(stats.bytes, 0);
	ferry_cache_free(cache);
}

static void
test_cache_keeps_no_failure(void **state)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct made m = { .size = 1, .rc = -1 };
	struct ferry_cache *cache;

	(void)state;
	assert_ok(ferry_cache_new(&cache, 1U << 20, 10, &err), &err);
	assert_int_equal(ask(cache, "g", "a", &m), -1);
	m.rc = 0;
	assert_int_equal(ask(cache, "g", "a", &m), 0);
	m.rc = 1;
	assert_int_equal(ask(cache, "g", "a", &m), 1);
	assert_int_equal(m.calls, 3);
	ferry_cache_free(cache);
}

/* A change that is seen while an entry is made leaves nothing stale. */
static void
test_cache_dropped_while_made(void **state)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct made m = { .size = 1, .rc = 1 };
	struct ferry_cache *cache;

	(void)state;
	assert_ok(ferry_cache_new(&cache, 1U << 20, 10, &err), &err);
	m.drop = cache;
	assert_int_equal(ask(cache, "g", "a", &m), 1);
	m.drop = NULL;
	assert_int_equal(ask(cache, "g", "a", &m), 1);
	assert_int_equal(m.calls, 2);
	ferry_cache_free(cache);
}

static void
test_cache_bounded(void **state)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct made m = { .size = 10000, .rc = 1 };
	struct ferry_cache_stats stats;
	struct ferry_cache *cache;
	char name[16];

	(void)state;
	assert_ok(ferry_cache_new(&cache, 100000, 10, &err), &err);
	for (int i = 0; i < 100; i++) {
		(void)snprintf(name, sizeof(name), "%d", i);
		assert_int_equal(ask(cache, name, "a", &m), 1);
		/* Used again and again: it stays. */
		assert_int_equal(ask(cache, "0", "a", &m), 1);
		ferry_cache_stats(cache, &stats);
		assert_true(stats.bytes <= 100000);
	}
	assert_int_equal(m.calls, 100);
	m.size = 200000; /* larger than all: handed out, not kept */
	assert_int_equal(ask(cache, "big", "a", &m), 1);
	assert_int_equal(ask(cache, "big", "a", &m), 1);
	assert_int_equal(m.calls, 102);
	ferry_cache_resize(cache, 0);
	ferry_cache_stats(cache, &stats);
	assert_int_equal(stats.entries, 0);
	ferry_cache_free(cache);
}

struct crowd {
	struct ferry_cache *cache;
	struct made *made;
	int wrong;
};

static void *
on_crowd(void *ctx)
{
	struct crowd *c = ctx;
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_body *body = NULL;

	if (ferry_cache_get(c->cache, ferry_bytes_str("g"),
		ferry_bytes_str("a"), on_make, c->made, &body, &err) != 1 ||
	    body->size != c->made->size)
		__atomic_fetch_add(&c->wrong, 1, __ATOMIC_RELAXED);
	ferry_body_unref(body);
	return NULL;
}

static void
test_cache_several_ask_one_makes(void **state)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct made m = { .size = 50, .rc = 1, .sleep_us = 100000 };
	struct crowd c = { .made = &m };
	pthread_t threads[8];

	(void)state;
	assert_ok(ferry_cache_new(&c.cache, 1U << 20, 10, &err), &err);
	for (size_t i = 0; i < 8; i++)
		assert_int_equal(
		    pthread_create(&threads[i], NULL, on_crowd, &c), 0);
	for (size_t i = 0; i < 8; i++)
		(void)pthread_join(threads[i], NULL);
	assert_int_equal(c.wrong, 0);
	assert_int_equal(m.calls, 1);
	ferry_cache_free(c.cache);
}

/* Documents */

static char *
document(const char *upstream, const char *held, enum ferry_npm_form form)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_held versions = { 0 };
	struct ferry_buf out = FERRY_BUF_INIT;
	char words[200], *save = NULL;
	int rc;

	(void)snprintf(words, sizeof(words), "%s", held);
	for (char *w = strtok_r(words, " ", &save); w != NULL;
	     w = strtok_r(NULL, " ", &save))
		assert_ok(ferry_held_add(&versions, w, 86400, &err), &err);
	rc = ferry_npm_document(&out, ferry_bytes_str(upstream), "@s/n",
	    &versions, form, "http://h/npm/", &err);
	ferry_held_free(&versions);
	if (rc != 1) {
		ferry_buf_free(&out);
		return NULL;
	}
	return (char *)out.p;
}

static void
check(const char *upstream, const char *held, enum ferry_npm_form form,
    const char *want)
{
	char *got = document(upstream, held, form);

	assert_non_null(got);
	assert_string_equal(got, want);
	free(got);
}

static void
test_document_keeps_bytes(void **state)
{

	(void)state;
	check("{ \"_id\" : \"\\u0040s/n\", \"n\": 1e400, \"name\":\"@s/n\",\n"
	      "\"dist-tags\":{\"latest\":\"1.0.0\", \"x\":\"2.0.0\"},"
	      "\"versions\":{\"1.0.0\":{\"a\" : 12345678901234567890.10,"
	      "\"dist\":{\"tarball\":\"https://u/x.tgz\",\"size\" :1 ,"
	      "\"attestations\":{\"url\":\"https://u/a\",\"p\":{}}}},"
	      "\"2.0.0\":{}},\"time\":{\"created\":\"c\",\"modified\":\"m\","
	      "\"1.0.0\":\"t\",\"2.0.0\":\"t\",\"3.0.0\":\"t\"}}",
	    "1.0.0", FERRY_NPM_FULL,
	    "{\"_id\" : \"\\u0040s/n\",\"n\": 1e400,\"name\":\"@s/n\","
	    "\"dist-tags\":{\"latest\":\"1.0.0\"},"
	    "\"versions\":{\"1.0.0\":{\"a\" : 12345678901234567890.10,"
	    "\"dist\":{\"tarball\":\"http://h/npm/@s/n/-/n-1.0.0.tgz\","
	    "\"size\" :1,\"attestations\":{\"url\":"
	    "\"http://h/npm/-/npm/v1/attestations/@s%2fn@1.0.0\",\"p\":{}}}}},"
	    "\"time\":{\"created\":\"c\",\"modified\":\"m\","
	    "\"1.0.0\":\"t\"}}");
}

#define SEEN "\"1970-01-02T00:00:00Z\""
#define TAIL                                                                   \
	",\"time\":{\"1.0.0\":" SEEN ",\"created\":" SEEN                      \
	",\"modified\":" SEEN "}}"

/* What clients cannot do without, where upstream has none of it. */
static void
test_document_lacks(void **state)
{
	static const char *const times[] = { "", ",\"time\":null",
		",\"time\":{}", ",\"time\":{\"1.0.0\":null}" };
	char upstream[200];

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		(void)snprintf(upstream, sizeof(upstream),
		    "{\"dist-tags\":{\"latest\":\"1.0.0\"},"
		    "\"versions\":{\"1.0.0\":{}}%s}",
		    times[i]);
		check(upstream, "1.0.0", FERRY_NPM_FULL,
		    "{\"name\":\"@s/n\",\"dist-tags\":{\"latest\":\"1.0.0\"},"
		    "\"versions\":{\"1.0.0\":{}}" TAIL);
	}
	assert_null(
	    document("{\"name\":\"@s/n\",\"time\":{\"unpublished\":{}}}",
		"1.0.0", FERRY_NPM_FULL));
	assert_null(document("[]", "1.0.0", FERRY_NPM_FULL));
}

/* Names with escapes are names, and the last of duplicates counts. */
static void
test_document_is_json(void **state)
{

	(void)state;
	check("{\"name\":\"x\",\"versions\":{},\"d\\u0069st-tags\":"
	      "{\"latest\":\"1\\u002e0.0\"},\"versions\":{\"1.0.0\":{\"a\":1},"
	      "\"1.0\\u002e0\":{\"a\":2},\"1.0.0-rc\\u002d1\":{\"a\":3}},"
	      "\"time\":{\"1.0\\u002e0\":\"t\",\"created\":\"c\","
	      "\"modified\":\"m\",\"1.0.0-rc-1\":\"u\"}}",
	    "1.0.0 1.0.0-rc-1", FERRY_NPM_FULL,
	    "{\"name\":\"x\",\"versions\":{\"1.0.0\":{\"a\":2},"
	    "\"1.0.0-rc-1\":{\"a\":3}},\"dist-tags\":{\"latest\":\"1.0.0\"},"
	    "\"time\":{\"1.0\\u002e0\":\"t\",\"created\":\"c\","
	    "\"modified\":\"m\",\"1.0.0-rc-1\":\"u\"}}");
}

static void
test_document_abbreviated(void **state)
{

	(void)state;
	check("{\"versions\":{\"1.0.0\":{\"name\":\"@s/n\",\"readme\":\"r\","
	      "\"scripts\":{\"test\":\"t\",\"preinstall\":\"p\"},"
	      "\"os\":[\"linux\"],\"deprecated\":\"d\"}},"
	      "\"time\":{\"modified\":\"m\"}}",
	    "1.0.0", FERRY_NPM_ABBREVIATED,
	    "{\"name\":\"@s/n\",\"modified\":\"m\",\"dist-tags\":"
	    "{\"latest\":\"1.0.0\"},\"versions\":{\"1.0.0\":{\"name\":"
	    "\"@s/n\",\"os\":[\"linux\"],\"deprecated\":\"d\","
	    "\"hasInstallScript\":true}}}");
}

static void
test_document_latest(void **state)
{
	static const struct {
		const char *held, *latest;
	} rows[] = {
		{ "1.0.0", "1.0.0" },
		{ "1.10.0 1.9.0", "1.10.0" },
		{ "1.9.0 2.0.0-rc.1", "1.9.0" },
		{ "2.0.0-rc.1 2.0.0-rc.10 2.0.0-rc.9", "2.0.0-rc.10" },
		{ "1.0.0 3.0.0", "3.0.0" },
	};
	static const char upstream[] =
	    "{\"dist-tags\":{\"latest\":\"9.0.0\"},\"versions\":{"
	    "\"1.0.0\":{},\"1.9.0\":{},\"1.10.0\":{},\"2.0.0-rc.1\":{},"
	    "\"2.0.0-rc.9\":{},\"2.0.0-rc.10\":{},\"3.0.0\":{},"
	    "\"9.0.0\":{}}}";

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *got = document(upstream, rows[i].held, FERRY_NPM_FULL);
		char want[64];

		assert_non_null(got);
		(void)snprintf(want, sizeof(want),
		    "{\"name\":\"@s/n\",\"dist-tags\":{\"latest\":\"%s\"}",
		    rows[i].latest);
		assert_memory_equal(got, want, strlen(want));
		free(got);
	}
	check(
	    "{\"versions\":{\"1.0.0\":{\"d\\u0069st\":{\"t\\u0061rball\":1}}}}",
	    "1.0.0", FERRY_NPM_FULL,
	    "{\"name\":\"@s/n\",\"versions\":{\"1.0.0\":{\"dist\":{"
	    "\"tarball\":\"http://h/npm/@s/n/-/n-1.0.0.tgz\"}}},"
	    "\"dist-tags\":{\"latest\":\"1.0.0\"}" TAIL);
	assert_null(document(upstream, "", FERRY_NPM_FULL));
	assert_null(document(upstream, "5.0.0", FERRY_NPM_FULL));
}

/* Whatever upstream sends, the result is JSON or a refusal. */
static void
test_document_of_damaged_text(void **state)
{
	static const char whole[] =
	    "{\"name\":\"@s/n\",\"dist-tags\":{\"latest\":\"1.0.0\"},"
	    "\"versions\":{\"1.0.0\":{\"dist\":{\"tarball\":\"t\"},"
	    "\"scripts\":[1]}},\"time\":{\"1.0.0\":\"t\"}}";
	struct ferry_error err = FERRY_ERROR_INIT;
	char text[sizeof(whole)];
	struct ferry_bytes out;

	(void)state;
	for (size_t i = 0; i + 1 < sizeof(whole); i++)
		for (size_t k = 0; k < 6; k++) {
			char *got;

			memcpy(text, whole, sizeof(whole));
			text[i] = "\"{}[,1"[k];
			for (int form = 0; form < 2; form++) {
				got = document(
				    text, "1.0.0", (enum ferry_npm_form)form);
				if (got != NULL)
					assert_ok(ferry_span_check(
						      ferry_bytes_str(got),
						      &out, &err),
					    &err);
				free(got);
			}
		}
}

static void
test_forwarded_read(void **state)
{
	static const struct {
		const char *peers, *hosts, *protos;
		const char *peer, *host, *proto;
	} rows[] = {
		{ "", "", "", "", "", "" },
		{ "192.0.2.7", "a.example", "https", "192.0.2.7", "a.example",
		    "https" },
		/* What the client wrote stands in front. */
		{ "6.6.6.6, 192.0.2.7,", "", "", "192.0.2.7", "", "" },
		{ "6.6.6.6,192.0.2.7, 10.0.0.2", "", "", "192.0.2.7", "", "" },
		{ "10.0.0.9, 192.0.2.7, 10.0.0.2 ,10.0.0.3", "", "",
		    "192.0.2.7", "", "" },
		{ "nonsense, 10.0.0.2", "", "", "10.0.0.2", "", "" },
		{ "10.0.0.4, 10.0.0.2", "", "", "10.0.0.4", "", "" },
		{ "192.0.2.7:4711", "", "", "192.0.2.7", "", "" },
		{ "[2001:db8::1]:80, fd00::1", "", "", "2001:db8::1", "", "" },
		{ "[2001:db8::1, x", "", "", "", "", "" },
		/* The outermost proxy's entry; with too few the first. */
		{ "192.0.2.7", "evil.example, a.example", "http, https",
		    "192.0.2.7", "a.example", "https" },
		{ "192.0.2.7, 10.0.0.2", "evil.example, a.example, b.internal",
		    "gopher, https, http", "192.0.2.7", "a.example", "https" },
		{ "192.0.2.7, 10.0.0.2, 10.0.0.3", "a.example, b.internal", "",
		    "192.0.2.7", "a.example", "" },
		{ "", "a.example, b.internal", "https,http", "", "a.example",
		    "https" },
		{ "", ",, a.example", "HTTPS", "", "a.example", "HTTPS" },
		{ "", "", "gopher", "", "", "" },
	};
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_networks proxies = { 0 };

	(void)state;
	assert_ok(ferry_networks_add(&proxies, "10.0.0.0/8", &err), &err);
	assert_ok(ferry_networks_add(&proxies, "fd00::/8", &err), &err);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ferry_forwarded f;

		ferry_forwarded_read(&f, ferry_bytes_str(rows[i].peers),
		    ferry_bytes_str(rows[i].hosts),
		    ferry_bytes_str(rows[i].protos), &proxies);
		if (strcmp(f.peer, rows[i].peer) != 0 ||
		    strcmp(f.host, rows[i].host) != 0 ||
		    strcmp(f.proto, rows[i].proto) != 0)
			fail_msg("row %zu: '%s' '%s' '%s'", i, f.peer, f.host,
			    f.proto);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forwarded_read),
		cmocka_unit_test(test_range_parse),
		cmocka_unit_test(test_oci_path_split),
		cmocka_unit_test(test_etag_matches),
		cmocka_unit_test(test_form_get),
		cmocka_unit_test(test_networks),
		cmocka_unit_test(test_loopback),
		cmocka_unit_test(test_cache_made_once_until_dropped),
		cmocka_unit_test(test_cache_keeps_no_failure),
		cmocka_unit_test(test_cache_dropped_while_made),
		cmocka_unit_test(test_cache_bounded),
		cmocka_unit_test(test_cache_several_ask_one_makes),
		cmocka_unit_test(test_document_keeps_bytes),
		cmocka_unit_test(test_document_abbreviated),
		cmocka_unit_test(test_document_lacks),
		cmocka_unit_test(test_document_is_json),
		cmocka_unit_test(test_document_latest),
		cmocka_unit_test(test_document_of_damaged_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
