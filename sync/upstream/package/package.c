/* The engine as a kind of upstream, and the pump. */

#include "sync/upstream/package/package.h"

#include <stdlib.h>

#include "sync/upstream/package/packages.h"

static void
put_into_queue(struct ferry_package *p)
{

	p->queued = NULL;
	*p->packages->queue_end = p;
	p->packages->queue_end = &p->queued;
}

/* Nothing can be asked for. */
static void
fail_queue(struct ferry_packages *packages)
{
	struct ferry_package *p;

	while ((p = packages->queue) != NULL) {
		if ((packages->queue = p->queued) == NULL)
			packages->queue_end = &packages->queue;
		p->queued = NULL;
		ferry_package_fail(p, &packages->broken);
	}
}

/* Ask for the documents of what is in the queue; what must wait for an index
 * stays there. */
static int
pump_documents(struct ferry_packages *packages, struct ferry_error *err)
{
	struct ferry_package *p, *next;
	int rc, moved;

	if (packages->broken.code != FERRY_OK)
		fail_queue(packages);
	if (!packages->ready)
		return 0;
	do {
		p = packages->queue;
		packages->queue = NULL;
		packages->queue_end = &packages->queue;
		for (moved = 0; p != NULL; p = next) {
			next = p->queued;
			p->queued = NULL;
			if ((rc = ferry_package_ask(p, err)) == -1)
				return -1;
			if (rc == 0)
				put_into_queue(p);
			moved = moved || rc == 1;
		}
	} while (moved && packages->queue != NULL);
	return 0;
}

static int
on_tick(void *ctx, struct ferry_error *err)
{
	struct ferry_packages *packages = ctx;

	/* There may always be a transfer that somebody waits for. */
	if (packages->run->pulls && ferry_packages_again(packages, err) == -1)
		return -1;
	return pump_documents(packages, err);
}

/* The kind */

int
ferry_packages_configure(struct ferry_upstream *up, struct ferry_error *err)
{
	struct ferry_packages *packages;

	if (ferry_calloc(&packages, 1, sizeof(*packages), err) == -1)
		return -1;
	packages->up = up;
	packages->format = up->kind->package;
	packages->queue_end = &packages->queue;
	up->state = packages;
	return ferry_packages_configure_all(packages, err);
}

void
ferry_packages_free(struct ferry_upstream *up)
{
	struct ferry_packages *packages = up->state;

	if (packages == NULL)
		return;
	ferry_packages_free_all(packages);
	if (packages->format->close != NULL)
		packages->format->close(packages);
	free(packages);
	up->state = NULL;
}

int
ferry_packages_sync(
    struct ferry_run *run, struct ferry_upstream *up, struct ferry_error *err)
{
	struct ferry_packages *packages = up->state;

	packages->run = run;
	if (ferry_run_on_tick(run, on_tick, packages, err) == -1)
		return -1;
	if (packages->format->open != NULL)
		return packages->format->open(packages, err);
	if (ferry_upstream_put(run, up, NULL, err) == -1 ||
	    ferry_packages_ready(packages, err) == -1)
		return -1;
	return pump_documents(packages, err);
}

int
ferry_packages_want_all(struct ferry_run *run, struct ferry_upstream *up,
    const char *name, const struct ferry_want_about *about, enum ferry_want how,
    struct ferry_error *err)
{
	struct ferry_packages *packages = up->state;
	const struct ferry_package_format *format = packages->format;
	const struct ferry_package_want want = { .kind = FERRY_WANT_RANGE,
		.spec = packages->format->any,
		.by = up->name,
		.prereleases = FERRY_PRERELEASES_ALL,
		.closure = packages->dependencies,
		.direct = true,
		.need = how == FERRY_WANT_IF_THERE ? FERRY_NEEDED_IF_THERE
		                                   : FERRY_NEEDED };

	(void)run;
	return format->about != NULL &&
	               format->about(packages, name, about, err) == -1
	           ? -1
	           : ferry_packages_want(packages, name, &want, err);
}

int
ferry_packages_again(struct ferry_packages *packages, struct ferry_error *err)
{
	struct ferry_package **again = packages->again;
	size_t n = packages->again_n;
	int rc = n > 0;

	packages->again = NULL;
	packages->again_n = packages->again_cap = 0;
	for (size_t i = 0; i < n && rc != -1; i++)
		if (ferry_package_choose_again(again[i], err) == -1)
			rc = -1;
	free(again);
	return rc;
}

int
ferry_packages_after(
    struct ferry_run *run, struct ferry_upstream *up, struct ferry_error *err)
{
	struct ferry_packages *packages = up->state;
	bool queued = packages->ready && packages->queue != NULL;
	int rc = ferry_packages_again(packages, err);

	(void)run;
	if (rc == 0 && !queued && packages->format->after != NULL)
		rc = packages->format->after(packages, err);
	if (rc == 0 && !queued)
		rc = ferry_packages_note(packages, err);
	return rc == -1 || pump_documents(packages, err) == -1 ? -1
	                                                       : rc || queued;
}
