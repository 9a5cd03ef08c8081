#include "unit.h"

#include "store/format/format.h"
#include "store/format/oci/manifest.h"
#include "store/format/oci/names.h"

#define HEX "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
#define SHA "sha256:" HEX
#define SHA512 "sha512:" HEX HEX
#define UPPER "44136FA355B3678A1146AD16F7E8649E94FB4FC21FE77E8310C060F61CAAFF8A"

/* n times c, for the caller to free. */
static char *
repeat(char c, size_t n)
{
	char *s = malloc(n + 1);

	assert_non_null(s);
	memset(s, c, n);
	s[n] = 0;
	return s;
}

static void
test_reference_parse(void **state)
{
	static const struct {
		const char *text, *host, *repository, *tag, *digest;
	} rows[] = {
		{ "ubuntu", "docker.io", "library/ubuntu", "latest", "" },
		{ "docker.io/ubuntu", "docker.io", "library/ubuntu", "latest",
		    "" },
		{ "index.docker.io/ubuntu", "docker.io", "library/ubuntu",
		    "latest", "" },
		{ "registry-1.docker.io/library/ubuntu", "docker.io",
		    "library/ubuntu", "latest", "" },
		{ "library/ubuntu:latest", "docker.io", "library/ubuntu",
		    "latest", "" },
		{ "u/x", "docker.io", "u/x", "latest", "" },
		{ "localhost/x", "localhost", "x", "latest", "" },
		{ "localhost", "docker.io", "library/localhost", "latest", "" },
		{ "localhost:5000", "docker.io", "library/localhost", "5000",
		    "" },
		{ "host:5000/a", "host:5000", "a", "latest", "" },
		{ "host:5000/a:1.0", "host:5000", "a", "1.0", "" },
		{ "host:443/a", "host", "a", "latest", "" },
		{ "host:80/a", "host:80", "a", "latest", "" },
		{ "a.b/c", "a.b", "c", "latest", "" },
		{ "a_b/c", "docker.io", "a_b/c", "latest", "" },
		{ "registry.example.com", "docker.io",
		    "library/registry.example.com", "latest", "" },
		{ "Foo/bar", "foo", "bar", "latest", "" },
		{ "[::1]:5000/a", "[::1]:5000", "a", "latest", "" },
		{ "[::1]/a:t", "[::1]", "a", "t", "" },
		{ "x:t@" SHA, "docker.io", "library/x", "t", SHA },
		{ "ghcr.io/o/x/y@" SHA512, "ghcr.io", "o/x/y", "", SHA512 },
		{ "foo__bar", "docker.io", "library/foo__bar", "latest", "" },
		{ "a---b/c:_x", "docker.io", "a---b/c", "_x", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ferry_error err = FERRY_ERROR_INIT;
		struct ferry_oci_reference r;

		assert_ok(
		    ferry_oci_reference_parse(&r, B(rows[i].text), &err), &err);
		assert_string_equal(r.host, rows[i].host);
		assert_string_equal(r.repository, rows[i].repository);
		assert_string_equal(r.tag, rows[i].tag);
		assert_string_equal(r.digest, rows[i].digest);
	}
}

static void
test_reference_parse_refuses(void **state)
{
	static const char *const rows[] = { "", "/", "/a", "a/", ":t", "@" SHA,
		"foo/Bar", "Foo", HEX, "x@sha256:abc", "x:a:b",
		"x@" SHA "@" SHA, "x:", "x@", "x@sha256:" UPPER, "a//b",
		"foo___bar", "-a", "a-", "host:99999/a", "host:0/a", "host:/a",
		"a_b.c/d", "-a.b/c", "a..b/c", "u@h.x/a", "[::1]", "[]/a",
		"[g::]/a", "h.x/a b", "https://ghcr.io/a", "x:\xc3\xa9",
		"a:t@md5:" HEX };
	struct ferry_oci_reference r;
	char *label = repeat('a', 251), *long_name = repeat('a', 248),
	     text[600];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ferry_error err = FERRY_ERROR_INIT;

		if (ferry_oci_reference_parse(&r, B(rows[i]), &err) == 0)
			fail_msg("'%s' is a reference", rows[i]);
		assert_refused(&err, FERRY_EFORMAT, "image reference");
	}
	/* "library/" counts; a host is bounded. */
	for (int i = 0; i < 2; i++) {
		struct ferry_error err = FERRY_ERROR_INIT;

		(void)snprintf(text, sizeof(text),
		    i == 0 ? "%s" : "%s.example/a", i == 0 ? long_name : label);
		assert_int_equal(
		    ferry_oci_reference_parse(&r, B(text), &err), -1);
		assert_int_equal(err.code, FERRY_EFORMAT);
	}
	free(label);
	free(long_name);
}

