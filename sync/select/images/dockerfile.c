/* Dockerfiles: the images of FROM, COPY --from, RUN --mount, "# syntax=". */

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "store/base/error.h"
#include "store/base/glob.h"
#include "sync/select/images/dockerfile_text.h"
#include "sync/select/images/images.h"
#include "sync/select/images/kind.h"

/*
 * The file is read twice: a COPY may name a stage that comes later, and only
 * what is no stage is an image.
 */
struct docker {
	const struct ferry_images *im;
	const struct ferry_images_build *build;
	struct ferry_dockerfile_text t;
	bool naming; /* the first reading: only names of stages */
	struct ferry_variables args; /* those before the first FROM */
	struct ferry_variables
	    wild; /* the same, and "*" for those of platforms */
	char **stages; /* "" where a stage has no name */
	size_t n_stages, cap_stages;
	size_t stage; /* how many FROMs were read this time */
};

static int
expand(const struct docker *d, struct ferry_buf *out,
    const struct ferry_variables *vars, struct ferry_bytes word,
    char why[FERRY_VARS_WHY], struct ferry_error *err)
{
	const struct ferry_variables_style style = {
		.syntax = FERRY_VARS_DOCKER, .escape = d->t.escape
	};

	ferry_buf_reset(out);
	return ferry_variables_expand(out, vars, word, &style, why, err);
}

/* Whether a glob fits the name of one of the first n stages. */
static bool
is_stage(const struct docker *d, const char *glob, size_t n)
{

	for (size_t i = 0; i < n; i++)
		if (d->stages[i][0] != 0 && ferry_glob(glob, d->stages[i]))
			return true;
	return ferry_variables_has(&d->build->contexts, ferry_bytes_str(glob));
}

static void
lower(struct ferry_buf *s)
{

	for (size_t i = 0; i < s->n; i++)
		if (s->p[i] >= 'A' && s->p[i] <= 'Z')
			s->p[i] |= 32;
}

/*
 * Whether word, in any case, is the name of one of the first n stages.  With
 * what only the build knows it is if it could be: "FROM base-$TARGETARCH"
 * chooses between stages.
 */
static int
names_stage(struct docker *d, bool *out, struct ferry_bytes word, size_t n,
    struct ferry_error *err)
{
	struct ferry_buf glob = FERRY_BUF_INIT;
	char why[FERRY_VARS_WHY];
	int rc;

	rc = expand(d, &glob, &d->wild, word, why, err);
	lower(&glob);
	*out = rc == 1 && glob.n > 0 && is_stage(d, (char *)glob.p, n);
	ferry_buf_free(&glob);
	return rc == -1 ? -1 : 0;
}

/* word names an image unless it is one of the first n stages. */
static int
report(struct docker *d, struct ferry_bytes word, size_t n,
    struct ferry_bytes platform, struct ferry_error *err)
{
	struct ferry_buf name = FERRY_BUF_INIT;
	char why[FERRY_VARS_WHY];
	bool stage;
	int rc;

	if (names_stage(d, &stage, word, n, err) == -1)
		return -1;
	if (stage)
		return 0;
	rc = expand(d, &name, &d->args, word, why, err);
	if (rc == 0)
		rc = ferry_images_lost(d->im, d->t.start, word, why, err);
	else if (rc == 1 && ferry_bytes_is(ferry_bytes_buf(&name), "scratch"))
		rc = 0;
	else if (rc == 1)
		rc = ferry_images_found(
		    d->im, d->t.start, ferry_bytes_buf(&name), platform, err);
	ferry_buf_free(&name);
	return rc;
}

static bool
is_number(struct ferry_bytes s)
{

	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return s.n > 0;
}

/* What --from= says: a stage by name or number, or an image. */
static int
report_from(struct docker *d, struct ferry_bytes word, struct ferry_error *err)
{
	struct ferry_error own = FERRY_ERROR_INIT;
	uint64_t number;

	if (!is_number(word))
		return report(d, word, d->n_stages, ferry_bytes_of("", 0), err);
	if (ferry_parse_u64(word, 0, d->n_stages - 1, &number, &own) == 0)
		return 0;
	return ferry_images_lost(
	    d->im, d->t.start, word, "there is no stage of that number", err);
}

static int
add_stage(struct docker *d, struct ferry_bytes name, struct ferry_error *err)
{
	char **slot;

	if (d->n_stages == FERRY_IMAGES_STAGES_MAX)
		return ferry_error_set(err, FERRY_ELIMIT,
		    "it has more than %d stages", FERRY_IMAGES_STAGES_MAX);
	if (ferry_array_grow(&d->stages, &d->cap_stages, d->n_stages + 1,
		sizeof(d->stages[0]), err) == -1)
		return -1;
	slot = &d->stages[d->n_stages];
	if (ferry_strndup(slot, name, err) == -1)
		return -1;
	d->n_stages++;
	for (char *p = *slot; *p != 0; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p | 32);
	return 0;
}

