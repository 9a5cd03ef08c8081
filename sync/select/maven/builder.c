#include "sync/select/maven/builder.h"

#include <string.h>

const char *
ferry_builder_property(
    const struct ferry_builder *builder, const char *name, size_t n)
{

	for (size_t i = 0; i < builder->properties_n; i++) {
		const char *property = builder->properties[i];

		if (strncmp(property, name, n) != 0)
			continue;
		if (property[n] == '=')
			return property + n + 1;
		if (property[n] == 0)
			return "true";
	}
	return NULL;
}
