#include "store/format/rubygems/spec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/digest.h"
#include "store/base/error.h"
#include "store/format/rubygems/marshal.h"

void
ferry_gem_spec_free(struct ferry_gem_spec *spec)
{

	for (size_t i = 0; i < spec->needs_n; i++)
		free(spec->needs[i].terms.term);
	free(spec->needs);
	free(spec->ruby.term);
	free(spec->rubygems.term);
	free(spec->authors);
	free(spec->emails);
	free(spec->licenses);
	free(spec->metadata);
	ferry_buf_free(&spec->platform);
	*spec = (struct ferry_gem_spec){ .needs_n = 0 };
}

/* The line */

static int
by_text(const void *a, const void *b)
{
	const struct ferry_gem_term *x = a, *y = b;
	int c = ferry_bytes_cmp(x->relation, y->relation);

	return c != 0 ? c : ferry_bytes_cmp(x->number, y->number);
}

static int
by_name(const void *a, const void *b)
{
	const struct ferry_gem_need *x = a, *y = b;

	return ferry_bytes_cmp(x->name, y->name);
}

static bool
is_anything(const struct ferry_gem_terms *terms)
{

	return terms->n == 0 ||
	       (terms->n == 1 &&
		   ferry_bytes_is(terms->term[0].relation, ">=") &&
		   ferry_bytes_is(terms->term[0].number, "0"));
}

static void
put_terms(struct ferry_out *out, const struct ferry_gem_terms *terms)
{

	if (terms->n == 0)
		ferry_out_str(out, ">= 0");
	else
		qsort(terms->term, terms->n, sizeof(*terms->term), by_text);
	for (size_t i = 0; i < terms->n; i++) {
		ferry_out_str(out, i == 0 ? "" : "&");
		ferry_out_bytes(out, terms->term[i].relation);
		ferry_out_str(out, " ");
		ferry_out_bytes(out, terms->term[i].number);
	}
}

int
ferry_gem_spec_line(struct ferry_buf *buf, const struct ferry_gem_spec *spec,
    const struct ferry_digest *sha256, struct ferry_error *err)
{
	char hex[FERRY_DIGEST_TEXT];
	struct ferry_out out;
	const char *comma = "";

	ferry_out_begin(&out, buf);
	if (spec->needs_n > 0)
		qsort(
		    spec->needs, spec->needs_n, sizeof(*spec->needs), by_name);
	for (size_t i = 0; i < spec->needs_n; i++) {
		if (spec->needs[i].development)
			continue;
		ferry_out_str(&out, comma);
		ferry_out_bytes(&out, spec->needs[i].name);
		ferry_out_str(&out, ":");
		put_terms(&out, &spec->needs[i].terms);
		comma = ",";
	}
	ferry_out_fmt(&out, "|checksum:%s", ferry_digest_hex(sha256, hex));
	if (!is_anything(&spec->ruby)) {
		ferry_out_str(&out, ",ruby:");
		put_terms(&out, &spec->ruby);
	}
	if (!is_anything(&spec->rubygems)) {
		ferry_out_str(&out, ",rubygems:");
		put_terms(&out, &spec->rubygems);
	}
	return ferry_out_end(&out, err);
}

/* Marshal */

static void
put_requirement(struct ferry_marshal *m, const struct ferry_gem_terms *terms)
{
	static const struct ferry_gem_term any = { { (const uint8_t *)">=", 2 },
		{ (const uint8_t *)"0", 1 } };
	size_t n = terms->n == 0 ? 1 : terms->n;

	ferry_marshal_byte(m, 'U');
	ferry_marshal_symbol(m, "Gem::Requirement");
	ferry_marshal_array(m, 1);
	ferry_marshal_array(m, n);
	for (size_t i = 0; i < n; i++) {
		const struct ferry_gem_term *term =
		    terms->n == 0 ? &any : &terms->term[i];

		ferry_marshal_array(m, 2);
		ferry_marshal_string(m, term->relation);
		ferry_marshal_version(m, term->number);
	}
}

static void
put_need(struct ferry_marshal *m, const struct ferry_gem_need *need)
{

	ferry_marshal_byte(m, 'o');
	ferry_marshal_symbol(m, "Gem::Dependency");
	ferry_marshal_size(m, 5);
	ferry_marshal_symbol(m, "@name");
	ferry_marshal_string(m, need->name);
	ferry_marshal_symbol(m, "@requirement");
	put_requirement(m, &need->terms);
	ferry_marshal_symbol(m, "@type");
	ferry_marshal_symbol(m, need->development ? "development" : "runtime");
	ferry_marshal_symbol(m, "@prerelease");
	ferry_marshal_byte(m, 'F');
	ferry_marshal_symbol(m, "@version_requirements");
	put_requirement(m, &need->terms);
}

