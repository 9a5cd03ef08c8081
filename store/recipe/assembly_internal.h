#ifndef FERRY_STORE_RECIPE_ASSEMBLY_INTERNAL_H
#define FERRY_STORE_RECIPE_ASSEMBLY_INTERNAL_H

/* What reading and turning share; nobody else includes it. */

#include "store/recipe/assembly.h"

#define FERRY_ASSEMBLY_TABLES 64
#define FERRY_ASSEMBLY_METHODS 6 /* the table MethodDef */
#define FERRY_ASSEMBLY_COLUMNS 9 /* a table has at most */

struct ferry_area {
	size_t from, to;
};

/*
 * Where things are in n bytes at p.
 *
 * fixed: what was read to know that.  It is never turned, so that whoever turns
 *     back reads the same.
 * tables: the rows of all tables, one table after the other; rows: how many each
 *     has; widths: of their columns, up to a 0.
 * sections: of a program, where its code is looked for; 0: symbols.
 */
struct ferry_assembly {
	uint8_t *p;
	size_t n;
	struct ferry_area fixed[5];
	size_t fixed_n;
	struct ferry_area tables;
	uint32_t rows[FERRY_ASSEMBLY_TABLES];
	uint8_t widths[FERRY_ASSEMBLY_TABLES][FERRY_ASSEMBLY_COLUMNS + 1];
	size_t sections, sections_n;
};

/* Returns: whether it is one whose tables can be turned. */
bool ferry_assembly_read(struct ferry_assembly *a, uint8_t *p, size_t n);
/* Where an address of the loaded program is in the file; n if nowhere. */
size_t ferry_assembly_at(const struct ferry_assembly *a, uint32_t address);
/* Bytes of a row. */
size_t ferry_assembly_row(const struct ferry_assembly *a, unsigned table);
/* Whether bytes from, not to itself, are neither fixed nor of tables. */
bool
ferry_assembly_is_free(const struct ferry_assembly *a, size_t from, size_t to);

#endif
