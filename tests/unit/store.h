#ifndef FERRY_TESTS_UNIT_STORE_H
#define FERRY_TESTS_UNIT_STORE_H

/*
 * A store in a folder of its own, open for writing: alone as a test's state,
 * or as the first part of a larger fixture.
 */

#include "unit.h"

#include <jansson.h>

#include "store/base/digest.h"

struct ferry_key;
struct ferry_store;

struct unit_store {
	char *dir; /* for what a test puts beside the store */
	char path[300];
	struct ferry_store *st;
};

void unit_store_open(struct unit_store *f);
void unit_store_close(struct unit_store *f);

/* The same, for cmocka; *state is a struct unit_store. */
int unit_store_setup(void **state);
int unit_store_teardown(void **state);
#define unit_store_test(name)                                                  \
	cmocka_unit_test_setup_teardown(                                       \
	    name, unit_store_setup, unit_store_teardown)

/* A reader of it, for the caller to close. */
struct ferry_store *unit_store_reader(const struct unit_store *f);

/* Neither of these commits.  The second *takes* record. */
void unit_put_blob(struct ferry_store *st, struct ferry_bytes content,
    struct ferry_digest *digest);
void unit_put_record(
    struct ferry_store *st, const struct ferry_key *key, json_t *record);

#endif
