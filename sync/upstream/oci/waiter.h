#ifndef FERRY_SYNC_UPSTREAM_OCI_WAITER_H
#define FERRY_SYNC_UPSTREAM_OCI_WAITER_H

/* Lists of those who wait for something. */

struct ferry_error;

/* Somebody to be told when a node, a ref or a node's referrers are settled.
 * why is NULL if all went well. */
struct oci_waiter {
	struct oci_waiter *next;
	void *ctx;
	void (*on_settled)(void *ctx, const struct ferry_error *why);
};
/* Without on_settled nobody waits. */
int ferry_oci_waiter_add(struct oci_waiter **list, void *ctx,
    void (*on_settled)(void *ctx, const struct ferry_error *why),
    struct ferry_error *err);
/* Empty the list and tell who was in it; without telling if why is
 * FERRY_ECANCELLED. */
void
ferry_oci_waiters_tell(struct oci_waiter **list, const struct ferry_error *why);

#endif
