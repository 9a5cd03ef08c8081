#ifndef FERRY_SYNC_UPSTREAM_ROOT_H
#define FERRY_SYNC_UPSTREAM_ROOT_H

struct ferry_conf_group;
struct ferry_error;

/* Report what nobody reads at the top level of the configuration, once its
 * upstreams were read.  Groups of other programs count as read. */
int ferry_root_finish(struct ferry_conf_group *root, struct ferry_error *err);

#endif
