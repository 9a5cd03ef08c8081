#ifndef FERRY_BUNDLE_AGENT_H
#define FERRY_BUNDLE_AGENT_H

/*
 * An Ed25519 key in a running ssh-agent, at SSH_AUTH_SOCK:
 *
 *	agent:SHA256:…		as 'ssh-add -l' prints it
 *	agent:ID		as ferry calls it
 *	agent:			the only Ed25519 key that it has
 *
 * The agent signs with Ed25519 the bytes that it is given, so that its signature is
 * the one that the key would make elsewhere.  What ferry signs begins with '{', what
 * an SSH login signs with the length of a session's identifier (RFC 4252, 7), some
 * dozens: neither can be taken for the other.
 *
 * Source: draft-miller-ssh-agent-14, 3.1 (messages), 3.5 (identities), 3.6
 *     (signing); RFC 8709, 4 and 6 (an Ed25519 key and signature).
 * Observed: OpenSSH 9.2 ends a connection over which more than 256 KiB come:
 *     tests/bundle/165.
 */

#include "store/bundle/public.h"

struct ferry_agent;
struct ferry_error;

/* Whether key names one of these. */
bool ferry_agent_is_uri(const char *key);
/*
 * Connect and find the key.
 * Errors: FERRY_EUSAGE (no agent; no such key, or several), FERRY_EFORMAT (what it
 *     answers is not the protocol), FERRY_ESYSTEM.
 */
int ferry_agent_open(struct ferry_agent **out, const char *uri,
    struct ferry_public *public, struct ferry_error *err);
void ferry_agent_free(struct ferry_agent *agent);
/* May wait for the agent's user.  Errors: as above; FERRY_EUSAGE if the agent
 * refuses; FERRY_ELIMIT if it takes no text of this size. */
int ferry_agent_sign(struct ferry_agent *agent, struct ferry_bytes text,
    uint8_t signature[FERRY_SIGNATURE], struct ferry_error *err);

#endif
