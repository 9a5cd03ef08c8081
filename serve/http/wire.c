#include "serve/http/wire.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

#include "store/base/bytes.h"
#include "store/base/error.h"

/* What the library takes for a header, or for a field of a query, besides
 * their bytes; and what it may take for a head. */
#define FIELD_COST 64
#define COST_MAX 24000
#define METHOD_MAX 32
#define CHUNK_LINE_MAX 256

enum state {
	START, /* of a request; empty lines are skipped */
	START_LF,
	METHOD,
	TARGET,
	VERSION, /* word: "HTTP/1.1" */
	VERSION_LF,
	LINE, /* the first byte of a header's */
	NAME,
	VALUE,
	VALUE_LF,
	END_LF, /* of a head or a trailer */
	BODY,
	CHUNK_SIZE,
	CHUNK_EXTENSION,
	CHUNK_LF,
	CHUNK_DATA,
	CHUNK_CR, /* behind its data */
	CHUNK_END_LF,
};

enum {
	TOKEN = 1, /* of a method or a header's name */
	TEXT = 2, /* of a value */
	GRAPHIC = 4 /* of a target */
};

/* By byte; above 0x7f everything is text, as clients write it. */
/* clang-format off */
static const uint8_t classes[256] = {
	0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	2, 7, 6, 7, 7, 7, 7, 7, 6, 6, 7, 7, 6, 7, 7, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 6, 6, 6, 6, 6, 6,
	6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 6, 6, 6, 7, 7,
	7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 6, 7, 6, 7, 0,
	6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6,
	6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6,
	6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6,
	6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6,
};
/* clang-format on */

static void
begin(struct ferry_wire *w)
{

	w->phase = FERRY_WIRE_IDLE;
	w->state = START;
	w->old = w->hosted = w->chunked = w->sized = w->trailer = false;
	w->left = 0;
	w->head = w->target = w->lines = w->fields = 0;
	w->word_n = 0;
}

static void
finish(struct ferry_wire *w)
{

	w->requests++;
	begin(w);
}

void
ferry_wire_init(struct ferry_wire *w)
{

	memset(w, 0, sizeof(*w));
	begin(w);
}

static bool
refuse(struct ferry_wire *w, unsigned status, const char *reason)
{

	w->phase = FERRY_WIRE_REFUSED;
	w->status = status;
	w->reason = reason;
	return false;
}

static bool
malformed(struct ferry_wire *w)
{

	return refuse(w, 400, "the request is malformed");
}

/* Keep a word; one that does not fit is none that we know. */
static void
keep(struct ferry_wire *w, uint8_t c)
{

	if (w->word_n < sizeof(w->word))
		w->word[w->word_n] = (char)c;
	if (w->word_n <= sizeof(w->word))
		w->word_n++;
}

static bool
is_word(const struct ferry_wire *w, const char *word)
{

	return strlen(word) == w->word_n &&
	       strncasecmp(w->word, word, w->word_n) == 0;
}

/* Which header a line is of, by its name. */
enum { OTHER, HOST, LENGTH, ENCODING };

static int
header_of(const struct ferry_wire *w)
{

	return is_word(w, "Host")                ? HOST
	       : is_word(w, "Content-Length")    ? LENGTH
	       : is_word(w, "Transfer-Encoding") ? ENCODING
	                                         : OTHER;
}

/* The name of a header is known: its value may matter. */
static bool
end_name(struct ferry_wire *w)
{
	int header = header_of(w);

	if (w->word_n == 0)
		return malformed(w);
	if (w->trailer)
		header = OTHER;
	if ((header == HOST && w->hosted) || (header == LENGTH && w->sized) ||
	    (header == ENCODING && w->chunked))
		return refuse(w, 400, "the request can be read in two ways");
	w->hosted |= header == HOST;
	w->sized |= header == LENGTH;
	w->chunked |= header == ENCODING;
	/* From now on the header's number, and its value behind; what a Host
	 * is, is for others to say. */
	w->word[0] = (char)(header == HOST ? OTHER : header);
	w->word_n = 1;
	w->state = VALUE;
	return true;
}

