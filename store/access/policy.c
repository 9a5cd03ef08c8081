#include "store/access/policy.h"

#include <string.h>

#include "store/access/snapshots.h"
#include "store/base/clock.h"
#include "store/base/conf.h"
#include "store/base/error.h"
#include "store/format/format.h"

/* A format's place in their table. */
static size_t
place(const struct ferry_format *format)
{
	size_t i = 0;

	while (i < ferry_formats_count() && ferry_format_at(i) != format)
		i++;
	return i;
}

static int
read_age(struct ferry_conf_group *group, const char *name, int64_t *out,
    struct ferry_error *err)
{
	struct ferry_error cause = FERRY_ERROR_INIT;
	const char *text;

	*out = 0;
	if (ferry_conf_str(group, name, "", &text, err) == -1)
		return -1;
	return *text == 0 || ferry_duration_parse(out, text, &cause) == 0
	           ? 0
	           : ferry_conf_error(group, name, err, "%s", cause.text);
}

/* Whose packages need a login, also where they are public. */
static int
read_logins(struct ferry_access_policy *policy, struct ferry_conf_group *group,
    struct ferry_error *err)
{
	const char *text;
	int rc;

	policy->login_given = ferry_conf_has(group, "public_needs_login");
	for (unsigned i = 0; (rc = ferry_conf_strs(group, "public_needs_login",
				  i, &text, err)) == 1;
	     i++) {
		size_t k = place(ferry_format_find(ferry_bytes_str(text)));

		if (k == ferry_formats_count() || k >= FERRY_ACCESS_FORMATS)
			return ferry_conf_error(group, "public_needs_login",
			    err, "there is no format '%s'", text);
		policy->login[k] = true;
	}
	return rc;
}

int
ferry_access_policy_read(struct ferry_access_policy *out,
    struct ferry_conf_group *serve, struct ferry_error *err)
{

	*out = (struct ferry_access_policy){ 0 };
	if (ferry_conf_bool(
		serve, "private_mode", false, &out->private_mode, err) == -1 ||
	    ferry_conf_bool(serve, "hide_existence", false,
		&out->hide_existence, err) == -1 ||
	    read_logins(out, serve, err) == -1)
		return -1;
	return read_age(serve, "permissions_max_age", &out->max_age_s, err);
}

bool
ferry_access_needs_login(const struct ferry_access_policy *policy,
    const struct ferry_format *format, const struct ferry_snapshot *s)
{
	size_t i;

	if (policy->private_mode)
		return true;
	if (policy->login_given) {
		i = place(format);
		return i >= FERRY_ACCESS_FORMATS || policy->login[i];
	}
	return s != NULL && ferry_snapshot_meta(s)->github &&
	       (format == NULL || !format->github.anonymous);
}

bool
ferry_access_is_stale(
    const struct ferry_access_policy *policy, const struct ferry_snapshot *s)
{
	const struct ferry_snapshot_meta *m =
	    s == NULL ? NULL : ferry_snapshot_meta(s);

	return m != NULL && m->generation > 0 && policy->max_age_s > 0 &&
	       ferry_now() - m->taken_at > policy->max_age_s;
}

const struct ferry_snapshot *
ferry_access_rule(const struct ferry_snapshots *all,
    const struct ferry_access_policy *policy,
    const struct ferry_access_question *question,
    struct ferry_ruling_result *out, ferry_on_record *on_record, void *ctx)
{
	const struct ferry_snapshot *s =
	    question->owner == NULL
		? NULL
		: ferry_snapshots_find(all, question->owner);
	const struct ferry_ask ask = {
		.type = question->type,
		.name = question->package,
		.need = question->need,
		.public_needs_login =
		    ferry_access_needs_login(policy, question->format, s),
		.stale = ferry_access_is_stale(policy, s),
		.people = ferry_snapshots_people(all),
	};

	ferry_rules(s, question->claim, &ask, out, on_record, ctx);
	return s;
}
