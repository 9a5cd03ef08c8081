/*
 * Source: ECMA-335, II.22 (tables), II.24.2 (metadata root, streams, coded
 *     indexes), II.25 (the file); Portable PDB, "#Pdb stream", "Metadata tables".
 */

#include <string.h>

#include "store/base/little.h"
#include "store/recipe/assembly_internal.h"

/* What a column holds: a number, an offset into a heap, the number of a row. */
enum column {
	END,
	U2,
	U4,
	STRING,
	GUID,
	BLOB,
	TYPE_DEF_OR_REF,
	HAS_CONSTANT,
	HAS_CUSTOM_ATTRIBUTE,
	HAS_FIELD_MARSHAL,
	HAS_DECL_SECURITY,
	MEMBER_REF_PARENT,
	HAS_SEMANTICS,
	METHOD_DEF_OR_REF,
	MEMBER_FORWARDED,
	IMPLEMENTATION,
	CUSTOM_ATTRIBUTE_TYPE,
	RESOLUTION_SCOPE,
	TYPE_OR_METHOD_DEF,
	HAS_CUSTOM_DEBUG_INFORMATION,
	TABLE = 64 /* and its number: a row of that one */
};

/* Rows of one of several tables: bits that tell of which, and the tables. */
#define CODED_MAX 28
static const struct {
	uint8_t bits, n, tables[CODED_MAX];
} coded[] = {
	[TYPE_DEF_OR_REF] = { 2, 3, { 2, 1, 27 } },
	[HAS_CONSTANT] = { 2, 3, { 4, 8, 23 } },
	[HAS_CUSTOM_ATTRIBUTE] = { 5, 22,
	    { 6, 4, 1, 2, 8, 9, 10, 0, 14, 23, 20, 17, 26, 27, 32, 35, 38, 39,
		40, 42, 44, 43 } },
	[HAS_FIELD_MARSHAL] = { 1, 2, { 4, 8 } },
	[HAS_DECL_SECURITY] = { 2, 3, { 2, 6, 32 } },
	[MEMBER_REF_PARENT] = { 3, 5, { 2, 1, 26, 6, 27 } },
	[HAS_SEMANTICS] = { 1, 2, { 20, 23 } },
	[METHOD_DEF_OR_REF] = { 1, 2, { 6, 10 } },
	[MEMBER_FORWARDED] = { 1, 2, { 4, 6 } },
	[IMPLEMENTATION] = { 2, 3, { 38, 35, 39 } },
	[CUSTOM_ATTRIBUTE_TYPE] = { 3, 2, { 6, 10 } },
	[RESOLUTION_SCOPE] = { 2, 4, { 0, 26, 35, 1 } },
	[TYPE_OR_METHOD_DEF] = { 1, 2, { 2, 6 } },
	[HAS_CUSTOM_DEBUG_INFORMATION] = { 5, 27,
	    { 6, 4, 1, 2, 8, 9, 10, 0, 14, 23, 20, 17, 26, 27, 32, 35, 38, 39,
		40, 42, 44, 43, 48, 50, 51, 52, 53 } },
};

