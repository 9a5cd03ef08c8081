#include "sync/box/clients.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "store/base/bytes.h"
#include "store/base/error.h"
#include "store/base/file.h"

/* Make the folders of path that are not there. */
static int
make_folders(char *path, size_t from, struct ferry_error *err)
{

	for (char *p = path + from; (p = strchr(p, '/')) != NULL; *p++ = '/') {
		*p = 0;
		if (mkdir(path, 0700) == -1 && errno != EEXIST)
			return ferry_error_errno(err, "%s", path);
	}
	return 0;
}

/* A file of the home. */
static int
write_file(const struct ferry_clients *c, const char *name,
    const struct ferry_buf *text, struct ferry_error *err)
{
	struct ferry_buf path = FERRY_BUF_INIT;
	int rc = -1;

	if (ferry_buf_addf(&path, err, "%s/%s", c->home, name) == 0 &&
	    make_folders((char *)path.p, strlen(c->home) + 1, err) == 0)
		rc = ferry_file_replace(
		    (char *)path.p, 0600, ferry_bytes_buf(text), err);
	ferry_buf_free(&path);
	return rc;
}

/* npm, pnpm, yarn 1, bun. */
static int
add_npm(const struct ferry_clients *c, struct ferry_buf *out,
    struct ferry_error *err)
{

	if (ferry_buf_addf(out, err,
		"registry=%s/npm/\nreplace-registry-host=always\n"
		"audit=false\nfund=false\nupdate-notifier=false\n",
		c->url) == -1)
		return -1;
	return c->token == NULL
	           ? 0
	           : ferry_buf_addf(out, err, "//%s/npm/:_authToken=%s\n",
			 c->host, c->token);
}

static int
add_gem(const struct ferry_clients *c, struct ferry_buf *out,
    struct ferry_error *err)
{

	return c->token == NULL
	           ? ferry_buf_addf(
			 out, err, ":sources:\n- %s/rubygems/\n", c->url)
	           : ferry_buf_addf(out, err,
			 ":sources:\n- http://ferry:%s@%s/rubygems/\n",
			 c->token, c->host);
}

static int
add_maven(const struct ferry_clients *c, struct ferry_buf *out,
    struct ferry_error *err)
{

	if (ferry_buf_addf(out, err,
		"<settings><mirrors><mirror><id>ferry</id>"
		"<mirrorOf>*</mirrorOf><url>%s/maven/</url></mirror>"
		"</mirrors>",
		c->url) == -1 ||
	    (c->token != NULL &&
		ferry_buf_addf(out, err,
		    "<servers><server><id>ferry</id><username>ferry</username>"
		    "<password>%s</password></server></servers>",
		    c->token) == -1))
		return -1;
	return ferry_buf_adds(out, "</settings>\n", err);
}

/* Every repository of every build, whatever it says, is ours. */
static int
add_gradle(const struct ferry_clients *c, struct ferry_buf *out,
    struct ferry_error *err)
{

	return ferry_buf_addf(out, err,
	    "def ours = { r ->\n"
	    "    r.url = '%s/maven/'\n"
	    "    if (r.hasProperty('allowInsecureProtocol'))\n"
	    "        r.allowInsecureProtocol = true\n"
	    "    if ('%s')\n"
	    "        r.credentials { username = 'ferry'; password = '%s' }\n"
	    "}\n"
	    "def redirect = { all ->\n"
	    "    all.all { r ->\n"
	    "        if (r instanceof org.gradle.api.artifacts.repositories"
	    ".MavenArtifactRepository && r.url?.scheme != 'file')\n"
	    "            ours(r)\n"
	    "    }\n"
	    "}\n"
	    "settingsEvaluated { settings ->\n"
	    "    def plugins = settings.pluginManagement.repositories\n"
	    "    redirect(plugins)\n"
	    "    if (plugins.empty)\n"
	    "        plugins.maven { r -> ours(r) }\n"
	    "    if (settings.hasProperty('dependencyResolutionManagement'))\n"
	    "        redirect(settings.dependencyResolutionManagement"
	    ".repositories)\n"
	    "}\n"
	    "allprojects { p ->\n"
	    "    redirect(p.buildscript.repositories)\n"
	    "    redirect(p.repositories)\n"
	    "}\n",
	    c->url, c->token == NULL ? "" : c->token,
	    c->token == NULL ? "" : c->token);
}

static int
add_nuget(const struct ferry_clients *c, struct ferry_buf *out,
    struct ferry_error *err)
{

	if (ferry_buf_addf(out, err,
		"<configuration>\n"
		"  <packageSources>\n"
		"    <clear />\n"
		"    <add key=\"ferry\" value=\"%s/nuget/index.json\""
		" allowInsecureConnections=\"true\" />\n"
		"  </packageSources>\n",
		c->url) == -1 ||
	    (c->token != NULL &&
		ferry_buf_addf(out, err,
		    "  <packageSourceCredentials><ferry>\n"
		    "    <add key=\"Username\" value=\"ferry\" />\n"
		    "    <add key=\"ClearTextPassword\" value=\"%s\" />\n"
		    "  </ferry></packageSourceCredentials>\n",
		    c->token) == -1))
		return -1;
	return ferry_buf_adds(out, "</configuration>\n", err);
}

/* podman, skopeo, buildah. */
static int
add_containers(const struct ferry_clients *c, struct ferry_buf *out,
    struct ferry_error *err)
{

