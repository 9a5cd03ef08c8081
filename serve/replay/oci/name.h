#ifndef FERRY_SERVE_REPLAY_OCI_NAME_H
#define FERRY_SERVE_REPLAY_OCI_NAME_H

/*
 * Which repository a name means.
 *
 * Clients say where an image is from in three ways: containerd in the query
 * ("ns"), podman and people in the path ("ghcr.io/org/app"), dockerd not at
 * all.  A known origin decides alone; were another asked for what it lacks,
 * one upstream could put images under another's names.  For the same reason an
 * unknown "ns" is not as good as none: it names a registry of which nothing is
 * here.
 *
 * Source: store/format/oci/PROTOCOL.md, section 6, "Server rule".
 */

#include "serve/replay/view.h"

struct ferry_error;

/*
 * Fill package, client_name and origin of call->resource from the name in a
 * path and the query's "ns".
 * Returns: 0; -1 with FERRY_EFORMAT for what cannot be a name.
 */
int ferry_oci_resolve(
    struct ferry_call *call, struct ferry_bytes name, struct ferry_error *err);
/* Whether name, of whatever owner, alone means another one's: its first part is
 * the host of a known origin.  Returns: 1, 0, -1. */
int ferry_oci_is_anothers(
    struct ferry_store_view *view, const char *name, struct ferry_error *err);
/* As owner() of format.h. */
int ferry_oci_owner(
    struct ferry_call *call, enum ferry_lookup lookup, struct ferry_error *err);
/* As supplies() of format.h. */
bool ferry_oci_supplies(const struct ferry_call *call, const char *upstream);
/*
 * The query's "ns" appended to buf, if that is where the package comes from.
 * Returns: 1, 0, -1.
 */
int ferry_oci_namespace(const struct ferry_call *call, struct ferry_buf *buf,
    struct ferry_error *err);

#endif