/*
 * A day of UTC.
 * Source: Ruby's time.c, time_mdump(): 1 bit 1, 1 bit UTC, 16 bits year - 1900,
 *     4 month - 1, 5 day, 5 hour, and the rest in four more bytes.
 */
static void
put_date(struct ferry_marshal *m, struct ferry_bytes text)
{
	unsigned year = 1980, month = 1, day = 2, bits;
	char date[11] = "";
	uint8_t b[8] = { 0 };

	memcpy(date, text.p, text.n < 10 ? text.n : 10);
	if (sscanf(date, "%4u-%2u-%2u", &year, &month, &day) != 3 ||
	    year < 1900 || month < 1 || month > 12 || day < 1 || day > 31) {
		year = 1980;
		month = 1;
		day = 2;
	}
	bits = 3U << 30 | (year - 1900) << 14 | (month - 1) << 10 | day << 5;
	for (size_t i = 0; i < 4; i++)
		b[i] = (uint8_t)(bits >> (8 * i) & 0xff);
	ferry_out_bytes(&m->out, ferry_bytes_of("Iu", 2));
	ferry_marshal_symbol(m, "Time");
	ferry_marshal_size(m, sizeof(b));
	ferry_out_bytes(&m->out, ferry_bytes_of(b, sizeof(b)));
	ferry_marshal_size(m, 1);
	ferry_marshal_symbol(m, "zone");
	ferry_marshal_string(m, ferry_bytes_str("UTC"));
}

static void
put_strings(struct ferry_marshal *m, const struct ferry_bytes *s, size_t n)
{

	ferry_marshal_array(m, n);
	for (size_t i = 0; i < n; i++)
		ferry_marshal_string(m, s[i]);
}

static void
put_metadata(struct ferry_marshal *m, const struct ferry_gem_spec *spec)
{

	ferry_marshal_byte(m, '{');
	ferry_marshal_size(m, spec->metadata_n);
	for (size_t i = 0; i < spec->metadata_n; i++) {
		ferry_marshal_string(m, spec->metadata[i].key);
		ferry_marshal_string(m, spec->metadata[i].value);
	}
}

/* The nineteen values. */
static void
put_slots(struct ferry_marshal *m, const struct ferry_gem_spec *spec)
{
	struct ferry_bytes platform = ferry_bytes_buf(&spec->platform);

	ferry_marshal_array(m, 19);
	ferry_marshal_string(m, spec->rubygems_version.n == 0
				    ? ferry_bytes_str("3.0.0")
				    : spec->rubygems_version);
	ferry_marshal_int(m, 4);
	ferry_marshal_string(m, spec->name);
	ferry_marshal_version(m, spec->number);
	put_date(m, spec->date);
	ferry_marshal_string(m, spec->summary);
	put_requirement(m, &spec->ruby);
	put_requirement(m, &spec->rubygems);
	ferry_marshal_string(m, platform);
	ferry_marshal_array(m, spec->needs_n);
	for (size_t i = 0; i < spec->needs_n; i++)
		put_need(m, &spec->needs[i]);
	ferry_marshal_string(m, ferry_bytes_str(""));
	if (spec->one_email && spec->emails_n == 1)
		ferry_marshal_string(m, spec->emails[0]);
	else
		put_strings(m, spec->emails, spec->emails_n);
	put_strings(m, spec->authors, spec->authors_n);
	ferry_marshal_nil_or_string(m, spec->description);
	ferry_marshal_nil_or_string(m, spec->homepage);
	ferry_marshal_byte(m, 'T');
	ferry_marshal_string(m, platform);
	put_strings(m, spec->licenses, spec->licenses_n);
	put_metadata(m, spec);
}

int
ferry_gem_spec_marshal(struct ferry_buf *buf, const struct ferry_gem_spec *spec,
    struct ferry_error *err)
{
	struct ferry_buf slots = FERRY_BUF_INIT;
	struct ferry_marshal m;
	int rc;

	ferry_marshal_begin(&m, &slots);
	put_slots(&m, spec);
	if ((rc = ferry_marshal_end(&m, err)) == 0) {
		ferry_marshal_begin(&m, buf);
		ferry_marshal_byte(&m, 'u');
		ferry_marshal_symbol(&m, "Gem::Specification");
		ferry_marshal_size(&m, slots.n);
		ferry_out_bytes(&m.out, ferry_bytes_buf(&slots));
		rc = ferry_marshal_end(&m, err);
	}
	ferry_buf_free(&slots);
	return rc;
}
