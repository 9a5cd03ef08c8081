#include "store/base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "store/base/error.h"

#define YEAR_0 (-62167219200) /* its first second */

int64_t
ferry_now(void)
{
	const char *fixed = getenv("FERRY_NOW");
	struct ferry_error err = FERRY_ERROR_INIT;
	int64_t now = (int64_t)time(NULL);
	uint64_t t;

	if (fixed != NULL && ferry_parse_u64(ferry_bytes_str(fixed), 0,
				 INT64_MAX, &t, &err) == 0)
		now = (int64_t)t;
	return now < 1 ? 1 : now < FERRY_TIME_MAX ? now : FERRY_TIME_MAX - 1;
}

uint64_t
ferry_ticks_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

const char *
ferry_time_text(int64_t t, char buf[FERRY_TIME_TEXT])
{
	time_t tt = (time_t)(t < YEAR_0           ? YEAR_0
			     : t > FERRY_TIME_MAX ? FERRY_TIME_MAX
						  : t);
	struct tm tm;

	if (gmtime_r(&tt, &tm) == NULL ||
	    /* %Y has four digits from the year 1000 on only. */
	    snprintf(buf, FERRY_TIME_TEXT, "%04d-%02d-%02dT%02d:%02d:%02dZ",
		tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
		tm.tm_min, tm.tm_sec) >= FERRY_TIME_TEXT)
		(void)snprintf(buf, FERRY_TIME_TEXT, "?");
	return buf;
}

int
ferry_time_parse(int64_t *out, struct ferry_bytes text, struct ferry_error *err)
{
	int Y, M, D, h, m, s, n = 0, oh = 0, om = 0;
	char buf[40], sign = '+';
	struct tm tm = { 0 };
	const char *p;

	if (text.n >= sizeof(buf))
		goto bad;
	memcpy(buf, text.p, text.n);
	buf[text.n] = 0;
	if (sscanf(buf, "%4d-%2d-%2d%*1[Tt ]%2d:%2d:%2d%n", &Y, &M, &D, &h, &m,
		&s, &n) != 6 ||
	    n == 0 || M < 1 || M > 12 || D < 1 || D > 31 || h > 23 || m > 59 ||
	    s > 60)
		goto bad;
	p = buf + n;
	if (*p == '.')
		p += 1 + strspn(p + 1, "0123456789");
	if (strcmp(p, "Z") != 0 && strcmp(p, "z") != 0 &&
	    (sscanf(p, "%c%2d:%2d", &sign, &oh, &om) != 3 ||
		(sign != '+' && sign != '-')))
		goto bad;
	tm.tm_year = Y - 1900;
	tm.tm_mon = M - 1;
	tm.tm_mday = D;
	tm.tm_hour = h;
	tm.tm_min = m;
	tm.tm_sec = s;
	*out = (int64_t)timegm(&tm) +
	       (sign == '+' ? -1 : 1) * (int64_t)(oh * 3600 + om * 60);
	return 0;
bad:
	return ferry_error_set(err, FERRY_EFORMAT, "'%.*s' is not a time",
	    (int)(text.n > 40 ? 40 : text.n), (const char *)text.p);
}

int
ferry_duration_parse(int64_t *out, const char *text, struct ferry_error *err)
{
	static const struct {
		char letter;
		uint64_t seconds;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 } };
	size_t n = strlen(text);
	struct ferry_error ignored = FERRY_ERROR_INIT;
	uint64_t v;

	for (size_t i = 0; n > 0 && i < sizeof(units) / sizeof(units[0]); i++)
		if (text[n - 1] == units[i].letter &&
		    ferry_parse_u64(ferry_bytes_of(text, n - 1), 1, 100000, &v,
			&ignored) == 0) {
			*out = (int64_t)(v * units[i].seconds);
			return 0;
		}
	return ferry_error_set(err, FERRY_EUSAGE,
	    "'%s' is not a time such as 30d, 12h, 90m or 45s", text);
}
