#ifndef FERRY_SERVE_REPLAY_NPM_PACKUMENT_H
#define FERRY_SERVE_REPLAY_NPM_PACKUMENT_H

/*
 * From the packument that upstream gave to the ones that clients get.
 *
 * Only what a mirror must change is changed (store/format/npm/PROTOCOL.md,
 * section 6): versions that
 * are not held leave "versions" and "time", tags to them leave "dist-tags",
 * and "dist.tarball" and "dist.attestations.url" get our base.  Every other
 * value keeps its bytes.
 *
 * "latest": npm, pnpm and bun manage without it, yarn 1 does not.  If the
 * version that it names upstream is not held, it names the highest one that
 * is, releases before pre-releases.
 *
 * "time": yarn and pnpm refuse versions without one.  Where upstream has none
 * (GitHub Packages), it is when the version was first seen here, which no
 * publishing can come after.
 *
 * No store and no network here: bytes in, bytes out.
 */

#include "store/base/bytes.h"

struct ferry_error;
struct ferry_held;

enum ferry_npm_form { FERRY_NPM_FULL, FERRY_NPM_ABBREVIATED };

/*
 * Append the document of package name for clients below base (with a final
 * '/').
 * Returns: 1; 0 if no version of it is held; -1.
 * Source: npm registry documentation, "package metadata": members of the
 *     abbreviated form.
 */
int ferry_npm_document(struct ferry_buf *out, struct ferry_bytes upstream,
    const char *name, const struct ferry_held *held, enum ferry_npm_form form,
    const char *base, struct ferry_error *err);

/*
 * The version that "latest" names in the served document, appended to out.
 * root is a checked packument.  Returns: 1, 0 if none is held, -1.
 */
int ferry_npm_latest(struct ferry_buf *out, struct ferry_bytes root,
    const struct ferry_held *held, struct ferry_error *err);

#endif
