#include "store/recipe/assembly.h"

#include <string.h>

#include "store/base/little.h"
#include "store/recipe/assembly_internal.h"

static void
put(uint8_t *p, uint32_t v, size_t width)
{

	for (size_t i = 0; i < width; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

/* Tables */

/*
 * Column by column, a row's number less that of the row before; of these the
 * lowest bytes of all rows, then the next.  rows is the table as it was, out what
 * it becomes.
 */
static void
turn_table(const uint8_t *rows, uint8_t *out, size_t n, const uint8_t *widths,
    size_t row)
{
	size_t at = 0;

	for (; *widths != 0; at += *widths++) {
		uint32_t last = 0;

		for (size_t i = 0; i < n; i++) {
			const uint8_t *p = rows + i * row + at;
			uint32_t v = *widths == 2 ? ferry_get_le16(p)
			                          : ferry_get_le32(p);

			for (size_t b = 0; b < *widths; b++)
				out[b * n + i] = (uint8_t)((v - last) >> 8 * b);
			last = v;
		}
		out += *widths * n;
	}
}

static void
turn_table_back(const uint8_t *turned, uint8_t *rows, size_t n,
    const uint8_t *widths, size_t row)
{
	size_t at = 0;

	for (; *widths != 0; at += *widths++) {
		uint32_t v = 0;

		for (size_t i = 0; i < n; i++) {
			for (size_t b = 0; b < *widths; b++)
				v += (uint32_t)turned[b * n + i] << 8 * b;
			put(rows + i * row + at, v, *widths);
		}
		turned += *widths * n;
	}
}

static int
turn_tables(const struct ferry_assembly *a, enum ferry_assembly_way way,
    struct ferry_buf *scratch, struct ferry_error *err)
{
	uint8_t *p = a->p + a->tables.from;

	for (unsigned t = 0; t < FERRY_ASSEMBLY_TABLES; t++) {
		size_t row = ferry_assembly_row(a, t), n = a->rows[t];

		if (n > 0 && n * row <= FERRY_ASSEMBLY_TABLE) {
			ferry_buf_reset(scratch);
			if (ferry_buf_add(scratch, p, n * row, err) == -1)
				return -1;
			(way == FERRY_ASSEMBLY_TURN ? turn_table
						    : turn_table_back)(
			    scratch->p, p, n, a->widths[t], row);
		}
		p += n * row;
	}
	return 0;
}

/* Code */

/* What follows the byte of an instruction: bytes, or these. */
enum { TOKEN = 16, SWITCH, TWO_BYTES };
#define TIMES_4(x) x, x, x, x
/* Source: ECMA-335, VI.C.2; what it does not have takes nothing. */
static const uint8_t operands[256] = { [0x0e] = 1,
	[0x0f] = 1,
	[0x10] = 1,
	[0x11] = 1,
	[0x12] = 1,
	[0x13] = 1,
	[0x1f] = 1,
	[0x20] = 4,
	[0x21] = 8,
	[0x22] = 4,
	[0x23] = 8,
	[0x27] = TOKEN,
	TOKEN,
	TOKEN, /* jmp, call, calli */
	[0x2b] = TIMES_4(1),
	TIMES_4(1),
	TIMES_4(1),
	1, /* br.s … */
	[0x38] = TIMES_4(4),
	TIMES_4(4),
	TIMES_4(4),
	4, /* br … */
	[0x45] = SWITCH,
	[0x6f] = TIMES_4(TOKEN),
	TOKEN,
	TOKEN,
	TOKEN, /* callvirt … isinst */
	[0x79] = TOKEN, /* unbox */
	[0x7b] = TIMES_4(TOKEN),
	TOKEN,
	TOKEN,
	TOKEN, /* ldfld … stobj */
	[0x8c] = TOKEN,
	TOKEN,
	[0x8f] = TOKEN, /* box, newarr, ldelema */
	[0xa3] = TOKEN,
	TOKEN,
	TOKEN, /* ldelem, stelem, unbox.any */
	[0xc2] = TOKEN,
	[0xc6] = TOKEN,
	[0xd0] = TOKEN,
	[0xdd] = 4,
	[0xde] = 1, /* leave */
	[0xfe] = TWO_BYTES };
static const uint8_t operands_2[256] = { [0x06] = TOKEN,
	TOKEN, /* ldftn, ldvirtftn */
	[0x09] = 2,
	2,
	2,
	2,
	2,
	2, /* ldarg … stloc */
	[0x12] = 1,
	[0x15] = TOKEN,
	TOKEN,
	[0x19] = 1,
	[0x1c] = TOKEN };

/* The last token of each kind. */
struct tokens {
	uint32_t last[256];
};

/* A token: the number of its row less that of the one before of its table. */
static void
turn_token(uint8_t *p, struct tokens *tokens, enum ferry_assembly_way way)
{
	uint32_t *last = &tokens->last[p[3]];
	uint32_t v = ferry_get_le32(p) & 0xffffff, was = *last;

	if (way == FERRY_ASSEMBLY_TURN) {
		*last = v;
		put(p, v - was, 3);
	} else {
		*last = (v + was) & 0xffffff;
		put(p, *last, 3);
	}
}

/* What an instruction at p takes behind its byte, which is passed. */
static size_t
operand(uint8_t **p, const uint8_t *end)
{
	size_t n = operands[*(*p)++];

	if (n == TWO_BYTES)
		return *p < end ? operands_2[*(*p)++] : 0;
	return n;
}

static void
turn_code(uint8_t *p, const uint8_t *end, struct tokens *tokens,
    enum ferry_assembly_way way)
{

	while (p < end) {
		size_t n = operand(&p, end), left = (size_t)(end - p);

		if (n == TOKEN || n == SWITCH) {
			if (left < 4)
				return;
			if (n == TOKEN)
				turn_token(p, tokens, way);
			/* A jump for each of so many cases. */
			else if (ferry_get_le32(p) > left / 4 - 1)
				return;
			else
				p += 4 * (size_t)ferry_get_le32(p);
			n = 4;
			left = (size_t)(end - p);
		}
		if (n > left)
			return;
		p += n;
	}
}

#define HEADER_MAX 12

/*
 * Where the code of a method is, whose header is at byte at.  Returns: false if
 * it is not all there.  Source: ECMA-335, II.25.4.
 */
static bool
find_code(const struct ferry_assembly *a, size_t at, struct ferry_area *code)
{
	size_t header = 1, size;

	if (at >= a->n)
		return false;
	size = a->p[at] >> 2;
	if ((a->p[at] & 3) == 3) { /* a fat header */
		header = HEADER_MAX;
		if (a->n - at < header)
			return false;
		size = ferry_get_le32(a->p + at + 4);
	} else if ((a->p[at] & 3) != 2)
		return false;
	if (size > a->n - at - header)
		return false;
	*code = (struct ferry_area){ at + header, at + header + size };
	return true;
}

/* Methods as the table has them, but those that begin before the last one's end:
 * several may have the same code. */
static void
turn_methods(const struct ferry_assembly *a, enum ferry_assembly_way way)
{
	size_t row = ferry_assembly_row(a, FERRY_ASSEMBLY_METHODS), done = 0;
	const uint8_t *p = a->p + a->tables.from;
	struct tokens tokens = { { 0 } };
	struct ferry_area code;

	for (unsigned t = 0; t < FERRY_ASSEMBLY_METHODS; t++)
		p += a->rows[t] * ferry_assembly_row(a, t);
	for (uint32_t i = 0; i < a->rows[FERRY_ASSEMBLY_METHODS]; i++) {
		uint32_t address = ferry_get_le32(p + i * row);
		size_t at = ferry_assembly_at(a, address);

		if (address == 0 || at < done)
			continue;
		/* What was read here is not turned as another's code. */
		done = at + HEADER_MAX;
		if (!find_code(a, at, &code) ||
		    !ferry_assembly_is_free(a, at, code.to))
			continue;
		turn_code(a->p + code.from, a->p + code.to, &tokens, way);
		done = code.to;
	}
}

int
ferry_assembly_turn(uint8_t *p, size_t n, enum ferry_assembly_way way,
    struct ferry_buf *scratch, struct ferry_error *err)
{
	struct ferry_assembly a;

	if (!ferry_assembly_read(&a, p, n))
		return 0;
	/* Where code is stands in the tables. */
	if (way == FERRY_ASSEMBLY_TURN)
		turn_methods(&a, way);
	if (turn_tables(&a, way, scratch, err) == -1)
		return -1;
	if (way == FERRY_ASSEMBLY_BACK)
		turn_methods(&a, way);
	return 1;
}
