#include "store.h"

#include "store/base/json.h"
#include "store/blob/blob.h"
#include "store/catalog/catalog.h"
#include "store/catalog/closure.h"
#include "store/catalog/removal.h"
#include "store/format/oci/manifest.h"
#include "store/store.h"

/* Versions are called by one hexadecimal digit, of which their digest is. */

struct fixture {
	struct unit_store store;
	struct ferry_store *st; /* its */
	struct ferry_key package;
};

static int
setup(void **state)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	unit_store_open(&f->store);
	f->st = f->store.st;
	assert_ok(ferry_key_make(
		      &f->package, &err, "package", "oci", "a/b", "hub", NULL),
	    &err);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	unit_store_close(&f->store);
	free(f);
	return 0;
}

static const char *
digest(char c, char out[72])
{

	memcpy(out, "sha256:", 7);
	memset(out + 7, c, 64);
	out[71] = 0;
	return out;
}

static void
put(struct fixture *f, const char *kind, const char *last, json_t *record)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_key key;

	assert_ok(
	    ferry_key_make(&key, &err, kind, "oci", "a/b", "hub", last, NULL),
	    &err);
	unit_put_record(f->st, &key, record);
	assert_ok(ferry_store_commit(f->st, &err), &err);
}

static void
put_text(struct fixture *f, char c, const char *text, json_t *record)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_digest sha256;
	char name[72];

	assert_ok(ferry_blob_put(f->st, FERRY_BLOB_IS_DOCUMENT,
		      ferry_bytes_str(text), &sha256, &err),
	    &err);
	assert_ok(ferry_files_add(
		      record, "manifest", strlen(text), &sha256, NULL, &err),
	    &err);
	put(f, "version", digest(c, name), record);
}

/* A manifest of these children, referring to subject unless that is '-';
 * removed "": served, "at": by its name, "with": with another. */
static void
manifest(struct fixture *f, char c, const char *children, char subject,
    const char *removed)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf text = FERRY_BUF_INIT;
	json_t *record = json_object();
	char name[72];

	assert_ok(ferry_buf_addf(&text, &err,
		      "{\"schemaVersion\":2,\"annotations\":{\"is\":\"%c\"},"
		      "\"manifests\":[",
		      c),
	    &err);
	for (const char *p = children; *p != 0; p++)
		assert_ok(ferry_buf_addf(&text, &err,
			      "%s{\"mediaType\":\"application/"
			      "vnd.oci.image.manifest.v1+json\",\"size\":1,"
			      "\"digest\":\"%s\"}",
			      p == children ? "" : ",", digest(*p, name)),
		    &err);
	assert_ok(ferry_buf_adds(&text, "]}", &err), &err);
	(void)json_object_set_new(
	    record, "media_type", json_string(FERRY_OCI_INDEX));
	if (subject != '-')
		(void)json_object_set_new(
		    record, "subject", json_string(digest(subject, name)));
	if (*removed != 0)
		(void)json_object_set_new(
		    record, "deleted_at", json_integer(7));
	if (strcmp(removed, "with") == 0)
		(void)json_object_set_new(
		    record, "deleted_with", json_string(digest('0', name)));
	put_text(f, c, (const char *)text.p, record);
	ferry_buf_free(&text);
}

static void
tag(struct fixture *f, const char *name, char c)
{
	char version[72];

	put(f, "tag", name, json_pack("{s:s}", "version", digest(c, version)));
}

/* tag "sha256-<of>SUFFIX" */
static void
tag_of(struct fixture *f, char of, const char *suffix, char c)
{
	char subject[72], name[100];

	(void)snprintf(
	    name, sizeof(name), "sha256-%s%s", digest(of, subject) + 7, suffix);
	tag(f, name, c);
}

enum what { REMOVE, RESTORE };

/* What goes if these are named ("*": all), as their digits, and a '<' before
 * those that were not named. */
static void
expect(struct fixture *f, enum what what, const char *named, const char *want)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	const struct ferry_closure_version *v;
	struct ferry_closure *closure;
	char got[64], name[72];
	size_t n = 0;

	assert_ok(ferry_closure_new(&closure, f->st, &f->package, &err), &err);
	for (const char *p = named; *p != 0; p++)
		if (*p == '*')
			ferry_closure_name_all(closure);
		else
			assert_true(
			    ferry_closure_name(closure, digest(*p, name)));
	if (what == REMOVE)
		ferry_closure_remove(closure);
	else
		ferry_closure_restore(closure);
	for (size_t i = 0; (v = ferry_closure_at(closure, i)) != NULL; i++) {
		if (!v->goes)
			continue;
		if (what == REMOVE && v->with != NULL)
			got[n++] = '<';
		got[n++] = v->version[7];
	}
	got[n] = 0;
	assert_string_equal(got, want);
	ferry_closure_free(closure);
}