static bool
end_value(struct ferry_wire *w)
{
	struct ferry_error why = FERRY_ERROR_INIT;
	const char *p = w->word + 1;
	size_t n = w->word_n - 1U;

	if (w->word[0] == OTHER)
		n = 0;
	else if (w->word_n > sizeof(w->word))
		return malformed(w);
	while (n > 0 && (p[n - 1] == ' ' || p[n - 1] == '\t'))
		n--;
	if (w->word[0] == LENGTH && ferry_parse_u64(ferry_bytes_of(p, n), 0,
					INT64_MAX, &w->left, &why) == -1)
		return refuse(w, 400, "Content-Length is not a number");
	if (w->word[0] == ENCODING &&
	    (n != 7 || strncasecmp(p, "chunked", 7) != 0))
		return refuse(w, 400, "Transfer-Encoding must be chunked");
	w->state = VALUE_LF;
	return true;
}

static bool
end_version(struct ferry_wire *w)
{

	if (!is_word(w, "HTTP/1.1") && !is_word(w, "HTTP/1.0"))
		return refuse(w, 400, "the request is not of HTTP/1.1");
	w->old = w->word[7] == '0';
	w->state = VERSION_LF;
	return true;
}

/* The head is whole: what follows it? */
static bool
end_head(struct ferry_wire *w)
{

	if (w->trailer) {
		finish(w);
		return true;
	}
	if (w->chunked && (w->sized || w->old))
		return refuse(w, 400, "the request can be read in two ways");
	if (!w->hosted && !w->old)
		return refuse(w, 400, "the request has no Host");
	w->word_n = 0;
	if (w->chunked) {
		w->phase = FERRY_WIRE_BODY;
		w->state = CHUNK_SIZE;
	} else if (w->left > 0) {
		w->phase = FERRY_WIRE_BODY;
		w->state = BODY;
	} else {
		finish(w);
	}
	return true;
}

static bool
end_chunk_size(struct ferry_wire *w, uint8_t c)
{

	if (w->word_n == 0)
		return malformed(w);
	w->state = c == '\r' ? CHUNK_LF : CHUNK_EXTENSION;
	w->head = 0;
	return true;
}

static bool
chunk_begins(struct ferry_wire *w)
{

	w->word_n = 0;
	w->head = 0;
	w->state = CHUNK_DATA;
	if (w->left == 0) { /* the last one */
		w->trailer = true;
		w->lines = 0;
		w->state = LINE;
	}
	return true;
}

/* One byte of a request line. */
static bool
request_byte(struct ferry_wire *w, uint8_t c)
{
	unsigned class = classes[c];

	switch (w->state) {
	case START:
		if (c == '\r') {
			w->state = START_LF;
			return true;
		}
		if (c == 0x16 && w->requests == 0 && w->head == 1)
			return refuse(w, 400,
			    "this port speaks HTTP, and the client TLS");
		w->phase = FERRY_WIRE_HEAD;
		w->state = METHOD;
		w->target = 0;
		return (class & TOKEN) != 0 || malformed(w);
	case START_LF:
		w->state = START;
		return c == '\n' || malformed(w);
	case METHOD:
		if (c == ' ')
			w->state = TARGET;
		else if ((class & TOKEN) == 0 || w->head > METHOD_MAX)
			return malformed(w);
		return true;
	case TARGET:
		if (c == ' ' && w->target > 0) {
			w->state = VERSION;
			w->word_n = 0;
			return true;
		}
		if ((class & GRAPHIC) == 0)
			return malformed(w);
		if (c == '?' || c == '&')
			w->fields++;
		return ++w->target <= FERRY_WIRE_TARGET_MAX ||
		       refuse(w, 414, "the URL is too long");
	case VERSION:
		if (c == '\r')
			return end_version(w);
		keep(w, c);
		return true;
	default:
		assert(w->state == VERSION_LF);
		w->state = LINE;
		return c == '\n' || malformed(w);
	}
}

/* One byte of a header, or of the line that ends them. */
static bool
header_byte(struct ferry_wire *w, uint8_t c)
{
	unsigned class = classes[c];

	switch (w->state) {
	case LINE:
		if (c == '\r') {
			w->state = END_LF;
			return true;
		}
		if ((class & TOKEN) == 0) /* also a folded line */
			return malformed(w);
		if (++w->lines > FERRY_WIRE_HEADERS_MAX)
			return refuse(w, 431, "there are too many headers");
		w->word_n = 0;
		keep(w, c);
		w->state = NAME;
		return true;
	case NAME:
		if (c == ':')
			return end_name(w);
		keep(w, c);
		return (class & TOKEN) != 0 || malformed(w);
	case VALUE:
		if (c == '\r')
			return end_value(w);
		if ((class & TEXT) == 0)
			return malformed(w);
		if (w->word_n > 1 || (c != ' ' && c != '\t'))
			keep(w, c);
		return true;
	case VALUE_LF:
		w->state = LINE;
		return c == '\n' || malformed(w);
	default:
		assert(w->state == END_LF);
		return c == '\n' ? end_head(w) : malformed(w);
	}
}

