#ifndef FERRY_BASE_LOG_H
#define FERRY_BASE_LOG_H

/* Lines on standard error for people and journals: "ferry: warning: …". */

enum ferry_log_level { FERRY_LOG_ERROR, FERRY_LOG_WARNING, FERRY_LOG_INFO };

/* One write(2) a line, so that lines of several threads do not mix. */
void ferry_log(enum ferry_log_level level, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
