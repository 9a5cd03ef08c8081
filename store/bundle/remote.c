#include "store/bundle/remote.h"

#include <stdlib.h>

#include "store/base/error.h"
#include "store/bundle/agent.h"
#include "store/bundle/token.h"

/* One of both is NULL. */
struct ferry_remote {
	struct ferry_token *token;
	struct ferry_agent *agent;
};

bool
ferry_remote_is_uri(const char *key)
{

	return ferry_token_is_uri(key) || ferry_agent_is_uri(key);
}

int
ferry_remote_open(struct ferry_remote **out, const char *uri,
    struct ferry_public *public, struct ferry_error *err)
{
	struct ferry_remote *r;
	int rc;

	if (ferry_calloc(&r, 1, sizeof(*r), err) == -1)
		return -1;
	rc = ferry_agent_is_uri(uri)
	         ? ferry_agent_open(&r->agent, uri, public, err)
	         : ferry_token_open(&r->token, uri, public, err);
	if (rc == 0)
		*out = r;
	else
		free(r);
	return rc;
}

void
ferry_remote_free(struct ferry_remote *r)
{

	if (r == NULL)
		return;
	ferry_token_free(r->token);
	ferry_agent_free(r->agent);
	free(r);
}

int
ferry_remote_sign(struct ferry_remote *r, struct ferry_bytes text,
    uint8_t signature[FERRY_SIGNATURE], struct ferry_error *err)
{

	return r->agent != NULL
	           ? ferry_agent_sign(r->agent, text, signature, err)
	           : ferry_token_sign(r->token, text, signature, err);
}