static void
test_host_hides_passwords(void **state)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	char host[FERRY_OCI_HOST_MAX + 1];

	(void)state;
	assert_int_equal(
	    ferry_oci_host(host, B("https://u:secret@ghcr.io/"), &err), -1);
	assert_null(strstr(err.text, "secret"));
	assert_int_equal(ferry_oci_host(host, B("u:secret@ghcr.io"), &err), -1);
	assert_null(strstr(err.text, "secret"));
}

static void
test_host(void **state)
{
	static const struct {
		const char *url, *host;
	} rows[] = {
		{ "https://ghcr.io", "ghcr.io" },
		{ "HTTPS://GHCR.io/v2/?x#y", "ghcr.io" },
		{ "https://registry-1.docker.io/", "docker.io" },
		{ "index.docker.io", "docker.io" },
		{ "docker.io", "docker.io" },
		{ "https://r.example:443", "r.example" },
		{ "http://r.example:80/", "r.example" },
		{ "http://r.example:443/", "r.example:443" },
		{ "http://127.0.0.1:5000", "127.0.0.1:5000" },
		{ "http://127.0.0.1:05000", "127.0.0.1:5000" },
		{ "https://[2001:DB8::1]:8443/a", "[2001:db8::1]:8443" },
		{ "localhost", "localhost" },
	};
	static const char *const refused[] = { "", "https://", "ftp://a.b",
		"a.b/c", "a b", "a.b:", "a.b:x", "a.b:65536", "a.b:0", "[::1",
		"https://a.b\r\nX: y", "a.b." };
	struct ferry_error err = FERRY_ERROR_INIT;
	char host[FERRY_OCI_HOST_MAX + 1], *label = repeat('a', 256);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_ok(ferry_oci_host(host, B(rows[i].url), &err), &err);
		assert_string_equal(host, rows[i].host);
	}
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		if (ferry_oci_host(host, B(refused[i]), &err) == 0)
			fail_msg("'%s' is a host", refused[i]);
		assert_int_equal(err.code, FERRY_EFORMAT);
	}
	/* The longest with a port, the longest without, and one more. */
	(void)snprintf(label + 249, 7, ":65535");
	assert_ok(ferry_oci_host(host, B(label), &err), &err);
	assert_int_equal(strlen(host), 255);
	memset(label, 'a', 256);
	label[255] = 0;
	assert_ok(ferry_oci_host(host, B(label), &err), &err);
	label[255] = 'a';
	assert_int_equal(
	    ferry_oci_host(host, ferry_bytes_of(label, 256), &err), -1);
	assert_int_equal(err.code, FERRY_ELIMIT);
	free(label);
}

static void
test_name_valid(void **state)
{
	static const char *const good[] = { "a", "0", "a/b", "org/app/more",
		"foo__bar", "a--b", "a---b/c", "a.b_c-d", "a-----------b",
		"org/blobs", "org/manifests/x" };
	static const char *const wrong[] = { "", "foo___bar", "a..b", "a._b",
		"-a", "a-", "a//b", "/a", "a/", "A", "a/B", "a b", "a:b", "a@b",
		"a-_b", "..", "a/../b", "_a", "a_", "a.", "a/-b", "\xc3\xa9" };
	char *text = repeat('a', 256);

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		if (!ferry_oci_name_valid(B(good[i])))
			fail_msg("'%s' is no name", good[i]);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (ferry_oci_name_valid(B(wrong[i])))
			fail_msg("'%s' is a name", wrong[i]);
	assert_true(ferry_oci_name_valid(ferry_bytes_of(text, 255)));
	assert_false(ferry_oci_name_valid(ferry_bytes_of(text, 256)));
	assert_false(ferry_oci_name_valid(ferry_bytes_of("a\0b", 3)));
	free(text);
}

