#ifndef FERRY_SYNC_PERMISSIONS_GITHUB_PAGE_H
#define FERRY_SYNC_PERMISSIONS_GITHUB_PAGE_H

/*
 * A page of GitHub's REST API, reduced to the members that count, which is all
 * that ferry keeps of it.
 */

#include <jansson.h>

#include "store/base/bytes.h"

struct ferry_error;

#define FERRY_GITHUB_PAGE_ITEMS 1000
#define FERRY_GITHUB_PAGE_TEXT 1024 /* bytes of one string */

/*
 * The items of a page, as a new array: the page is an array, or an object that
 * has one called member; member "" makes one item of an object.
 * Errors: FERRY_EFORMAT, FERRY_ELIMIT, FERRY_ENOMEM.
 */
int ferry_github_page_read(json_t **out, struct ferry_bytes page,
    const char *member, struct ferry_error *err);

#endif
