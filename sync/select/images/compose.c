/* Compose files: the images of services, volumes and builds. */

#include <string.h>

#include "store/base/error.h"
#include "sync/select/images/images.h"
#include "sync/select/images/kind.h"
#include "sync/select/yaml.h"

static const char docker_image[] = "docker-image://";

static int
expand(const struct ferry_images *im, struct ferry_buf *out,
    const struct ferry_yaml_node *node, char why[FERRY_VARS_WHY],
    struct ferry_error *err)
{
	static const struct ferry_variables_style style = {
		.syntax = FERRY_VARS_COMPOSE
	};

	ferry_buf_reset(out);
	return ferry_variables_expand(
	    out, &im->env, ferry_yaml_text(node), &style, why, err);
}

/* Report the image that node names, for the platform that the other names. */
static int
report(const struct ferry_images *im, const struct ferry_yaml_node *node,
    const struct ferry_yaml_node *platform_node, struct ferry_error *err)
{
	struct ferry_buf text = FERRY_BUF_INIT, platform = FERRY_BUF_INIT;
	char why[FERRY_VARS_WHY];
	int rc;

	rc = expand(im, &platform, platform_node, why, err);
	if (rc == 0)
		ferry_buf_reset(&platform);
	if (rc != -1)
		rc = expand(im, &text, node, why, err);
	if (rc == 1)
		rc = ferry_images_found(im, node->line, ferry_bytes_buf(&text),
		    ferry_bytes_buf(&platform), err);
	else if (rc == 0)
		rc = ferry_images_lost(
		    im, node->line, ferry_yaml_text(node), why, err);
	ferry_buf_free(&text);
	ferry_buf_free(&platform);
	return rc;
}

/* The element "NAME=VALUE" of a list, or the pair NAME: VALUE of a mapping. */
struct setting {
	struct ferry_bytes name;
	struct ferry_bytes value; /* p is NULL if there is none */
	size_t line;
};

static struct setting
setting_of(const struct ferry_yaml_iter *it)
{
	struct setting s = { .line = it->value->line };
	struct ferry_bytes text = ferry_yaml_text(it->value);
	const uint8_t *equals;

	if (it->key != NULL) {
		s.name = ferry_yaml_text(it->key);
		if (text.n > 0 || !it->value->plain)
			s.value = text;
		return s;
	}
	s.name = text;
	equals = memchr(text.p, '=', text.n);
	if (equals != NULL) {
		s.name.n = (size_t)(equals - text.p);
		s.value = ferry_bytes_of(equals + 1, text.n - s.name.n - 1);
	}
	return s;
}

/* build.args: what the ARGs of the Dockerfile are set to. */
static int
read_args(const struct ferry_images *im, struct ferry_variables *out,
    const struct ferry_yaml_node *args, struct ferry_error *err)
{
	static const struct ferry_variables_style style = {
		.syntax = FERRY_VARS_COMPOSE
	};
	struct ferry_buf value = FERRY_BUF_INIT;
	struct ferry_yaml_iter it;
	char why[FERRY_VARS_WHY];
	int rc = 0;

	ferry_yaml_iter(&it, args);
	while (rc == 0 && ferry_yaml_iter_next(&it)) {
		struct setting s = setting_of(&it);
		const char *given;

		if (s.value.p == NULL) {
			/* Without a value it is that of the environment. */
			given = ferry_variables_get(&im->env, s.name);
			if (given != NULL)
				rc = ferry_variables_set(
				    out, s.name, ferry_bytes_str(given), err);
			continue;
		}
		ferry_buf_reset(&value);
		rc = ferry_variables_expand(
		    &value, &im->env, s.value, &style, why, err);
		if (rc != -1)
			rc = ferry_variables_set(out, s.name,
			    rc == 1 ? ferry_bytes_buf(&value)
				    : ferry_bytes_of(NULL, 0),
			    err);
	}
	ferry_buf_free(&value);
	return rc;
}

/* build.additional_contexts: images, and names that stand for no image. */
static int
read_contexts(const struct ferry_images *im, struct ferry_variables *out,
    const struct ferry_yaml_node *contexts, struct ferry_error *err)
{
	const size_t n = sizeof(docker_image) - 1;
	struct ferry_yaml_iter it;

	ferry_yaml_iter(&it, contexts);
	while (ferry_yaml_iter_next(&it)) {
		struct setting s = setting_of(&it);
		struct ferry_yaml_node image = *it.value;

		if (ferry_variables_set(
			out, s.name, ferry_bytes_of(NULL, 0), err) == -1)
			return -1;
		if (s.value.p == NULL ||
		    !ferry_bytes_starts(s.value, docker_image))
			continue;
		image.plain = false; /* never null */
		image.text = ferry_bytes_of(s.value.p + n, s.value.n - n);
		if (report(im, &image, NULL, err) == -1)
			return -1;
	}
	return 0;
}