static void
test_tag_valid(void **state)
{
	static const char *const good[] = { "_x", "1.0", "latest", "V1",
		"a-b.c", "1.0.0_b", "A", "_", "sha256-" HEX ".sig" };
	static const char *const wrong[] = { "", ".x", "-x", "1.0+b", "a b",
		"a/b", "a:b", "a\n", "\xc3\xa9" };
	char *text = repeat('a', 129);

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		if (!ferry_oci_tag_valid(B(good[i])))
			fail_msg("'%s' is no tag", good[i]);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (ferry_oci_tag_valid(B(wrong[i])))
			fail_msg("'%s' is a tag", wrong[i]);
	assert_true(ferry_oci_tag_valid(ferry_bytes_of(text, 128)));
	assert_false(ferry_oci_tag_valid(ferry_bytes_of(text, 129)));
	assert_false(ferry_oci_tag_valid(ferry_bytes_of("a\0b", 3)));
	free(text);
}

static void
test_digest_valid(void **state)
{
	static const char *const wrong[] = { "", "sha256:", "sha256:" UPPER,
		"sha256:abc", HEX, "sha256-" HEX, "SHA256:" HEX, "sha512:" HEX,
		"sha256:" HEX HEX, "md5:" HEX, "sha256:" HEX " ",
		"sha384:" HEX };
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_digest digest;
	char text[FERRY_DIGEST_TEXT];

	(void)state;
	assert_true(ferry_oci_digest_valid(B(SHA)));
	assert_true(ferry_oci_digest_valid(B(SHA512)));
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (ferry_oci_digest_valid(B(wrong[i])))
			fail_msg("'%s' is a digest", wrong[i]);
	assert_ok(ferry_oci_digest_parse(&digest, B(SHA512), &err), &err);
	assert_int_equal(digest.alg, FERRY_SHA512);
	assert_string_equal(ferry_digest_text(&digest, text), SHA512);
	assert_int_equal(
	    ferry_oci_digest_parse(&digest, B("sha256:" UPPER), &err), -1);
	assert_int_equal(err.code, FERRY_EFORMAT);
}

static void
test_fallback(void **state)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	char tag[FERRY_OCI_TAG_MAX + 1], digest[FERRY_OCI_DIGEST_TEXT];
	static const char *const suffixes[] = { "", ".sig", ".att", ".sbom" };
	static const char *const others[] = { "", "latest", "sha256-", HEX,
		"sha256-" UPPER, "sha256-" HEX ".", "sha256-" HEX ".sigs",
		"sha256-" HEX "0", "sha512-" HEX, "sha256:" HEX };

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		assert_ok(
		    ferry_oci_fallback_tag(tag, B(SHA), suffixes[i], &err),
		    &err);
		assert_int_equal(strncmp(tag, "sha256-" HEX, 71), 0);
		assert_string_equal(tag + 71, suffixes[i]);
		assert_true(ferry_oci_tag_valid(B(tag)));
		assert_true(ferry_oci_fallback_parse(B(tag), digest));
		assert_string_equal(digest, SHA);
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_false(ferry_oci_fallback_parse(B(others[i]), digest));
	assert_ok(ferry_oci_fallback_tag(tag, B(SHA512), "", &err), &err);
	assert_string_equal(tag, "sha512-" HEX);
	assert_ok(ferry_oci_fallback_tag(tag, B("a+b:x=y"), "", &err), &err);
	assert_string_equal(tag, "a-b-x-y");
	/* The algorithm is cut to 32, the rest to 64. */
	assert_ok(
	    ferry_oci_fallback_tag(
		tag, B("0123456789abcdef0123456789abcdef0:" HEX "1"), "", &err),
	    &err);
	assert_string_equal(tag, "0123456789abcdef0123456789abcdef-" HEX);
	assert_int_equal(ferry_oci_fallback_tag(tag, B("a:"), "", &err), -1);
	assert_int_equal(ferry_oci_fallback_tag(tag, B(":a"), "", &err), -1);
	assert_int_equal(ferry_oci_fallback_tag(tag, B("a:/"), "", &err), -1);
	assert_int_equal(err.code, FERRY_EFORMAT);
}

