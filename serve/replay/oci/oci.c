#include "serve/replay/oci/oci.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "serve/replay/format.h"
#include "serve/replay/oci/catalog.h"
#include "serve/replay/oci/content.h"
#include "serve/replay/oci/list.h"
#include "serve/replay/oci/name.h"
#include "serve/replay/oci/path.h"
#include "serve/replay/oci/token.h"
#include "serve/replay/page.h"
#include "serve/replay/store_view.h"
#include "store/base/error.h"
#include "store/base/json_span.h"
#include "store/base/out.h"
#include "store/format/oci/names.h"
#include "store/pull/message.h"

enum kind {
	NOTHING, /* no such URL */
	BASE, /* whether a token is good */
	TOKEN,
	CATALOG,
	SEARCH,
	SEARCH_PING,
	MANIFEST, /* item: a tag or a digest; "" for what can be neither */
	BLOB, /* item: a digest */
	TAGS,
	REFERRERS, /* item: a digest */
	BAD_NAME, /* what cannot be a repository's name */
	BAD_DIGEST,
};

#define JSON "application/json"
#define IMMUTABLE "public, max-age=31536000, immutable"

/* "/v1/": docker and podman search there. */
static const char *const prefixes[] = { "/v2/", "/v1/", NULL };
static const char *const hosts[] = { "containers.", "docker.", NULL };

/* Paths */

static int
set_reference(struct ferry_resource *r, struct ferry_bytes reference,
    struct ferry_error *err)
{
	bool digest =
	    r->kind != MANIFEST ||
	    (reference.n > 0 && memchr(reference.p, ':', reference.n) != NULL);

	if (digest && !ferry_oci_digest_valid(reference)) {
		r->kind = BAD_DIGEST;
		return ferry_error_set(err, FERRY_EFORMAT,
		    "'%.*s' is not a digest, such as sha256: and 64 digits",
		    (int)(reference.n > 150 ? 150 : reference.n),
		    (const char *)reference.p);
	}
	/* Nothing has such a tag; whether the repository is there, is still
	 * to be said. */
	if (!digest && !ferry_oci_tag_valid(reference))
		return 1;
	memcpy(r->item, reference.p, reference.n);
	r->item[reference.n] = 0;
	return 1;
}

static int
parse_v1(struct ferry_resource *r, struct ferry_bytes path)
{

	if (ferry_bytes_is(path, "search")) {
		r->kind = SEARCH;
		r->action = FERRY_ACTION_LIST;
	} else if (ferry_bytes_is(path, "_ping")) {
		r->kind = SEARCH_PING;
	} else {
		return 0;
	}
	return 1;
}

static int
parse_path(
    struct ferry_call *call, struct ferry_bytes path, struct ferry_error *err)
{
	static const enum kind kinds[] = { [FERRY_OCI_BASE] = BASE,
		[FERRY_OCI_TOKEN] = TOKEN,
		[FERRY_OCI_CATALOG] = CATALOG,
		[FERRY_OCI_MANIFESTS] = MANIFEST,
		[FERRY_OCI_BLOBS] = BLOB,
		[FERRY_OCI_TAGS] = TAGS,
		[FERRY_OCI_REFERRERS] = REFERRERS };
	struct ferry_resource *r = &call->resource;
	struct ferry_oci_path parts;

	r->kind = NOTHING;
	r->action = FERRY_ACTION_SERVICE;
	if (strcmp(call->prefix, "/v1/") == 0)
		return parse_v1(r, path);
	if (!ferry_oci_path_split(&parts, path))
		return 0;
	r->kind = kinds[parts.endpoint];
	if (r->kind == BASE)
		r->action = FERRY_ACTION_SESSION;
	else if (r->kind == TOKEN)
		r->action = FERRY_ACTION_TOKEN;
	else if (r->kind == CATALOG)
		r->action = FERRY_ACTION_LIST;
	if (parts.name.n == 0)
		return 1;
	r->action = FERRY_ACTION_READ;
	if (ferry_oci_resolve(call, parts.name, err) == -1) {
		r->kind = err->code == FERRY_EFORMAT ? BAD_NAME : NOTHING;
		return -1;
	}
	return r->kind == TAGS ? 1 : set_reference(r, parts.reference, err);
}

/* Whether the path was sent as it is, but for what is in front of the prefix. */
static bool
is_as_sent(const struct ferry_call *call, struct ferry_bytes rest)
{
	struct ferry_bytes path = call->rq->path, sent = call->rq->sent_path;
	size_t n = strlen(call->prefix) - 1 + rest.n;

	if (n > path.n)
		n = path.n;
	return memcmp(sent.p + sent.n - n, path.p + path.n - n, n) == 0;
}

