#ifndef FERRY_SYNC_SELECT_IMAGES_DOCKERFILE_TEXT_H
#define FERRY_SYNC_SELECT_IMAGES_DOCKERFILE_TEXT_H

/*
 * The text of a Dockerfile: its directives, instructions, words, flags and
 * here-documents.  What they mean is images_docker.c's business.
 *
 * Source: Dockerfile reference, "Format", "Parser directives", "Here-
 *     documents"; BuildKit's parser read for what these leave open.
 */

#include <stdbool.h>
#include <stddef.h>

#include "store/base/bytes.h"

struct ferry_error;

/* A Dockerfile that is being read. */
struct ferry_dockerfile_text {
	size_t start; /* the line of the instruction or directive in text */
	char escape; /* '\\', or what a directive says */
	struct ferry_buf text; /* an instruction, its lines joined */
	/* Private. */
	const uint8_t *p, *end;
	size_t line; /* of what is read next */
};

/*
 * Start with the first line, which has the number line.  t is zeroed, or was
 * started before.  text is borrowed.
 */
void ferry_dockerfile_text_start(
    struct ferry_dockerfile_text *t, struct ferry_bytes text, size_t line);
void
ferry_dockerfile_text_free(struct ferry_dockerfile_text *t); /* not t itself */

/*
 * The next of the lines "# name=value" at the very top; false behind the last
 * one.  Sets t->escape.
 */
bool ferry_dockerfile_text_directive(struct ferry_dockerfile_text *t,
    struct ferry_bytes *name, struct ferry_bytes *value);
/*
 * Read the next instruction into t->text, without comments and blank lines.
 * Returns: 1; 0 at the end.  Errors: FERRY_ENOMEM.
 */
int ferry_dockerfile_text_next(
    struct ferry_dockerfile_text *t, struct ferry_error *err);
/*
 * Skip the bodies of the here-documents that words of rest start:
 * [0-9]*<<[-]NAME.  Errors: FERRY_EFORMAT (one has no end).
 */
int ferry_dockerfile_text_skip(struct ferry_dockerfile_text *t,
    struct ferry_bytes rest, struct ferry_error *err);

/*
 * The next word of *rest, which moves behind it, as it is written: quotes and
 * escapes keep blanks in it.  Empty at the end.
 */
struct ferry_bytes ferry_dockerfile_text_word(
    const struct ferry_dockerfile_text *t, struct ferry_bytes *rest);
/*
 * The next word if it is "--name=value" or "--name"; *rest moves behind it.
 * name has its hyphens.
 */
bool ferry_dockerfile_text_flag(const struct ferry_dockerfile_text *t,
    struct ferry_bytes *rest, struct ferry_bytes *name,
    struct ferry_bytes *value);
/* Compares without heeding case, as keywords are. */
bool ferry_dockerfile_text_is(struct ferry_bytes word, const char *keyword);
/* Without quotes at either end. */
struct ferry_bytes ferry_dockerfile_text_unquoted(struct ferry_bytes word);

#endif
