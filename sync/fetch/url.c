/* URLs, as libcurl reads them: what is judged is what is then asked. */

#include <curl/curl.h>
#include <string.h>
#include <strings.h>

#include "store/base/bytes.h"
#include "sync/fetch/fetch.h"

/* Append text with blanks and bytes beyond ASCII encoded as browsers do it;
 * libcurl's digits would be small ones. */
static int
encode_odd(struct ferry_buf *buf, const char *text, struct ferry_error *err)
{

	for (; *text != 0; text++)
		if (((uint8_t)*text > ' ' && (uint8_t)*text < 0x7f
			    ? ferry_buf_add(buf, text, 1, err)
			    : ferry_buf_addf(
				  buf, err, "%%%02X", (uint8_t)*text)) == -1)
			return -1;
	return ferry_buf_adds(buf, "", err);
}

/* Either may be NULL: a URL alone, as it is, or one as it may be written. */
static int
read_url(CURLU **out, const char *base, const char *reference,
    struct ferry_error *err)
{
	struct ferry_buf plain = FERRY_BUF_INIT;
	char *scheme = NULL;
	bool known, good;
	CURLU *u;

	if (reference != NULL && encode_odd(&plain, reference, err) == -1)
		return -1;
	u = curl_url();
	if (u == NULL) {
		ferry_buf_free(&plain);
		return ferry_error_set(err, FERRY_ENOMEM, "no memory");
	}
	good = (base == NULL ||
		   curl_url_set(u, CURLUPART_URL, base, 0) == CURLUE_OK) &&
	       (reference == NULL || curl_url_set(u, CURLUPART_URL,
					 (char *)plain.p, 0) == CURLUE_OK) &&
	       curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK;
	ferry_buf_free(&plain);
	if (!good) {
		curl_url_cleanup(u);
		return ferry_error_set(err, FERRY_EFORMAT,
		    "'%.200s' is not a URL",
		    reference == NULL ? base : reference);
	}
	known = strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0;
	curl_free(scheme);
	if (!known) {
		curl_url_cleanup(u);
		return ferry_error_set(err, FERRY_EFORMAT,
		    "'%.200s' is neither http nor https",
		    reference == NULL ? base : reference);
	}
	*out = u;
	return 0;
}

int
ferry_fetch_url_host(
    char *out, size_t size, const char *url, struct ferry_error *err)
{
	char *host = NULL;
	CURLU *u = NULL;
	int rc = -1;

	if (read_url(&u, url, NULL, err) == -1)
		return -1;
	if (curl_url_get(u, CURLUPART_HOST, &host, 0) != CURLUE_OK) {
		ferry_error_set(
		    err, FERRY_EFORMAT, "'%.200s' names no host", url);
	} else if (strlen(host) >= size) {
		ferry_error_set(
		    err, FERRY_ELIMIT, "the host of '%.200s' is too long", url);
	} else {
		for (size_t i = 0; i <= strlen(host); i++)
			out[i] = (char)(host[i] >= 'A' && host[i] <= 'Z'
					    ? host[i] + 32
					    : host[i]);
		rc = 0;
	}
	curl_free(host);
	curl_url_cleanup(u);
	return rc;
}

int
ferry_fetch_url_port(unsigned *out, const char *url, struct ferry_error *err)
{
	char *port = NULL;
	CURLU *u = NULL;
	uint64_t n = 0;
	int rc = -1;

	if (read_url(&u, url, NULL, err) == -1)
		return -1;
	if (curl_url_get(u, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) ==
	    CURLUE_OK)
		rc = ferry_parse_u64(
		    ferry_bytes_str(port), 0, UINT16_MAX, &n, err);
	else
		ferry_error_set(
		    err, FERRY_EFORMAT, "'%.200s' has no port", url);
	*out = (unsigned)n;
	curl_free(port);
	curl_url_cleanup(u);
	return rc;
}

int
ferry_fetch_url_resolve(char **out, const char *base, const char *reference,
    struct ferry_error *err)
{
	char *url = NULL;
	CURLU *u = NULL;
	int rc = -1;

	if (read_url(&u, base, reference, err) == -1)
		return -1;
	if (curl_url_get(u, CURLUPART_URL, &url, 0) == CURLUE_OK)
		rc = ferry_strdup(out, url, err);
	else
		ferry_error_set(
		    err, FERRY_EFORMAT, "'%.200s' is not a URL", reference);
	curl_free(url);
	curl_url_cleanup(u);
	return rc;
}

int
ferry_fetch_url_at(char **out, const char *base, const char *url,
    const char *reference, struct ferry_error *err)
{
	static const CURLUPart place[] = { CURLUPART_SCHEME, CURLUPART_HOST,
		CURLUPART_PORT };
	static const CURLUPart login[] = { CURLUPART_USER, CURLUPART_PASSWORD,
		CURLUPART_FRAGMENT };
	CURLU *u = NULL, *b = NULL;
	char *text = NULL;
	bool done = true;
	int rc = -1;

	if (read_url(&u, url, reference, err) == -1 ||
	    read_url(&b, base, NULL, err) == -1)
		goto out;
	for (size_t i = 0; i < sizeof(place) / sizeof(place[0]); i++) {
		if (curl_url_get(b, place[i], &text, CURLU_DEFAULT_PORT) !=
			CURLUE_OK ||
		    curl_url_set(u, place[i], text, 0) != CURLUE_OK ||
		    curl_url_set(u, login[i], NULL, 0) != CURLUE_OK)
			done = false;
		curl_free(text);
		text = NULL;
	}
	if (done && curl_url_get(u, CURLUPART_URL, &text,
			CURLU_NO_DEFAULT_PORT) == CURLUE_OK)
		rc = ferry_strdup(out, text, err);
	else
		ferry_error_set(
		    err, FERRY_EFORMAT, "'%.200s' is not a URL", reference);
out:
	curl_free(text);
	curl_url_cleanup(u);
	curl_url_cleanup(b);
	return rc;
}

/* Whether one part of two URLs is the same. */
static bool
same_part(CURLU *a, CURLU *b, CURLUPart part)
{
	char *x = NULL, *y = NULL;
	bool same;

	same = curl_url_get(a, part, &x, CURLU_DEFAULT_PORT) == CURLUE_OK &&
	       curl_url_get(b, part, &y, CURLU_DEFAULT_PORT) == CURLUE_OK &&
	       strcasecmp(x, y) == 0;
	curl_free(x);
	curl_free(y);
	return same;
}

bool
ferry_fetch_url_same_origin(const char *a, const char *b)
{
	struct ferry_error why = FERRY_ERROR_INIT;
	CURLU *x = NULL, *y = NULL;
	bool same;

	same = read_url(&x, a, NULL, &why) == 0 &&
	       read_url(&y, b, NULL, &why) == 0 &&
	       same_part(x, y, CURLUPART_SCHEME) &&
	       same_part(x, y, CURLUPART_HOST) &&
	       same_part(x, y, CURLUPART_PORT);
	curl_url_cleanup(x);
	curl_url_cleanup(y);
	return same;
}
