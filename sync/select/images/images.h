#ifndef FERRY_SYNC_SELECT_IMAGES_IMAGES_H
#define FERRY_SYNC_SELECT_IMAGES_IMAGES_H

/*
 * The images that files of real projects name.
 *
 * Read: Dockerfiles (and Containerfiles), compose files, and Kubernetes
 * manifests, YAML or JSON.  A further kind is one file and a line in images.c.
 *
 * Nothing is evaluated: what depends on a variable that the file gives no value,
 * or on another file, is reported, not guessed.  The environment of the
 * process takes no part.
 *
 * Source: store/format/oci/PROTOCOL.md, section 9; Dockerfile reference; Compose
 *     Specification; Kubernetes API reference, "PodSpec" and "Volume".
 */

#include "store/base/bytes.h"
#include "store/format/oci/names.h"

struct ferry_error;

#define FERRY_IMAGES_MAX (16U << 20) /* bytes of a file */
#define FERRY_IMAGES_DOCKERFILE_MAX (1U << 20) /* ... of a Dockerfile */
#define FERRY_IMAGES_STAGES_MAX 1024 /* of a Dockerfile */

/* An image that a file wants.  All of it lives for the call that gets it. */
struct ferry_image {
	const struct ferry_oci_reference *reference;
	/*
	 * os/architecture[/variant] where the file says so; NULL where it does
	 * not, and where it leaves that to the machine that builds: then it is
	 * wanted for every platform there is a use for.
	 */
	const char *platform;
	const char *where; /* "compose.yaml:12" */
};

/*
 * Where the images go, in the order of the file.  The same one may come
 * several times.  A callback that returns -1 with err set ends the reading.
 */
struct ferry_images_sink {
	int (*on_image)(void *ctx, const struct ferry_image *image,
	    struct ferry_error *err);
	/*
	 * What names an image or may hide some, and cannot be read as a
	 * reference: where, the text as the file has it (cut if it is long),
	 * and why: "the variable TAG has no value here".
	 */
	int (*on_unmirrorable)(void *ctx, const char *where, const char *text,
	    const char *why, struct ferry_error *err);
	void *ctx;
};

/*
 * Read the file at path.  Its name and its content tell its kind.
 *
 * Dockerfile: FROM, COPY --from, RUN --mount=…,from=, also behind ONBUILD, and
 *     the frontend of "# syntax="; with the defaults of ARGs before the first
 *     FROM.  Stages and scratch are no images.
 * Compose: image, platform, volumes of type image, build.dockerfile_inline
 *     with build.args, docker-image:// of build.additional_contexts;
 *     YAML's merges; variables from a .env beside the file.  Reported as
 *     unmirrorable: the image of a service that is built here, Dockerfiles
 *     elsewhere, included and extended files.  Passed over: cache_from.
 * Kubernetes: image of containers, initContainers and ephemeralContainers, and
 *     image.reference of volumes, wherever they are, in every document.  What
 *     other resources call an image, as operators' do, is not known here.
 *
 * Errors: FERRY_ESYSTEM, FERRY_ELIMIT (too long, too deep, too many stages or
 *     variables, aliases that grow), FERRY_EFORMAT (none of these kinds, or
 *     malformed), FERRY_ENOMEM, those of the callbacks.  What was found before
 *     has been reported then.
 */
int ferry_images_read(const char *path, const struct ferry_images_sink *sink,
    struct ferry_error *err);

/*
 * The same for a text that is in memory; name is that of its file, and dotenv
 * the content of the .env beside it.
 */
int ferry_images_parse(const char *name, struct ferry_bytes text,
    struct ferry_bytes dotenv, const struct ferry_images_sink *sink,
    struct ferry_error *err);

#endif
