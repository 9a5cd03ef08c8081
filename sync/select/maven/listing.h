#ifndef FERRY_SYNC_SELECT_MAVEN_LISTING_H
#define FERRY_SYNC_SELECT_MAVEN_LISTING_H

/*
 * The page that a file tree behind a web server has of a version's folder: which
 * classifiers there are.
 *
 * Guess: such pages have a link for each file, as those of nginx, Apache httpd and
 * repository managers do; nothing else of them is looked at.
 */

#include "store/base/bytes.h"

struct ferry_error;

#define FERRY_MAVEN_LISTED_MAX 1000 /* files of one version */

/* A file "ARTIFACT-VERSION-CLASSIFIER.EXTENSION".  -1 ends it. */
typedef int ferry_maven_on_listed(void *ctx, struct ferry_bytes classifier,
    struct ferry_bytes extension, struct ferry_error *err);
/*
 * Tell of the files of a version that the page links to and that have a
 * classifier, without checksums and signatures; on_listed may be NULL.
 * Returns: 1; 0 the page has nothing of the version, and is none; -1 with FERRY_ELIMIT, or on_listed's error.
 */
int ferry_maven_listing(struct ferry_bytes page, struct ferry_bytes artifact,
    const char *version, ferry_maven_on_listed *on_listed, void *ctx,
    struct ferry_error *err);

#endif