static const uint8_t columns[FERRY_ASSEMBLY_TABLES][FERRY_ASSEMBLY_COLUMNS] = {
	[0] = { U2, STRING, GUID, GUID, GUID },
	[1] = { RESOLUTION_SCOPE, STRING, STRING },
	[2] = { U4, STRING, STRING, TYPE_DEF_OR_REF, TABLE + 4, TABLE + 6 },
	[3] = { TABLE + 4 },
	[4] = { U2, STRING, BLOB },
	[5] = { TABLE + 6 },
	[6] = { U4, U2, U2, STRING, BLOB, TABLE + 8 },
	[7] = { TABLE + 8 },
	[8] = { U2, U2, STRING },
	[9] = { TABLE + 2, TYPE_DEF_OR_REF },
	[10] = { MEMBER_REF_PARENT, STRING, BLOB },
	[11] = { U2, HAS_CONSTANT, BLOB },
	[12] = { HAS_CUSTOM_ATTRIBUTE, CUSTOM_ATTRIBUTE_TYPE, BLOB },
	[13] = { HAS_FIELD_MARSHAL, BLOB },
	[14] = { U2, HAS_DECL_SECURITY, BLOB },
	[15] = { U2, U4, TABLE + 2 },
	[16] = { U4, TABLE + 4 },
	[17] = { BLOB },
	[18] = { TABLE + 2, TABLE + 20 },
	[19] = { TABLE + 20 },
	[20] = { U2, STRING, TYPE_DEF_OR_REF },
	[21] = { TABLE + 2, TABLE + 23 },
	[22] = { TABLE + 23 },
	[23] = { U2, STRING, BLOB },
	[24] = { U2, TABLE + 6, HAS_SEMANTICS },
	[25] = { TABLE + 2, METHOD_DEF_OR_REF, METHOD_DEF_OR_REF },
	[26] = { STRING },
	[27] = { BLOB },
	[28] = { U2, MEMBER_FORWARDED, STRING, TABLE + 26 },
	[29] = { U4, TABLE + 4 },
	[30] = { U4, U4 },
	[31] = { U4 },
	[32] = { U4, U2, U2, U2, U2, U4, BLOB, STRING, STRING },
	[33] = { U4 },
	[34] = { U4, U4, U4 },
	[35] = { U2, U2, U2, U2, U4, BLOB, STRING, STRING, BLOB },
	[36] = { U4, TABLE + 35 },
	[37] = { U4, U4, U4, TABLE + 35 },
	[38] = { U4, STRING, BLOB },
	[39] = { U4, U4, STRING, STRING, IMPLEMENTATION },
	[40] = { U4, U4, STRING, IMPLEMENTATION },
	[41] = { TABLE + 2, TABLE + 2 },
	[42] = { U2, U2, TYPE_OR_METHOD_DEF, STRING },
	[43] = { METHOD_DEF_OR_REF, BLOB },
	[44] = { TABLE + 42, TYPE_DEF_OR_REF },
	[48] = { BLOB, GUID, BLOB, GUID },
	[49] = { TABLE + 48, BLOB },
	[50] = { TABLE + 6, TABLE + 53, TABLE + 51, TABLE + 52, U4, U4 },
	[51] = { U2, U2, STRING },
	[52] = { STRING, BLOB },
	[53] = { TABLE + 53, BLOB },
	[54] = { TABLE + 6, TABLE + 6 },
	[55] = { HAS_CUSTOM_DEBUG_INFORMATION, GUID, BLOB },
};

/* Streams of the metadata. */
struct streams {
	struct ferry_area tables, symbols; /* to == 0: none */
};

static bool
has(const struct ferry_assembly *a, size_t at, size_t n)
{

	return at <= a->n && n <= a->n - at;
}

static void
fix(struct ferry_assembly *a, size_t from, size_t to)
{

	a->fixed[a->fixed_n++] = (struct ferry_area){ from, to };
}

static bool
meet(struct ferry_area x, size_t from, size_t to)
{

	return x.from < to && from < x.to;
}

bool
ferry_assembly_is_free(const struct ferry_assembly *a, size_t from, size_t to)
{

	for (size_t i = 0; i < a->fixed_n; i++)
		if (meet(a->fixed[i], from, to))
			return false;
	return !meet(a->tables, from, to);
}

/* The file */

#define DOS_N 64
#define DOS_HEADER_AT 60
#define COFF_N 24 /* with "PE" before it */
#define SECTION_N 40
#define DIRECTORY 14 /* of the CLI header */
#define CLI_N 72
/* More are loaded by nothing; each address is looked for in all of them. */
#define SECTIONS_MAX 96

