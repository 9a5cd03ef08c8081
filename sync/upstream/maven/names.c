#include "sync/upstream/maven/names.h"

#include <string.h>

#include "store/base/digest.h"
#include "store/format/maven/names.h"
#include "sync/upstream/maven/places.h"
#include "sync/upstream/package/packages.h"

bool
ferry_maven_next_word(const char **rest, struct maven_word *out)
{

	while (**rest != 0) {
		const char *word = *rest;
		size_t n = strcspn(word, " ");
		const char *colon, *mark;

		*rest += n + (word[n] == ' ');
		*out = (struct maven_word){ .if_there = *word == '?' };
		if (out->if_there) {
			word++;
			n--;
		}
		colon = memchr(word, ':', n);
		if (n == 0 || *word == '=' || colon == NULL)
			continue;
		out->classifier = ferry_bytes_of(word, (size_t)(colon - word));
		out->extension =
		    ferry_bytes_of(colon + 1, n - out->classifier.n - 1);
		mark = memchr(colon + 1, '#', out->extension.n);
		if (mark != NULL) {
			size_t k = (size_t)(mark - colon) - 1;

			out->digests =
			    ferry_bytes_of(mark + 1, out->extension.n - k - 1);
			out->extension.n = k;
		}
		if (out->extension.n > 0)
			return true;
	}
	return false;
}

bool
ferry_maven_next_digest(struct ferry_bytes *digests, struct ferry_digest *out)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;

	while (digests->n > 0) {
		const uint8_t *mark = memchr(digests->p, '#', digests->n),
			      *equals;
		size_t n =
		    mark == NULL ? digests->n : (size_t)(mark - digests->p);
		struct ferry_bytes text = ferry_bytes_of(digests->p, n);

		*digests = ferry_bytes_of(digests->p + n + (mark != NULL),
		    digests->n - n - (mark != NULL));
		if ((equals = memchr(text.p, '=', n)) == NULL)
			continue;
		for (int alg = 0; alg < FERRY_ALGS; alg++)
			if (ferry_bytes_is(ferry_bytes_of(text.p,
					       (size_t)(equals - text.p)),
				ferry_alg_name((enum ferry_alg)alg)) &&
			    ferry_digest_from_hex(out, (enum ferry_alg)alg,
				ferry_bytes_of(equals + 1,
				    n - 1 - (size_t)(equals - text.p)),
				&ignored) == 0)
				return true;
	}
	return false;
}

bool
ferry_maven_has_word(const char *words, const char *word)
{
	size_t want = strlen(word);

	while (words != NULL && *words != 0) {
		size_t n = strcspn(words, " ");

		if (n == want && memcmp(words, word, n) == 0)
			return true;
		words += n + (words[n] == ' ');
	}
	return false;
}

bool
ferry_maven_wants_main(const char *words)
{

	return words == NULL || ferry_maven_has_word(words, "*");
}

/* Of "-C.E" the classifier ends at the last dot: any cut calls the same file. */
int
ferry_maven_words(const char *name, const char *version, const char *file,
    struct ferry_buf *out, struct ferry_error *err)
{
	struct ferry_bytes artifact =
	    ferry_maven_artifact(ferry_bytes_str(name));
	size_t n = strlen(version);
	struct ferry_bytes classifier = ferry_bytes_of("", 0);
	const char *rest = file + artifact.n + 1, *dot;

	if (strlen(file) <= artifact.n + 1 + n ||
	    memcmp(file, artifact.p, artifact.n) != 0 ||
	    file[artifact.n] != '-' || memcmp(rest, version, n) != 0)
		return ferry_buf_adds(out, "pom", err);
	rest += n;
	dot = *rest == '-' ? strrchr(rest, '.') : rest;
	if (dot != NULL && dot > rest)
		classifier = ferry_bytes_of(rest + 1, (size_t)(dot - rest) - 1);
	if (dot == NULL || *dot != '.' || strcmp(rest, ".pom") == 0 ||
	    !ferry_maven_part_valid(ferry_bytes_str(dot + 1)) ||
	    (dot > rest && !ferry_maven_part_valid(classifier)))
		return ferry_buf_adds(out, "pom", err);
	return ferry_buf_addf(out, err, "?%.*s:%s", (int)classifier.n,
	    (const char *)classifier.p, dot + 1);
}

int
ferry_maven_name_of(struct ferry_buf *out, const struct ferry_version_at *at,
    struct ferry_bytes classifier, struct ferry_bytes extension,
    struct ferry_error *err)
{

	return ferry_maven_file_name(out,
	    ferry_maven_coordinates(at->packages, at->name), at->version,
	    classifier, extension, err);
}

int
ferry_maven_url_of(struct ferry_buf *out, const struct ferry_version_at *at,
    const char *name, struct ferry_error *err)
{

	return ferry_maven_tree(out, at->packages, at->name, err) == -1 ||
	               ferry_maven_version_folder(out,
			   ferry_maven_coordinates(at->packages, at->name),
			   at->version, err) == -1 ||
	               ferry_buf_addf(out, err, "/%s", name) == -1
	           ? -1
	           : 0;
}