/* FROM [--platform=P] IMAGE [AS NAME] */
static int
read_from(struct docker *d, struct ferry_bytes rest, struct ferry_error *err)
{
	struct ferry_bytes flag, value, platform = { 0 }, image, as, name;
	struct ferry_buf text = FERRY_BUF_INIT;
	char why[FERRY_VARS_WHY];
	int rc;

	while (ferry_dockerfile_text_flag(&d->t, &rest, &flag, &value))
		if (ferry_dockerfile_text_is(flag, "--platform"))
			platform = value;
	image = ferry_dockerfile_text_word(&d->t, &rest);
	as = ferry_dockerfile_text_word(&d->t, &rest);
	name = ferry_dockerfile_text_word(&d->t, &rest);
	if (!ferry_dockerfile_text_is(as, "as"))
		name = ferry_bytes_of("", 0);
	if (d->naming)
		return add_stage(d, name, err);
	d->stage++;
	if (image.n == 0)
		return ferry_images_lost(
		    d->im, d->t.start, image, "FROM names nothing", err);
	/* BUILDPLATFORM and its like are known to the build alone. */
	rc = expand(d, &text, &d->args, platform, why, err);
	if (rc == 0)
		ferry_buf_reset(&text);
	if (rc != -1)
		rc =
		    report(d, image, d->stage - 1, ferry_bytes_buf(&text), err);
	ferry_buf_free(&text);
	return rc;
}

/* Set NAME[=VALUE] in vars; what the build is given goes before. */
static int
set_arg(struct docker *d, struct ferry_variables *vars, struct ferry_bytes word,
    struct ferry_error *err)
{
	const uint8_t *equals = memchr(word.p, '=', word.n);
	struct ferry_bytes name = word, set = ferry_bytes_of(NULL, 0);
	struct ferry_buf value = FERRY_BUF_INIT;
	char why[FERRY_VARS_WHY];
	const char *given;
	int rc = 0;

	if (equals != NULL)
		name.n = (size_t)(equals - word.p);
	if (ferry_variables_has(&d->build->args, name)) {
		given = ferry_variables_get(&d->build->args, name);
		if (given != NULL)
			set = ferry_bytes_str(given);
	} else if (equals != NULL) {
		rc = expand(d, &value, vars,
		    ferry_bytes_of(equals + 1, word.n - name.n - 1), why, err);
		if (rc == 1)
			set = ferry_bytes_buf(&value);
	}
	/* "ARG TARGETARCH" says nothing of it. */
	if (rc != -1 && (equals != NULL || set.p != NULL ||
			    !ferry_variables_has(vars, name)))
		rc = ferry_variables_set(vars, name, set, err);
	ferry_buf_free(&value);
	return rc == -1 ? -1 : 0;
}

/* ARG NAME[=VALUE] ..., before the first FROM. */
static int
read_args(struct docker *d, struct ferry_bytes rest, struct ferry_error *err)
{
	struct ferry_bytes word;

	while ((word = ferry_dockerfile_text_word(&d->t, &rest)).n > 0)
		if (set_arg(d, &d->args, word, err) == -1 ||
		    set_arg(d, &d->wild, word, err) == -1)
			return -1;
	return 0;
}