static int
parse(struct ferry_call *call, struct ferry_bytes rest, struct ferry_error *err)
{
	struct ferry_buf path = FERRY_BUF_INIT;
	int rc;

	/* A name has no empty parts, and nothing else has a name. */
	if (!is_as_sent(call, rest)) {
		call->resource.kind = rest.n == 0 ? NOTHING : BAD_NAME;
		call->resource.action = FERRY_ACTION_SERVICE;
		return rest.n == 0
		           ? 0
		           : ferry_error_set(err, FERRY_EFORMAT,
				 "a repository's name has no empty parts");
	}
	/* Digests may come with "%3A". */
	rc = ferry_url_decode(&path, rest, err);
	if (rc == 0)
		rc = parse_path(call, ferry_bytes_buf(&path), err);
	ferry_buf_free(&path);
	call->resource.any_method = rc == 1 && call->resource.kind == TOKEN &&
	                            call->rq->method == FERRY_POST;
	return rc;
}

/* Refusals */

static const char *
code_of(enum kind kind, unsigned status, bool repository)
{

	switch (status) {
	case 400:
		return kind == BAD_DIGEST ? "DIGEST_INVALID" : "NAME_INVALID";
	case 401:
		return "UNAUTHORIZED";
	case 403:
		return "DENIED";
	case 404:
		if (kind == NOTHING)
			return "UNSUPPORTED";
		return !repository        ? "NAME_UNKNOWN"
		       : kind == MANIFEST ? "MANIFEST_UNKNOWN"
		       : kind == BLOB     ? "BLOB_UNKNOWN"
		                          : "NAME_UNKNOWN";
	case 405:
		return "UNSUPPORTED";
	case 429:
		return "TOOMANYREQUESTS";
	default:
		return "UNKNOWN";
	}
}

static void
refuse(const struct ferry_call *call, unsigned status, const char *text,
    struct ferry_response *res)
{
	const struct ferry_resource *r = &call->resource;
	char whole[2 * FERRY_ITEM_NAME + 512];
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf quoted = FERRY_BUF_INIT;
	enum kind kind = (enum kind)r->kind;

	if (text == NULL)
		text = kind == NOTHING ? "this registry has no such URL"
		       : call->owner[0] == 0
		           ? "this repository is not in the mirror"
		       : kind == MANIFEST
		           ? "this manifest or tag is not in the mirror"
		           : "this blob is not in the mirror";
	if (status == 404 && r->client_name[0] != 0) {
		bool item = r->item[0] != 0 && call->owner[0] != 0;

		(void)snprintf(whole, sizeof(whole), "%s%s%s: %.400s",
		    r->client_name,
		    !item                          ? ""
		    : strchr(r->item, ':') == NULL ? ":"
						   : "@",
		    item ? r->item : "", text);
		text = whole;
	}
	(void)ferry_span_quote(&quoted, ferry_bytes_str(text), &err);
	ferry_response_text(res, status, JSON,
	    "{\"errors\":[{\"code\":\"%s\",\"message\":%s,\"detail\":{}}]}\n",
	    code_of(kind, status, call->owner[0] != 0),
	    quoted.n == 0 ? "\"\"" : (const char *)quoted.p);
	ferry_response_header(
	    res, "Docker-Distribution-Api-Version", "registry/2.0");
	ferry_buf_free(&quoted);
}

/* Answers */

static int
answer_content(const struct ferry_call *call, struct ferry_response *res,
    struct ferry_error *err)
{
	bool manifest = call->resource.kind == MANIFEST;
	bool tag = strchr(call->resource.item, ':') == NULL;
	char digest[FERRY_ETAG];
	struct ferry_body *body;
	size_t n;
	int rc = call->owner[0] == 0 || call->resource.item[0] == 0 ? 0
	         : manifest ? ferry_oci_manifest_body(call, &body, err)
	                    : ferry_oci_blob_body(call, &body, err);

	/* The path was sound; what is malformed now is in the store. */
	if (rc == -1 &&
	    (err->code == FERRY_EFORMAT || err->code == FERRY_ELIMIT))
		err->code = FERRY_EINDEX;
	if (rc != 1)
		return rc;
	/* No Content-Encoding, ever: digests are of what arrives. */
	ferry_response_body(
	    res, manifest ? body->type : "application/octet-stream", body);
	res->ranges = !manifest;
	res->cache = tag ? "no-cache" : IMMUTABLE;
	n = strlen(body->etag) - 2;
	memcpy(digest, body->etag + 1, n);
	digest[n] = 0;
	ferry_response_header(res, "Docker-Content-Digest", digest);
	return 1;
}

static int
answer_kind(const struct ferry_call *call, const struct ferry_permit *permit,
    struct ferry_response *res, struct ferry_error *err)
{

	switch ((enum kind)call->resource.kind) {
	case BASE:
		ferry_response_text(res, 200, JSON, "{}");
		return 1;
	case TOKEN:
		return ferry_oci_answer_token(call, res, err);
	case CATALOG:
		return ferry_oci_answer_catalog(call, permit, res, err);
	case SEARCH:
		return ferry_oci_answer_search(call, permit, res, err);
	case SEARCH_PING:
		/* "standalone": with no index of its own behind it. */
		ferry_response_text(res, 200, JSON, "{\"standalone\":true}\n");
		return 1;
	case MANIFEST:
	case BLOB:
		return answer_content(call, res, err);
	case TAGS:
		return ferry_oci_answer_tags(call, res, err);
	case REFERRERS:
		return ferry_oci_answer_referrers(call, res, err);
	case NOTHING:
	case BAD_NAME:
	case BAD_DIGEST:
		break; /* parse() said no */
	}
	return 0;
}