size_t
ferry_assembly_at(const struct ferry_assembly *a, uint32_t address)
{

	for (size_t i = 0; i < a->sections_n; i++) {
		const uint8_t *s = a->p + a->sections + i * SECTION_N;
		uint32_t start = ferry_get_le32(s + 12);
		uint32_t size = ferry_get_le32(s + 16);
		size_t at = ferry_get_le32(s + 20);

		if (address < start || address - start >= size)
			continue;
		at += address - start;
		return at < a->n ? at : a->n;
	}
	return a->n;
}

/* Where the metadata of a program is; n if it has none. */
static size_t
find_metadata(struct ferry_assembly *a)
{
	size_t header, optional, directory, cli;

	if (!has(a, 0, DOS_N) || memcmp(a->p, "MZ", 2) != 0)
		return a->n;
	header = ferry_get_le32(a->p + DOS_HEADER_AT);
	optional = header + COFF_N;
	if (!has(a, header, COFF_N + 2) ||
	    memcmp(a->p + header, "PE\0\0", 4) != 0)
		return a->n;
	/* Of 32 bits; else 64. */
	directory = optional +
	            (ferry_get_le16(a->p + optional) == 0x10b ? 96U : 112U) +
	            DIRECTORY * 8U;
	a->sections_n = ferry_get_le16(a->p + header + 6);
	a->sections = optional + ferry_get_le16(a->p + header + 20);
	if (a->sections_n > SECTIONS_MAX || directory + 8 > a->sections ||
	    !has(a, a->sections, a->sections_n * SECTION_N))
		return a->n;
	cli = ferry_assembly_at(a, ferry_get_le32(a->p + directory));
	if (!has(a, cli, CLI_N))
		return a->n;
	fix(a, 0, a->sections + a->sections_n * SECTION_N);
	fix(a, cli, cli + CLI_N);
	return ferry_assembly_at(a, ferry_get_le32(a->p + cli + 8));
}

/* The metadata */

#define ROOT_N 16
#define VERSION_MAX 256U
#define STREAMS_MAX 16U
#define NAME_MAX_ 32U /* of a stream, with NUL */

/* A stream's header at *at, which is moved behind it.  Returns: whether it is one. */
static bool
read_stream(const struct ferry_assembly *a, size_t root, size_t *at,
    struct streams *streams)
{
	const uint8_t *p = a->p + *at, *end;
	size_t room = a->n - *at, from, n;
	struct ferry_area area;

	if (room < 9)
		return false;
	room -= 8;
	end = memchr(p + 8, 0, room < NAME_MAX_ ? room : NAME_MAX_);
	if (end == NULL)
		return false;
	from = root + ferry_get_le32(p);
	n = ferry_get_le32(p + 4);
	if (!has(a, from, n))
		return false;
	area = (struct ferry_area){ from, from + n };
	if (strcmp((const char *)p + 8, "#~") == 0)
		streams->tables = area;
	if (strcmp((const char *)p + 8, "#Pdb") == 0)
		streams->symbols = area;
	*at += 8 + ((size_t)(end - p) - 8 + 4) / 4 * 4;
	return *at <= a->n;
}

static bool
read_root(struct ferry_assembly *a, size_t root, struct streams *streams)
{
	size_t at, version;
	uint32_t count;

	if (!has(a, root, ROOT_N) || memcmp(a->p + root, "BSJB", 4) != 0)
		return false;
	version = ferry_get_le32(a->p + root + 12);
	if (version > VERSION_MAX || !has(a, root + ROOT_N, version + 4))
		return false;
	at = root + ROOT_N + version + 4;
	count = ferry_get_le16(a->p + at - 2);
	if (count > STREAMS_MAX)
		return false;
	while (count-- > 0)
		if (!read_stream(a, root, &at, streams))
			return false;
	fix(a, root, at);
	return streams->tables.to > 0;
}