static bool
matches(const char *pattern, const char *platform)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_oci_platform a, b;

	assert_ok(ferry_oci_platform_parse(&a, B(pattern), &err), &err);
	assert_ok(ferry_oci_platform_parse(&b, B(platform), &err), &err);
	return ferry_oci_platform_matches(&a, &b);
}

static void
test_platform(void **state)
{
	static const char *const wrong[] = { "", "linux", "linux/", "/amd64",
		"linux/arm/v7/x", "linux/arm/", "a b/c", "linux/\n" };
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_oci_platform p, any = { "", "amd64", "" };
	char *part = repeat('a', 70);

	(void)state;
	assert_ok(ferry_oci_platform_parse(&p, B("linux/arm/v7"), &err), &err);
	assert_string_equal(p.os, "linux");
	assert_string_equal(p.architecture, "arm");
	assert_string_equal(p.variant, "v7");
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_equal(
		    ferry_oci_platform_parse(&p, B(wrong[i]), &err), -1);
		assert_int_equal(err.code, FERRY_EFORMAT);
	}
	memcpy(part, "linux/", 6);
	assert_int_equal(ferry_oci_platform_parse(&p, B(part), &err), -1);
	part[69] = 0;
	assert_ok(ferry_oci_platform_parse(&p, B(part), &err), &err);
	free(part);

	assert_true(matches("linux/amd64", "linux/amd64"));
	assert_true(matches("linux/amd64", "linux/amd64/v2"));
	assert_true(matches("linux/amd64/v1", "linux/amd64"));
	assert_false(matches("linux/amd64/v2", "linux/amd64"));
	assert_false(matches("linux/amd64", "windows/amd64"));
	assert_false(matches("linux/amd64", "linux/arm64"));
	assert_false(matches("linux/amd64", "unknown/unknown"));
	assert_true(matches("linux/arm64", "linux/arm64/v8"));
	assert_true(matches("linux/arm64/v8", "linux/arm64"));
	assert_true(matches("linux/arm64/v8", "linux/arm64/8"));
	assert_true(matches("linux/arm", "linux/arm/v6"));
	assert_true(matches("linux/arm/v7", "linux/arm"));
	assert_false(matches("linux/arm/v6", "linux/arm"));
	assert_true(matches("linux/armhf", "linux/arm/v7"));
	assert_false(matches("linux/armhf", "linux/arm/v6"));
	assert_true(matches("linux/x86_64", "linux/amd64"));
	assert_true(matches("Linux/aarch64", "linux/arm64"));
	assert_true(matches("linux/i386", "linux/386"));

	assert_ok(ferry_oci_platform_parse(&p, B("windows/amd64"), &err), &err);
	assert_true(ferry_oci_platform_matches(&any, &p));
	assert_ok(ferry_oci_platform_parse(&p, B("linux/arm64"), &err), &err);
	assert_false(ferry_oci_platform_matches(&any, &p));
}

static void
test_format_oci(void **state)
{
	const struct ferry_format *oci = ferry_format_find(B("oci"));

	(void)state;
	assert_non_null(oci);
	assert_true(oci->name_valid(B("library/debian")));
	assert_false(oci->name_valid(B("Library/debian")));
	assert_true(oci->version_valid(B(SHA)));
	assert_false(oci->version_valid(B("latest")));
	assert_true(oci->compare_versions(B(SHA), B(SHA512)) < 0);
	assert_int_equal(oci->compare_versions(B(SHA), B(SHA)), 0);
	assert_false(oci->prerelease(B(SHA)));
	/* The table is in the order of names. */
	for (size_t i = 1; i < ferry_formats_count(); i++)
		assert_true(strcmp(ferry_format_at(i - 1)->name,
				ferry_format_at(i)->name) < 0);
}