static void
test_remove_takes_parts_and_referrers(void **state)
{
	struct fixture *f = *state;

	manifest(f, '1', "23", '-', "");
	manifest(f, '2', "", '-', "");
	manifest(f, '3', "", '-', "");
	manifest(f, '4', "", '2', ""); /* an SBOM of a platform */
	manifest(f, '5', "", '4', ""); /* and its signature */
	manifest(f, '6', "", '-', ""); /* cosign's */
	manifest(f, '7', "", '-', ""); /* somebody else */
	manifest(f, '8', "4", '-', ""); /* the fallback tag's list */
	tag(f, "1.4", '1');
	tag_of(f, '3', ".sig", '6');
	tag_of(f, '2', "", '8');
	expect(f, REMOVE, "1", "1<2<3<4<5<6<8");
	expect(f, REMOVE, "2", "2<4<5<8");
	expect(f, REMOVE, "4", "4<5");
	expect(f, REMOVE, "7", "7");
	expect(f, REMOVE, "*",
	    "1<2<3<4<5<6"
	    "7<8");
}

static void
test_remove_keeps_what_others_need(void **state)
{
	struct fixture *f = *state;

	manifest(f, '1', "345", '-', "");
	manifest(f, '2', "3", '-', ""); /* without a tag by now */
	manifest(f, '3', "", '-', "");
	manifest(f, '4', "", '-', "");
	manifest(f, '5', "", '-', "");
	manifest(f, '6', "", '3', "");
	manifest(f, '7', "", '1', ""); /* an SBOM with a tag of its own */
	manifest(f, '8', "", '4', "");
	tag(f, "1", '1');
	tag(f, "sbom", '7');
	tag(f, "arm", '4');
	expect(f, REMOVE, "1", "1<5");
	expect(f, REMOVE, "12", "12<3<5<6");
	expect(f, REMOVE, "14", "14<5<8");
	expect(f, REMOVE, "*",
	    "12<3"
	    "4<5<6"
	    "7<8");
}

static void
test_remove_keeps_what_was_asked_for_by_digest(void **state)
{
	struct fixture *f = *state;
	struct ferry_error err = FERRY_ERROR_INIT;
	json_t *record = json_object();
	struct ferry_key key;
	char name[72];

	manifest(f, '1', "23", '-', "");
	manifest(f, '2', "", '-', "");
	manifest(f, '3', "", '-', "");
	assert_ok(ferry_key_make(&key, &err, "mirrored", "hub", "a/b",
		      digest('3', name), NULL),
	    &err);
	assert_ok(ferry_local_put(f->st, &key, record, &err), &err);
	json_decref(record);
	expect(f, REMOVE, "1", "1<2");
	expect(f, REMOVE, "*",
	    "1<2"
	    "3");
}

static void
test_remove_takes_old_lists_of_referrers(void **state)
{
	struct fixture *f = *state;

	manifest(f, '1', "", '-', "");
	manifest(f, '2', "", '1', "");
	manifest(f, '3', "", '1', "");
	manifest(f, '4', "2", '-', ""); /* the list before 3 came */
	manifest(f, '5', "23", '-', "");
	manifest(f, '6', "1", '-', ""); /* an image of before, not a list */
	manifest(f, '7', "", '-', "");
	tag_of(f, '1', "", '5');
	expect(f, REMOVE, "1", "1<2<3<4<5");
	expect(f, REMOVE, "6",
	    "<1<2<3<4<5"
	    "6");
}

static void
test_remove_wholly_what_was_removed_in_part(void **state)
{
	struct fixture *f = *state;

	manifest(f, '1', "23", '-', "at");
	manifest(f, '2', "", '-', "");
	manifest(f, '3', "", '-', "at");
	manifest(f, '4', "", '3', "");
	expect(f, REMOVE, "1", "1<2<4");
}

static void
test_remove_of_what_goes_round_in_circles(void **state)
{
	struct fixture *f = *state;

	manifest(f, '1', "2", '-', "");
	manifest(f, '2', "1", '-', "");
	manifest(f, '3', "", '-', "");
	expect(f, REMOVE, "1", "1<2");
	expect(f, REMOVE, "*", "123");
}

