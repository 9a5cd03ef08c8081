#include "sync/upstream/oci/pull.h"

#include "store/base/clock.h"
#include "sync/upstream/oci/queue.h"

/* Its repository, or NULL. */
static const struct oci_repository *
find_repository(
    const struct ferry_upstream *up, const struct ferry_pull_want *want)
{
	const struct oci *oci = up->state;

	return (const struct oci_repository *)ferry_table_find(
	    &oci->repositories, want->package);
}

/* What is wanted, where it was wanted before; or NULL. */
static struct oci_ref *
find_ref(const struct ferry_upstream *up, const struct ferry_pull_want *want)
{
	const struct oci_repository *r = find_repository(up, want);

	return r == NULL ? NULL
	                 : (struct oci_ref *)ferry_table_find(
			       &r->refs, want->version);
}

static bool
is_stale(const struct ferry_upstream *up, const struct oci_ref *ref)
{
	int64_t age = ferry_now() - ref->checked_at;

	return age < 0 || (uint64_t)age >= up->max_age;
}

/* What a client asks for becomes a part of URLs and keys. */
static int
check(const struct ferry_pull_want *want, struct ferry_error *err)
{
	struct ferry_bytes ref = ferry_bytes_str(want->version);

	if (ferry_oci_name_valid(ferry_bytes_str(want->package)) &&
	    (ferry_oci_tag_valid(ref) || ferry_oci_digest_valid(ref)))
		return 0;
	return ferry_error_set(err, FERRY_EFORMAT,
	    "'%.100s:%.100s' names no image", want->package, want->version);
}

int
ferry_oci_pull(struct ferry_run *run, struct ferry_upstream *up,
    const struct ferry_pull_want *want, struct ferry_error *err)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct oci *oci = up->state;
	struct oci_ref *ref = find_ref(up, want);
	struct oci_repository *r;

	(void)run;
	if (check(want, &ignored) == -1)
		return 0;
	if (ref != NULL && (ref->state == OCI_FAILED ||
			       (ref->state == OCI_DONE && is_stale(up, ref)))) {
		ferry_oci_ref_renew(ref);
	} else if (ref == NULL && ((r = ferry_oci_repository_find(
					oci, want->package, err)) == NULL ||
				      ferry_oci_ref_want(r, want->version, 0,
					  NULL, NULL, err) == -1)) {
		return -1;
	}
	return ferry_oci_pump(oci, err);
}

enum ferry_pull_state
ferry_oci_pulled(struct ferry_upstream *up, const struct ferry_pull_want *want,
    struct ferry_pull_end *out)
{
	const struct oci_repository *r = find_repository(up, want);
	const struct oci_ref *ref = find_ref(up, want);

	if (check(want, &out->why) == -1)
		return FERRY_PULL_LACKS;
	/* Nothing of it is begun in this run, whoever has it now. */
	if (r != NULL && r->refused) {
		ferry_error_set(&out->why, FERRY_EDENIED,
		    "%.100s is another upstream's", want->package);
		return FERRY_PULL_LACKS;
	}
	if (ref == NULL || ref->state == OCI_NEW || ref->state == OCI_WORKING)
		return FERRY_PULL_WAITS;
	out->checked_at = ref->checked_at;
	if (ref->state == OCI_DONE)
		return FERRY_PULL_HERE;
	if (ref->why != NULL)
		out->why = *ref->why;
	else
		ferry_error_set(&out->why, FERRY_ENOMEM, "no memory");
	return FERRY_PULL_LACKS;
}
