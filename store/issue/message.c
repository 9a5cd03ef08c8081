#include "store/issue/message.h"

#include <string.h>

#include "store/base/error.h"
#include "store/base/json.h"

static const char *const whats[FERRY_ISSUE_WHATS] = { "create", "list",
	"revoke" };
static const char *const words[FERRY_ISSUE_WORDS] = { "done", "wrong", "wait",
	"absent", "refused", "failed", "busy" };

void
ferry_issue_ask_clear(struct ferry_issue_ask *ask)
{

	explicit_bzero(ask, sizeof(*ask));
}

void
ferry_issue_said_clear(struct ferry_issue_said *said)
{

	json_decref(said->tokens);
	explicit_bzero(said, sizeof(*said));
}

/* Overwrite the strings of an object before it is freed. */
static void
drop(json_t *message)
{
	const char *name;
	json_t *value;

	json_object_foreach (message, name, value)
		if (json_is_string(value))
			explicit_bzero(
			    (void *)(uintptr_t)json_string_value(value),
			    json_string_length(value));
	json_decref(message);
}

/* Write message, which is *taken*. */
static int
write_packet(
    json_t *message, size_t max, struct ferry_buf *out, struct ferry_error *err)
{
	/* So that it does not grow, and leave secrets behind. */
	int rc = message == NULL
	             ? ferry_error_set(err, FERRY_EFORMAT,
			   "what is sent is not UTF-8, or there is no memory")
	         : ferry_buf_reserve(out, max, err) == -1
	             ? -1
	             : ferry_json_add(out, message, err);

	drop(message);
	if (rc == 0 && out->n > max)
		rc = ferry_error_set(err, FERRY_ELIMIT,
		    "a message of %zu bytes is too long", out->n);
	return rc;
}

int
ferry_issue_ask_write(const struct ferry_issue_ask *ask, struct ferry_buf *out,
    struct ferry_error *err)
{

	return write_packet(
	    json_pack("{s:I,s:s,s:s,s:s,s:s,s:s,s:s,s:I}", "id",
		(json_int_t)ask->id, "do", whats[ask->what], "login",
		ask->login, "password", ask->password, "token", ask->token,
		"which", ask->which, "note", ask->note, "life_s",
		(json_int_t)ask->life_s),
	    FERRY_ISSUE_ASK, out, err);
}

int
ferry_issue_said_write(const struct ferry_issue_said *said,
    struct ferry_buf *out, struct ferry_error *err)
{

	return write_packet(json_pack("{s:I,s:s,s:I,s:s,s:s,s:o,s:O*}", "id",
				(json_int_t)said->id, "end", words[said->word],
				"wait_s", (json_int_t)said->wait_s, "login",
				said->login, "token", said->token, "text",
				ferry_json_text(ferry_bytes_str(said->text)),
				"tokens", said->tokens),
	    FERRY_ISSUE_SAID, out, err);
}

static int
parse_packet(json_t **out, struct ferry_bytes packet, size_t max,
    struct ferry_error *err)
{

	if (packet.n > max)
		return ferry_error_set(
		    err, FERRY_ELIMIT, "a message is too long");
	/* What is wrong with it is not told by its bytes. */
	if (ferry_json_parse(out, packet, "a message", err) == -1) {
		*err = (struct ferry_error)FERRY_ERROR_INIT;
		return ferry_error_set(
		    err, FERRY_EFORMAT, "a message is no JSON");
	}
	return 0;
}

/* The word called name: its place among n names. */
static int
find_word(const json_t *message, const char *name, const char *const *names,
    size_t n, size_t *out, struct ferry_error *err)
{
	const char *word;

	if (ferry_json_str(message, name, &word, err) == -1)
		return -1;
	for (*out = 0; *out < n; ++*out)
		if (strcmp(names[*out], word) == 0)
			return 0;
	return ferry_error_set(
	    err, FERRY_EFORMAT, "'%s' of a message is unknown", name);
}

static int
read_ask(struct ferry_issue_ask *out, const json_t *m, struct ferry_error *err)
{
	size_t what = 0;

	if (ferry_json_u64(m, "id", INT64_MAX, &out->id, err) == -1 ||
	    find_word(m, "do", whats, FERRY_ISSUE_WHATS, &what, err) == -1 ||
	    ferry_json_str_copy(
		m, "login", out->login, sizeof(out->login), err) == -1 ||
	    ferry_json_str_copy(m, "password", out->password,
		sizeof(out->password), err) == -1 ||
	    ferry_json_str_copy(
		m, "token", out->token, sizeof(out->token), err) == -1 ||
	    ferry_json_str_copy(
		m, "which", out->which, sizeof(out->which), err) == -1 ||
	    ferry_json_str_copy(m, "note", out->note, sizeof(out->note), err) ==
		-1 ||
	    ferry_json_u64(m, "life_s", INT64_MAX / 2, &out->life_s, err) == -1)
		return -1;
	out->what = (enum ferry_issue_what)what;
	return 0;
}

int
ferry_issue_ask_read(struct ferry_issue_ask *out, struct ferry_bytes packet,
    struct ferry_error *err)
{
	json_t *m = NULL;
	int rc = parse_packet(&m, packet, FERRY_ISSUE_ASK, err);

	*out = (struct ferry_issue_ask){ .id = 0 };
	if (rc == 0)
		rc = read_ask(out, m, err);
	drop(m);
	return rc;
}

static int
read_said(
    struct ferry_issue_said *out, const json_t *m, struct ferry_error *err)
{
	size_t word = 0;

	if (ferry_json_u64(m, "id", INT64_MAX, &out->id, err) == -1 ||
	    find_word(m, "end", words, FERRY_ISSUE_WORDS, &word, err) == -1 ||
	    ferry_json_u64(m, "wait_s", 86400, &out->wait_s, err) == -1 ||
	    ferry_json_str_copy(
		m, "login", out->login, sizeof(out->login), err) == -1 ||
	    ferry_json_str_copy(
		m, "token", out->token, sizeof(out->token), err) == -1 ||
	    ferry_json_str_copy(m, "text", out->text, sizeof(out->text), err) ==
		-1)
		return -1;
	out->word = (enum ferry_issue_word)word;
	/* It outlives the message, whose strings are overwritten. */
	if (json_object_get(m, "tokens") != NULL) {
		json_t *tokens;

		if (ferry_json_array(m, "tokens", &tokens, err) == -1)
			return -1;
		out->tokens = json_incref(tokens);
	}
	return 0;
}

int
ferry_issue_said_read(struct ferry_issue_said *out, struct ferry_bytes packet,
    struct ferry_error *err)
{
	json_t *m = NULL;
	int rc = parse_packet(&m, packet, FERRY_ISSUE_SAID, err);

	*out = (struct ferry_issue_said){ .id = 0 };
	if (rc == 0)
		rc = read_said(out, m, err);
	drop(m);
	return rc;
}
