#include "sync/upstream/nuget/frameworks.h"

#include <string.h>
#include <strings.h>

#include "sync/upstream/nuget/nuget.h"

enum family { OTHER, CORE, STANDARD, DESKTOP };
struct framework {
	enum family family;
	unsigned version; /* major * 1000 + minor * 10 + patch */
};

/* "8.0", "4.6.1", "v4.5"; without dots a digit each: "472". */
static unsigned
read_version(const char *s, size_t n, bool dotted)
{
	unsigned part[3] = { 0 }, i = 0;

	for (size_t k = 0; k < n && i < 3; k++) {
		if (s[k] == '.') {
			i++;
		} else if (s[k] >= '0' && s[k] <= '9' && part[i] < 100) {
			part[i] = part[i] * 10 + (unsigned)(s[k] - '0');
			if (!dotted)
				i++;
		} else if (s[k] != 'v') {
			break;
		}
	}
	return part[0] * 1000 + part[1] * 10 + (part[2] < 10 ? part[2] : 9);
}

static struct framework
parse(struct ferry_bytes text)
{
	static const struct {
		const char *name;
		enum family family;
	} rows[] = {
		{ ".NETStandard", STANDARD }, { "netstandard", STANDARD },
		{ ".NETCoreApp", CORE }, { "netcoreapp", CORE },
		{ ".NETFramework", DESKTOP },
		{ "net", DESKTOP }, /* or CORE, by its version */
	};
	const char *s = (const char *)text.p;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t n = strlen(rows[i].name), digits;
		struct framework f = { rows[i].family, 0 };
		bool dotted;

		if (text.n <= n || strncasecmp(s, rows[i].name, n) != 0)
			continue;
		digits = n;
		/* ".NETFramework,Version=v4.5" */
		if (text.n - digits > 9 &&
		    strncasecmp(s + digits, ",Version=", 9) == 0)
			digits += 9;
		if (digits < text.n && s[digits] == 'v')
			digits++;
		if (digits == text.n || s[digits] < '0' || s[digits] > '9')
			continue;
		dotted = memchr(s + digits, '.', text.n - digits) != NULL;
		f.version = read_version(s + digits, text.n - digits, dotted);
		if (f.family == DESKTOP && dotted && f.version >= 5000)
			f.family = CORE;
		return f;
	}
	return (struct framework){ OTHER, 0 };
}

bool
ferry_nuget_framework_known(const char *framework)
{

	return parse(ferry_bytes_str(framework)).family != OTHER;
}

/* Whether a project for mine can use what is for theirs. */
static bool
may_use(struct framework mine, struct framework theirs)
{

	if (theirs.family == STANDARD)
		return mine.family != STANDARD ||
		       theirs.version <= mine.version;
	if (theirs.family == mine.family)
		return theirs.version <= mine.version;
	/* .NET falls back to .NET Framework, with a warning. */
	return mine.family == CORE && theirs.family == DESKTOP;
}

/* Of phones, stores and browsers of another time: only projects for a platform,
 * "net8.0-android", use any of them.  What is in no list ("portable-…", "any",
 * "dotnet5.4") may fit. */
static bool
is_foreign(const struct nuget *nuget, struct ferry_bytes framework)
{
	static const char *const names[] = { ".NETCore", "netcore", "UAP",
		"win", "Windows", "wp", "MonoAndroid", "MonoTouch", "MonoMac",
		"Xamarin", "Silverlight", "sl", "Tizen", "netmf",
		".NETMicroFramework", "native", "netnano" };
	bool found = false;

	for (size_t i = 0; i < nuget->frameworks_n; i++)
		if (strchr(nuget->frameworks[i], '-') != NULL)
			return false;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && !found; i++)
		found = framework.n >= strlen(names[i]) &&
		        strncasecmp((const char *)framework.p, names[i],
			    strlen(names[i])) == 0;
	return found;
}

bool
ferry_nuget_framework_wanted(
    const struct nuget *nuget, struct ferry_bytes framework)
{
	struct framework theirs;

	if (nuget->frameworks_n == 0 || framework.n == 0)
		return true;
	theirs = parse(framework);
	for (size_t i = 0; i < nuget->frameworks_n; i++)
		if (may_use(
			parse(ferry_bytes_str(nuget->frameworks[i])), theirs))
			return true;
	return theirs.family == OTHER && !is_foreign(nuget, framework);
}
