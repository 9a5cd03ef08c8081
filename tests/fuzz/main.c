/*
 * Run a fuzz driver without a fuzzer: first every file of a folder, then
 * mutations of them.
 *
 *	fuzz_NAME FOLDER [MUTATIONS [SECONDS [SEED [FIRST]]]]
 *
 * Mutation number n depends on the files, the seed and n alone.  When the
 * driver dies, the input is written to fuzz-NAME.input and its number is
 * printed: "fuzz_NAME FOLDER 1 60 SEED n" runs only that one again.
 *
 * The driver runs in a child, which tells its number through shared memory:
 * a sanitizer ends the process where it stands.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fuzz.h"

#define INPUT_MAX (256U << 10)
#define FILES_MAX 1024

struct input {
	char name[256];
	uint8_t *p;
	size_t n;
};

struct shared {
	uint64_t number; /* of the mutation; UINT64_MAX: files themselves */
	size_t n;
	uint8_t p[INPUT_MAX];
};

static void
die(const char *what)
{

	perror(what);
	exit(2);
}

static uint64_t
next(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	/* splitmix64: any seed is a good one. */
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static size_t
below(uint64_t *state, size_t n)
{

	return n == 0 ? 0 : (size_t)(next(state) % n);
}

static int
by_name(const void *a, const void *b)
{

	return strcmp(
	    ((const struct input *)a)->name, ((const struct input *)b)->name);
}

static size_t
read_folder(struct input *files, const char *folder)
{
	DIR *dir = opendir(folder);
	struct dirent *d;
	size_t n = 0;

	if (dir == NULL)
		die(folder);
	while ((d = readdir(dir)) != NULL && n < FILES_MAX) {
		int fd = openat(dirfd(dir), d->d_name, O_RDONLY | O_CLOEXEC);
		struct input *in = &files[n];
		struct stat st;
		ssize_t got;

		if (fd == -1 || fstat(fd, &st) == -1)
			die(d->d_name);
		if (S_ISREG(st.st_mode)) {
			if ((in->p = malloc(INPUT_MAX)) == NULL)
				die("malloc");
			if ((got = read(fd, in->p, INPUT_MAX)) == -1)
				die(d->d_name);
			in->n = (size_t)got;
			(void)snprintf(
			    in->name, sizeof(in->name), "%s", d->d_name);
			n++;
		}
		(void)close(fd);
	}
	(void)closedir(dir);
	/* Folders have no order, and numbers must mean the same everywhere. */
	qsort(files, n, sizeof(files[0]), by_name);
	return n;
}

/* Replace out->p[at..at+cut] by n bytes. */
static void
exchange(struct shared *out, size_t at, size_t cut, const uint8_t *p, size_t n)
{

	if (at > out->n)
		at = out->n;
	if (cut > out->n - at)
		cut = out->n - at;
	if (n > INPUT_MAX - (out->n - cut))
		n = INPUT_MAX - (out->n - cut);
	memmove(out->p + at + n, out->p + at + cut, out->n - at - cut);
	if (n > 0)
		memcpy(out->p + at, p, n);
	out->n = out->n - cut + n;
}

static void
mutate_once(struct shared *out, const struct input *files, size_t n_files,
    uint64_t *state)
{
	static const char *const words[] = { "\"", "\\", "\\u0000", "\\ud800",
		"{", "}", "[", "]", ",", ":", "null", "true", "-", "0", "1e9",
		"99999999999999999999", "9007199254740991", ".", "..", "/", "@",
		" ", "\t", "\n", "||", " - ", "~", "^", ">=", "<", "*", "x",
		"v", "+", "\x7f", "\x80", "\xff", "\xef\xbb\xbf", "%2f" };
	const struct input *other = &files[below(state, n_files)];
	size_t at = below(state, out->n + 1), from;
	uint8_t byte = (uint8_t)next(state), copy[256];
	const char *word;

	switch (below(state, 8)) {
	case 0:
		if (at < out->n)
			out->p[at] ^= (uint8_t)(1 << (byte & 7));
		break;
	case 1:
		exchange(out, at, 1, &byte, 1);
		break;
	case 2:
		exchange(out, at, 0, &byte, 1);
		break;
	case 3:
		exchange(out, at, 1 + below(state, 16), NULL, 0);
		break;
	case 4:
		word = words[below(state, sizeof(words) / sizeof(words[0]))];
		exchange(out, at, below(state, 3), (const uint8_t *)word,
		    strlen(word));
		break;
	case 5: /* a piece of another file */
		from = below(state, other->n + 1);
		exchange(out, at, below(state, 32), other->p + from,
		    below(state, other->n - from + 1) % 256);
		break;
	case 6: /* a piece of itself */
		from = below(state, out->n + 1);
		{
			size_t n = below(state, out->n - from + 1) % 256;

			memcpy(copy, out->p + from, n);
			exchange(out, at, 0, copy, n);
		}
		break;
	default: /* cut off, seldom: it makes most parsers stop early */
		if (below(state, 4) == 0)
			out->n = at;
		break;
	}
}

static void
run(const struct shared *in)
{
	/* Memory of exactly its size, so that reading past it is seen. */
	uint8_t *p = malloc(in->n == 0 ? 1 : in->n);

	if (p == NULL)
		die("malloc");
	memcpy(p, in->p, in->n);
	(void)LLVMFuzzerTestOneInput(p, in->n);
	free(p);
}

static uint64_t
seconds(void)
{
	struct timespec ts;

	if (clock_gettime(CLOCK_MONOTONIC, &ts) == -1)
		die("clock_gettime");
	return (uint64_t)ts.tv_sec;
}

/* What the child does. */
static void
work(struct shared *sh, const struct input *files, size_t n_files,
    uint64_t mutations, uint64_t limit, uint64_t seed, uint64_t first)
{
	uint64_t end = seconds() + limit, n;

	sh->number = UINT64_MAX;
	for (size_t i = 0; i < n_files; i++) {
		memcpy(sh->p, files[i].p, files[i].n);
		sh->n = files[i].n;
		run(sh);
	}
	for (n = first; n < first + mutations && seconds() < end; n++) {
		uint64_t state = seed ^ n * 0xd1342543de82ef95;
		const struct input *file;
		size_t times;

		(void)next(&state);
		file = &files[below(&state, n_files)];
		memcpy(sh->p, file->p, file->n);
		sh->n = file->n;
		times = 1 + below(&state, 8);
		for (size_t i = 0; i < times; i++)
			mutate_once(sh, files, n_files, &state);
		sh->number = n;
		run(sh);
	}
	(void)printf("%zu files and %llu mutations, seed %llu\n", n_files,
	    (unsigned long long)(n - first), (unsigned long long)seed);
}

static void
report(const struct shared *sh, const char *program, uint64_t seed)
{
	const char *slash = strrchr(program, '/');
	char path[300];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s.input",
	    slash == NULL ? program : slash + 1);
	if ((f = fopen(path, "wb")) == NULL ||
	    fwrite(sh->p, 1, sh->n, f) != sh->n || fclose(f) != 0)
		die(path);
	(void)fprintf(stderr, "%s: died of %s", program,
	    sh->number == UINT64_MAX ? "a file" : "mutation ");
	if (sh->number != UINT64_MAX)
		(void)fprintf(stderr, "%llu, seed %llu",
		    (unsigned long long)sh->number, (unsigned long long)seed);
	(void)fprintf(stderr, "; the input is in %s\n", path);
}

