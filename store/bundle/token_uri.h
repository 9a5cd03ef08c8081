#ifndef FERRY_BUNDLE_TOKEN_URI_H
#define FERRY_BUNDLE_TOKEN_URI_H

/* The parts of a pkcs11: URI; see token.h. */

#include "store/base/bytes.h"

struct ferry_error;

/* Decoded; NULL where the URI does not say. */
struct ferry_token_uri {
	struct ferry_buf token, manufacturer, model, serial, object, id;
	struct ferry_buf module_path, pin_source;
};

/* Errors: FERRY_EUSAGE, also for an attribute that is not known: it may have
 * been meant to tell two keys apart. */
int ferry_token_uri_parse(
    struct ferry_token_uri *out, const char *text, struct ferry_error *err);
void ferry_token_uri_clear(struct ferry_token_uri *uri);

#endif