	for (size_t i = 0; i < c->registries_n; i++)
		if (ferry_buf_addf(out, err,
			"[[registry]]\nprefix = \"%s\"\nlocation = \"%s\"\n"
			"[[registry.mirror]]\nlocation = \"%s/%s\"\n"
			"insecure = true\n",
			c->registries[i], c->registries[i], c->host,
			c->registries[i]) == -1)
			return -1;
	return ferry_buf_adds(out, "", err);
}

int
ferry_clients_write(const struct ferry_clients *c, struct ferry_error *err)
{
	static const struct {
		const char *name;
		int (*add)(const struct ferry_clients *c, struct ferry_buf *out,
		    struct ferry_error *err);
	} files[] = {
		{ ".npmrc", add_npm },
		{ ".gemrc", add_gem },
		{ ".m2/settings.xml", add_maven },
		{ ".gradle/init.d/ferry.gradle", add_gradle },
		{ ".nuget/NuGet/NuGet.Config", add_nuget },
		{ ".config/containers/registries.conf", add_containers },
	};
	int rc = 0;

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]) && rc == 0;
	     i++) {
		struct ferry_buf text = FERRY_BUF_INIT;

		rc = files[i].add(c, &text, err) == -1
		         ? -1
		         : write_file(c, files[i].name, &text, err);
		ferry_buf_free(&text);
	}
	return rc;
}

static int
set(const char *name, const char *before, const char *value, const char *after,
    struct ferry_error *err)
{
	struct ferry_buf text = FERRY_BUF_INIT;
	int rc =
	    ferry_buf_addf(&text, err, "%s%s%s", before, value, after) == -1 ||
		    setenv(name, (char *)text.p, 1) == -1
		? ferry_error_set(err, FERRY_ENOMEM, "no memory")
		: 0;

	ferry_buf_free(&text);
	return rc;
}

/* Bundler shows what stands in a mirror's URL. */
static int
set_bundler(const struct ferry_clients *c, struct ferry_error *err)
{
	struct ferry_buf text = FERRY_BUF_INIT;
	int rc = ferry_buf_addf(
	    &text, err, "http://ferry:%s@%s/rubygems/", c->token, c->host);

	if (rc == 0)
		rc = set("BUNDLE_MIRROR__ALL", "", (char *)text.p, "", err);
	ferry_buf_free(&text);
	return rc;
}

/* Maven looks for its settings where Java thinks that the home is. */
static int
set_maven(const struct ferry_clients *c, struct ferry_error *err)
{
	const char *options = getenv("MAVEN_OPTS");
	struct ferry_buf text = FERRY_BUF_INIT;
	int rc = ferry_buf_addf(
	    &text, err, "%s -Duser.home=", options == NULL ? "" : options);

	if (rc == 0)
		rc = set("MAVEN_OPTS", (char *)text.p, c->home, "", err);
	ferry_buf_free(&text);
	return rc;
}

/* What clients read before their files, and where they would keep what they
 * have. */
int
ferry_clients_environment(
    const struct ferry_clients *c, struct ferry_error *err)
{
	const struct {
		const char *name, *before, *value, *after;
	} all[] = {
		{ "HOME", "", c->home, "" },
		{ "XDG_CACHE_HOME", "", c->home, "/.cache" },
		{ "XDG_CONFIG_HOME", "", c->home, "/.config" },
		{ "XDG_DATA_HOME", "", c->home, "/.local/share" },
		{ "npm_config_registry", "", c->url, "/npm/" },
		{ "npm_config_userconfig", "", c->home, "/.npmrc" },
		{ "npm_config_cache", "", c->home, "/.npm" },
		{ "npm_config_replace_registry_host", "always", "", "" },
		{ "YARN_NPM_REGISTRY_SERVER", "", c->url, "/npm" },
		{ "YARN_UNSAFE_HTTP_WHITELIST", "127.0.0.1", "", "" },
		{ "YARN_GLOBAL_FOLDER", "", c->home, "/.yarn/berry" },
		{ "YARN_CACHE_FOLDER", "", c->home, "/.yarn/cache" },
		{ "YARN_ENABLE_TELEMETRY", "0", "", "" },
		{ "BUN_CONFIG_REGISTRY", "", c->url, "/npm/" },
		{ "BUN_INSTALL_CACHE_DIR", "", c->home, "/.bun/cache" },
		{ "GEM_HOME", "", c->home, "/gems" },
		{ "GEM_PATH", "", c->home, "/gems" },
		{ "GEMRC", "", c->home, "/.gemrc" },
		{ "BUNDLE_MIRROR__ALL", "", c->url, "/rubygems/" },
		{ "BUNDLE_PATH", "", c->home, "/bundle" },
		{ "BUNDLE_USER_HOME", "", c->home, "/.bundle" },
		{ "GRADLE_USER_HOME", "", c->home, "/.gradle" },
		{ "NUGET_PACKAGES", "", c->home, "/.nuget/packages" },
		{ "NUGET_CERT_REVOCATION_MODE", "offline", "", "" },
		{ "DOTNET_CLI_HOME", "", c->home, "" },
		{ "DOTNET_CLI_TELEMETRY_OPTOUT", "1", "", "" },
		{ "DOTNET_NOLOGO", "1", "", "" },
		{ "CONTAINERS_REGISTRIES_CONF", "", c->home,
		    "/.config/containers/registries.conf" },
		{ "FERRY_URL", "", c->url, "" },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (set(all[i].name, all[i].before, all[i].value, all[i].after,
			err) == -1)
			return -1;
	if (c->token != NULL &&
	    (set("YARN_NPM_AUTH_TOKEN", "", c->token, "", err) == -1 ||
		set("BUN_CONFIG_TOKEN", "", c->token, "", err) == -1 ||
		set_bundler(c, err) == -1))
		return -1;
	return set_maven(c, err);
}