static void
test_tags_sort_by_bytes(void **state)
{
	static const char *const tags[] = { "1", "1-rc", "1.0", "1.10", "1.2",
		"1.9", "10", "V1", "_x", "latest", "v1" };

	(void)state;
	for (size_t i = 1; i < sizeof(tags) / sizeof(tags[0]); i++)
		assert_true(ferry_bytes_cmp(B(tags[i - 1]), B(tags[i])) < 0);
}

static void
read_ok(struct ferry_oci_manifest *m, const char *text, const char *type)
{
	struct ferry_error err = FERRY_ERROR_INIT;

	assert_ok(ferry_oci_manifest_read(m, B(text), type, &err), &err);
}

#define DESC(type, extra)                                                      \
	"{\"mediaType\":\"" type "\",\"digest\":\"" SHA "\",\"size\":7" extra  \
	"}"
#define LAYER "application/vnd.oci.image.layer.v1.tar+gzip"

static void
test_manifest_image(void **state)
{
	struct ferry_oci_manifest m;
	const char *text = "{\"schemaVersion\":2, \"layers\":[" DESC(
	    LAYER, "") "," DESC(LAYER,
	    ",\"data\":\"e30=\"") "," DESC("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
	    ",\"urls\":[\"https://x.example/\"]") "],"
						  "\"config\":" DESC(
						      "application/vnd.cncf.helm.config.v1+json",
						      "") ",\"what\":{\"manifests\":[1]},"
							  "\"annotations\":{\"a\":\"b\"},"
							  "\"subject\":" DESC(
							      "application/x",
							      "") ",\"size\":-1}";

	(void)state;
	read_ok(&m, text, NULL);
	assert_int_equal(m.n, 5);
	assert_false(m.index);
	assert_false(m.schema1);
	assert_string_equal(
	    m.media_type, "application/vnd.oci.image.manifest.v1+json");
	assert_string_equal(
	    m.artifact_type, "application/vnd.cncf.helm.config.v1+json");
	assert_true(ferry_bytes_is(m.annotations, "{\"a\":\"b\"}"));
	/* In the order of the text, twice what is there twice. */
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(m.descriptors[i].role, FERRY_OCI_LAYER);
	assert_int_equal(m.descriptors[3].role, FERRY_OCI_CONFIG);
	assert_int_equal(m.descriptors[4].role, FERRY_OCI_SUBJECT);
	assert_string_equal(m.descriptors[0].media_type, LAYER);
	assert_string_equal(m.descriptors[1].digest, SHA);
	assert_int_equal(m.descriptors[1].size, 7);
	assert_false(m.descriptors[0].foreign);
	assert_true(m.descriptors[2].foreign);
	assert_null(m.descriptors[0].urls.p);
	assert_true(
	    ferry_bytes_is(m.descriptors[2].urls, "[\"https://x.example/\"]"));
	assert_false(m.descriptors[0].has_platform);
	ferry_oci_manifest_free(&m);
}

