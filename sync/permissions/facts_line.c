#include "sync/permissions/facts_line.h"

#include <string.h>

#include "store/base/json.h"
#include "sync/permissions/facts_internal.h"

int
ferry_facts_number(
    const json_t *o, const char *name, uint64_t *out, struct ferry_error *err)
{

	if (ferry_json_u64(o, name, INT64_MAX, out, err) == -1)
		return -1;
	if (*out == 0)
		return ferry_error_set(err, FERRY_EFORMAT, "\"%s\" is 0", name);
	return 0;
}

int
ferry_facts_name(const json_t *o, const char *member, const char **out,
    struct ferry_error *err)
{

	if (ferry_json_str(o, member, out, err) == -1)
		return -1;
	if (**out == 0 || strlen(*out) >= FERRY_FACTS_LOGIN)
		return ferry_error_set(err, FERRY_EFORMAT,
		    "\"%s\" is empty or longer than %d bytes", member,
		    FERRY_FACTS_LOGIN - 1);
	if (strchr(*out, ' ') != NULL || !ferry_text_plain(*out))
		return ferry_error_set(err, FERRY_EFORMAT,
		    "\"%s\" has blanks or control characters", member);
	return 0;
}

json_t *
ferry_facts_line(const char *kind)
{

	return json_pack("{s:s}", "kind", kind);
}

void
ferry_facts_set_number(json_t *record, const char *member, uint64_t value)
{

	(void)json_object_set_new(
	    record, member, json_integer((json_int_t)value));
}

void
ferry_facts_set_text(json_t *record, const char *member, const char *value)
{

	(void)json_object_set_new(record, member, json_string(value));
}

int
ferry_facts_note(
    struct ferry_facts *f, const char *text, struct ferry_error *err)
{
	json_t *record = ferry_facts_line("note");

	if (record != NULL)
		(void)json_object_set_new(
		    record, "text", ferry_json_text(ferry_bytes_str(text)));
	return ferry_snapshot_add(&f->writer, record, err);
}
