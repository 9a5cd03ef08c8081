#ifndef FERRY_SYNC_UPSTREAM_NUGET_SIGNATURE_H
#define FERRY_SYNC_UPSTREAM_NUGET_SIGNATURE_H

/*
 * The signature inside a nupkg: CMS over the digest of everything else.
 *
 * Its author's, or a repository's; an author's may be countersigned by a
 * repository.  That the package is what was signed, and that the certificates
 * that come with it signed it, is always checked: what fails is refused.  Who
 * those are is known where roots are configured.
 *
 * Source: store/format/nuget/PROTOCOL.md section 7; RFC 5652 (CMS), RFC 5126,
 *     5.11.1 (commitment types), RFC 3161 (timestamps).
 */

#include <jansson.h>
#include <stdbool.h>

struct ferry_error;
struct nuget_inside;

enum nuget_signatures {
	NUGET_SIGNATURES_OFF, /* not looked at */
	NUGET_SIGNATURES_AUTO, /* what there is must be whole */
	NUGET_SIGNATURES_REQUIRED /* and there must be one that is trusted */
};
struct nuget_trust {
	enum nuget_signatures signatures;
	void *signing; /* X509_STORE of roots, or NULL */
	void *timestamps; /* the same, of those of timestamps */
};
/* Read the certificates of a PEM file.  Errors: FERRY_ECONFIG. */
int
ferry_nuget_roots_read(void **store, const char *path, struct ferry_error *err);
void ferry_nuget_trust_free(struct nuget_trust *trust);

/*
 * Judge the signature, and say in record what it is: "signature" is "none";
 * "intact", where nobody says whom to trust; "untrusted", where the chain leads
 * to none of the roots; "verified".  Besides "author_signed_by",
 * "repository_signed_by" and "signed_at".
 * Errors: FERRY_ESIGNATURE.
 */
int ferry_nuget_signature_judge(json_t *record,
    const struct nuget_inside *inside, const struct nuget_trust *trust,
    struct ferry_error *err);

#endif
