#include "store/bundle/agent.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "store/base/digest.h"
#include "store/base/error.h"

#define SCHEME "agent:"
#define ALGORITHM "ssh-ed25519"
#define MESSAGE_MAX (256U << 10) /* that is asked or answered */
/* Of what is signed: a request has less than this beside it. */
#define TEXT_MAX (MESSAGE_MAX - 256)

enum message {
	AGENT_FAILURE = 5,
	AGENT_REQUEST_IDENTITIES = 11,
	AGENT_IDENTITIES = 12,
	AGENT_SIGN_REQUEST = 13,
	AGENT_SIGN_RESPONSE = 14
};

struct ferry_agent {
	int fd;
	struct ferry_public public;
	struct ferry_buf blob; /* the key as the agent calls it */
	struct ferry_buf message;
};

bool
ferry_agent_is_uri(const char *key)
{

	return strncmp(key, SCHEME, sizeof(SCHEME) - 1) == 0;
}

/* Numbers and strings of RFC 4251, 5. */

static int
add_u32(struct ferry_buf *buf, size_t v, struct ferry_error *err)
{
	const uint8_t p[4] = { (uint8_t)(v >> 24), (uint8_t)(v >> 16),
		(uint8_t)(v >> 8), (uint8_t)v };

	return ferry_buf_add(buf, p, sizeof(p), err);
}

static int
add_string(struct ferry_buf *buf, struct ferry_bytes s, struct ferry_error *err)
{

	return add_u32(buf, s.n, err) == -1 ||
	               ferry_buf_add(buf, s.p, s.n, err) == -1
	           ? -1
	           : 0;
}

static bool
take_u32(struct ferry_bytes *in, uint32_t *out)
{

	if (in->n < 4)
		return false;
	*out = (uint32_t)in->p[0] << 24 | (uint32_t)in->p[1] << 16 |
	       (uint32_t)in->p[2] << 8 | in->p[3];
	*in = ferry_bytes_of(in->p + 4, in->n - 4);
	return true;
}

static bool
take_string(struct ferry_bytes *in, struct ferry_bytes *out)
{
	uint32_t n;

	if (!take_u32(in, &n) || n > in->n)
		return false;
	*out = ferry_bytes_of(in->p, n);
	*in = ferry_bytes_of(in->p + n, in->n - n);
	return true;
}

/* "ssh-ed25519" and so many bytes: a key, or a signature. */
static bool
take_ed25519(struct ferry_bytes blob, size_t n, struct ferry_bytes *out)
{
	struct ferry_bytes algorithm;

	return take_string(&blob, &algorithm) &&
	       ferry_bytes_is(algorithm, ALGORITHM) &&
	       take_string(&blob, out) && out->n == n && blob.n == 0;
}

/* Messages */

static int
garbled(struct ferry_error *err)
{

	return ferry_error_set(
	    err, FERRY_EFORMAT, "what SSH_AUTH_SOCK answers is no ssh-agent's");
}

static int
send_all(const struct ferry_agent *a, struct ferry_error *err)
{
	struct ferry_bytes left = ferry_bytes_buf(&a->message);

	while (left.n > 0) {
		ssize_t n = send(a->fd, left.p, left.n, MSG_NOSIGNAL);

		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return ferry_error_errno(err, "asking the ssh-agent");
		left = ferry_bytes_of(left.p + n, left.n - (size_t)n);
	}
	return 0;
}

static int
receive(struct ferry_agent *a, size_t n, struct ferry_error *err)
{

	ferry_buf_reset(&a->message);
	if (ferry_buf_reserve(&a->message, n, err) == -1)
		return -1;
	while (a->message.n < n) {
		ssize_t got =
		    read(a->fd, a->message.p + a->message.n, n - a->message.n);

		if (got == -1 && errno == EINTR)
			continue;
		if (got == -1)
			return ferry_error_errno(
			    err, "listening to the ssh-agent");
		if (got == 0)
			return ferry_error_set(err, FERRY_EFORMAT,
			    "the ssh-agent ended the connection");
		a->message.n += (size_t)got;
	}
	return 0;
}

/*
 * Send content as a message of a kind, and read the answer, which should be of
 * kind want; what is behind its first byte is *out, borrowed until the next call.
 */
static int
ask(struct ferry_agent *a, enum message kind, struct ferry_bytes content,
    enum message want, struct ferry_bytes *out, struct ferry_error *err)
{
	const uint8_t type = (uint8_t)kind;
	struct ferry_bytes in;
	uint32_t n;

	ferry_buf_reset(&a->message);
	if (add_u32(&a->message, content.n + 1, err) == -1 ||
	    ferry_buf_add(&a->message, &type, 1, err) == -1 ||
	    ferry_buf_add(&a->message, content.p, content.n, err) == -1 ||
	    send_all(a, err) == -1 || receive(a, 4, err) == -1)
		return -1;
	in = ferry_bytes_buf(&a->message);
	if (!take_u32(&in, &n) || n == 0 || n > MESSAGE_MAX)
		return garbled(err);
	if (receive(a, n, err) == -1)
		return -1;
	if (a->message.p[0] == AGENT_FAILURE)
		return ferry_error_set(err, FERRY_EUSAGE,
		    "the ssh-agent refuses: it is locked, or its user or a "
		    "constraint of the key said no");
	if (a->message.p[0] != want)
		return garbled(err);
	*out = ferry_bytes_of(a->message.p + 1, n - 1);
	return 0;
}

/* The key */

