#include "store/pull/message.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "store/base/error.h"
#include "store/base/json.h"

static const char *const whats[] = { "document", "version" };
static const char *const words[] = { "here", "absent", "refused", "failed",
	"busy", "grows" };

/* The index of text among n names, or n. */
static size_t
find_word(const char *const *names, size_t n, const char *text)
{
	size_t i = 0;

	while (i < n && strcmp(names[i], text) != 0)
		i++;
	return i;
}

/* Write message, which is *taken*. */
static int
write_packet(json_t *message, struct ferry_buf *out, struct ferry_error *err)
{
	int rc = message == NULL
	             ? ferry_error_set(err, FERRY_ENOMEM, "no memory")
	             : ferry_json_add(out, message, err);

	json_decref(message);
	if (rc == 0 && out->n > FERRY_PULL_PACKET)
		rc = ferry_error_set(err, FERRY_ELIMIT,
		    "a message of %zu bytes is too long", out->n);
	return rc;
}

int
ferry_pull_ask_write(const struct ferry_pull_ask *ask, struct ferry_buf *out,
    struct ferry_error *err)
{
	const struct ferry_pull_want *want = &ask->want;
	json_t *upstreams = json_array();

	for (size_t i = 0; upstreams != NULL && i < ask->upstreams_n; i++)
		(void)json_array_append_new(
		    upstreams, json_string(ask->upstreams[i]));
	return write_packet(
	    json_pack("{s:I,s:b,s:s,s:s,s:s,s:s,s:s,s:o}", "id",
		(json_int_t)ask->id, "stream", ask->stream, "what",
		whats[want->what], "format", want->format, "package",
		want->package, "version", want->version, "file", want->file,
		"upstreams", upstreams),
	    out, err);
}

int
ferry_pull_said_write(const struct ferry_pull_said *said, struct ferry_buf *out,
    struct ferry_error *err)
{

	return write_packet(
	    json_pack("{s:I,s:s,s:I,s:I,s:o}", "id", (json_int_t)said->id,
		"end", words[said->word], "size", (json_int_t)said->size,
		"fresh_s", (json_int_t)said->fresh_s, "text",
		ferry_json_text(ferry_bytes_str(said->text))),
	    out, err);
}

static int
parse_packet(json_t **out, struct ferry_bytes packet, struct ferry_error *err)
{

	if (packet.n > FERRY_PULL_PACKET)
		return ferry_error_set(
		    err, FERRY_ELIMIT, "a message is too long");
	return ferry_json_parse(out, packet, "a message", err);
}

/* Copy the string called name, of at most size - 1 bytes. */
static int
copy_text(const json_t *message, const char *name, char *out, size_t size,
    struct ferry_error *err)
{
	const char *text;

	if (ferry_json_str(message, name, &text, err) == -1)
		return -1;
	if (strlen(text) >= size)
		return ferry_error_set(
		    err, FERRY_ELIMIT, "'%s' of a message is too long", name);
	memcpy(out, text, strlen(text) + 1);
	return 0;
}

static int
read_upstreams(
    struct ferry_pull_ask *out, const json_t *message, struct ferry_error *err)
{
	json_t *list;

	if (ferry_json_array(message, "upstreams", &list, err) == -1)
		return -1;
	if (json_array_size(list) > FERRY_PULL_UPSTREAMS)
		return ferry_error_set(
		    err, FERRY_ELIMIT, "a message names too many upstreams");
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *name = json_string_value(json_array_get(list, i));

		if (name == NULL || strlen(name) >= FERRY_PULL_NAME)
			return ferry_error_set(err, FERRY_EFORMAT,
			    "a message names an upstream wrongly");
		memcpy(
		    out->upstreams[out->upstreams_n++], name, strlen(name) + 1);
	}
	return 0;
}

int
ferry_pull_ask_read(struct ferry_pull_ask *out, struct ferry_bytes packet,
    struct ferry_error *err)
{
	struct ferry_pull_want *want = &out->want;
	json_t *message = NULL;
	const char *what;
	size_t i;
	int rc = -1;

	memset(out, 0, sizeof(*out));
	if (parse_packet(&message, packet, err) == -1 ||
	    ferry_json_u64(message, "id", INT64_MAX, &out->id, err) == -1 ||
	    ferry_json_str(message, "what", &what, err) == -1 ||
	    copy_text(message, "format", want->format, sizeof(want->format),
		err) == -1 ||
	    copy_text(message, "package", want->package, sizeof(want->package),
		err) == -1 ||
	    copy_text(message, "version", want->version, sizeof(want->version),
		err) == -1 ||
	    copy_text(message, "file", want->file, sizeof(want->file), err) ==
		-1 ||
	    read_upstreams(out, message, err) == -1)
		goto out;
	i = find_word(whats, sizeof(whats) / sizeof(whats[0]), what);
	if (i == sizeof(whats) / sizeof(whats[0])) {
		ferry_error_set(
		    err, FERRY_EFORMAT, "a message wants '%.40s'", what);
		goto out;
	}
	want->what = (enum ferry_pull_what)i;
	out->stream = json_is_true(json_object_get(message, "stream"));
	if (want->package[0] == 0 ||
	    (want->version[0] == 0 && want->what == FERRY_PULL_VERSION)) {
		ferry_error_set(
		    err, FERRY_EFORMAT, "a message does not say what it wants");
		goto out;
	}
	rc = 0;
out:
	json_decref(message);
	return rc;
}

int
ferry_pull_said_read(struct ferry_pull_said *out, struct ferry_bytes packet,
    struct ferry_error *err)
{
	json_t *message = NULL;
	const char *word, *text;
	size_t i;
	int rc = -1;

	memset(out, 0, sizeof(*out));
	if (parse_packet(&message, packet, err) == -1 ||
	    ferry_json_u64(message, "id", INT64_MAX, &out->id, err) == -1 ||
	    ferry_json_u64_opt(
		message, "size", INT64_MAX, 0, &out->size, err) == -1 ||
	    ferry_json_u64(
		message, "fresh_s", UINT32_MAX, &out->fresh_s, err) == -1 ||
	    ferry_json_str(message, "end", &word, err) == -1 ||
	    ferry_json_str(message, "text", &text, err) == -1)
		goto out;
	if ((i = find_word(words, FERRY_PULL_WORDS, word)) ==
	    FERRY_PULL_WORDS) {
		ferry_error_set(
		    err, FERRY_EFORMAT, "a message ends with '%.40s'", word);
		goto out;
	}
	out->word = (enum ferry_pull_word)i;
	(void)snprintf(
	    out->text, sizeof(out->text), "%.*s", FERRY_PULL_TEXT - 1, text);
	rc = 0;
out:
	json_decref(message);
	return rc;
}

int
ferry_pull_path(char out[FERRY_PULL_PATH], const char *configured,
    const char *store, struct ferry_error *err)
{
	int n = configured != NULL
	            ? snprintf(out, FERRY_PULL_PATH, "%s", configured)
	            : snprintf(out, FERRY_PULL_PATH, "%s/pull.sock", store);

	return n > 0 && n < FERRY_PULL_PATH
	           ? 0
	           : ferry_error_set(err, FERRY_ECONFIG,
			 "the path of the puller's socket may have %d bytes; "
			 "'socket' of the group 'pull' says another than "
			 "%.100s",
			 FERRY_PULL_PATH - 1,
			 configured != NULL ? configured : store);
}
