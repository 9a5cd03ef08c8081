#include "serve/replay/nuget/v2_entry.h"

#include "serve/replay/nuget/versions.h"
#include "store/base/clock.h"
#include "store/base/digest.h"
#include "store/base/error.h"
#include "store/format/nuget/name.h"

void
ferry_nuget_v2_base(struct ferry_nuget_v2 *v)
{

	ferry_out_html(&v->out, ferry_bytes_buf(&v->base));
}

static void
put_text(struct ferry_nuget_v2 *v, const char *name, const char *text)
{

	ferry_out_fmt(&v->out, "<d:%s>", name);
	ferry_out_html(&v->out, ferry_bytes_str(text));
	ferry_out_fmt(&v->out, "</d:%s>", name);
}

static void
put_bool(struct ferry_nuget_v2 *v, const char *name, bool is)
{

	ferry_out_fmt(&v->out, "<d:%s m:type=\"Edm.Boolean\">%s</d:%s>", name,
	    is ? "true" : "false", name);
}

/* "ID:RANGE:FRAMEWORK|…"; a group without any has a framework alone. */
static void
put_dependencies(struct ferry_nuget_v2 *v, const json_t *record)
{
	const json_t *group, *one;
	const char *bar = "";
	size_t i, k;

	ferry_out_str(&v->out, "<d:Dependencies>");
	json_array_foreach (json_object_get(record, "dependencies"), i, group) {
		const json_t *needs = json_object_get(group, "needs");
		const char *framework = ferry_nuget_said(group, "framework");

		if (json_array_size(needs) == 0 && framework[0] != 0) {
			ferry_out_fmt(&v->out, "%s::", bar);
			ferry_out_html(&v->out, ferry_bytes_str(framework));
			bar = "|";
		}
		json_array_foreach (needs, k, one) {
			const char *id =
			    json_string_value(json_array_get(one, 0));
			const char *range =
			    json_string_value(json_array_get(one, 1));

			if (id == NULL || range == NULL)
				continue;
			ferry_out_str(&v->out, bar);
			ferry_out_html(&v->out, ferry_bytes_str(id));
			ferry_out_str(&v->out, ":");
			ferry_out_html(&v->out, ferry_bytes_str(range));
			ferry_out_str(&v->out, ":");
			ferry_out_html(&v->out, ferry_bytes_str(framework));
			bar = "|";
		}
	}
	ferry_out_str(&v->out, "</d:Dependencies>");
}

static void
put_hash(struct ferry_nuget_v2 *v, const json_t *record)
{
	const json_t *file =
	    json_array_get(json_object_get(record, "files"), 0);
	const char *hex = json_string_value(json_object_get(file, "sha512"));
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_buf text = FERRY_BUF_INIT;
	struct ferry_digest sha512;

	if (hex != NULL &&
	    ferry_digest_from_hex(
		&sha512, FERRY_SHA512, ferry_bytes_str(hex), &ignored) == 0 &&
	    ferry_base64_add(
		&text, ferry_bytes_of(sha512.v, sha512.n), &ignored) == 0) {
		put_text(v, "PackageHash", (char *)text.p);
		put_text(v, "PackageHashAlgorithm", "SHA512");
	}
	ferry_buf_free(&text);
	ferry_out_fmt(&v->out,
	    "<d:PackageSize m:type=\"Edm.Int64\">%lld</d:PackageSize>",
	    (long long)json_integer_value(json_object_get(file, "size")));
}

static const char *
published(const struct ferry_nuget_held *held, char buf[FERRY_TIME_TEXT])
{
	const char *text = ferry_nuget_said(held->record, "published");

	if (!held->listed)
		return "1900-01-01T00:00:00Z";
	return text[0] != 0
	           ? text
	           : ferry_time_text(json_integer_value(json_object_get(
					 held->record, "pulled_at")),
			 buf);
}

static void
put_properties(struct ferry_nuget_v2 *v, const struct ferry_nuget_held *held,
    bool latest, bool absolute)
{
	static const struct {
		const char *name, *member;
	} texts[] = { { "Authors", "authors" }, { "Title", "title" },
		{ "Description", "description" }, { "Summary", "summary" },
		{ "Tags", "tags" }, { "ProjectUrl", "projectUrl" },
		{ "IconUrl", "iconUrl" }, { "LicenseUrl", "licenseUrl" },
		{ "Copyright", "copyright" } };
	const json_t *r = held->record;
	char time[FERRY_TIME_TEXT];

	ferry_out_str(&v->out, "<m:properties>");
	put_text(v, "Id", ferry_nuget_said(r, "id"));
	put_text(v, "Version", ferry_nuget_said(r, "version"));
	put_text(v, "NormalizedVersion", held->key);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		put_text(
		    v, texts[i].name, ferry_nuget_about(r, texts[i].member));
	put_dependencies(v, r);
	put_hash(v, r);
	ferry_out_fmt(&v->out,
	    "<d:Published m:type=\"Edm.DateTime\">%s</d:Published>"
	    "<d:DownloadCount m:type=\"Edm.Int32\">0</d:DownloadCount>",
	    published(held, time));
	put_bool(v, "IsLatestVersion", latest);
	put_bool(v, "IsAbsoluteLatestVersion", absolute);
	put_bool(v, "IsPrerelease", held->v.labels.n > 0);
	put_bool(v, "Listed", held->listed);
	put_bool(v, "RequireLicenseAcceptance",
	    json_is_true(json_object_get(
		json_object_get(r, "about"), "requireLicenseAcceptance")));
	ferry_out_str(&v->out, "</m:properties>");
}

void
ferry_nuget_v2_entry(struct ferry_nuget_v2 *v,
    const struct ferry_nuget_versions *versions,
    const struct ferry_nuget_held *held, const char *spaces)
{
	const json_t *r = held->record;
	struct ferry_bytes id = ferry_bytes_str(ferry_nuget_said(r, "id"));
	char time[FERRY_TIME_TEXT];

	ferry_out_fmt(&v->out, "<entry%s><id>", spaces);
	ferry_nuget_v2_base(v);
	ferry_out_str(&v->out, "v2/Packages(Id='");
	ferry_out_html(&v->out, id);
	ferry_out_fmt(&v->out, "',Version='%s')</id>", held->key);
	ferry_out_str(&v->out,
	    "<category term=\"NuGetGallery.OData.V2FeedPackage\" "
	    "scheme=\"http://schemas.microsoft.com/ado/2007/08/dataservices/"
	    "scheme\" /><title type=\"text\">");
	ferry_out_html(&v->out, id);
	ferry_out_fmt(&v->out, "</title><updated>%s</updated><author><name>",
	    published(held, time));
	ferry_out_html(
	    &v->out, ferry_bytes_str(ferry_nuget_about(r, "authors")));
	ferry_out_str(&v->out,
	    "</name></author><content type=\"application/zip\" src=\"");
	ferry_nuget_v2_base(v);
	ferry_out_str(&v->out, "v2/package/");
	ferry_out_url(&v->out, id);
	ferry_out_fmt(&v->out, "/%s\" />", held->key);
	put_properties(v, held,
	    held == ferry_nuget_versions_latest(versions, false, v->semver2),
	    held == ferry_nuget_versions_latest(versions, true, v->semver2));
	ferry_out_str(&v->out, "</entry>\n");
}
