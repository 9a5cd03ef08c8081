#include "store/format/maven/names.h"

#include <string.h>

#include "store/base/error.h"
#include "store/format/maven/version.h"
#include "store/format/maven/words.h"

#define SNAPSHOT "-SNAPSHOT"

static bool
is_name_char(uint8_t c)
{

	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

bool
ferry_maven_part_valid(struct ferry_bytes part)
{

	if (part.n == 0 || *part.p == '.' || part.p[part.n - 1] == '.')
		return false;
	for (size_t i = 0; i < part.n; i++)
		if (!is_name_char(part.p[i]) ||
		    (part.p[i] == '.' && part.p[i + 1] == '.'))
			return false;
	return true;
}

static size_t
colon(struct ferry_bytes name)
{
	const uint8_t *at = name.n == 0 ? NULL : memchr(name.p, ':', name.n);

	return at == NULL ? name.n : (size_t)(at - name.p);
}

struct ferry_bytes
ferry_maven_group(struct ferry_bytes name)
{

	return ferry_bytes_of(name.p, colon(name));
}

struct ferry_bytes
ferry_maven_artifact(struct ferry_bytes name)
{
	size_t at = colon(name);

	return at == name.n ? ferry_bytes_of(name.p, 0)
	                    : ferry_bytes_of(name.p + at + 1, name.n - at - 1);
}

bool
ferry_maven_name_valid(struct ferry_bytes name)
{
	const uint8_t *slash = name.n == 0 ? NULL : memchr(name.p, '/', name.n);

	if (slash != NULL) {
		size_t n = (size_t)(slash - name.p);
		struct ferry_bytes rest =
		    ferry_bytes_of(slash + 1, name.n - n - 1);

		return name.n <= FERRY_MAVEN_NAME_MAX &&
		       ferry_maven_part_valid(ferry_bytes_of(name.p, n)) &&
		       ferry_maven_part_valid(rest);
	}
	return name.n <= FERRY_MAVEN_NAME_MAX &&
	       ferry_maven_part_valid(ferry_maven_group(name)) &&
	       (colon(name) == name.n ||
		   ferry_maven_part_valid(ferry_maven_artifact(name)));
}

bool
ferry_maven_version_valid(struct ferry_bytes version)
{

	if (version.n == 0 || version.n > FERRY_MAVEN_VERSION_MAX ||
	    *version.p == '.' || *version.p == '-')
		return false;
	for (size_t i = 0; i < version.n; i++)
		if (!is_name_char(version.p[i]) && version.p[i] != '+' &&
		    version.p[i] != '~' && version.p[i] != '@' &&
		    version.p[i] != '=')
			return false;
	return true;
}

int
ferry_maven_order(struct ferry_bytes a, struct ferry_bytes b)
{
	int c = ferry_maven_version_cmp(a, b);

	return c != 0 ? c : ferry_bytes_cmp(a, b);
}

static bool
is_digits(struct ferry_bytes s)
{

	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return s.n > 0;
}

bool
ferry_maven_build_cut(struct ferry_maven_build *out, struct ferry_bytes version)
{
	size_t n = version.n, i;

	/* BASE-yyyyMMdd.HHmmss-N */
	for (i = n; i > 0 && version.p[i - 1] != '-'; i--)
		;
	if (i < 18 || !is_digits(ferry_bytes_of(version.p + i, n - i)))
		return false;
	out->number = ferry_bytes_of(version.p + i, n - i);
	out->time = ferry_bytes_of(version.p + i - 16, 15);
	out->base = ferry_bytes_of(version.p, i - 17);
	return out->base.n > 0 && version.p[i - 17] == '-' &&
	       is_digits(ferry_bytes_of(out->time.p, 8)) &&
	       out->time.p[8] == '.' &&
	       is_digits(ferry_bytes_of(out->time.p + 9, 6));
}

bool
ferry_maven_is_snapshot(struct ferry_bytes version)
{
	struct ferry_maven_build build;
	size_t n = sizeof(SNAPSHOT) - 1;

	return (version.n > n &&
		   memcmp(version.p + version.n - n, SNAPSHOT, n) == 0) ||
	       ferry_maven_build_cut(&build, version);
}

bool
ferry_maven_prerelease(struct ferry_bytes version)
{

	if (ferry_maven_is_snapshot(version))
		return true;
	for (size_t i = 0, n; i < version.n; i += n + (n == 0)) {
		struct ferry_bytes rest =
		    ferry_bytes_of(version.p + i, version.n - i);
		bool digit;

		for (n = 0;
		     n < rest.n && ((rest.p[n] >= 'a' && rest.p[n] <= 'z') ||
				       (rest.p[n] >= 'A' && rest.p[n] <= 'Z'));
		     n++)
			;
		digit = n < rest.n && rest.p[n] >= '0' && rest.p[n] <= '9';
		if (n > 0 && ferry_maven_word(ferry_bytes_of(rest.p, n),
				 digit) < FERRY_MAVEN_RELEASE)
			return true;
	}
	return false;
}

/* Append the group with '/' for '.', and the artifact. */
int
ferry_maven_folder(
    struct ferry_buf *out, const char *name, struct ferry_error *err)
{
	struct ferry_bytes group = ferry_maven_group(ferry_bytes_str(name)),
			   artifact =
			       ferry_maven_artifact(ferry_bytes_str(name));
	size_t from = out->n;

	if (ferry_buf_addf(out, err, "%.*s/%.*s", (int)group.n,
		(const char *)group.p, (int)artifact.n,
		(const char *)artifact.p) == -1)
		return -1;
	for (size_t i = from; i < from + group.n; i++)
		if (out->p[i] == '.')
			out->p[i] = '/';
	return 0;
}

int
ferry_maven_version_folder(struct ferry_buf *out, const char *name,
    const char *version, struct ferry_error *err)
{
	struct ferry_maven_build build;

	if (ferry_maven_folder(out, name, err) == -1)
		return -1;
	return ferry_maven_build_cut(&build, ferry_bytes_str(version))
	           ? ferry_buf_addf(out, err, "/%.*s" SNAPSHOT,
			 (int)build.base.n, (const char *)build.base.p)
	           : ferry_buf_addf(out, err, "/%s", version);
}

int
ferry_maven_file_name(struct ferry_buf *out, const char *name,
    const char *version, struct ferry_bytes classifier,
    struct ferry_bytes extension, struct ferry_error *err)
{
	struct ferry_bytes artifact =
	    ferry_maven_artifact(ferry_bytes_str(name));

	return ferry_buf_addf(out, err, "%.*s-%s%s%.*s.%.*s", (int)artifact.n,
	    (const char *)artifact.p, version, classifier.n == 0 ? "" : "-",
	    (int)classifier.n, (const char *)classifier.p, (int)extension.n,
	    (const char *)extension.p);
}

struct ferry_maven_type
ferry_maven_type(const char *type)
{
	/* Maven's artifact handlers, and packagings that extensions bring whose
	 * files are jars. */
	static const struct {
		const char *type;
		struct ferry_maven_type is;
	} types[] = {
		{ "", { "jar", "", true } },
		{ "jar", { "jar", "", true } },
		{ "pom", { "pom", "", true } },
		{ "bom", { "pom", "", true } },
		{ "test-jar", { "jar", "tests", true } },
		{ "maven-plugin", { "jar", "", true } },
		{ "ejb", { "jar", "", true } },
		{ "ejb-client", { "jar", "client", true } },
		{ "java-source", { "jar", "sources", true } },
		{ "javadoc", { "jar", "javadoc", true } },
		{ "bundle", { "jar", "", true } },
		{ "eclipse-plugin", { "jar", "", true } },
		{ "eclipse-test-plugin", { "jar", "", true } },
		{ "hk2-jar", { "jar", "", true } },
		{ "gwt-lib", { "jar", "", true } },
		{ "maven-archetype", { "jar", "", true } },
		{ "takari-jar", { "jar", "", true } },
		{ "takari-maven-plugin", { "jar", "", true } },
		{ "scala-jar", { "jar", "", true } },
		{ "war", { "war", "", true } },
		{ "ear", { "ear", "", true } },
		{ "rar", { "rar", "", true } },
		{ "aar", { "aar", "", true } },
		{ "zip", { "zip", "", true } },
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(type, types[i].type) == 0)
			return types[i].is;
	return (struct ferry_maven_type){ type, "", false };
}

int
ferry_maven_github_name(struct ferry_buf *out, const char *owner,
    const char *name, struct ferry_error *err)
{
	size_t from = out->n;

	if (ferry_buf_addf(out, err, "%s/%s", owner, name) == -1)
		return -1;
	for (size_t i = from; i < out->n; i++)
		if (out->p[i] >= 'A' && out->p[i] <= 'Z')
			out->p[i] = (uint8_t)(out->p[i] + 32);
		else if (out->p[i] == ':')
			out->p[i] = '.';
	return 0;
}
