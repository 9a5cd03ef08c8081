/*
 * Gradle's files: gradle.lockfile and its like, verification-metadata.xml,
 * libs.versions.toml.
 *
 * Source: store/format/maven/PROTOCOL.md, section 10; Gradle's user manual,
 *     "Locking versions", "Dependency verification".
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/digest.h"
#include "store/base/error.h"
#include "store/base/xml.h"
#include "store/format/maven/names.h"
#include "sync/select/lock/kind.h"
#include "sync/select/lock/lock.h"

/* One entry whose name and version are checked here. */
static int
tell(const struct ferry_lock_sink *sink, const struct ferry_lock_wanted *wanted,
    struct ferry_error *err)
{

	if (ferry_maven_name_valid(ferry_bytes_str(wanted->name)) &&
	    (wanted->closure ? *wanted->version != 0
			     : ferry_maven_version_valid(
				   ferry_bytes_str(wanted->version))))
		return sink->on_wanted(sink->ctx, wanted, err);
	return sink->on_unmirrorable(sink->ctx, wanted->name, wanted->version,
	    "not coordinates of a module", err);
}

/* gradle.lockfile: "group:artifact:version=configuration,…" */

static int
tell_module(const struct ferry_lock_sink *sink, struct ferry_bytes line,
    struct ferry_error *err)
{
	struct ferry_lock_wanted wanted = { .files = "* gradle" };
	struct ferry_buf text = FERRY_BUF_INIT;
	char *version;
	int rc = ferry_buf_add(&text, line.p, line.n, err);

	if (rc == 0 && (version = strrchr((char *)text.p, ':')) != NULL) {
		*version++ = 0;
		wanted.name = (char *)text.p;
		wanted.version = version;
		rc = tell(sink, &wanted, err);
	}
	ferry_buf_free(&text);
	return rc;
}

int
ferry_lock_gradle(struct ferry_bytes text, const struct ferry_lock_sink *sink,
    struct ferry_error *err)
{
	struct ferry_bytes line;

	while (ferry_bytes_line(&text, &line)) {
		const uint8_t *equals;

		line = ferry_bytes_trim(line);
		if (line.n == 0 || *line.p == '#' ||
		    ferry_bytes_starts(line, "empty="))
			continue;
		if (memchr(line.p, 0, line.n) != NULL)
			return ferry_error_set(
			    err, FERRY_EFORMAT, "the lock file holds NUL");
		/* Older ones have a file a configuration, without "=". */
		if ((equals = memchr(line.p, '=', line.n)) != NULL)
			line.n = (size_t)(equals - line.p);
		if (tell_module(sink, line, err) == -1)
			return -1;
	}
	return 0;
}

/* verification-metadata.xml */

static int
add_one(struct ferry_buf *words, enum ferry_alg alg, const char *hex,
    struct ferry_error *err)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_digest digest;
	char text[FERRY_DIGEST_TEXT];

	if (hex == NULL || ferry_digest_from_hex(&digest, alg,
			       ferry_bytes_str(hex), &ignored) == -1)
		return 0;
	return ferry_buf_addf(words, err, "#%s=%s", ferry_alg_name(alg),
	    ferry_digest_hex(&digest, text));
}

/* "#sha512=HEX", of the best that is there, and what is trusted, too. */
static int
add_digests(struct ferry_buf *words, const struct ferry_xml_node *artifact,
    struct ferry_error *err)
{
	static const enum ferry_alg algs[] = { FERRY_SHA512, FERRY_SHA256,
		FERRY_SHA1, FERRY_MD5 };
	size_t before = words->n;

	for (size_t i = 0;
	     words->n == before && i < sizeof(algs) / sizeof(algs[0]); i++) {
		const struct ferry_xml_node *node = ferry_xml_child(artifact,
						ferry_alg_name(algs[i])),
					    *also;

		if (node == NULL)
			continue;
		if (add_one(words, algs[i], ferry_xml_attribute(node, "value"),
			err) == -1)
			return -1;
		for (also = node->first; also != NULL; also = also->next)
			if (strcmp(also->name, "also-trust") == 0 &&
			    add_one(words, algs[i],
				ferry_xml_attribute(also, "value"), err) == -1)
				return -1;
	}
	return 0;
}

/* "lib-1.0-linux.jar" of lib and 1.0 is the word "linux:jar". */
static int
add_file(struct ferry_buf *words, const char *name, const char *version,
    const struct ferry_xml_node *artifact, struct ferry_error *err)
{
	const char *file = ferry_xml_attribute(artifact, "name");
	struct ferry_bytes id = ferry_maven_artifact(ferry_bytes_str(name)),
			   classifier = { NULL, 0 }, extension;
	size_t n = strlen(version);
	const char *rest, *dot;

	if (file == NULL || strncmp(file, (const char *)id.p, id.n) != 0 ||
	    file[id.n] != '-' || strncmp(file + id.n + 1, version, n) != 0)
		return 0;
	rest = file + id.n + 1 + n;
	dot = strrchr(rest, '.');
	if (dot == NULL)
		return 0;
	if (*rest == '-')
		classifier = ferry_bytes_of(rest + 1, (size_t)(dot - rest) - 1);
	else if (dot != rest)
		return 0;
	extension = ferry_bytes_str(dot + 1);
	if (!ferry_maven_part_valid(extension) ||
	    (classifier.n > 0 && !ferry_maven_part_valid(classifier)))
		return 0;
	return ferry_buf_addf(words, err, " %.*s:%.*s", (int)classifier.n,
		   classifier.n == 0 ? "" : (const char *)classifier.p,
		   (int)extension.n, (const char *)extension.p) == -1
	           ? -1
	           : add_digests(words, artifact, err);
}

static int
tell_component(const struct ferry_lock_sink *sink,
    const struct ferry_xml_node *component, struct ferry_error *err)
{
	const char *group = ferry_xml_attribute(component, "group"),
		   *artifact = ferry_xml_attribute(component, "name"),
		   *version = ferry_xml_attribute(component, "version");
	struct ferry_buf name = FERRY_BUF_INIT, words = FERRY_BUF_INIT;
	struct ferry_lock_wanted wanted = { .version = version };
	int rc = -1;

	if (group == NULL || artifact == NULL || version == NULL)
		return 0;
	if (ferry_buf_addf(&name, err, "%s:%s", group, artifact) == -1 ||
	    ferry_buf_adds(&words, "pom gradle", err) == -1)
		goto out;
	for (const struct ferry_xml_node *node = component->first; node != NULL;
	     node = node->next)
		if (strcmp(node->name, "artifact") == 0 &&
		    add_file(&words, (char *)name.p, version, node, err) == -1)
			goto out;
	wanted.name = (char *)name.p;
	wanted.files = (char *)words.p;
	rc = tell(sink, &wanted, err);
out:
	ferry_buf_free(&name);
	ferry_buf_free(&words);
	return rc;
}

int
ferry_lock_verification(struct ferry_bytes text,
    const struct ferry_lock_sink *sink, struct ferry_error *err)
{
	const struct ferry_xml_node *node;
	struct ferry_xml *xml = NULL;
	int rc = ferry_xml_parse(&xml, text, "verification metadata", err);

	if (rc == -1)
		return -1;
	node = ferry_xml_child(ferry_xml_root(xml), "components");
	for (node = node == NULL ? NULL : node->first; node != NULL && rc == 0;
	     node = node->next)
		if (strcmp(node->name, "component") == 0)
			rc = tell_component(sink, node, err);
	ferry_xml_free(xml);
	return rc;
}