static void
test_remove_of_what_cannot_be_read(void **state)
{
	struct fixture *f = *state;

	manifest(f, '1', "2", '-', "");
	manifest(f, '2', "", '-', "");
	put_text(f, '3', "<html>", json_object());
	expect(f, REMOVE, "1", "1<2");
	expect(f, REMOVE, "3", "3");
}

static void
test_restore_is_whole(void **state)
{
	struct fixture *f = *state;

	manifest(f, '1', "345", '-', "at");
	manifest(f, '2', "3", '-', "at");
	manifest(f, '3', "", '-', "with");
	manifest(f, '4', "", '-', "at"); /* by its own name */
	manifest(f, '5', "", '-', "");
	manifest(f, '6', "", '3', "with");
	manifest(f, '7', "", '4', "with");
	manifest(f, '8', "", '5', "with");
	expect(f, RESTORE, "1", "1368");
	expect(f, RESTORE, "2", "236");
	expect(f, RESTORE, "4", "47");
	expect(f, RESTORE, "3", "36");
	expect(f, RESTORE, "*", "1234678");
}

static void
test_removal_outlives_the_record(void **state)
{
	struct fixture *f = *state;
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_key named, with, served;
	json_t *record, *list;
	char name[72];

	manifest(f, '1', "2", '-', "at");
	manifest(f, '2', "", '-', "with");
	manifest(f, '3', "", '-', "");
	assert_ok(ferry_key_make(&named, &err, "version", "oci", "a/b", "hub",
		      digest('1', name), NULL),
	    &err);
	assert_ok(ferry_key_make(&with, &err, "version", "oci", "a/b", "hub",
		      digest('2', name), NULL),
	    &err);
	assert_ok(ferry_key_make(&served, &err, "version", "oci", "a/b", "hub",
		      digest('3', name), NULL),
	    &err);
	assert_int_equal(ferry_removal_stands(f->st, &named, &err), 1);
	assert_int_equal(ferry_removal_stands(f->st, &with, &err), 0);
	assert_int_equal(ferry_removal_stands(f->st, &served, &err), 0);
	assert_int_equal(ferry_removal_lift(f->st, &named, &err), 0);
	assert_int_equal(ferry_catalog_get(f->st, &named, &record, &err), 1);
	assert_ok(ferry_removal_expire(f->st, &named, record, &err), &err);
	json_decref(record);
	assert_int_equal(ferry_catalog_get(f->st, &with, &record, &err), 1);
	assert_ok(ferry_removal_expire(f->st, &with, record, &err), &err);
	json_decref(record);
	assert_ok(ferry_store_commit(f->st, &err), &err);

	assert_int_equal(ferry_catalog_get(f->st, &named, &record, &err), 0);
	assert_int_equal(ferry_removal_stands(f->st, &named, &err), 1);
	assert_int_equal(ferry_removal_stands(f->st, &with, &err), 0);
	assert_ok(ferry_removal_list(&list, f->st, &f->package, &err), &err);
	assert_int_equal(json_array_size(list), 1);
	assert_string_equal(
	    json_string_value(json_array_get(list, 0)), digest('1', name));
	json_decref(list);

	/* A record that comes again counts for more. */
	manifest(f, '1', "2", '-', "");
	assert_int_equal(ferry_removal_stands(f->st, &named, &err), 0);
	assert_ok(ferry_removal_list(&list, f->st, &f->package, &err), &err);
	assert_int_equal(json_array_size(list), 0);
	json_decref(list);
	assert_int_equal(ferry_catalog_delete(f->st, &named, &err), 1);
	assert_int_equal(ferry_removal_lift(f->st, &named, &err), 1);
	assert_int_equal(ferry_removal_lift(f->st, &named, &err), 0);
	assert_int_equal(ferry_removal_stands(f->st, &named, &err), 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_remove_takes_parts_and_referrers),
		T(test_remove_keeps_what_others_need),
		T(test_remove_keeps_what_was_asked_for_by_digest),
		T(test_remove_takes_old_lists_of_referrers),
		T(test_remove_wholly_what_was_removed_in_part),
		T(test_remove_of_what_goes_round_in_circles),
		T(test_remove_of_what_cannot_be_read),
		T(test_restore_is_whole),
		T(test_removal_outlives_the_record),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
