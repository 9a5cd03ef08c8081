#include "sync/box/asked.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/bytes.h"
#include "store/base/error.h"
#include "store/base/json.h"

static const char *
text_of(const json_t *line, const char *name)
{
	const char *text = json_string_value(json_object_get(line, name));

	return text == NULL ? "" : text;
}

/* By what it is about: a later answer to the same counts if it is better. */
static int
add_line(json_t *all, json_t *line, struct ferry_error *err)
{
	struct ferry_buf key = FERRY_BUF_INIT;
	const json_t *before;
	int rc = ferry_buf_addf(&key, err, "%s\n%s\n%s\n%s\n%s",
	    text_of(line, "format"), text_of(line, "what"),
	    text_of(line, "package"), text_of(line, "version"),
	    text_of(line, "file"));

	if (rc == 0) {
		before = json_object_get(all, (char *)key.p);
		if (before == NULL ||
		    json_integer_value(json_object_get(before, "status")) >=
			json_integer_value(json_object_get(line, "status")))
			rc = ferry_json_set(
			    all, (char *)key.p, json_incref(line), err);
	}
	ferry_buf_free(&key);
	return rc;
}

static int
read_lines(json_t *all, FILE *f, const char *path, struct ferry_error *err)
{
	char *text = NULL;
	size_t room = 0;
	ssize_t n;
	int rc = 0;

	while (rc == 0 && (n = getline(&text, &room, f)) > 0) {
		json_t *line = NULL;

		rc = ferry_json_parse(
		    &line, ferry_bytes_of(text, (size_t)n), path, err);
		if (rc == 0)
			rc = add_line(all, line, err);
		json_decref(line);
	}
	free(text);
	return rc;
}

static int
add_want(json_t *wants, const json_t *line, struct ferry_error *err)
{
	const char *file = text_of(line, "file");
	struct ferry_buf key = FERRY_BUF_INIT;
	json_t *want = NULL;
	int rc =
	    ferry_buf_addf(&key, err, "%s\n%s\n%s", text_of(line, "format"),
		text_of(line, "package"), text_of(line, "version"));

	if (rc == 0 && (want = json_object_get(wants, (char *)key.p)) == NULL) {
		want = json_pack("{s:s,s:s,s:s}", "format",
		    text_of(line, "format"), "package",
		    text_of(line, "package"), "version",
		    text_of(line, "version"));
		rc = ferry_json_set(wants, (char *)key.p, want, err);
	}
	if (rc == 0 && text_of(line, "upstream")[0] != 0)
		rc = ferry_json_set(want, "upstream",
		    json_incref(json_object_get(line, "upstream")), err);
	if (rc == 0 && *file != 0 && json_object_get(want, "files") == NULL)
		rc = ferry_json_set(want, "files", json_array(), err);
	if (rc == 0 && *file != 0)
		rc = ferry_json_push(json_object_get(want, "files"),
		    ferry_json_text(ferry_bytes_str(file)), err);
	ferry_buf_free(&key);
	return rc;
}

static int
add_absent(json_t *absent, const json_t *line, struct ferry_error *err)
{
	static const char *const names[] = { "format", "package", "version",
		"file" };
	json_t *one = json_object();

	if (ferry_json_push(absent, one, err) == -1)
		return -1;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (text_of(line, names[i])[0] != 0 &&
		    ferry_json_set(one, names[i],
			json_incref(json_object_get(line, names[i])),
			err) == -1)
			return -1;
	return 0;
}

static int
sum_up(struct ferry_asked *out, json_t *all, struct ferry_error *err)
{
	json_t *wants = json_object(), *line, *want;
	const char *key;
	int rc = wants == NULL || out->wants == NULL || out->absent == NULL
	             ? ferry_error_set(err, FERRY_ENOMEM, "no memory")
	             : 0;

	json_object_foreach (all, key, line) {
		bool here =
		    json_integer_value(json_object_get(line, "status")) < 400;

		out->failed +=
		    json_integer_value(json_object_get(line, "status")) >= 500;
		if (rc == 0)
			rc = !here ? add_absent(out->absent, line, err)
			     : text_of(line, "version")[0] != 0
			         ? add_want(wants, line, err)
			         : 0;
	}
	json_object_foreach (wants, key, want)
		if (rc == 0)
			rc =
			    ferry_json_push(out->wants, json_incref(want), err);
	json_decref(wants);
	return rc;
}

int
ferry_asked_read(
    struct ferry_asked *out, const char *path, struct ferry_error *err)
{
	json_t *all = json_object();
	FILE *f = fopen(path, "re");
	int rc = -1;

	*out = (struct ferry_asked){ json_array(), json_array(), 0 };
	if (f == NULL)
		ferry_error_errno(err, "%s", path);
	else if (read_lines(all, f, path, err) == 0)
		rc = sum_up(out, all, err);
	if (f != NULL)
		(void)fclose(f);
	json_decref(all);
	if (rc == -1)
		ferry_asked_free(out);
	return rc;
}

void
ferry_asked_free(struct ferry_asked *asked)
{

	json_decref(asked->wants);
	json_decref(asked->absent);
	*asked = (struct ferry_asked){ NULL, NULL, 0 };
}
