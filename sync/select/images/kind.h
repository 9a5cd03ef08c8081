#ifndef FERRY_SYNC_SELECT_IMAGES_KIND_H
#define FERRY_SYNC_SELECT_IMAGES_KIND_H

/* The kinds of files behind images.h, and what they share (kind.c). */

#include <stdbool.h>
#include <stddef.h>

#include "store/base/bytes.h"
#include "sync/select/images/variables.h"

struct ferry_error;
struct ferry_images_sink;
struct ferry_yaml_node;

/* A file that is being read. */
struct ferry_images {
	const char *name; /* for "name:line" */
	const struct ferry_images_sink *sink;
	const char *path; /* NULL: of no file, so dotenv is all there is */
	bool has_env; /* env is filled */
	struct ferry_variables env;
	struct ferry_bytes dotenv;
};

/*
 * Report text as the reference of an image, or, if it is none, as
 * unmirrorable.  platform is what the file says of it, or nothing.
 */
int ferry_images_found(const struct ferry_images *im, size_t line,
    struct ferry_bytes text, struct ferry_bytes platform,
    struct ferry_error *err);
int ferry_images_lost(const struct ferry_images *im, size_t line,
    struct ferry_bytes text, const char *why, struct ferry_error *err);
/* Fill im->env, once: compose files ask for it, others need none. */
int ferry_images_env(struct ferry_images *im, struct ferry_error *err);

/* How a Dockerfile is built. */
struct ferry_images_build {
	size_t line; /* where its first line is in the file */
	struct ferry_variables args; /* instead of the defaults of its ARGs */
	struct ferry_variables contexts; /* names that stand for no image */
};
/* dockerfile.c */
int ferry_images_docker(const struct ferry_images *im, struct ferry_bytes text,
    const struct ferry_images_build *build, struct ferry_error *err);
/* Whether text starts as a Dockerfile does. */
bool ferry_images_docker_like(struct ferry_bytes text);

/* compose.c: whether a document is a compose file, and reading it. */
bool ferry_images_compose_like(const struct ferry_yaml_node *root);
int ferry_images_compose(struct ferry_images *im,
    const struct ferry_yaml_node *root, struct ferry_error *err);

/*
 * kubernetes.c.  Returns: 1 if the document is one of Kubernetes or has
 * containers like one, 0 if not.
 */
int ferry_images_kube(const struct ferry_images *im,
    const struct ferry_yaml_node *root, struct ferry_error *err);

#endif
