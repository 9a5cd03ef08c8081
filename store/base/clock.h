#ifndef FERRY_BASE_CLOCK_H
#define FERRY_BASE_CLOCK_H

/* Times: seconds since the epoch, and their RFC 3339 texts in UTC. */

#include <stdint.h>

#include "store/base/bytes.h"

struct ferry_error;

#define FERRY_TIME_TEXT 24

/* The last second that has a text of RFC 3339: of the year 9999. */
#define FERRY_TIME_MAX 253402300799
/* By how much clocks of stores may differ before that is worth a word. */
#define FERRY_CLOCKS_DIFFER_S (2 * 86400)

/*
 * Now, from 1 (0 means "never" in many records) and before FERRY_TIME_MAX,
 * whatever the clock says.  FERRY_NOW (seconds) in the environment overrides it, so that
 * expiry and grace times can be tested.
 *
 * Clocks lie.  Times are shown, and bound how long something counts; what comes
 * before what is told by numbers.
 */
int64_t ferry_now(void);
/* Milliseconds of a clock that never goes back; for measuring. */
uint64_t ferry_ticks_ms(void);
/* "2026-11-21T03:31:00Z"; beyond the years 0 to 9999, their end.  Returns buf. */
const char *ferry_time_text(int64_t t, char buf[FERRY_TIME_TEXT]);
/*
 * RFC 3339 with any fraction (dropped) and offset.  Errors: FERRY_EFORMAT.
 */
int ferry_time_parse(
    int64_t *out, struct ferry_bytes text, struct ferry_error *err);

/* "30d", "12h", "90m", "45s" in seconds: at least 1, at most 100,000 of a unit.
 * Errors: FERRY_EUSAGE. */
int
ferry_duration_parse(int64_t *out, const char *text, struct ferry_error *err);

#endif