/* build.dockerfile_inline */
static int
read_inline(const struct ferry_images *im, struct ferry_images_build *build,
    const struct ferry_yaml_node *node, struct ferry_error *err)
{
	/*
	 * A variable that compose would put in stays one for the Dockerfile,
	 * but escaped, so that what uses it is reported.
	 */
	static const struct ferry_variables_style style = {
		.syntax = FERRY_VARS_COMPOSE,
		.unknown = FERRY_VARS_KEEP,
		.escape = '\\',
		.max = FERRY_IMAGES_DOCKERFILE_MAX
	};
	struct ferry_buf text = FERRY_BUF_INIT;
	char why[FERRY_VARS_WHY];
	int rc;

	build->line = node->line + node->block;
	rc = ferry_variables_expand(
	    &text, &im->env, ferry_yaml_text(node), &style, why, err);
	if (rc == 1)
		rc =
		    ferry_images_docker(im, ferry_bytes_buf(&text), build, err);
	else if (rc == 0)
		rc = ferry_images_lost(im, node->line,
		    ferry_bytes_str("dockerfile_inline"), why, err);
	ferry_buf_free(&text);
	return rc;
}

static int
read_build(const struct ferry_images *im, const struct ferry_yaml_node *build,
    struct ferry_error *err)
{
	const struct ferry_yaml_node *text, *context;
	struct ferry_images_build how = { 0 };
	int rc = -1;

	text = ferry_yaml_get(build, "dockerfile_inline");
	if (read_contexts(im, &how.contexts,
		ferry_yaml_get(build, "additional_contexts"), err) == -1 ||
	    read_args(im, &how.args, ferry_yaml_get(build, "args"), err) == -1)
		goto out;
	if (text != NULL) {
		rc = read_inline(im, &how, text, err);
		goto out;
	}
	context = ferry_yaml_is_a(build, FERRY_YAML_SCALAR)
	              ? build
	              : ferry_yaml_get(build, "dockerfile");
	if (context == NULL)
		context = ferry_yaml_get(build, "context");
	rc = ferry_images_lost(im, build->line,
	    context == NULL ? ferry_bytes_str(".") : ferry_yaml_text(context),
	    "built from a Dockerfile, which has to be named itself", err);
out:
	ferry_variables_free(&how.args);
	ferry_variables_free(&how.contexts);
	return rc;
}

static int
read_volumes(const struct ferry_images *im, const struct ferry_yaml_node *list,
    struct ferry_error *err)
{
	const struct ferry_yaml_node *source;
	struct ferry_yaml_iter it;

	ferry_yaml_iter(&it, list);
	while (ferry_yaml_iter_next(&it)) {
		source = ferry_yaml_get(it.value, "source");
		if (source != NULL &&
		    ferry_yaml_is(ferry_yaml_get(it.value, "type"), "image") &&
		    report(im, source, NULL, err) == -1)
			return -1;
	}
	return 0;
}

static int
read_service(const struct ferry_images *im, const struct ferry_yaml_node *s,
    struct ferry_error *err)
{
	const struct ferry_yaml_node *image = ferry_yaml_get(s, "image");
	const struct ferry_yaml_node *build = ferry_yaml_get(s, "build");
	const struct ferry_yaml_node *file =
	    ferry_yaml_get(ferry_yaml_get(s, "extends"), "file");

	/* With a build it is what the result is called. */
	if (image != NULL && build != NULL &&
	    ferry_images_lost(im, image->line, ferry_yaml_text(image),
		"built by the project itself", err) == -1)
		return -1;
	if (image != NULL && build == NULL &&
	    report(im, image, ferry_yaml_get(s, "platform"), err) == -1)
		return -1;
	if (build != NULL && read_build(im, build, err) == -1)
		return -1;
	if (file != NULL &&
	    ferry_images_lost(im, file->line, ferry_yaml_text(file),
		"another file, which has to be named itself", err) == -1)
		return -1;
	return read_volumes(im, ferry_yaml_get(s, "volumes"), err);
}

/* include: a list of files, or of mappings with one or more of them. */
static int
read_include(const struct ferry_images *im, const struct ferry_yaml_node *list,
    struct ferry_error *err)
{
	const struct ferry_yaml_node *path;
	struct ferry_yaml_iter it, paths;

	ferry_yaml_iter(&it, list);
	while (ferry_yaml_iter_next(&it)) {
		path = ferry_yaml_get(it.value, "path");
		ferry_yaml_iter(&paths, path);
		if (path == NULL || path->kind == FERRY_YAML_SCALAR) {
			if (ferry_images_lost(im, it.value->line,
				ferry_yaml_text(path == NULL ? it.value : path),
				"another file, which has to be named itself",
				err) == -1)
				return -1;
			continue;
		}
		while (ferry_yaml_iter_next(&paths))
			if (ferry_images_lost(im, paths.value->line,
				ferry_yaml_text(paths.value),
				"another file, which has to be named itself",
				err) == -1)
				return -1;
	}
	return 0;
}

bool
ferry_images_compose_like(const struct ferry_yaml_node *root)
{

	if (ferry_yaml_get(root, "apiVersion") != NULL &&
	    ferry_yaml_get(root, "kind") != NULL)
		return false;
	return ferry_yaml_is_a(
		   ferry_yaml_get(root, "services"), FERRY_YAML_MAPPING) ||
	       ferry_yaml_is_a(
		   ferry_yaml_get(root, "include"), FERRY_YAML_SEQUENCE);
}

int
ferry_images_compose(struct ferry_images *im,
    const struct ferry_yaml_node *root, struct ferry_error *err)
{
	struct ferry_yaml_iter it;

	if (ferry_images_env(im, err) == -1)
		return -1;
	ferry_yaml_iter(&it, ferry_yaml_get(root, "services"));
	while (ferry_yaml_iter_next(&it))
		if (read_service(im, it.value, err) == -1)
			return -1;
	return read_include(im, ferry_yaml_get(root, "include"), err);
}
