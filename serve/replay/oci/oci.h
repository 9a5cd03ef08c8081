#ifndef FERRY_SERVE_REPLAY_OCI_OCI_H
#define FERRY_SERVE_REPLAY_OCI_OCI_H

/* What the files of OCI share. */

#include <jansson.h>

#include "serve/replay/format.h"
#include "store/access/token.h"
#include "store/format/oci/names.h"

extern const struct ferry_replay ferry_replay_oci;

/* Names; see oci_name.c. */

/*
 * Fill package, client_name and origin of call->resource from the name in a path
 * and the query's "ns".
 * Returns: 0; -1 with FERRY_EFORMAT for what cannot be a name.
 */
int ferry_oci_resolve(
    struct ferry_call *call, struct ferry_bytes name, struct ferry_error *err);
/* As of format.h. */
int ferry_oci_owner(
    struct ferry_call *call, enum ferry_lookup lookup, struct ferry_error *err);
/*
 * The query's "ns" appended to buf, if that is where the package comes from.
 * Returns: 1, 0, -1.
 */
int ferry_oci_namespace(const struct ferry_call *call, struct ferry_buf *buf,
    struct ferry_error *err);

/* Content: 1 and *out (the caller unrefs), 0, -1. */

/* The manifest that item, a tag or digest, names; the body has its type. */
int ferry_oci_manifest_body(const struct ferry_call *call,
    struct ferry_body **out, struct ferry_error *err);
/* The blob that item, a digest, names in a manifest of the package. */
int ferry_oci_blob_body(const struct ferry_call *call, struct ferry_body **out,
    struct ferry_error *err);
/* Whether a package has a version that was not deleted: 1, 0, -1. */
int ferry_oci_has_versions(struct ferry_store *store, const char *package,
    const char *owner, struct ferry_error *err);
/* Whether a record is of a version that was not deleted. */
bool ferry_oci_is_live(const json_t *version);

/* Lists: as answer() of format.h. */

int ferry_oci_answer_tags(const struct ferry_call *call,
    struct ferry_response *res, struct ferry_error *err);
int ferry_oci_answer_referrers(const struct ferry_call *call,
    struct ferry_response *res, struct ferry_error *err);
int ferry_oci_answer_catalog(const struct ferry_call *call,
    const struct ferry_permit *permit, struct ferry_response *res,
    struct ferry_error *err);
int ferry_oci_answer_search(const struct ferry_call *call,
    const struct ferry_permit *permit, struct ferry_response *res,
    struct ferry_error *err);

/* Tokens; see oci_token.c. */

int ferry_oci_start(void **state, struct ferry_store_view *view,
    uint64_t search_bytes, struct ferry_error *err);
void ferry_oci_stop(void *state);
void ferry_oci_identify(struct ferry_call *call, const char *authorization);
void ferry_oci_challenge(const struct ferry_call *call,
    enum ferry_verdict verdict, struct ferry_response *res);
int ferry_oci_answer_token(const struct ferry_call *call,
    struct ferry_response *res, struct ferry_error *err);

#endif
