#include "sync/upstream/withdrawn.h"

#include <stdio.h>
#include <string.h>

#include "store/base/clock.h"
#include "store/base/conf.h"
#include "store/store.h"

int
ferry_withdrawn_read(struct ferry_conf_group *group, const char *fallback,
    enum ferry_withdrawn *out, struct ferry_error *err)
{
	const char *text;

	if (ferry_conf_str(group, "withdrawn", fallback, &text, err) == -1)
		return -1;
	if (strcmp(text, "keep") != 0 && strcmp(text, "hide") != 0)
		return ferry_conf_error(
		    group, "withdrawn", err, "expected \"keep\" or \"hide\"");
	*out = strcmp(text, "keep") == 0 ? FERRY_WITHDRAWN_KEEP
	                                 : FERRY_WITHDRAWN_HIDE;
	return 0;
}

/* A member is to be there, or not; *takes* value.  Whether that is new. */
static bool
mark(json_t *record, const char *name, bool wanted, json_t *value)
{
	bool there = json_object_get(record, name) != NULL;

	if (there && !wanted)
		(void)json_object_del(record, name);
	if (!there && wanted)
		(void)json_object_set(record, name, value);
	json_decref(value);
	return there != wanted;
}

json_t *
ferry_withdrawn_changed(
    const json_t *record, bool listed, enum ferry_withdrawn how)
{
	json_t *new = json_deep_copy(record);
	bool gone, kept;

	if (new == NULL)
		return NULL;
	gone = mark(
	    new, "gone_at", !listed, json_integer((json_int_t)ferry_now()));
	kept = mark(
	    new, "kept", !listed && how == FERRY_WITHDRAWN_KEEP, json_true());
	if (!gone && !kept) {
		json_decref(new);
		return NULL;
	}
	(void)json_object_del(new, "seq");
	return new;
}

void
ferry_withdrawn_say(
    struct ferry_run *run, const char *item, enum ferry_withdrawn how)
{

	ferry_run_taken_away(run, item,
	    how == FERRY_WITHDRAWN_KEEP
		? "upstream lists it no more; it is kept, and clients still "
		  "get it"
		: "upstream lists it no more; it is kept, and clients are not "
		  "shown it");
}

int
ferry_withdrawn_put_status(const struct ferry_recorded *of, const char *what,
    size_t n, const char *first, enum ferry_withdrawn how,
    struct ferry_error *err)
{
	char text[400], count[FERRY_COUNT_TEXT];
	json_t *known = NULL;
	struct ferry_key key;
	const char *said;
	int rc;

	if (ferry_key_make(&key, err, "withdrawn", of->format, of->name,
		of->upstream, NULL) == -1 ||
	    (rc = ferry_local_get(of->run->st, &key, &known, err)) == -1)
		return -1;
	if (n == 0) {
		json_decref(known);
		return rc == 1 ? ferry_local_delete(of->run->st, &key, err) : 0;
	}
	(void)snprintf(text, sizeof(text),
	    "upstream lists %s no more (%.80s%s); kept, and %s",
	    ferry_count_text(n, what, count), first, n > 1 ? ", …" : "",
	    how == FERRY_WITHDRAWN_KEEP ? "still served"
					: "not shown to clients");
	said = json_string_value(json_object_get(known, "text"));
	rc = said != NULL && strcmp(said, text) == 0
	         ? 0
	         : ferry_local_put_new(of->run->st, &key,
		       json_pack("{s:I,s:I,s:s}", "at", (json_int_t)ferry_now(),
			   "n", (json_int_t)n, "text", text),
		       err);
	json_decref(known);
	return rc;
}
