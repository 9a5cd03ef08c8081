#ifndef FERRY_STORE_FORMAT_RUBYGEMS_MARSHAL_H
#define FERRY_STORE_FORMAT_RUBYGEMS_MARSHAL_H

/*
 * The part of Ruby's Marshal format that indexes and specifications of gems
 * are made of.
 *
 * Source: store/format/rubygems/PROTOCOL.md, section 5; Ruby, "Marshal
 *     Format" (doc/marshal.rdoc).  Clients from RubyGems 3.5 on load nothing
 *     but what is written here.
 */

#include <stddef.h>
#include <stdint.h>

#include "store/base/bytes.h"
#include "store/base/out.h"

struct ferry_error;

/*
 * Writing, over a ferry_out: sizes and bytes come as they are told.
 *
 * Invariant: symbol i was the i-th that was written.
 */
#define FERRY_MARSHAL_SYMBOLS 16
struct ferry_marshal {
	struct ferry_out out;
	const char *symbols[FERRY_MARSHAL_SYMBOLS];
	size_t symbols_n;
};
/* Starts with the two bytes of the format's version. */
void ferry_marshal_begin(struct ferry_marshal *m, struct ferry_buf *buf);
int ferry_marshal_end(struct ferry_marshal *m, struct ferry_error *err);
/* A number without its type: a length, a count. */
void ferry_marshal_size(struct ferry_marshal *m, size_t n);
void ferry_marshal_byte(struct ferry_marshal *m, char c);
/* "[" and the count of what follows. */
void ferry_marshal_array(struct ferry_marshal *m, size_t n);
void ferry_marshal_int(struct ferry_marshal *m, unsigned n);
/* name is a literal. */
void ferry_marshal_symbol(struct ferry_marshal *m, const char *name);
/* UTF-8. */
void ferry_marshal_string(struct ferry_marshal *m, struct ferry_bytes s);
void ferry_marshal_nil_or_string(struct ferry_marshal *m, struct ferry_bytes s);
void ferry_marshal_version(struct ferry_marshal *m, struct ferry_bytes number);

/* The element of an index: [name, Gem::Version, platform]. */
void ferry_marshal_entry(struct ferry_marshal *m, struct ferry_bytes name,
    struct ferry_bytes number, struct ferry_bytes platform);

/*
 * Reading an index: tell on_entry of each element.  Views are of text.
 *
 * Bounds: nothing nests deeper than an index does; a byte of memory for each
 *     four of text at most.
 * Errors: FERRY_EFORMAT, FERRY_ELIMIT, FERRY_ENOMEM, on_entry's.
 */
struct ferry_marshal_entry {
	struct ferry_bytes name, number, platform;
};
typedef int ferry_marshal_on_entry(void *ctx,
    const struct ferry_marshal_entry *entry, struct ferry_error *err);
int ferry_marshal_index_read(struct ferry_bytes text,
    ferry_marshal_on_entry *on_entry, void *ctx, struct ferry_error *err);

#endif
