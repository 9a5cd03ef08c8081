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
	    ferry_json_str_copy(message, "format", want->format,
		sizeof(want->format), err) == -1 ||
	    ferry_json_str_copy(message, "package", want->package,
		sizeof(want->package), err) == -1 ||
	    ferry_json_str_copy(message, "version", want->version,
		sizeof(want->version), err) == -1 ||
	    ferry_json_str_copy(
		message, "file", want->file, sizeof(want->file), err) == -1 ||
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

/* Uses */

#define USES "{\"uses\":"
/* Bytes of an entry but for its texts, each of which may double by escapes and
 * is cut by who collects them. */
#define ENTRY_MORE 16
#define COUNTS_ROOM (FERRY_PULL_COUNTS * 1800U)

static size_t
length_of(const struct ferry_pull_use *use)
{

	return 2 * (strlen(use->format) + strlen(use->upstream) +
		       strlen(use->package) + strlen(use->what)) +
	       ENTRY_MORE;
}

int
ferry_pull_uses_write(const struct ferry_pull_use *uses, size_t n,
    const struct ferry_pull_count *counts, size_t counts_n,
    struct ferry_buf *out, struct ferry_error *err)
{
	json_t *use_list = json_array(), *count_list = json_array();
	size_t room = FERRY_PULL_PACKET - COUNTS_ROOM - sizeof(USES), i;

	for (i = 0; i < n && length_of(&uses[i]) <= room; i++) {
		room -= length_of(&uses[i]);
		(void)json_array_append_new(use_list,
		    json_pack("[s,s,s,s]", uses[i].format, uses[i].upstream,
			uses[i].package, uses[i].what));
	}
	for (size_t k = 0; k < counts_n && k < FERRY_PULL_COUNTS; k++)
		(void)json_array_append_new(count_list,
		    json_pack("[s,s,I,I,I]", counts[k].format,
			counts[k].upstream, (json_int_t)counts[k].hits,
			(json_int_t)counts[k].misses,
			(json_int_t)counts[k].saved));
	return write_packet(json_pack("{s:o,s:o}", "uses", use_list, "counts",
				count_list),
		   out, err) == -1
	           ? -1
	           : (int)i;
}

bool
ferry_pull_is_uses(struct ferry_bytes packet)
{

	return ferry_bytes_starts(packet, USES);
}

/* Element i of an entry. */
static int
copy_element(const json_t *entry, size_t i, char *out, size_t size,
    struct ferry_error *err)
{
	const char *text = json_string_value(json_array_get(entry, i));

	if (text == NULL || *text == 0 || strlen(text) >= size)
		return ferry_error_set(
		    err, FERRY_EFORMAT, "a message tells of no use");
	memcpy(out, text, strlen(text) + 1);
	return 0;
}

static int
read_use(
    const json_t *entry, struct ferry_pull_use *out, struct ferry_error *err)
{

	return copy_element(entry, 0, out->format, sizeof(out->format), err) ==
	                   -1 ||
	               copy_element(entry, 1, out->upstream,
			   sizeof(out->upstream), err) == -1 ||
	               copy_element(entry, 2, out->package,
			   sizeof(out->package), err) == -1 ||
	               copy_element(
			   entry, 3, out->what, sizeof(out->what), err) == -1
	           ? -1
	           : 0;
}

static int
read_count(
    const json_t *entry, struct ferry_pull_count *out, struct ferry_error *err)
{
	uint64_t *const numbers[] = { &out->hits, &out->misses, &out->saved };

	if (copy_element(entry, 0, out->format, sizeof(out->format), err) ==
		-1 ||
	    copy_element(entry, 1, out->upstream, sizeof(out->upstream), err) ==
		-1)
		return -1;
	for (size_t i = 0; i < 3; i++) {
		const json_t *number = json_array_get(entry, 2 + i);

		if (!json_is_integer(number) || json_integer_value(number) < 0)
			return ferry_error_set(
			    err, FERRY_EFORMAT, "a message counts nothing");
		*numbers[i] = (uint64_t)json_integer_value(number);
	}
	return 0;
}

int
ferry_pull_uses_read(struct ferry_bytes packet,
    const struct ferry_pull_on_uses *on, struct ferry_error *err)
{
	json_t *message = NULL, *uses = NULL, *counts = NULL, *entry;
	struct ferry_pull_count count;
	struct ferry_pull_use use;
	size_t i;
	int rc = -1;

	if (parse_packet(&message, packet, err) == 0 &&
	    ferry_json_array(message, "uses", &uses, err) == 0 &&
	    ferry_json_array(message, "counts", &counts, err) == 0)
		rc = 0;
	json_array_foreach (uses, i, entry)
		if (rc == 0 && (rc = read_use(entry, &use, err)) == 0)
			rc = on->on_use(on->ctx, &use, err);
	json_array_foreach (counts, i, entry)
		if (rc == 0 && (rc = read_count(entry, &count, err)) == 0)
			rc = on->on_count(on->ctx, &count, err);
	json_decref(message);
	return rc;
}
