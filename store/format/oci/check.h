#ifndef FERRY_STORE_FORMAT_OCI_CHECK_H
#define FERRY_STORE_FORMAT_OCI_CHECK_H

/*
 * Whether a record of an OCI repository agrees with itself and with the text
 * of its manifest.  As check() of struct ferry_format, which has the contract.
 *
 * A version is named by the digest of its file "manifest"; its other files are
 * what that text names as config and layers, each there or noted as missing;
 * types and subject are the text's.  A referrer's descriptor is of the digest
 * in its key.  Whether its version has that subject is for who reads both.
 */

#include "store/format/format.h"

/* For the format's row. */
int ferry_oci_check(const struct ferry_format_record *record,
    ferry_format_load *on_load, void *ctx, struct ferry_error *err);

#endif
