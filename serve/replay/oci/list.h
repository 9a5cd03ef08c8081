#ifndef FERRY_SERVE_REPLAY_OCI_LIST_H
#define FERRY_SERVE_REPLAY_OCI_LIST_H

/*
 * What a repository has: its tags, and what refers to a digest.
 *
 * Source: OCI Distribution Specification 1.1, "Listing Tags", "Listing
 *     Referrers".
 */

struct ferry_call;
struct ferry_error;
struct ferry_response;

/* As answer() of format.h.  Referrers are always answered: 404 would say that
 * there is no such API. */
int ferry_oci_answer_tags(const struct ferry_call *call,
    struct ferry_response *res, struct ferry_error *err);
int ferry_oci_answer_referrers(const struct ferry_call *call,
    struct ferry_response *res, struct ferry_error *err);

#endif