static void
test_manifest_index(void **state)
{
	struct ferry_oci_manifest m;
	const char *text =
	    "{\"schemaVersion\":2,\"mediaType\":\"" FERRY_OCI_INDEX
	    "\",\"artifactType\":\"application/x\","
	    "\"manifests\":[" DESC("application/vnd.oci.image.manifest.v1+json",
		",\"platform\":{\"architecture\":\"arm64\",\"os\":\"linux\","
		"\"variant\":\"v8\",\"os.version\":\"1\"}") "," DESC("application/vnd.oci.image.manifest.v1+json",
		",\"platform\":{\"architecture\":\"unknown\","
		"\"os\":\"unknown\"},\"annotations\":{"
		"\"vnd.docker.reference.type\":\"attestation-m\\u0061nifest\"}") "," DESC(FERRY_OCI_INDEX,
		",\"platform\":null") "]}";

	(void)state;
	read_ok(&m, text, "application/vnd.oci.image.manifest.v1+json");
	assert_int_equal(m.n, 3);
	assert_true(m.index);
	assert_string_equal(m.media_type, FERRY_OCI_INDEX);
	assert_string_equal(m.artifact_type, "application/x");
	assert_null(m.annotations.p);
	assert_int_equal(m.descriptors[0].role, FERRY_OCI_CHILD);
	assert_true(m.descriptors[0].has_platform);
	assert_string_equal(m.descriptors[0].platform.os, "linux");
	assert_string_equal(m.descriptors[0].platform.architecture, "arm64");
	assert_string_equal(m.descriptors[0].platform.variant, "v8");
	assert_false(m.descriptors[0].attestation);
	assert_true(m.descriptors[1].attestation);
	assert_false(m.descriptors[2].has_platform);
	assert_string_equal(m.descriptors[2].media_type, FERRY_OCI_INDEX);
	ferry_oci_manifest_free(&m);
}

