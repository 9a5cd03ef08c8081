#include "sync/select/images/images.h"

#include <string.h>

#include "store/base/error.h"
#include "store/base/file.h"
#include "store/base/glob.h"
#include "sync/select/images/kind.h"
#include "sync/select/yaml.h"

enum kind { UNKNOWN, DOCKER, YAML };

/* Every document of a YAML file. */
static int
read_yaml(
    struct ferry_images *im, struct ferry_bytes text, struct ferry_error *err)
{
	const struct ferry_yaml_node *root;
	struct ferry_yaml *y = NULL;
	bool known = false, empty = true;
	int rc = -1, more;

	if (ferry_yaml_new(&y, text, err) == -1)
		return -1;
	while ((more = ferry_yaml_next(y, &root, err)) == 1) {
		if (root == NULL)
			continue;
		empty = false;
		if (ferry_images_compose_like(root))
			rc = ferry_images_compose(im, root, err) == -1 ? -1 : 1;
		else
			rc = ferry_images_kube(im, root, err);
		if (rc == -1)
			goto out;
		known |= rc == 1;
	}
	rc = more;
	if (rc == 0 && !known && !empty)
		rc = ferry_error_set(err, FERRY_EFORMAT,
		    "neither a Dockerfile nor a compose file nor a manifest of "
		    "Kubernetes");
out:
	ferry_yaml_free(y);
	return rc;
}

/* What the name says. */
static enum kind
kind_of_name(const char *name)
{
	static const struct {
		const char *glob;
		enum kind kind;
	} rows[] = {
		{ "*.yaml", YAML },
		{ "*.yml", YAML },
		{ "*.json", YAML },
		{ "dockerfile", DOCKER },
		{ "dockerfile.*", DOCKER },
		{ "*.dockerfile", DOCKER },
		{ "containerfile", DOCKER },
		{ "containerfile.*", DOCKER },
		{ "*.containerfile", DOCKER },
	};
	const char *slash = strrchr(name, '/');
	char lower[256];
	size_t i;

	name = slash == NULL ? name : slash + 1;
	for (i = 0; i < sizeof(lower) - 1 && name[i] != 0; i++)
		lower[i] = (char)(name[i] |
				  (name[i] >= 'A' && name[i] <= 'Z' ? 32 : 0));
	lower[i] = 0;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (ferry_glob(rows[i].glob, lower))
			return rows[i].kind;
	return UNKNOWN;
}

/* path: see struct ferry_images. */
static int
parse(const char *name, const char *path, struct ferry_bytes text,
    struct ferry_bytes dotenv, const struct ferry_images_sink *sink,
    struct ferry_error *err)
{
	struct ferry_images im = {
		.name = name, .sink = sink, .path = path, .dotenv = dotenv
	};
	const struct ferry_images_build build = { .line = 1 };
	enum kind kind = kind_of_name(name);
	int rc;

	/* Editors put a byte order mark before texts. */
	if (ferry_bytes_starts(text, "\xef\xbb\xbf"))
		text = ferry_bytes_of(text.p + 3, text.n - 3);
	if (text.n > FERRY_IMAGES_MAX)
		return ferry_error_set(err, FERRY_ELIMIT, "it may have %u MiB",
		    FERRY_IMAGES_MAX >> 20);
	if (kind == DOCKER ||
	    (kind == UNKNOWN && ferry_images_docker_like(text)))
		rc = ferry_images_docker(&im, text, &build, err);
	else
		rc = read_yaml(&im, text, err);
	ferry_variables_free(&im.env);
	return rc;
}

int
ferry_images_parse(const char *name, struct ferry_bytes text,
    struct ferry_bytes dotenv, const struct ferry_images_sink *sink,
    struct ferry_error *err)
{

	if (parse(name, NULL, text, dotenv, sink, err) == -1)
		return ferry_error_in(err, "images of %s", name);
	return 0;
}

int
ferry_images_read(const char *path, const struct ferry_images_sink *sink,
    struct ferry_error *err)
{
	struct ferry_buf text = FERRY_BUF_INIT;
	int rc;

	rc = ferry_file_read(path, FERRY_IMAGES_MAX, &text, err);
	if (rc == 0)
		rc = parse(path, path, ferry_bytes_buf(&text),
		    ferry_bytes_of(NULL, 0), sink, err);
	if (rc == -1)
		ferry_error_in(err, "images of %s", path);
	ferry_buf_free(&text);
	return rc;
}