static int
answer(const struct ferry_call *call, const struct ferry_permit *permit,
    struct ferry_response *res, struct ferry_error *err)
{
	struct ferry_buf ns = FERRY_BUF_INIT;
	int rc = answer_kind(call, permit, res, err), named;

	if (rc == 1) {
		ferry_response_header(
		    res, "Docker-Distribution-Api-Version", "registry/2.0");
		named = ferry_oci_namespace(call, &ns, err);
		if (named == 1)
			ferry_response_header(
			    res, "OCI-Namespace", (const char *)ns.p);
	}
	ferry_buf_free(&ns);
	return rc;
}

/* A blob comes with the manifest that names it, and is not asked for alone. */
static bool
wants(const struct ferry_call *call, struct ferry_pull_want *want)
{
	const struct ferry_resource *r = &call->resource;

	if (r->kind != MANIFEST || r->item[0] == 0 ||
	    strlen(r->item) >= sizeof(want->version))
		return false;
	want->what = strchr(r->item, ':') == NULL ? FERRY_PULL_DOCUMENT
	                                          : FERRY_PULL_VERSION;
	memcpy(want->version, r->item, strlen(r->item) + 1);
	return true;
}

/* A client that has the manifest is still at it while it asks for blobs. */
static bool
uses(const struct ferry_call *call, char *what, size_t size)
{
	const struct ferry_resource *r = &call->resource;

	if (r->kind != BLOB || strlen(r->item) >= size)
		return false;
	memcpy(what, r->item, strlen(r->item) + 1);
	return true;
}

static void
write_token_page(const struct ferry_page *page)
{

	ferry_page_add(page, "docker",
	    "docker login -u NAME {host}   # the token is the password");
	ferry_page_add(page, "podman, skopeo, CRI-O",
	    page->plain ? "podman login -u NAME --tls-verify=false {host}"
			: "podman login -u NAME {host}");
	ferry_page_add(page, "containerd, Kubernetes",
	    "# /etc/containerd/certs.d/_default/hosts.toml, at its end\n"
	    "[host.\"{url}\".header]\n"
	    "authorization = \"Bearer TOKEN\"");
}

static void
write_page(const struct ferry_page *page)
{

	if (page->part == FERRY_PAGE_TOKEN) {
		write_token_page(page);
		return;
	}
	ferry_page_add(page, "docker: by name",
	    page->plain ? "# /etc/docker/daemon.json\n"
			  "{ \"insecure-registries\": [\"{host}\"] }\n\n"
			  "docker pull {host}/ghcr.io/OWNER/IMAGE:TAG"
			: "docker pull {host}/ghcr.io/OWNER/IMAGE:TAG");
	ferry_page_add(page, "docker: images of docker.io",
	    "# /etc/docker/daemon.json\n"
	    "{ \"registry-mirrors\": [\"{url}\"] }");
	ferry_page_add(page, "podman, skopeo: by name",
	    page->plain ? "podman pull --tls-verify=false "
			  "{host}/ghcr.io/OWNER/IMAGE:TAG"
			: "podman pull {host}/ghcr.io/OWNER/IMAGE:TAG");
	ferry_page_add(page, "podman, skopeo, CRI-O",
	    page->plain
		? "# /etc/containers/registries.conf, one for each origin\n"
		  "[[registry]]\nprefix = \"ghcr.io\"\n"
		  "location = \"ghcr.io\"\n"
		  "[[registry.mirror]]\nlocation = \"{host}/ghcr.io\"\n"
		  "insecure = true"
		: "# /etc/containers/registries.conf, one for each origin\n"
		  "[[registry]]\nprefix = \"ghcr.io\"\n"
		  "location = \"ghcr.io\"\n"
		  "[[registry.mirror]]\nlocation = \"{host}/ghcr.io\"");
	ferry_page_add(page, "containerd, Kubernetes",
	    "# /etc/containerd/certs.d/_default/hosts.toml\n"
	    "[host.\"{url}\"]\ncapabilities = [\"pull\", \"resolve\"]");
}

const struct ferry_replay ferry_replay_oci = {
	.name = "oci",
	.format = "oci",
	.prefixes = prefixes,
	.hosts = hosts,
	.keeps_prefix = true,
	.parse = parse,
	.identify = ferry_oci_identify,
	.owner = ferry_oci_owner,
	.answer = answer,
	.wants = wants,
	.uses = uses,
	.supplies = ferry_oci_supplies,
	.refuse = refuse,
	.challenge = ferry_oci_challenge,
	.start = ferry_oci_start,
	.stop = ferry_oci_stop,
	.page = write_page,
};
