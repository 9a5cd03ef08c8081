/* Manifests of Kubernetes: the images of containers and volumes. */

#include "store/base/error.h"
#include "sync/select/images/images.h"
#include "sync/select/images/kind.h"
#include "sync/select/yaml.h"

struct kube {
	const struct ferry_images *im;
	bool found; /* something that has containers */
};

/* node names an image; "" and null leave that to somebody else. */
static int
report(
    struct kube *k, const struct ferry_yaml_node *node, struct ferry_error *err)
{
	struct ferry_bytes text = ferry_yaml_text(node);

	if (text.n == 0)
		return 0;
	k->found = true;
	return ferry_images_found(
	    k->im, node->line, text, ferry_bytes_of("", 0), err);
}

static int
read_list(struct kube *k, const struct ferry_yaml_node *list, bool volumes,
    struct ferry_error *err)
{
	const struct ferry_yaml_node *image;
	struct ferry_yaml_iter it;

	if (!ferry_yaml_is_a(list, FERRY_YAML_SEQUENCE))
		return 0;
	ferry_yaml_iter(&it, list);
	while (ferry_yaml_iter_next(&it)) {
		image = ferry_yaml_get(it.value, "image");
		if (volumes)
			image = ferry_yaml_get(image, "reference");
		if (report(k, image, err) == -1)
			return -1;
	}
	return 0;
}

/*
 * Pod templates are anywhere: in lists, in jobs in CronJobs, in resources of
 * kinds that nobody has thought of yet.  The depth is that of the document.
 */
static int
walk(
    struct kube *k, const struct ferry_yaml_node *node, struct ferry_error *err)
{
	struct ferry_yaml_iter it;

	ferry_yaml_iter(&it, node);
	while (ferry_yaml_iter_next(&it)) {
		if (ferry_yaml_is(it.key, "containers") ||
		    ferry_yaml_is(it.key, "initContainers") ||
		    ferry_yaml_is(it.key, "ephemeralContainers")) {
			if (read_list(k, it.value, false, err) == -1)
				return -1;
		} else if (ferry_yaml_is(it.key, "volumes")) {
			if (read_list(k, it.value, true, err) == -1)
				return -1;
		}
		if (walk(k, it.value, err) == -1)
			return -1;
	}
	return 0;
}

int
ferry_images_kube(const struct ferry_images *im,
    const struct ferry_yaml_node *root, struct ferry_error *err)
{
	struct kube k = { .im = im };

	if (walk(&k, root, err) == -1)
		return -1;
	return k.found || (ferry_yaml_get(root, "apiVersion") != NULL &&
			      ferry_yaml_get(root, "kind") != NULL);
}