static uint64_t
argument(int argc, char **argv, int i, uint64_t fallback)
{
	char *end;
	unsigned long long v;

	if (i >= argc)
		return fallback;
	errno = 0;
	v = strtoull(argv[i], &end, 10);
	if (errno != 0 || *end != 0 || end == argv[i]) {
		(void)fprintf(stderr, "'%s' is not a number\n", argv[i]);
		exit(2);
	}
	return v;
}

int
main(int argc, char **argv)
{
	uint64_t mutations = argument(argc, argv, 2, 20000);
	uint64_t limit = argument(argc, argv, 3, 5);
	uint64_t seed = argument(argc, argv, 4, 1);
	uint64_t first = argument(argc, argv, 5, 0);
	struct input *files;
	struct shared *sh;
	size_t n_files;
	int status;
	pid_t pid;

	if (argc < 2) {
		(void)fprintf(stderr,
		    "usage: %s FOLDER [MUTATIONS [SECONDS [SEED [FIRST]]]]\n",
		    argv[0]);
		return 2;
	}
	if ((files = calloc(FILES_MAX, sizeof(*files))) == NULL)
		die("calloc");
	n_files = read_folder(files, argv[1]);
	if (n_files == 0) {
		(void)fprintf(stderr, "no files in %s\n", argv[1]);
		return 2;
	}
	sh = mmap(NULL, sizeof(*sh), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (sh == MAP_FAILED)
		die("mmap");
	if ((pid = fork()) == -1)
		die("fork");
	if (pid == 0)
		work(sh, files, n_files, mutations, limit, seed, first);
	else if (waitpid(pid, &status, 0) == -1)
		die("waitpid");
	for (size_t i = 0; i < n_files; i++)
		free(files[i].p);
	free(files);
	if (pid == 0)
		return 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	report(sh, argv[0], seed);
	return 1;
}