static void
test_manifest_media_type(void **state)
{
#define M2 "application/vnd.docker.distribution.manifest.v2+json"
#define OM "application/vnd.oci.image.manifest.v1+json"
	static const struct {
		const char *text, *content_type, *media_type;
	} rows[] = {
		{ "{}", NULL, OM },
		{ "{}", "application/json", OM },
		{ "{}", "text/plain; charset=utf-8", OM },
		{ "{}", "", OM },
		{ "{}", M2, M2 },
		{ "{}", " " M2 " ; charset=utf-8", M2 },
		{ "{\"mediaType\":\"\"}", M2, M2 },
		{ "{\"mediaType\":null}", M2, M2 },
		{ "{\"mediaType\":\"" OM "\"}", M2, OM },
		{ "{\"mediaType\":\"a/b; c=d\"}", M2, "a/b" },
		{ "{\"mediaType\":\"" M2 "\",\"mediaType\":\"" OM "\"}", NULL,
		    OM },
		{ "{\"MediaType\":\"" M2 "\"}", NULL, OM },
		{ "{\"manifests\":[]}", NULL, FERRY_OCI_INDEX },
		{ "{\"manifests\":null}", NULL, FERRY_OCI_INDEX },
		{ "{\"config\":" DESC(
		      "application/vnd.docker.container.image.v1+json", "") "}",
		    NULL, M2 },
		{ "{\"schemaVersion\":1}", "application/json",
		    "application/vnd.docker.distribution.manifest.v1+json" },
		{ "{\"schemaVersion\":1,\"signatures\":[{}]}", NULL,
		    "application/vnd.docker.distribution.manifest.v1+prettyjws" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ferry_oci_manifest m;

		read_ok(&m, rows[i].text, rows[i].content_type);
		assert_string_equal(m.media_type, rows[i].media_type);
		ferry_oci_manifest_free(&m);
	}
}

static void
test_manifest_schema1(void **state)
{
	struct ferry_oci_manifest m;

	(void)state;
	read_ok(&m,
	    "{\"schemaVersion\":1,\"name\":\"a\",\"fsLayers\":[{\"blobSum\":"
	    "\"" SHA "\"},{\"blobSum\":\"" SHA "\"}],\"layers\":1}",
	    NULL);
	assert_true(m.schema1);
	assert_int_equal(m.n, 2);
	assert_int_equal(m.descriptors[1].role, FERRY_OCI_LAYER);
	assert_string_equal(m.descriptors[1].digest, SHA);
	assert_int_equal(m.descriptors[1].size, 0);
	ferry_oci_manifest_free(&m);

	/* Of others, "fsLayers" is a member like any that is not known. */
	read_ok(&m, "{\"schemaVersion\":2,\"fsLayers\":7}", NULL);
	assert_false(m.schema1);
	assert_int_equal(m.n, 0);
	ferry_oci_manifest_free(&m);
	read_ok(&m, "{}",
	    "application/vnd.docker.distribution.manifest.v1+prettyjws");
	assert_true(m.schema1);
	ferry_oci_manifest_free(&m);
}

static void
test_manifest_odd_but_legal(void **state)
{
	static const struct {
		const char *text;
		size_t n;
	} rows[] = {
		{ "{\"layers\":[],\"config\":" DESC("", "") "}", 1 },
		{ "{\"layers\":null,\"config\":null,\"subject\":null}", 0 },
		{ "{\"layers\":[{\"digest\":\"" SHA "\",\"size\":0}]}", 1 },
		{ "{\"layers\":[{\"digest\":\"" SHA512 "\",\"size\":"
		  "9223372036854775807}]}",
		    1 },
		{ "{\"l\\u0061yers\":[" DESC("", "") "]}", 1 },
		{ "{\"layers\":[" DESC("", "") "],\"layers\":[]}", 0 },
		{ "{\"layers\":[" DESC("a/b",
		      ",\"annotations\":{\"vnd.docker.reference.type\":1},"
		      "\"platform\":{},\"x\":[[]],\"artifactType\":\"a/b\"") "]}",
		    1 },
		{ "  {\"layers\":[" DESC("", "") "," DESC("", "") "]}\n", 2 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ferry_oci_manifest m;

		read_ok(&m, rows[i].text, NULL);
		assert_int_equal(m.n, rows[i].n);
		ferry_oci_manifest_free(&m);
	}
}

static void
test_manifest_refuses(void **state)
{
	static const char *const rows[] = { "", "[]", "1", "<html>", "{} x",
		"{\"layers\":{}}", "{\"layers\":\"\"}", "{\"layers\":[1]}",
		"{\"layers\":[null]}", "{\"manifests\":1}", "{\"layers\":[{}]}",
		"{\"config\":{}}", "{\"config\":[]}",
		"{\"config\":\"" SHA "\"}", "{\"subject\":{\"size\":1}}",
		"{\"config\":{\"digest\":\"" SHA "\"}}",
		"{\"config\":{\"digest\":\"" SHA "\",\"size\":\"1\"}}",
		"{\"config\":{\"digest\":\"" SHA "\",\"size\":-1}}",
		"{\"config\":{\"digest\":\"" SHA "\",\"size\":1.0}}",
		"{\"config\":{\"digest\":\"" SHA "\",\"size\":1e3}}",
		"{\"config\":{\"digest\":\"" SHA "\",\"size\":null}}",
		"{\"config\":{\"digest\":\"" SHA
		"\",\"size\":9223372036854775808}}",
		"{\"config\":{\"digest\":\"sha256:abc\",\"size\":1}}",
		"{\"config\":{\"digest\":\"sha256:" UPPER "\",\"size\":1}}",
		"{\"config\":{\"digest\":1,\"size\":1}}",
		"{\"config\":{\"digest\":\"" SHA512 "0\",\"size\":1}}",
		"{\"config\":" DESC("a\\r\\nb", "") "}",
		"{\"config\":" DESC("a\\u0000b", "") "}",
		"{\"config\":" DESC("a", ",\"urls\":{}") "}",
		"{\"config\":" DESC("a", ",\"platform\":\"linux\"") "}",
		"{\"config\":" DESC("a", ",\"platform\":{\"os\":1}") "}",
		"{\"config\":" DESC("a", ",\"annotations\":[]") "}",
		"{\"mediaType\":1}", "{\"mediaType\":\"\\u00e9\"}",
		"{\"artifactType\":[]}", "{\"annotations\":[]}",
		"{\"schemaVersion\":1,\"fsLayers\":[{}]}",
		"{\"schemaVersion\":1,\"fsLayers\":[1]}",
		"{\"schemaVersion\":1,\"fsLayers\":{}}" };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ferry_error err = FERRY_ERROR_INIT;
		struct ferry_oci_manifest m;

		if (ferry_oci_manifest_read(&m, B(rows[i]), NULL, &err) == 0)
			fail_msg("%s is a manifest", rows[i]);
		assert_int_equal(err.code, FERRY_EFORMAT);
		assert_null(m.descriptors);
		ferry_oci_manifest_free(&m);
	}
}

/* {"mediaType":"aaa…"} with n times a. */
static int
read_long_type(size_t n, const char *content_type)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf text = FERRY_BUF_INIT;
	struct ferry_oci_manifest m;
	char *type = repeat('a', n);
	int rc;

	assert_ok(
	    ferry_buf_addf(&text, &err, "{\"mediaType\":\"%s\"}", type), &err);
	rc = ferry_oci_manifest_read(
	    &m, ferry_bytes_buf(&text), content_type, &err);
	assert_int_equal(err.code, rc == 0 ? FERRY_OK : FERRY_EFORMAT);
	ferry_oci_manifest_free(&m);
	ferry_buf_free(&text);
	free(type);
	return rc;
}

