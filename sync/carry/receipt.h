#ifndef FERRY_CARRY_RECEIPT_H
#define FERRY_CARRY_RECEIPT_H

/* Receipts: written at a site, added at the origin. */

#include "store/bundle/receipt.h"
#include "sync/base/task.h"

struct ferry_error;

#define FERRY_RECEIPT_NAME (2 * FERRY_NAME + 24)

/*
 * Write the receipt of this store for origin ("" introduces the store to any
 * origin) into buf, and the name that its file has on a medium.  wishes: of
 * ferry_wishes_for_receipt(), or NULL.  Makes the store's first key if it has
 * none.
 */
int ferry_receipt_make(const struct ferry_task *task, const char *origin,
    const json_t *wishes, struct ferry_buf *buf, char name[FERRY_RECEIPT_NAME],
    struct ferry_error *err);
/* Put text durably into file name below dir.  Errors: FERRY_ESYSTEM. */
int ferry_receipt_save(const char *dir, const char *name,
    const struct ferry_buf *text, struct ferry_error *err);

/*
 * At the origin: verify the receipt text and remember what it says; commits.
 * Returns 1 if it was news, 0 if a newer one is known already.
 * Errors: FERRY_ESIGNATURE, FERRY_EREVOKED, FERRY_EWRONGSITE (of another
 *     origin), FERRY_EFORK, FERRY_EFORMAT, FERRY_ENEWER.
 */
int ferry_receipt_add(const struct ferry_task *task, struct ferry_bytes text,
    struct ferry_receipt *out, struct ferry_error *err);

#endif
