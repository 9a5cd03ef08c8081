#include "store/recipe/inflate.h"

#include <assert.h>
#include <string.h>

#include "store/base/error.h"

/* The longest token: a code of 15 bits, 5 more, a code of 15, 13 more. */
#define TOKEN_BITS 48

/* Have at least 56 bits, or all there are; zeros stand for what is missing. */
static void
refill(struct ferry_inflate *in)
{
	uint64_t v;

	if (in->in.n - in->at >= 8) {
		unsigned bytes = (63 - in->held) >> 3;

		memcpy(&v, in->in.p + in->at, 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
		v = __builtin_bswap64(v);
#endif
		v &= (UINT64_C(1) << 8 * bytes) - 1;
		in->bits |= v << in->held;
		in->at += bytes;
		in->held += 8 * bytes;
		return;
	}
	while (in->held <= 56 && in->at < in->in.n) {
		in->bits |= (uint64_t)in->in.p[in->at++] << in->held;
		in->held += 8;
	}
}

/* Take n bits, at most 16: -1 if there are fewer. */
static int
take(struct ferry_inflate *in, unsigned n)
{
	unsigned v = (unsigned)(in->bits & ((1U << n) - 1));

	if (in->held < n) {
		refill(in);
		if (in->held < n)
			return -1;
		v = (unsigned)(in->bits & ((1U << n) - 1));
	}
	in->bits >>= n;
	in->held -= n;
	return (int)v;
}

static unsigned
reverse(unsigned v, unsigned bits)
{
	unsigned r = 0;

	for (; bits > 0; bits--, v >>= 1)
		r = r << 1 | (v & 1);
	return r;
}

static void
make_code(struct ferry_inflate_code *code, const uint8_t *lengths, size_t n)
{
	uint16_t at[FERRY_DEFLATE_CODE_MAX + 2] = { 0 };
	unsigned next[FERRY_DEFLATE_CODE_MAX + 2] = { 0 };

	memset(code->table, 0, sizeof(code->table));
	memset(code->counts, 0, sizeof(code->counts));
	for (size_t i = 0; i < n; i++)
		code->counts[lengths[i]]++;
	code->counts[0] = 0;
	for (unsigned bits = 1; bits <= FERRY_DEFLATE_CODE_MAX; bits++) {
		at[bits + 1] = (uint16_t)(at[bits] + code->counts[bits]);
		next[bits + 1] = (next[bits] + code->counts[bits]) << 1;
	}
	for (size_t i = 0; i < n; i++) {
		unsigned bits = lengths[i], value;

		if (bits == 0)
			continue;
		code->symbols[at[bits]++] = (uint16_t)i;
		value = next[bits]++;
		if (bits > FERRY_INFLATE_TABLE)
			continue;
		for (unsigned k = reverse(value, bits);
		     k < 1U << FERRY_INFLATE_TABLE; k += 1U << bits)
			code->table[k] = (uint16_t)(i << 4 | bits);
	}
}

/* The next symbol, or -1. */
static int
take_symbol(struct ferry_inflate *in, const struct ferry_inflate_code *code)
{
	unsigned entry, value = 0, first = 0, at = 0;

	if (in->held < FERRY_DEFLATE_CODE_MAX)
		refill(in);
	entry = code->table[in->bits & ((1U << FERRY_INFLATE_TABLE) - 1)];
	if (entry != 0) {
		unsigned bits = entry & 15;

		if (bits > in->held)
			return -1;
		in->bits >>= bits;
		in->held -= bits;
		return (int)(entry >> 4);
	}
	/* Canonical codes of one length are numbers that follow each other. */
	for (unsigned bits = 1; bits <= FERRY_DEFLATE_CODE_MAX; bits++) {
		unsigned count = code->counts[bits];

		value |= (unsigned)(in->bits >> (bits - 1)) & 1;
		if (value < first + count) {
			if (bits > in->held)
				return -1;
			in->bits >>= bits;
			in->held -= bits;
			return code->symbols[at + value - first];
		}
		at += count;
		first = (first + count) << 1;
		value <<= 1;
	}
	return -1;
}

static bool
read_stored(struct ferry_inflate *in)
{
	int size, not_size;

	if (take(in, in->held & 7) != 0)
		return false;
	size = take(in, 16);
	not_size = take(in, 16);
	if (size == -1 || not_size == -1 || (size ^ not_size) != 0xffff)
		return false;
	in->size = (uint16_t)size;
	return true;
}

static bool
read_steps(struct ferry_inflate *in, const struct ferry_inflate_code *code)
{
	struct ferry_deflate_header *h = &in->header;
	size_t want = (size_t)h->literals + h->distances, n = 0;

	while (n < want) {
		int symbol = take_symbol(in, code), extra;

		if (symbol == -1)
			return false;
		extra = take(in, ferry_deflate_step_bits((unsigned)symbol));
		if (extra == -1)
			return false;
		h->steps[h->steps_n].symbol = (uint8_t)symbol;
		h->steps[h->steps_n++].extra = (uint8_t)extra;
		n +=
		    symbol < 16 ? 1 : (size_t)extra + (symbol == 18 ? 11U : 3U);
	}
	return ferry_deflate_run_steps(h);
}

static bool
read_dynamic(struct ferry_inflate *in)
{
	struct ferry_deflate_header *h = &in->header;
	int literals, distances, n;

	memset(h, 0, sizeof(*h));
	h->type = FERRY_DEFLATE_DYNAMIC;
	literals = take(in, 5);
	distances = take(in, 5);
	n = take(in, 4);
	if (literals == -1 || distances == -1 || n == -1 || literals > 29 ||
	    distances > 29)
		return false;
	h->literals = (uint16_t)(literals + 257);
	h->distances = (uint16_t)(distances + 1);
	h->order_n = (uint8_t)(n + 4);
	for (unsigned i = 0; i < h->order_n; i++) {
		int length = take(in, 3);

		if (length == -1)
			return false;
		h->order[ferry_deflate_order[i]] = (uint8_t)length;
	}
	if (!ferry_deflate_code_fits(
		h->order, FERRY_DEFLATE_ORDER, FERRY_DEFLATE_CODE_LITERALS))
		return false;
	make_code(&in->literals, h->order, FERRY_DEFLATE_ORDER);
	return read_steps(in, &in->literals) &&
	       ferry_deflate_code_fits(h->literal_lengths, h->literals,
		   FERRY_DEFLATE_CODE_LITERALS) &&
	       ferry_deflate_code_fits(h->distance_lengths, h->distances,
		   FERRY_DEFLATE_CODE_DISTANCES);
}

void
ferry_inflate_begin(struct ferry_inflate *in, struct ferry_bytes bytes)
{

	in->in = bytes;
	in->at = 0;
	in->bits = 0;
	in->held = 0;
	in->final = false;
	in->inside = false;
	in->size = 0;
	in->tokens = 0;
}

enum ferry_inflate_result
ferry_inflate_block(struct ferry_inflate *in)
{
	int final, type;

	assert(!in->inside);
	if (in->final)
		return FERRY_INFLATE_END;
	final = take(in, 1);
	type = take(in, 2);
	if (final == -1 || type == -1)
		return FERRY_INFLATE_REFUSED;
	switch (type) {
	case FERRY_DEFLATE_STORED:
		if (!read_stored(in))
			return FERRY_INFLATE_REFUSED;
		break;
	case FERRY_DEFLATE_FIXED:
		ferry_deflate_fixed(&in->header);
		break;
	case FERRY_DEFLATE_DYNAMIC:
		if (!read_dynamic(in))
			return FERRY_INFLATE_REFUSED;
		break;
	default:
		return FERRY_INFLATE_REFUSED;
	}
	in->header.type = (enum ferry_deflate_type)type;
	if (type != FERRY_DEFLATE_STORED) {
		make_code(&in->literals, in->header.literal_lengths,
		    in->header.literals);
		make_code(&in->distances, in->header.distance_lengths,
		    in->header.distances);
	}
	in->final = final == 1;
	in->inside = true;
	in->tokens = 0;
	return FERRY_INFLATE_MORE;
}

/* What changes with every token, apart, so that it is kept in registers. */
struct cursor {
	size_t at;
	uint64_t bits;
	unsigned held;
};

static inline struct cursor
cursor_of(const struct ferry_inflate *in)
{

	return (struct cursor){ in->at, in->bits, in->held };
}

static inline void
back_to(struct ferry_inflate *in, const struct cursor *c, size_t tokens)
{

	in->at = c->at;
	in->bits = c->bits;
	in->held = c->held;
	in->tokens += (uint32_t)tokens;
}

/* As refill(), with eight bytes to read. */
static inline void
refill_cursor(const struct ferry_inflate *in, struct cursor *c)
{
	unsigned bytes = (63 - c->held) >> 3;
	uint64_t v;

	memcpy(&v, in->in.p + c->at, 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	v = __builtin_bswap64(v);
#endif
	v &= (UINT64_C(1) << 8 * bytes) - 1;
	c->bits |= v << c->held;
	c->at += bytes;
	c->held += 8 * bytes;
}

/* Take n bits that are there. */
static inline unsigned
take_held(struct cursor *c, unsigned n)
{
	unsigned v = (unsigned)(c->bits & ((1U << n) - 1));

	c->bits >>= n;
	c->held -= n;
	return v;
}

/*
 * The next token where enough is there for the longest one, and its codes are
 * short ones.  Returns: false if not; then nothing was taken, and the slow way
 * tells what is there.
 */
static inline bool
take_token(const struct ferry_inflate *in, struct cursor *c,
    struct ferry_token *out, uint8_t *literal)
{
	const unsigned mask = (1U << FERRY_INFLATE_TABLE) - 1;
	unsigned entry, symbol, bits, first;

	if (c->held < TOKEN_BITS) {
		if (in->in.n - c->at < 8)
			return false;
		refill_cursor(in, c);
	}
	entry = in->literals.table[c->bits & mask];
	first = entry & 15;
	symbol = entry >> 4;
	if (entry == 0)
		return false;
	if (symbol < FERRY_DEFLATE_END) {
		(void)take_held(c, first);
		*literal = (uint8_t)symbol;
		out->length = out->distance = 0;
		return true;
	}
	/* The end; what may be the longest match, written in a way that is
	 * refused; or no length at all. */
	if (symbol == FERRY_DEFLATE_END || symbol == FERRY_DEFLATE_END + 28 ||
	    symbol > FERRY_DEFLATE_END + 29)
		return false;
	symbol -= FERRY_DEFLATE_END + 1;
	bits = ferry_deflate_length_extra[symbol];
	entry = in->distances.table[c->bits >> (first + bits) & mask];
	if (entry == 0 || entry >> 4 >= FERRY_DEFLATE_DISTANCES)
		return false;
	(void)take_held(c, first);
	out->length =
	    (uint16_t)(ferry_deflate_length_base[symbol] + take_held(c, bits));
	(void)take_held(c, entry & 15);
	symbol = entry >> 4;
	bits = ferry_deflate_distance_extra[symbol];
	out->distance = (uint16_t)(ferry_deflate_distance_base[symbol] +
				   take_held(c, bits));
	return true;
}

size_t
ferry_inflate_tokens(
    struct ferry_inflate *in, struct ferry_token *out, size_t max)
{
	struct cursor c = cursor_of(in);
	uint8_t literal;
	size_t n = 0;

	if (max > FERRY_INFLATE_BLOCK_TOKENS - in->tokens)
		max = FERRY_INFLATE_BLOCK_TOKENS - in->tokens;
	while (n < max && take_token(in, &c, &out[n], &literal))
		n++;
	back_to(in, &c, n);
	return n;
}

enum ferry_inflate_result
ferry_inflate_token(
    struct ferry_inflate *in, struct ferry_token *out, uint8_t *literal)
{
	int symbol = take_symbol(in, &in->literals), extra, length;

	if (symbol == FERRY_DEFLATE_END) {
		in->inside = false;
		return FERRY_INFLATE_END;
	}
	if (symbol == -1 || ++in->tokens > FERRY_INFLATE_BLOCK_TOKENS)
		return FERRY_INFLATE_REFUSED;
	if (symbol < FERRY_DEFLATE_END) {
		*literal = (uint8_t)symbol;
		out->length = 0;
		out->distance = 0;
		return FERRY_INFLATE_MORE;
	}
	symbol -= FERRY_DEFLATE_END + 1;
	if (symbol < 0 || symbol > 28)
		return FERRY_INFLATE_REFUSED;
	extra = take(in, ferry_deflate_length_extra[symbol]);
	length = ferry_deflate_length_base[symbol] + extra;
	if (extra == -1 || (symbol == 27 && length == FERRY_DEFLATE_MATCH_MAX))
		return FERRY_INFLATE_REFUSED;
	out->length = (uint16_t)length;
	symbol = take_symbol(in, &in->distances);
	if (symbol == -1 || symbol >= FERRY_DEFLATE_DISTANCES)
		return FERRY_INFLATE_REFUSED;
	extra = take(in, ferry_deflate_distance_extra[symbol]);
	if (extra == -1)
		return FERRY_INFLATE_REFUSED;
	out->distance = (uint16_t)(ferry_deflate_distance_base[symbol] + extra);
	return FERRY_INFLATE_MORE;
}

enum ferry_inflate_result
ferry_inflate_stored(struct ferry_inflate *in, struct ferry_bytes *out)
{

	/* The bits that are held are whole bytes now: back to the input. */
	in->at -= in->held >> 3;
	in->bits = 0;
	in->held = 0;
	if (in->in.n - in->at < in->size)
		return FERRY_INFLATE_REFUSED;
	*out = ferry_bytes_of(in->in.p + in->at, in->size);
	in->at += in->size;
	in->inside = false;
	return FERRY_INFLATE_END;
}

size_t
ferry_inflate_used(const struct ferry_inflate *in, uint8_t *padding)
{

	*padding = (uint8_t)(in->bits & ((1U << (in->held & 7)) - 1));
	return in->at - (in->held >> 3);
}

/* Raw bytes on their way: what matches reach back to, and what waits. */
#define PIECE 65536U
struct out {
	uint8_t p[FERRY_DEFLATE_WINDOW + PIECE + FERRY_DEFLATE_MATCH_MAX];
	size_t n, sent; /* bytes in p, and how many of them were handed on */
	uint64_t total, max;
	ferry_recipe_sink *on_data;
	void *ctx;
};

static int
send(struct out *out, struct ferry_error *err)
{
	size_t keep;

	if (out->on_data(
		out->ctx, out->p + out->sent, out->n - out->sent, err) == -1)
		return -1;
	keep = out->n < FERRY_DEFLATE_WINDOW ? out->n : FERRY_DEFLATE_WINDOW;
	memmove(out->p, out->p + out->n - keep, keep);
	out->n = out->sent = keep;
	return 0;
}

static void
copy_match(struct out *out, struct ferry_token t)
{
	uint8_t *to = out->p + out->n;
	const uint8_t *from = to - t.distance;

	if (t.distance >= t.length)
		memcpy(to, from, t.length);
	else
		for (unsigned i = 0; i < t.length; i++)
			to[i] = from[i];
	out->n += t.length;
	out->total += t.length;
}

/* Add what a token stands for.  Returns: whether it may be. */
static inline bool
add_token(struct out *out, struct ferry_token t, uint8_t literal)
{

	if (t.length == 0) {
		out->p[out->n++] = literal;
		out->total++;
		return out->total <= out->max;
	}
	if (t.distance > out->total)
		return false;
	copy_match(out, t);
	return out->total <= out->max;
}

/* Tokens one after the other until the piece is full, or the slow way is
 * needed.  Returns: false if one may not be. */
static bool
inflate_fast(struct ferry_inflate *in, struct out *out)
{
	struct cursor c = cursor_of(in);
	size_t max = FERRY_INFLATE_BLOCK_TOKENS - in->tokens, n = 0;
	struct ferry_token t;
	uint8_t literal = 0;
	bool fits = true;

	while (fits && n < max && out->n < FERRY_DEFLATE_WINDOW + PIECE &&
	       take_token(in, &c, &t, &literal)) {
		fits = add_token(out, t, literal);
		n++;
	}
	back_to(in, &c, n);
	return fits;
}

static int
inflate_coded(
    struct ferry_inflate *in, struct out *out, struct ferry_error *err)
{
	enum ferry_inflate_result r;
	struct ferry_token t;
	uint8_t literal = 0;

	for (;;) {
		if (out->n >= FERRY_DEFLATE_WINDOW + PIECE &&
		    send(out, err) == -1)
			return -1;
		if (!inflate_fast(in, out))
			return 0;
		if (out->n >= FERRY_DEFLATE_WINDOW + PIECE)
			continue;
		r = ferry_inflate_token(in, &t, &literal);
		if (r != FERRY_INFLATE_MORE)
			return r == FERRY_INFLATE_END ? 1 : 0;
		if (!add_token(out, t, literal))
			return 0;
	}
}

static int
inflate_stored(
    struct ferry_inflate *in, struct out *out, struct ferry_error *err)
{
	struct ferry_bytes stored = { NULL, 0 };

	if (ferry_inflate_stored(in, &stored) == FERRY_INFLATE_REFUSED)
		return 0;
	if (out->max - out->total < stored.n)
		return 0;
	out->total += stored.n;
	while (stored.n > 0) {
		size_t k = FERRY_DEFLATE_WINDOW + PIECE - out->n;

		if (k > stored.n)
			k = stored.n;
		memcpy(out->p + out->n, stored.p, k);
		out->n += k;
		stored = ferry_bytes_of(stored.p + k, stored.n - k);
		if (out->n >= FERRY_DEFLATE_WINDOW + PIECE &&
		    send(out, err) == -1)
			return -1;
	}
	return 1;
}

int
ferry_inflate_all(struct ferry_bytes bytes, uint64_t max,
    ferry_recipe_sink *on_data, void *ctx, size_t *used, uint64_t *raw,
    struct ferry_error *err)
{
	struct ferry_inflate in;
	struct out out;
	enum ferry_inflate_result r;
	uint8_t padding;
	int rc = 1;

	/* What is copied was written before, as distances are checked; the
	 * analyser cannot see that. */
#ifdef __clang_analyzer__
	memset(out.p, 0, sizeof(out.p));
#endif
	out.n = out.sent = 0;
	out.total = 0;
	out.max = max;
	out.on_data = on_data;
	out.ctx = ctx;
	ferry_inflate_begin(&in, bytes);
	while (rc == 1 && (r = ferry_inflate_block(&in)) != FERRY_INFLATE_END) {
		if (r == FERRY_INFLATE_REFUSED)
			rc = 0;
		else
			rc = in.header.type == FERRY_DEFLATE_STORED
			         ? inflate_stored(&in, &out, err)
			         : inflate_coded(&in, &out, err);
	}
	if (rc == 1 && out.n > out.sent && send(&out, err) == -1)
		rc = -1;
	*used = ferry_inflate_used(&in, &padding);
	*raw = out.total;
	return rc;
}
