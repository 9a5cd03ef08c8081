#include "sync/upstream/github/enterprise.h"

#include <stdlib.h>
#include <string.h>

#include "store/base/json.h"
#include "sync/upstream/ask.h"
#include "sync/upstream/github/list.h"

#define ANSWER_MAX (4U << 20)
#define SERVER 1 /* the number of a server's own enterprise; it has no other */
#define WHAT "the members of the enterprise"
#define MEANING                                                                \
	"what is internal is for members of the organization that owns it"

static const char query[] =
    "query($slug:String!,$after:String){enterprise(slug:$slug){databaseId "
    "members(first:100,after:$after){nodes{... on EnterpriseUserAccount{user"
    "{databaseId login}} ... on User{databaseId login}} pageInfo{hasNextPage "
    "endCursor}}}}";

struct answer {
	struct github *gh;
	struct ferry_pages cursors;
	unsigned pages;
};

static int
ask_members(struct answer *answer, const char *after, struct ferry_error *err);

static void
answer_free(void *ctx)
{
	struct answer *answer = ctx;

	ferry_pages_free(&answer->cursors);
	free(answer);
}

/* A node is a user, or an account with perhaps a user behind it. */
static int
take_node(struct github *gh, const json_t *node, struct ferry_error *err)
{
	const json_t *user = json_object_get(node, "user");
	json_t *item;
	int rc;

	if (!json_is_object(user))
		user = node;
	if (json_object_get(user, "databaseId") == NULL)
		return 0;
	item =
	    json_pack("{s:O,s:O?}", "id", json_object_get(user, "databaseId"),
		"login", json_object_get(user, "login"));
	if (item == NULL)
		return ferry_error_set(
		    err, FERRY_ENOMEM, "no memory for an answer");
	rc = ferry_facts_add(gh->facts, FERRY_FACT_ENTERPRISE, NULL, item, err);
	json_decref(item);
	return rc;
}

/* Returns: 1 with *after, borrowed from root, if there is more; 0; -1. */
static int
take_members(struct answer *answer, const json_t *enterprise,
    const char **after, struct ferry_error *err)
{
	struct github *gh = answer->gh;
	json_t *members, *nodes, *info, *node;
	uint64_t id;
	size_t i;

	if (ferry_json_u64(enterprise, "databaseId", INT64_MAX, &id, err) ==
		-1 ||
	    ferry_json_object(enterprise, "members", &members, err) == -1 ||
	    ferry_json_array(members, "nodes", &nodes, err) == -1 ||
	    ferry_json_object(members, "pageInfo", &info, err) == -1)
		return -1;
	ferry_facts_enterprise(gh->facts, id);
	answer->cursors.items += json_array_size(nodes);
	json_array_foreach (nodes, i, node)
		if (take_node(gh, node, err) == -1)
			return -1;
	if (!json_is_true(json_object_get(info, "hasNextPage")))
		return 0;
	return ferry_json_str(info, "endCursor", after, err) == -1 ? -1 : 1;
}

static void
take_answer(struct answer *answer, struct ferry_bytes body)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct github *gh = answer->gh;
	const json_t *enterprise;
	const char *after = NULL;
	json_t *root = NULL;
	int rc = ferry_json_parse(&root, body, "the answer", &err);

	enterprise =
	    json_object_get(json_object_get(root, "data"), "enterprise");
	if (rc == 0 && !json_is_object(enterprise)) {
		/* No such enterprise, or none that this token may ask. */
		ferry_github_unread(gh, WHAT, answer->pages, 200, MEANING);
	} else if (rc == 0) {
		rc = take_members(answer, enterprise, &after, &err);
		if (rc == 1 && ferry_pages_add(&answer->cursors, "the list",
				   ++answer->pages, after, &err) == -1)
			rc = -1;
	}
	if (rc == 1 && ask_members(answer, after, &err) == 0)
		answer = NULL;
	else if (rc == 1)
		ferry_run_fatal(gh->run, &err);
	else if (rc == -1)
		ferry_github_broken(gh, WHAT, &err);
	json_decref(root);
	if (answer != NULL)
		answer_free(answer);
}

static void
on_members(
    void *ctx, const struct ferry_fetch_result *result, struct ferry_bytes body)
{
	struct answer *answer = ctx;

	if (result->error.code == FERRY_OK) {
		take_answer(answer, body);
		return;
	}
	if (result->status == 403 || result->status == 404)
		ferry_github_unread(
		    answer->gh, WHAT, answer->pages, result->status, MEANING);
	else
		ferry_github_broken(answer->gh, WHAT, &result->error);
	answer_free(answer);
}

/* Takes answer only on success. */
static int
ask_members(struct answer *answer, const char *after, struct ferry_error *err)
{
	struct github *gh = answer->gh;
	struct ferry_buf url = FERRY_BUF_INIT, body = FERRY_BUF_INIT;
	struct ferry_ask a = {
		.origin = &gh->origin,
		.accept = "application/json",
		.extra = GITHUB_VERSION,
		.max_size = ANSWER_MAX,
		.ctx = answer,
		.on_done = on_members,
		.on_drop = answer_free,
	};
	json_t *root = json_pack("{s:s,s:{s:s,s:s?}}", "query", query,
	    "variables", "slug", gh->enterprise, "after", after);
	int rc = -1;

	if (root == NULL)
		ferry_error_set(err, FERRY_ENOMEM, "no memory for a query");
	else if (ferry_json_add(&body, root, err) == 0 &&
		 ferry_buf_addf(&url, err, "%s/graphql", gh->api) == 0) {
		a.url = (char *)url.p;
		a.post = (char *)body.p;
		rc = ferry_run_ask(gh->run, &a, err);
	}
	json_decref(root);
	ferry_buf_free(&url);
	ferry_buf_free(&body);
	return rc;
}

int
ferry_github_enterprise(struct github *gh, struct ferry_error *err)
{
	struct github_list list = { .gh = gh,
		.fact = FERRY_FACT_ENTERPRISE,
		.what = WHAT,
		.meaning = MEANING "; nobody is known to be suspended" };
	struct answer *answer;

	if (gh->enterprise == NULL)
		return 0;
	if (gh->profile == GITHUB_GHES) {
		ferry_facts_enterprise(gh->facts, SERVER);
		return ferry_github_list(&list, "/users?per_page=100", err);
	}
	if (ferry_calloc(&answer, 1, sizeof(*answer), err) == -1)
		return -1;
	answer->gh = gh;
	answer->cursors.max = GITHUB_PAGES_MAX;
	if (ask_members(answer, NULL, err) == 0)
		return 0;
	answer_free(answer);
	return -1;
}
