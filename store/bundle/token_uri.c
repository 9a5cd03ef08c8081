#include "store/bundle/token_uri.h"

#include <stddef.h>
#include <string.h>

#include "store/base/error.h"

struct attribute {
	const char *name;
	size_t at; /* of its buffer in the struct */
};

static const struct attribute path_attributes[] = {
	{ "token", offsetof(struct ferry_token_uri, token) },
	{ "manufacturer", offsetof(struct ferry_token_uri, manufacturer) },
	{ "model", offsetof(struct ferry_token_uri, model) },
	{ "serial", offsetof(struct ferry_token_uri, serial) },
	{ "object", offsetof(struct ferry_token_uri, object) },
	{ "id", offsetof(struct ferry_token_uri, id) },
	{ NULL, 0 },
};
static const struct attribute query_attributes[] = {
	{ "module-path", offsetof(struct ferry_token_uri, module_path) },
	{ "pin-source", offsetof(struct ferry_token_uri, pin_source) },
	{ NULL, 0 },
};

/* "name=value" */
static int
parse_attribute(struct ferry_token_uri *uri, const struct attribute *known,
    struct ferry_bytes text, struct ferry_error *err)
{
	const uint8_t *equals = memchr(text.p, '=', text.n);
	struct ferry_bytes name, value;
	struct ferry_buf *buf;

	if (equals == NULL)
		return ferry_error_set(err, FERRY_EUSAGE,
		    "'%.*s' is not NAME=VALUE", (int)text.n,
		    (const char *)text.p);
	name = ferry_bytes_of(text.p, (size_t)(equals - text.p));
	value = ferry_bytes_of(equals + 1, text.n - name.n - 1);
	if (known == path_attributes && ferry_bytes_is(name, "type"))
		return ferry_bytes_is(value, "private")
		           ? 0
		           : ferry_error_set(err, FERRY_EUSAGE,
				 "only a private key signs: type=private");
	if (known == query_attributes && ferry_bytes_is(name, "pin-value"))
		return ferry_error_set(err, FERRY_EUSAGE,
		    "everybody here can read a command line: put the PIN into "
		    "a file, and name that with pin-source=file:PATH");
	while (known->name != NULL && !ferry_bytes_is(name, known->name))
		known++;
	if (known->name == NULL)
		return ferry_error_set(err, FERRY_EUSAGE,
		    "'%.*s' is not known here", (int)name.n,
		    (const char *)name.p);
	buf = (struct ferry_buf *)(void *)((char *)uri + known->at);
	if (buf->p != NULL)
		return ferry_error_set(
		    err, FERRY_EUSAGE, "'%s' is there twice", known->name);
	/* An empty value is one, too. */
	return ferry_buf_reserve(buf, value.n + 1, err) == -1
	           ? -1
	           : ferry_url_decode(buf, value, err);
}

static int
parse_all(struct ferry_token_uri *uri, const struct attribute *known,
    struct ferry_bytes text, char separator, struct ferry_error *err)
{

	while (text.n > 0) {
		const uint8_t *end = memchr(text.p, separator, text.n);
		size_t n = end == NULL ? text.n : (size_t)(end - text.p);

		if (parse_attribute(
			uri, known, ferry_bytes_of(text.p, n), err) == -1)
			return -1;
		n += end != NULL;
		text = ferry_bytes_of(text.p + n, text.n - n);
	}
	return 0;
}

int
ferry_token_uri_parse(
    struct ferry_token_uri *out, const char *text, struct ferry_error *err)
{
	static const char scheme[] = "pkcs11:";
	const char *path = text + sizeof(scheme) - 1;
	const char *query;

	*out = (struct ferry_token_uri){ 0 };
	if (strncmp(text, scheme, sizeof(scheme) - 1) != 0)
		return ferry_error_set(
		    err, FERRY_EUSAGE, "a PKCS#11 URI begins with pkcs11:");
	query = strchr(path, '?');
	if (parse_all(out, path_attributes,
		query == NULL ? ferry_bytes_str(path)
			      : ferry_bytes_of(path, (size_t)(query - path)),
		';', err) == 0 &&
	    (query == NULL || parse_all(out, query_attributes,
				  ferry_bytes_str(query + 1), '&', err) == 0))
		return 0;
	err->code = FERRY_EUSAGE;
	ferry_token_uri_clear(out);
	return -1;
}

void
ferry_token_uri_clear(struct ferry_token_uri *uri)
{

	for (const struct attribute *a = path_attributes; a->name != NULL; a++)
		ferry_buf_free(
		    (struct ferry_buf *)(void *)((char *)uri + a->at));
	for (const struct attribute *a = query_attributes; a->name != NULL; a++)
		ferry_buf_free(
		    (struct ferry_buf *)(void *)((char *)uri + a->at));
}
