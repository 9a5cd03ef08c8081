#include "sync/upstream/maven/arguments.h"

#include <stdlib.h>
#include <string.h>

#include "store/base/error.h"
#include "store/base/file.h"
#include "sync/upstream/maven/maven.h"

#define CONFIG_MAX (1U << 20)
#define BLANKS " \t\r\n"

static void
add_property(struct maven *maven, const char *text)
{
	size_t n = strcspn(text, "=");

	if (n > 0 && ferry_builder_property(&maven->builder, text, n) == NULL &&
	    maven->builder.properties_n < MAVEN_NAMES_MAX)
		maven->properties[maven->builder.properties_n++] = text;
}

/* "a,+b,?c"; "!d" and "-e" are not active. */
static void
add_profiles(struct maven *maven, char *text)
{
	char *rest = NULL;

	for (char *name = strtok_r(text, ",", &rest); name != NULL;
	     name = strtok_r(NULL, ",", &rest)) {
		if (*name == '!' || *name == '-')
			continue;
		name += *name == '+' || *name == '?';
		if (*name != 0 && maven->builder.profiles_n < MAVEN_NAMES_MAX)
			maven->profiles[maven->builder.profiles_n++] = name;
	}
}

/* The value of an option that is written "-Dx", "-D x", "--define=x" or
 * "--define x"; NULL: word is another one. */
static char *
value_of(char *word, char **rest, const char *brief, const char *full)
{
	size_t n = strlen(full);

	if (strcmp(word, brief) == 0 || strcmp(word, full) == 0)
		return strtok_r(NULL, BLANKS, rest);
	if (strncmp(word, brief, 2) == 0)
		return word + 2;
	return strncmp(word, full, n) == 0 && word[n] == '=' ? word + n + 1
	                                                     : NULL;
}

static void
read_words(struct maven *maven, char *text)
{
	char *rest = NULL, *value;

	for (char *word = strtok_r(text, BLANKS, &rest); word != NULL;
	     word = strtok_r(NULL, BLANKS, &rest)) {
		if ((value = value_of(word, &rest, "-D", "--define")) != NULL)
			add_property(maven, value);
		else if ((value = value_of(word, &rest, "-P",
			      "--activate-profiles")) != NULL)
			add_profiles(maven, value);
	}
}

int
ferry_maven_arguments(
    struct maven *maven, size_t i, const char *path, struct ferry_error *err)
{
	const char *slash = strrchr(path, '/');
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_buf file = FERRY_BUF_INIT, text = FERRY_BUF_INIT;
	int rc = ferry_buf_addf(&file, err, "%.*s.mvn/maven.config",
	    slash == NULL ? 0 : (int)(slash - path) + 1, path);

	if (rc == 0 && maven->arguments[i] == NULL &&
	    ferry_file_read((char *)file.p, CONFIG_MAX, &text, &ignored) == 0 &&
	    text.p != NULL) {
		maven->arguments[i] = (char *)text.p;
		text = (struct ferry_buf)FERRY_BUF_INIT;
		read_words(maven, maven->arguments[i]);
	}
	ferry_buf_free(&text);
	ferry_buf_free(&file);
	return rc;
}