static void
test_manifest_bounds(void **state)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf text = FERRY_BUF_INIT;
	struct ferry_oci_manifest m;
	char *big;

	(void)state;
	assert_int_equal(read_long_type(255, NULL), 0);
	assert_int_equal(read_long_type(256, NULL), -1);
	big = repeat('a', 256);
	assert_int_equal(read_long_type(0, big), -1);
	assert_int_equal(read_long_type(0, big + 1), 0);
	free(big);

	assert_ok(ferry_buf_adds(&text, "{\"layers\":[", &err), &err);
	for (int i = 0; i < FERRY_OCI_DESCRIPTORS_MAX; i++)
		assert_ok(ferry_buf_addf(&text, &err, "%s%s", i == 0 ? "" : ",",
			      DESC("", "")),
		    &err);
	assert_ok(ferry_buf_adds(&text, "]}", &err), &err);
	read_ok(&m, (char *)text.p, NULL);
	assert_int_equal(m.n, FERRY_OCI_DESCRIPTORS_MAX);
	ferry_oci_manifest_free(&m);
	text.n--;
	assert_ok(
	    ferry_buf_adds(&text, ",\"config\":" DESC("", "") "}", &err), &err);
	assert_int_equal(
	    ferry_oci_manifest_read(&m, ferry_bytes_buf(&text), NULL, &err),
	    -1);
	assert_int_equal(err.code, FERRY_ELIMIT);
	ferry_buf_free(&text);

	big = repeat(' ', FERRY_OCI_MANIFEST_MAX + 1);
	memcpy(big, "{}", 2);
	assert_ok(ferry_oci_manifest_read(&m,
		      ferry_bytes_of(big, FERRY_OCI_MANIFEST_MAX), NULL, &err),
	    &err);
	ferry_oci_manifest_free(&m);
	assert_int_equal(
	    ferry_oci_manifest_read(&m,
		ferry_bytes_of(big, FERRY_OCI_MANIFEST_MAX + 1), NULL, &err),
	    -1);
	assert_int_equal(err.code, FERRY_ELIMIT);
	free(big);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reference_parse),
		cmocka_unit_test(test_reference_parse_refuses),
		cmocka_unit_test(test_host_hides_passwords),
		cmocka_unit_test(test_host),
		cmocka_unit_test(test_name_valid),
		cmocka_unit_test(test_tag_valid),
		cmocka_unit_test(test_digest_valid),
		cmocka_unit_test(test_fallback),
		cmocka_unit_test(test_platform),
		cmocka_unit_test(test_format_oci),
		cmocka_unit_test(test_tags_sort_by_bytes),
		cmocka_unit_test(test_manifest_image),
		cmocka_unit_test(test_manifest_index),
		cmocka_unit_test(test_manifest_media_type),
		cmocka_unit_test(test_manifest_schema1),
		cmocka_unit_test(test_manifest_odd_but_legal),
		cmocka_unit_test(test_manifest_refuses),
		cmocka_unit_test(test_manifest_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
