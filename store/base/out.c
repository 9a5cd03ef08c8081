#include "store/base/out.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "store/base/json_span.h"

void
ferry_out_begin(struct ferry_out *out, struct ferry_buf *buf)
{

	out->buf = buf;
	out->rc = 0;
	out->error.code = FERRY_OK;
}

int
ferry_out_end(struct ferry_out *out, struct ferry_error *err)
{

	assert((out->rc == -1) == (out->error.code != FERRY_OK));
	if (out->rc == -1)
		*err = out->error;
	return out->rc;
}

void
ferry_out_bytes(struct ferry_out *out, struct ferry_bytes s)
{

	if (out->rc == 0)
		out->rc = ferry_buf_add(out->buf, s.p, s.n, &out->error);
}

void
ferry_out_str(struct ferry_out *out, const char *s)
{

	ferry_out_bytes(out, ferry_bytes_str(s));
}

void
ferry_out_fmt(struct ferry_out *out, const char *fmt, ...)
{
	struct ferry_buf *buf = out->buf;
	va_list ap, again;
	int n;

	if (out->rc == -1)
		return;
	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		out->rc = ferry_error_errno(&out->error, "formatting text");
	else
		out->rc = ferry_buf_reserve(buf, (size_t)n, &out->error);
	if (out->rc == 0) {
		(void)vsnprintf(
		    (char *)buf->p + buf->n, (size_t)n + 1, fmt, again);
		buf->n += (size_t)n;
	}
	va_end(again);
}

void
ferry_out_json(struct ferry_out *out, struct ferry_bytes s)
{

	if (out->rc == 0)
		out->rc = ferry_span_quote(out->buf, s, &out->error);
}

void
ferry_out_html(struct ferry_out *out, struct ferry_bytes s)
{
	static const char special[] = "<>&\"'";
	static const char *const entities[] = { "&lt;", "&gt;", "&amp;",
		"&quot;", "&#39;" };
	size_t from = 0;

	for (size_t i = 0; i < s.n; i++) {
		const char *at = s.p[i] == 0 ? NULL : strchr(special, s.p[i]);

		if (at == NULL)
			continue;
		ferry_out_bytes(out, ferry_bytes_of(s.p + from, i - from));
		ferry_out_str(out, entities[at - special]);
		from = i + 1;
	}
	ferry_out_bytes(out, ferry_bytes_of(s.p + from, s.n - from));
}

void
ferry_out_url(struct ferry_out *out, struct ferry_bytes s)
{

	if (out->rc == 0)
		out->rc = ferry_url_encode(out->buf, s, &out->error);
}
