#define FERRY_BASE_ERROR_C /* defines what the header may wrap */
#include "store/base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const code_names[FERRY_CODES] = {
	[FERRY_OK] = "ok",
	[FERRY_EUSAGE] = "usage",
	[FERRY_ECONFIG] = "config",
	[FERRY_ESYSTEM] = "system",
	[FERRY_ENOMEM] = "memory",
	[FERRY_EINDEX] = "index",
	[FERRY_ELOCKED] = "locked",
	[FERRY_ESTORE] = "store",
	[FERRY_EFORMAT] = "format",
	[FERRY_ELIMIT] = "limit",
	[FERRY_EDIGEST] = "digest",
	[FERRY_ESIZE] = "size",
	[FERRY_ENOTFOUND] = "not-found",
	[FERRY_EEXIST] = "exists",
	[FERRY_EDENIED] = "denied",
	[FERRY_ENETWORK] = "network",
	[FERRY_EHTTP] = "http",
	[FERRY_EINCIDENT] = "incident",
	[FERRY_EUNRESOLVED] = "unresolved",
	[FERRY_ESIGNATURE] = "signature",
	[FERRY_EREVOKED] = "revoked",
	[FERRY_EWRONGSITE] = "wrong-site",
	[FERRY_EGAP] = "gap",
	[FERRY_EREPLAY] = "replay",
	[FERRY_EFORK] = "fork",
	[FERRY_EEXPIRED] = "expired",
	[FERRY_ENEWER] = "newer-format",
	[FERRY_EUNDECLARED] = "undeclared",
	[FERRY_EMISSING] = "missing",
	[FERRY_ECANCELLED] = "cancelled",
};

int
ferry_error_set(
    struct ferry_error *err, enum ferry_code code, const char *fmt, ...)
{
	va_list ap;

	err->code = code;
	err->sys = 0;
	va_start(ap, fmt);
	(void)vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	return -1;
}

int
ferry_error_errno(struct ferry_error *err, const char *fmt, ...)
{
	int saved = errno;
	char reason[128];
	va_list ap;
	size_t n;

	err->code = saved == ENOMEM ? FERRY_ENOMEM : FERRY_ESYSTEM;
	err->sys = saved;
	va_start(ap, fmt);
	(void)vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	n = strlen(err->text);
	/* With _GNU_SOURCE it returns the text, which need not be in reason. */
	(void)snprintf(err->text + n, sizeof(err->text) - n, ": %s",
	    strerror_r(saved, reason, sizeof(reason)));
	return -1;
}

int
ferry_error_in(struct ferry_error *err, const char *fmt, ...)
{
	size_t n = strlen(err->text);
	va_list ap;

	if (n + 3 >= sizeof(err->text))
		return -1;
	(void)memcpy(err->text + n, "; ", 3);
	va_start(ap, fmt);
	(void)vsnprintf(err->text + n + 2, sizeof(err->text) - n - 2, fmt, ap);
	va_end(ap);
	return -1;
}

const char *
ferry_code_name(enum ferry_code code)
{

	return code >= 0 && code < FERRY_CODES ? code_names[code] : "unknown";
}