/* One byte between the data of chunks. */
static bool
chunk_byte(struct ferry_wire *w, uint8_t c)
{
	int digit;

	switch (w->state) {
	case CHUNK_SIZE:
		if (c == '\r' || c == ';')
			return end_chunk_size(w, c);
		digit = ferry_hex_value(c);
		if (digit < 0 || w->word_n == 15)
			return malformed(w);
		w->left = (w->word_n == 0 ? 0 : w->left << 4) | (unsigned)digit;
		w->word_n++;
		return true;
	case CHUNK_EXTENSION:
		if (c == '\r')
			w->state = CHUNK_LF;
		else if ((classes[c] & TEXT) == 0 || ++w->head > CHUNK_LINE_MAX)
			return malformed(w);
		return true;
	case CHUNK_LF:
		return c == '\n' ? chunk_begins(w) : malformed(w);
	case CHUNK_CR:
		w->state = CHUNK_END_LF;
		return c == '\r' || malformed(w);
	default:
		assert(w->state == CHUNK_END_LF);
		w->state = CHUNK_SIZE;
		return c == '\n' || malformed(w);
	}
}

static bool
head_fits(struct ferry_wire *w)
{

	w->head++;
	if (w->head <= FERRY_WIRE_HEAD_MAX &&
	    w->head + FIELD_COST * (w->lines + w->fields) <= COST_MAX)
		return true;
	return w->state <= TARGET ? refuse(w, 414, "the URL is too long")
	                          : refuse(w, 431, "the headers are too long");
}

static bool
byte(struct ferry_wire *w, uint8_t c)
{

	if (w->state <= VERSION_LF)
		return head_fits(w) && request_byte(w, c);
	if (w->state <= END_LF)
		return head_fits(w) && header_byte(w, c);
	return chunk_byte(w, c);
}

/* Values that say nothing about a request's end: most bytes of a head. */
static size_t
skip_value(struct ferry_wire *w, const uint8_t *p, size_t n)
{
	size_t i = 0;

	while (i < n && (classes[p[i]] & TEXT) != 0 &&
	       w->head < FERRY_WIRE_HEAD_MAX) {
		w->head++;
		i++;
	}
	return i;
}

/* Bytes of a target that are nothing else: most of a request line. */
static size_t
skip_target(struct ferry_wire *w, const uint8_t *p, size_t n)
{
	size_t i = 0, most = FERRY_WIRE_TARGET_MAX;

	if (w->head >= FERRY_WIRE_HEAD_MAX || w->target >= most)
		return 0;
	if (most > FERRY_WIRE_HEAD_MAX - w->head + w->target)
		most = FERRY_WIRE_HEAD_MAX - w->head + w->target;
	while (i < n && w->target + i < most &&
	       (classes[p[i]] & GRAPHIC) != 0 && p[i] != '?' && p[i] != '&')
		i++;
	w->head += i;
	w->target += i;
	return i;
}

/* How many of n bytes are of a body's content, which nothing is said about. */
static size_t
skip_content(struct ferry_wire *w, size_t n)
{

	if (n > w->left)
		n = (size_t)w->left;
	w->left -= n;
	if (w->left == 0 && w->state == BODY)
		finish(w);
	else if (w->left == 0)
		w->state = CHUNK_CR;
	return n;
}

size_t
ferry_wire_feed(struct ferry_wire *w, const void *p, size_t n)
{
	const uint8_t *bytes = p;
	size_t i = 0, sound = 0, done;

	assert(w->phase != FERRY_WIRE_REFUSED);
	while (i < n) {
		if (w->state == BODY || w->state == CHUNK_DATA) {
			i += skip_content(w, n - i);
		} else if (w->state == VALUE && w->word[0] == OTHER &&
			   (done = skip_value(w, bytes + i, n - i)) > 0) {
			i += done;
		} else if (w->state == TARGET &&
			   (done = skip_target(w, bytes + i, n - i)) > 0) {
			i += done;
		} else if (!byte(w, bytes[i])) {
			return sound;
		} else {
			i++;
		}
		if (w->phase == FERRY_WIRE_IDLE && w->state == START)
			sound = i;
	}
	return n;
}
