#ifndef FERRY_SERVE_REPLAY_OCI_OCI_H
#define FERRY_SERVE_REPLAY_OCI_OCI_H

/*
 * OCI: paths, and which answer each of them gets.
 * Source: OCI Distribution Specification 1.1; store/format/oci/PROTOCOL.md,
 *     sections 2 to 4, where the clients are named.
 */

struct ferry_replay;

extern const struct ferry_replay ferry_replay_oci;

#endif
