#ifndef FERRY_SERVE_REPLAY_OCI_CATALOG_H
#define FERRY_SERVE_REPLAY_OCI_CATALOG_H

/*
 * Which repositories there are: the catalog, and the search of docker and
 * podman.  Names alone, as the first owner of each answers for it; without those
 * that begin with a known registry's host, which alone mean that registry's.
 *
 * Source: Docker Registry HTTP API V2, "Listing Repositories"; the search of
 *     API V1, of which store/format/oci/PROTOCOL.md, section 2, has the form.
 */

struct ferry_call;
struct ferry_error;
struct ferry_permit;
struct ferry_response;

/* As answer() of format.h. */
int ferry_oci_answer_catalog(const struct ferry_call *call,
    const struct ferry_permit *permit, struct ferry_response *res,
    struct ferry_error *err);
int ferry_oci_answer_search(const struct ferry_call *call,
    const struct ferry_permit *permit, struct ferry_response *res,
    struct ferry_error *err);

#endif
