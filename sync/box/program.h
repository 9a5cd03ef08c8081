#ifndef FERRY_SYNC_BOX_PROGRAM_H
#define FERRY_SYNC_BOX_PROGRAM_H

/* Programs of ours, which lie beside this one. */

#include <stddef.h>

/* The path of "ferryd" or "ferry", else its name, for PATH. */
const char *ferry_program_path(const char *name, char *buf, size_t size);

#endif