/* What BuildKit sets according to where it runs and what it builds for. */
static int
set_platform_args(struct docker *d, struct ferry_error *err)
{
	static const char *const names[] = { "BUILDPLATFORM", "BUILDOS",
		"BUILDOSVERSION", "BUILDARCH", "BUILDVARIANT", "TARGETPLATFORM",
		"TARGETOS", "TARGETOSVERSION", "TARGETARCH", "TARGETVARIANT" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (ferry_variables_set(&d->wild, ferry_bytes_str(names[i]),
			ferry_bytes_str("*"), err) == -1)
			return -1;
	return 0;
}

/* from=IMAGE of RUN --mount=type=bind,from=IMAGE,... */
static int
read_mount(struct docker *d, struct ferry_bytes value, struct ferry_error *err)
{

	while (value.n > 0) {
		const uint8_t *comma = memchr(value.p, ',', value.n);
		size_t n = comma == NULL ? value.n : (size_t)(comma - value.p);
		struct ferry_bytes field = ferry_bytes_of(value.p, n);

		value = ferry_bytes_of(value.p + n + (comma != NULL),
		    value.n - n - (comma != NULL));
		field = ferry_dockerfile_text_unquoted(field);
		if (field.n > 5 &&
		    strncasecmp((const char *)field.p, "from=", 5) == 0)
			return report_from(
			    d, ferry_bytes_of(field.p + 5, field.n - 5), err);
	}
	return 0;
}

/* What has its images in flags: COPY and RUN. */
static int
read_flags(struct docker *d, struct ferry_bytes rest, bool run,
    struct ferry_error *err)
{
	struct ferry_bytes name, value;

	while (!d->naming &&
	       ferry_dockerfile_text_flag(&d->t, &rest, &name, &value)) {
		if (run && ferry_dockerfile_text_is(name, "--mount") &&
		    read_mount(d, value, err) == -1)
			return -1;
		if (!run && ferry_dockerfile_text_is(name, "--from") &&
		    report_from(d, value, err) == -1)
			return -1;
	}
	return 0;
}

static int
read_instruction(struct docker *d, struct ferry_error *err)
{
	struct ferry_bytes rest = ferry_bytes_buf(&d->t.text);
	struct ferry_bytes word = ferry_dockerfile_text_word(&d->t, &rest);
	bool run, copy;

	if (ferry_dockerfile_text_is(word, "onbuild"))
		word = ferry_dockerfile_text_word(&d->t, &rest);
	if (ferry_dockerfile_text_is(word, "from"))
		return read_from(d, rest, err);
	if (ferry_dockerfile_text_is(word, "arg"))
		return d->naming || d->stage > 0 ? 0 : read_args(d, rest, err);
	run = ferry_dockerfile_text_is(word, "run");
	copy = ferry_dockerfile_text_is(word, "copy");
	if ((run || copy) && read_flags(d, rest, run, err) == -1)
		return -1;
	/* The bodies come behind the whole instruction. */
	return run || copy || ferry_dockerfile_text_is(word, "add")
	           ? ferry_dockerfile_text_skip(&d->t, rest, err)
	           : 0;
}

static int
read_all(struct docker *d, struct ferry_bytes text, struct ferry_error *err)
{
	struct ferry_bytes name, value;
	int rc;

	ferry_dockerfile_text_start(&d->t, text, d->build->line);
	/* Behind a frontend may stand arguments for it. */
	while (ferry_dockerfile_text_directive(&d->t, &name, &value))
		if (!d->naming && ferry_dockerfile_text_is(name, "syntax") &&
		    ferry_images_found(d->im, d->t.start,
			ferry_dockerfile_text_word(&d->t, &value),
			ferry_bytes_of("", 0), err) == -1)
			return -1;
	while ((rc = ferry_dockerfile_text_next(&d->t, err)) == 1)
		if (read_instruction(d, err) == -1)
			return -1;
	return rc;
}

int
ferry_images_docker(const struct ferry_images *im, struct ferry_bytes text,
    const struct ferry_images_build *build, struct ferry_error *err)
{
	struct docker d = { .im = im, .build = build, .naming = true };
	int rc = -1;

	if (text.n > FERRY_IMAGES_DOCKERFILE_MAX) {
		ferry_error_set(err, FERRY_ELIMIT,
		    "a Dockerfile may have %u MiB",
		    FERRY_IMAGES_DOCKERFILE_MAX >> 20);
		goto out;
	}
	if (set_platform_args(&d, err) == -1 || read_all(&d, text, err) == -1)
		goto out;
	if (d.n_stages == 0) {
		ferry_error_set(err, FERRY_EFORMAT,
		    "line %zu: not a Dockerfile: it has no FROM", build->line);
		goto out;
	}
	d.naming = false;
	rc = read_all(&d, text, err);
out:
	for (size_t i = 0; i < d.n_stages; i++)
		free(d.stages[i]);
	free(d.stages);
	ferry_variables_free(&d.args);
	ferry_variables_free(&d.wild);
	ferry_dockerfile_text_free(&d.t);
	return rc;
}

bool
ferry_images_docker_like(struct ferry_bytes text)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_dockerfile_text t = { 0 };
	struct ferry_bytes rest, word, value;
	bool like = false;

	ferry_dockerfile_text_start(&t, text, 1);
	while (!like && ferry_dockerfile_text_directive(&t, &word, &value))
		like = ferry_dockerfile_text_is(word, "syntax") ||
		       ferry_dockerfile_text_is(word, "escape");
	if (!like && ferry_dockerfile_text_next(&t, &err) == 1) {
		rest = ferry_bytes_buf(&t.text);
		word = ferry_dockerfile_text_word(&t, &rest);
		like = ferry_dockerfile_text_is(word, "from") ||
		       ferry_dockerfile_text_is(word, "arg");
	}
	ferry_dockerfile_text_free(&t);
	return like;
}
