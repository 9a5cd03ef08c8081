#include "serve/replay/page.h"

#include <string.h>

#include "store/base/out.h"

/* What stands for {name}; NULL: nothing does. */
static const char *
value_of(const struct ferry_page *page, const char *name, size_t n)
{
	const struct {
		const char *name, *value;
	} values[] = { { "url", page->url }, { "host", page->host },
		{ "name", page->name } };

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		if (strlen(values[i].name) == n &&
		    memcmp(values[i].name, name, n) == 0)
			return values[i].value;
	return NULL;
}

static void
write_text(const struct ferry_page *page, const char *text)
{
	const char *open, *close, *value;

	while ((open = strchr(text, '{')) != NULL) {
		ferry_out_html(
		    page->out, ferry_bytes_of(text, (size_t)(open - text)));
		close = strchr(open, '}');
		value = close == NULL ? NULL
		                      : value_of(page, open + 1,
					    (size_t)(close - open) - 1);
		ferry_out_html(
		    page->out, ferry_bytes_str(value == NULL ? "{" : value));
		text = value == NULL ? open + 1 : close + 1;
	}
	ferry_out_html(page->out, ferry_bytes_str(text));
}

void
ferry_page_add(
    const struct ferry_page *page, const char *client, const char *text)
{

	ferry_out_str(page->out, "<h3>");
	ferry_out_html(page->out, ferry_bytes_str(client));
	ferry_out_str(page->out, "</h3>\n<pre>");
	write_text(page, text);
	ferry_out_str(page->out, "</pre>\n");
}
