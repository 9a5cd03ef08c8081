/*
 * recipe [-l LEVEL] [-o FILE] NEW [BASE [BASE]]: makes a recipe for NEW, which
 * applies it, too, and prints what came of it as a line of JSON.  With -o the
 * recipe is kept.
 *
 * recipe -a RECIPE -o FILE NEW [BASE [BASE]]: applies one; NEW tells what must
 * come out.
 */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "store/base/error.h"
#include "store/recipe/model.h"
#include "store/recipe/recipe.h"
#include "store/recipe/spool.h"
#include "tests/tools/tool.h"

static struct ferry_bytes
map(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	void *p = NULL;

	if (fd == -1 || fstat(fd, &st) == -1 ||
	    (st.st_size > 0 && (p = mmap(NULL, (size_t)st.st_size, PROT_READ,
				    MAP_PRIVATE, fd, 0)) == MAP_FAILED)) {
		perror(path);
		exit(1);
	}
	(void)close(fd);
	return ferry_bytes_of(p, (size_t)st.st_size);
}

static double
seconds(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

static int
on_data(void *ctx, const void *p, size_t n, struct ferry_error *err)
{

	if (ctx != NULL && fwrite(p, 1, n, ctx) != n)
		return ferry_error_errno(err, "writing");
	return 0;
}

int
main(int argc, char **argv)
{
	static const char *const outcomes[] = { "made", "too large", "unfit",
		"differs" };
	struct ferry_recipe_options options = { 0, UINT64_MAX, AT_FDCWD,
		FERRY_RECIPE_ALWAYS, true };
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_recipe_bases bases = { .n = 0 };
	struct ferry_recipe_made made = { .model = NULL };
	const char *apply = NULL, *out = NULL;
	struct ferry_digest sha256;
	struct ferry_bytes blob;
	struct rusage usage;
	FILE *f = NULL;
	double start;
	int c, rc;

	while ((c = getopt(argc, argv, "a:l:o:")) != -1)
		if (c == 'a')
			apply = optarg;
		else if (c == 'l')
			options.level = (int)strtol(optarg, NULL, 10);
		else if (c == 'o')
			out = optarg;
		else
			return 2;
	if (optind == argc || argc - optind > 3) {
		(void)fprintf(stderr,
		    "usage: recipe [-l LEVEL] [-o FILE] NEW [BASE [BASE]]\n"
		    "       recipe -a RECIPE -o FILE NEW [BASE [BASE]]\n");
		return 2;
	}
	if (out != NULL && (f = fopen(out, "wb")) == NULL) {
		perror(out);
		return 1;
	}
	blob = map(argv[optind]);
	while (++optind < argc) {
		bases.mapped[bases.n] = true;
		bases.v[bases.n++] = map(argv[optind]);
	}
	/* Before the clock runs: it makes libcrypto ready, once a process. */
	CHECK(ferry_spool_hash(blob, true, &sha256, &err));
	start = seconds();
	if (apply != NULL) {
		CHECK(ferry_recipe_apply(map(apply), &bases, blob.n, &sha256,
		    AT_FDCWD, on_data, f, &err));
		rc = 1;
	} else
		CHECK(rc = ferry_recipe_make(
			  blob, &bases, &options, on_data, f, &made, &err));
	(void)getrusage(RUSAGE_SELF, &usage);
	(void)printf(
	    "{\"blob\":%zu,\"outcome\":\"%s\",\"recipe\":%llu,"
	    "\"image\":%llu,\"streams\":%llu,\"exact\":%llu,\"copied\":%llu,"
	    "\"corrections\":%llu,\"model\":\"%s\","
	    "\"seconds\":%.3f,\"memory\":%ld,\"why\":\"%s\"}\n",
	    blob.n, outcomes[made.outcome], (unsigned long long)made.size,
	    (unsigned long long)made.image, (unsigned long long)made.streams,
	    (unsigned long long)made.exact, (unsigned long long)made.copied,
	    (unsigned long long)made.corrections,
	    made.model == NULL ? "" : made.model->name, seconds() - start,
	    usage.ru_maxrss * 1024, made.why);
	if (f != NULL && fclose(f) != 0) {
		perror(out);
		return 1;
	}
	return rc == 1 ? 0 : 3;
}