/* Numbers of rows at *at, for each table whose bit is in mask. */
static bool
read_rows(const struct ferry_assembly *a, size_t *at, size_t end, uint64_t mask,
    uint32_t rows[FERRY_ASSEMBLY_TABLES])
{

	for (unsigned t = 0; t < FERRY_ASSEMBLY_TABLES; t++) {
		if ((mask >> t & 1) == 0)
			continue;
		if (end - *at < 4 || columns[t][0] == END)
			return false;
		rows[t] = ferry_get_le32(a->p + *at);
		/* The number of a row has 24 bits. */
		if (rows[t] >> 24 != 0)
			return false;
		*at += 4;
	}
	return true;
}

static uint8_t
width(
    unsigned column, const uint32_t rows[FERRY_ASSEMBLY_TABLES], unsigned heaps)
{
	uint32_t most = 0;

	if (column >= TABLE)
		return rows[column - TABLE] >> 16 != 0 ? 4 : 2;
	switch (column) {
	case U2:
		return 2;
	case U4:
		return 4;
	case STRING:
		return (heaps & 1) != 0 ? 4 : 2;
	case GUID:
		return (heaps & 2) != 0 ? 4 : 2;
	case BLOB:
		return (heaps & 4) != 0 ? 4 : 2;
	default:
		break;
	}
	for (size_t i = 0; i < coded[column].n; i++)
		if (rows[coded[column].tables[i]] > most)
			most = rows[coded[column].tables[i]];
	return most >> (16 - coded[column].bits) != 0 ? 4 : 2;
}

size_t
ferry_assembly_row(const struct ferry_assembly *a, unsigned table)
{
	size_t n = 0;

	for (const uint8_t *w = a->widths[table]; *w != 0; w++)
		n += *w;
	return n;
}

#define TABLES_N 24 /* before the numbers of rows */
#define SYMBOLS_N 32

static bool
read_tables(struct ferry_assembly *a, const struct streams *streams)
{
	uint32_t all[FERRY_ASSEMBLY_TABLES] = { 0 }; /* also others' rows */
	struct ferry_area t = streams->tables, s = streams->symbols;
	size_t at = t.from + TABLES_N, to = s.from + SYMBOLS_N;
	unsigned heaps;
	uint64_t size;

	if (t.to - t.from < TABLES_N)
		return false;
	heaps = a->p[t.from + 6];
	if (heaps > 7 || !read_rows(a, &at, t.to,
			     ferry_get_le64(a->p + t.from + 8), a->rows))
		return false;
	if (s.to > 0) {
		if (s.to - s.from < SYMBOLS_N ||
		    !read_rows(
			a, &to, s.to, ferry_get_le64(a->p + s.from + 24), all))
			return false;
		fix(a, s.from, to);
	}
	fix(a, t.from, at);
	size = 0;
	for (unsigned i = 0; i < FERRY_ASSEMBLY_TABLES; i++)
		if (a->rows[i] > 0)
			all[i] = a->rows[i];
	for (unsigned i = 0; i < FERRY_ASSEMBLY_TABLES; i++) {
		for (size_t k = 0;
		     k < FERRY_ASSEMBLY_COLUMNS && columns[i][k] != END; k++)
			a->widths[i][k] = width(columns[i][k], all, heaps);
		size += (uint64_t)a->rows[i] * ferry_assembly_row(a, i);
	}
	if (size > t.to - at ||
	    !ferry_assembly_is_free(a, at, at + (size_t)size))
		return false;
	a->tables = (struct ferry_area){ at, at + (size_t)size };
	return size > 0;
}

bool
ferry_assembly_read(struct ferry_assembly *a, uint8_t *p, size_t n)
{
	struct streams streams = { { 0, 0 }, { 0, 0 } };
	size_t root = 0;

	memset(a, 0, sizeof(*a));
	a->p = p;
	a->n = n;
	/* Symbols are metadata and nothing else. */
	if (n < ROOT_N || memcmp(p, "BSJB", 4) != 0)
		root = find_metadata(a);
	return read_root(a, root, &streams) && read_tables(a, &streams);
}
