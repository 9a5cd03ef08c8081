#include "sync/upstream/root.h"

#include <stddef.h>

#include "store/base/conf.h"

int
ferry_root_finish(struct ferry_conf_group *root, struct ferry_error *err)
{
	static const char *const groups[] = { "serve", "export", "import",
		"pull" };
	struct ferry_conf_group *other;
	const char *store;

	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		if (ferry_conf_group(root, groups[i], &other, err) == -1)
			return -1;
	if (ferry_conf_path(root, "store", NULL, &store, err) == -1)
		return -1;
	return ferry_conf_finish(root, err);
}
