#ifndef FERRY_TESTS_FUZZ_H
#define FERRY_TESTS_FUZZ_H

/*
 * A fuzz driver is one file with this function: it gives the bytes to a parser
 * and aborts where what the parser promises does not hold.  main.c runs it
 * over a corpus and seeded mutations; a fuzzer with the same entry point can
 * run it instead.
 */

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Like assert(), in every build. */
#define FUZZ_CHECK(condition)                                                  \
	do {                                                                   \
		if (!(condition)) {                                            \
			(void)fprintf(stderr, "%s:%d: %s does not hold\n",     \
			    __FILE__, __LINE__, #condition);                   \
			abort();                                               \
		}                                                              \
	} while (0)

#endif