/* Whether name, what follows the scheme, means this key. */
static int
is_meant(const char *name, struct ferry_bytes blob,
    const struct ferry_public *key, struct ferry_error *err)
{
	struct ferry_buf base64 = FERRY_BUF_INIT;
	struct ferry_digest d;
	int rc;

	if (name[0] == 0 || strcmp(name, key->id) == 0)
		return 1;
	if (strncmp(name, "SHA256:", 7) != 0)
		return 0;
	if (ferry_digest_of(&d, FERRY_SHA256, blob, err) == -1 ||
	    ferry_base64_add(&base64, ferry_bytes_of(d.v, d.n), err) == -1) {
		ferry_buf_free(&base64);
		return -1;
	}
	/* Without the '=' at its end. */
	rc = base64.n == 44 && strlen(name + 7) == 43 &&
	     memcmp(name + 7, base64.p, 43) == 0;
	ferry_buf_free(&base64);
	return rc;
}

/* Look at one of its keys; 1 if it is what name means. */
static int
look_at(struct ferry_agent *a, const char *name, struct ferry_bytes blob,
    struct ferry_error *err)
{
	struct ferry_public key;
	struct ferry_bytes raw;
	int rc;

	if (!take_ed25519(blob, sizeof(key.raw), &raw))
		return 0;
	if (ferry_public_from_raw(&key, raw, err) == -1 ||
	    (rc = is_meant(name, blob, &key, err)) == -1)
		return -1;
	if (rc == 0)
		return 0;
	a->public = key;
	ferry_buf_reset(&a->blob);
	return ferry_buf_add(&a->blob, blob.p, blob.n, err) == -1 ? -1 : 1;
}

static int
find_key(struct ferry_agent *a, const char *name, struct ferry_error *err)
{
	const struct ferry_bytes nothing = { NULL, 0 };
	struct ferry_bytes in, blob, comment;
	uint32_t n, found = 0;

	if (ask(a, AGENT_REQUEST_IDENTITIES, nothing, AGENT_IDENTITIES, &in,
		err) == -1)
		return -1;
	if (!take_u32(&in, &n))
		return garbled(err);
	for (; n > 0; n--) {
		int rc;

		if (!take_string(&in, &blob) || !take_string(&in, &comment))
			return garbled(err);
		if ((rc = look_at(a, name, blob, err)) == -1)
			return -1;
		found += (uint32_t)rc;
	}
	if (found == 1)
		return 0;
	return ferry_error_set(err, FERRY_EUSAGE,
	    found == 0 ? "the ssh-agent has no such Ed25519 key; 'ssh-add -l' "
			 "lists what it has"
		       : "the ssh-agent has several Ed25519 keys; say which: "
			 "agent:SHA256:…, as 'ssh-add -l' prints it");
}

static int
connect_agent(struct ferry_agent *a, struct ferry_error *err)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	const char *path = getenv("SSH_AUTH_SOCK");

	if (path == NULL || path[0] == 0)
		return ferry_error_set(err, FERRY_EUSAGE,
		    "no ssh-agent: SSH_AUTH_SOCK is not set");
	if (strlen(path) >= sizeof(un.sun_path))
		return ferry_error_set(
		    err, FERRY_EUSAGE, "SSH_AUTH_SOCK is too long");
	(void)snprintf(un.sun_path, sizeof(un.sun_path), "%s", path);
	a->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (a->fd == -1 ||
	    connect(a->fd, (const struct sockaddr *)&un, sizeof(un)) == -1)
		return ferry_error_errno(err, "the ssh-agent at %s", path);
	return 0;
}

int
ferry_agent_open(struct ferry_agent **out, const char *uri,
    struct ferry_public *public, struct ferry_error *err)
{
	struct ferry_agent *a;

	if (ferry_calloc(&a, 1, sizeof(*a), err) == -1)
		return -1;
	a->fd = -1;
	if (connect_agent(a, err) == -1 ||
	    find_key(a, uri + sizeof(SCHEME) - 1, err) == -1) {
		ferry_agent_free(a);
		return -1;
	}
	*public = a->public;
	*out = a;
	return 0;
}

void
ferry_agent_free(struct ferry_agent *a)
{

	if (a == NULL)
		return;
	if (a->fd != -1)
		(void)close(a->fd);
	ferry_buf_free(&a->blob);
	ferry_buf_free(&a->message);
	free(a);
}

int
ferry_agent_sign(struct ferry_agent *a, struct ferry_bytes text,
    uint8_t signature[FERRY_SIGNATURE], struct ferry_error *err)
{
	struct ferry_buf content = FERRY_BUF_INIT;
	struct ferry_bytes in, blob, v;
	int rc = -1;

	if (text.n > TEXT_MAX)
		return ferry_error_set(err, FERRY_ELIMIT,
		    "a head of %zu bytes is too large for an ssh-agent, which "
		    "takes %u; sign with a key in a file or a token, or let "
		    "the bundle be made of fewer and larger volumes",
		    text.n, TEXT_MAX);
	if (add_string(&content, ferry_bytes_buf(&a->blob), err) == 0 &&
	    add_string(&content, text, err) == 0 &&
	    add_u32(&content, 0, err) == 0 &&
	    ask(a, AGENT_SIGN_REQUEST, ferry_bytes_buf(&content),
		AGENT_SIGN_RESPONSE, &in, err) == 0)
		rc = 0;
	ferry_buf_free(&content);
	if (rc == -1)
		return -1;
	if (!take_string(&in, &blob) ||
	    !take_ed25519(blob, FERRY_SIGNATURE, &v))
		return garbled(err);
	memcpy(signature, v.p, FERRY_SIGNATURE);
	rc = ferry_public_verify(&a->public, text, signature, err);
	return rc == 0   ? ferry_error_set(err, FERRY_ESYSTEM,
			       "what the ssh-agent signed is not what it was "
				 "given")
	       : rc == 1 ? 0
	                 : -1;
}
