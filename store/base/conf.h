#ifndef FERRY_BASE_CONF_H
#define FERRY_BASE_CONF_H

/*
 * The configuration file, by libconfig.  Every error names file, line and
 * what was expected.  What a program never asked for is a mistake of the
 * user's: ferry_conf_finish() reports it with the options that exist.
 *
 * Groups and strings are borrowed from the struct ferry_conf.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct config_setting_t;
struct ferry_conf;
struct ferry_conf_group;
struct ferry_error;

/*
 * Read a file.  Relative paths inside it (ferry_conf_path) start at its
 * folder.  Errors: FERRY_ECONFIG, FERRY_ESYSTEM.
 */
int ferry_conf_open(
    struct ferry_conf **out, const char *path, struct ferry_error *err);
/* An empty configuration, so that defaults work without a file. */
int ferry_conf_empty(struct ferry_conf **out, struct ferry_error *err);
void ferry_conf_free(struct ferry_conf *conf);

/* The file's top level. */
struct ferry_conf_group *ferry_conf_root(struct ferry_conf *conf);
/*
 * The group called name below group; an absent one reads as empty.
 * Errors: FERRY_ECONFIG (not a group), FERRY_ENOMEM.
 */
int ferry_conf_group(struct ferry_conf_group *group, const char *name,
    struct ferry_conf_group **out, struct ferry_error *err);
/* Element i of the list of groups called name: 1 and *out, 0 past the end. */
int ferry_conf_list(struct ferry_conf_group *group, const char *name,
    unsigned i, struct ferry_conf_group **out, struct ferry_error *err);
bool ferry_conf_has(struct ferry_conf_group *group, const char *name);

/* Options.  A missing one gives the fallback. */
int ferry_conf_str(struct ferry_conf_group *group, const char *name,
    const char *fallback, const char **out, struct ferry_error *err);
int ferry_conf_need_str(struct ferry_conf_group *group, const char *name,
    const char **out, struct ferry_error *err);
int ferry_conf_path(struct ferry_conf_group *group, const char *name,
    const char *fallback, const char **out, struct ferry_error *err);
/* The URL of a server, http or https, as the beginning of others: without user,
 * query, fragment, or a slash at its end.  *out, the caller's to free, stays as
 * it is without one. */
int ferry_conf_url(struct ferry_conf_group *group, const char *name,
    const char *fallback, char **out, struct ferry_error *err);
int ferry_conf_u64(struct ferry_conf_group *group, const char *name,
    uint64_t min, uint64_t max, uint64_t fallback, uint64_t *out,
    struct ferry_error *err);
/* A number of bytes, or a string such as "64Mi". */
int ferry_conf_size(struct ferry_conf_group *group, const char *name,
    uint64_t min, uint64_t max, uint64_t fallback, uint64_t *out,
    struct ferry_error *err);
int ferry_conf_bool(struct ferry_conf_group *group, const char *name,
    bool fallback, bool *out, struct ferry_error *err);
/* String i of an array of strings (or of a single string): 1, 0, -1. */
int ferry_conf_strs(struct ferry_conf_group *group, const char *name,
    unsigned i, const char **out, struct ferry_error *err);

/* All of them, fewer than max; *n tells how many. */
int ferry_conf_all_strs(struct ferry_conf_group *group, const char *name,
    const char **out, size_t max, size_t *n, struct ferry_error *err);

/*
 * All of them, each one of those that are known, a list that ends with NULL:
 * another is a mistake, which names them.
 */
int ferry_conf_words(struct ferry_conf_group *group, const char *name,
    const char *const *known, const char **out, size_t max, size_t *n,
    struct ferry_error *err);

/* A path to what must be there to be read: a certificate, a token.  *out stays
 * NULL without the option. */
int ferry_conf_file(struct ferry_conf_group *group, const char *name,
    const char **out, struct ferry_error *err);

/* As _strs, with each string a path. */
int ferry_conf_path_at(struct ferry_conf_group *group, const char *name,
    unsigned i, const char **out, struct ferry_error *err);

/*
 * Whether every string of the file is text: UTF-8 without control characters,
 * so that it may be shown.  Errors: FERRY_ECONFIG.
 */
int ferry_conf_check_text(struct ferry_conf *conf, struct ferry_error *err);

/*
 * Whether the top level of a ferry.conf has only options that some part of
 * ferry reads: a mistyped `store` is a mistake for whoever opens the file.
 * Errors: FERRY_ECONFIG.
 */
int ferry_conf_check_top(struct ferry_conf *conf, struct ferry_error *err);

/* The line of an option, as errors tell it. */
unsigned ferry_conf_line(struct ferry_conf_group *group, const char *name);
/* An error at the option's line; an absent option's is the group's. */
int ferry_conf_error(struct ferry_conf_group *group, const char *name,
    struct ferry_error *err, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/*
 * Report the first option of group that nobody asked for.  Groups and lists
 * below are finished by those who read them.
 */
int ferry_conf_finish(struct ferry_conf_group *group, struct ferry_error *err);

#endif
