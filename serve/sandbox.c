#include "serve/sandbox.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/base/bytes.h"
#include "store/base/error.h"
#include "store/base/log.h"

#define SCRATCH "ferryd-"

/* Of Linux 6.2; the headers may be older than the kernel. */
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14)
#endif

#define READ_FILE LANDLOCK_ACCESS_FS_READ_FILE
#define READ_DIR LANDLOCK_ACCESS_FS_READ_DIR
#define WRITE                                                                  \
	(LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG |         \
	    LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_TRUNCATE)
#define FOLDERS (LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_REMOVE_DIR)
/* All that landlock of the first kernel knows, and what the third adds. */
#define HANDLED_1 ((LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1)

struct ferry_sandbox {
	char *parent; /* where the scratch folder is */
	char *scratch;
	int lock; /* scratch, held while this process lives */
	bool landlock, seccomp;
};

/* The scratch folder */

static int
on_left(const char *path, const struct stat *sb, int type, struct FTW *ftw)
{

	(void)sb;
	(void)ftw;
	(void)(type == FTW_DP ? rmdir(path) : unlink(path));
	return 0;
}

static void
remove_tree(const char *path)
{

	(void)nftw(path, on_left, 8, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

/* Remove a folder if it is ours and no process holds it any more. */
static void
sweep_one(int parent, const char *folder, const char *name)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_buf path = FERRY_BUF_INIT;
	struct stat sb;
	int fd = openat(
	    parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd == -1)
		return;
	if (fstat(fd, &sb) == 0 && sb.st_uid == geteuid() &&
	    flock(fd, LOCK_EX | LOCK_NB) == 0 &&
	    ferry_buf_addf(&path, &ignored, "%s/%s", folder, name) == 0)
		remove_tree((const char *)path.p);
	ferry_buf_free(&path);
	(void)close(fd);
}

static void
sweep(const char *folder)
{
	DIR *d = opendir(folder);
	struct dirent *de;

	while (d != NULL && (de = readdir(d)) != NULL)
		if (strncmp(de->d_name, SCRATCH, sizeof(SCRATCH) - 1) == 0 &&
		    strlen(de->d_name) == sizeof(SCRATCH) - 1 + 6)
			sweep_one(dirfd(d), folder, de->d_name);
	if (d != NULL)
		(void)closedir(d);
}

int
ferry_sandbox_new(struct ferry_sandbox **out, struct ferry_error *err)
{
	const char *tmp = getenv("TMPDIR");
	struct ferry_buf path = FERRY_BUF_INIT;
	struct ferry_sandbox *s;

	if (tmp == NULL || *tmp == 0)
		tmp = "/tmp";
	if (ferry_calloc(&s, 1, sizeof(*s), err) == -1)
		return -1;
	s->lock = -1;
	sweep(tmp);
	if (ferry_strdup(&s->parent, tmp, err) == -1 ||
	    ferry_buf_addf(&path, err, "%s/" SCRATCH "XXXXXX", tmp) == -1)
		goto fail;
	s->scratch = (char *)path.p;
	if (mkdtemp(s->scratch) == NULL ||
	    (s->lock = open(s->scratch, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) ==
		-1 ||
	    flock(s->lock, LOCK_EX | LOCK_NB) == -1 ||
	    setenv("TMPDIR", s->scratch, 1) == -1) {
		ferry_error_errno(err, "%s", s->scratch);
		goto fail;
	}
	*out = s;
	return 0;
fail:
	ferry_sandbox_free(s);
	return -1;
}

void
ferry_sandbox_free(struct ferry_sandbox *s)
{

	if (s == NULL)
		return;
	if (s->lock != -1) {
		remove_tree(s->scratch);
		(void)close(s->lock);
	}
	free(s->scratch);
	free(s->parent);
	free(s);
}

/* Landlock: the C library has no names for its calls */

static void
allow_fd(int rules, int fd, uint64_t access)
{
	struct landlock_path_beneath_attr rule = { access, fd };
	struct stat sb;

	if (fd == -1)
		return;
	/* What is of folders only cannot be allowed for a file. */
	if (fstat(fd, &sb) == 0 && !S_ISDIR(sb.st_mode))
		rule.allowed_access &= READ_FILE |
		                       LANDLOCK_ACCESS_FS_WRITE_FILE |
		                       LANDLOCK_ACCESS_FS_TRUNCATE;
	(void)syscall(
	    SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
	(void)close(fd);
}

static void
allow(int rules, const char *path, uint64_t access)
{

	if (path != NULL)
		allow_fd(rules, open(path, O_PATH | O_CLOEXEC), access);
}

/* The folder that a file is in. */
static void
allow_beside(int rules, const char *path, uint64_t access)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;
	const char *slash = path == NULL ? NULL : strrchr(path, '/');
	char *folder = NULL;

	if (path == NULL)
		return;
	if (slash == NULL || slash == path)
		allow(rules, slash == NULL ? "." : "/", access);
	else if (ferry_strndup(&folder,
		     ferry_bytes_of(path, (size_t)(slash - path)),
		     &ignored) == 0)
		allow(rules, folder, access);
	free(folder);
}

/* Everything in the store but its keys.  One that an older ferry made gets the
 * folder of tokens with the first token: until then nothing can be left out. */
static void
allow_store(int rules, const char *path)
{
	DIR *d = path == NULL ? NULL : opendir(path);
	bool whole = d != NULL && faccessat(dirfd(d), "tokens", F_OK, 0) == -1;
	struct dirent *de;

	allow(rules, path, whole ? READ_FILE | READ_DIR : READ_DIR);
	while (d != NULL && (de = readdir(d)) != NULL)
		if (de->d_name[0] != '.' && strcmp(de->d_name, "keys") != 0)
			allow_fd(rules,
			    openat(dirfd(d), de->d_name, O_PATH | O_CLOEXEC),
			    READ_FILE | READ_DIR);
	if (d != NULL)
		(void)closedir(d);
}

static int
enter_landlock(
    const struct ferry_sandbox *s, const struct ferry_sandbox_paths *paths)
{
	/* Names of hosts and users, time zones, processors. */
	static const char *const system[] = { "/etc", "/usr", "/lib", "/lib64",
		"/proc", "/sys/devices/system", "/sys/fs/cgroup", "/dev" };
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0,
	    LANDLOCK_CREATE_RULESET_VERSION);
	uint64_t known = abi >= 3 ? HANDLED_1 | LANDLOCK_ACCESS_FS_REFER |
	                                LANDLOCK_ACCESS_FS_TRUNCATE
	                 : abi == 2 ? HANDLED_1 | LANDLOCK_ACCESS_FS_REFER
	                            : HANDLED_1;
	struct landlock_ruleset_attr attr = { .handled_access_fs = known };
	int rules, rc;

	if (abi < 1)
		return -1;
	rules =
	    (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
	if (rules == -1)
		return -1;
	for (size_t i = 0; i < sizeof(system) / sizeof(system[0]); i++)
		allow(rules, system[i], READ_FILE | READ_DIR);
	allow(rules, "/dev/null", READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE);
	allow_store(rules, paths->store);
	for (size_t i = 0; i < sizeof(paths->read) / sizeof(paths->read[0]);
	     i++)
		allow_beside(rules, paths->read[i], READ_FILE | READ_DIR);
	for (size_t i = 0;
	     i < sizeof(paths->written) / sizeof(paths->written[0]); i++)
		allow_beside(
		    rules, paths->written[i], (WRITE | READ_DIR) & known);
	allow(rules, s->scratch,
	    (WRITE | FOLDERS | READ_FILE | READ_DIR) & known);
	allow(rules, getenv("CACHE_DIRECTORY"),
	    (WRITE | READ_FILE | READ_DIR) & known);
	/* To remove the scratch folder, once it is empty. */
	allow(rules, s->parent, LANDLOCK_ACCESS_FS_REMOVE_DIR);
	rc = (int)syscall(SYS_landlock_restrict_self, rules, 0);
	(void)close(rules);
	return rc;
}

/* Seccomp */

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
/* What a full exercise of the server makes, and its relatives on other
 * machines and versions of the libraries; sorted. */
static const char *const calls[] = { "accept", "accept4", "access",
	"arch_prctl", "bind", "brk", "clock_getres", "clock_gettime",
	"clock_nanosleep", "clone", "clone3", "close", "close_range", "connect",
	"dup", "dup2", "dup3", "epoll_create1", "epoll_ctl", "epoll_pwait",
	"epoll_pwait2", "epoll_wait", "eventfd2", "exit", "exit_group",
	"faccessat", "faccessat2", "fadvise64", "fallocate", "fcntl",
	"fdatasync", "flock", "fstat", "fstatfs", "fsync", "ftruncate", "futex",
	"getcwd", "getdents64", "getegid", "geteuid", "getgid", "getpeername",
	"getpid", "getppid", "getrandom", "getrlimit", "getrusage",
	"getsockname", "getsockopt", "gettid", "gettimeofday", "getuid",
	"ioctl", "listen", "lseek", "lstat", "madvise", "membarrier", "mkdir",
	"mkdirat", "mmap", "mprotect", "mremap", "munmap", "nanosleep",
	"newfstatat", "open", "openat", "pipe2", "poll", "ppoll", "prctl",
	"pread64", "preadv", "prlimit64", "pwrite64", "pwritev", "read",
	"readahead", "readlink", "readlinkat", "readv", "recvfrom", "recvmmsg",
	"recvmsg", "rename", "renameat", "renameat2", "restart_syscall",
	"rmdir", "rseq", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn",
	"rt_sigtimedwait", "sched_getaffinity", "sched_setaffinity",
	"sched_yield", "select", "sendfile", "sendmmsg", "sendmsg", "sendto",
	"set_robust_list", "set_tid_address", "setsockopt", "shutdown",
	"sigaltstack", "socket", "socketpair", "stat", "statfs", "statx",
	"sync_file_range", "sysinfo", "tgkill", "time", "uname", "unlink",
	"unlinkat", "utimensat", "write", "writev" };

static int
enter_seccomp(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int rc = filter == NULL ? -ENOMEM : 0;

	for (size_t i = 0; rc == 0 && i < sizeof(calls) / sizeof(calls[0]);
	     i++) {
		int number = seccomp_syscall_resolve_name(calls[i]);

		/* Not every machine has all of them. */
		if (number != __NR_SCMP_ERROR)
			rc =
			    seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 0);
	}
	if (rc == 0)
		rc = seccomp_load(filter);
	seccomp_release(filter);
	errno = -rc;
	return rc == 0 ? 0 : -1;
}
#else
/* Sanitizers make calls of their own. */
static int
enter_seccomp(void)
{

	errno = ENOTSUP;
	return -1;
}
#endif

void
ferry_sandbox_enter(
    struct ferry_sandbox *s, const struct ferry_sandbox_paths *paths)
{
	const struct rlimit none = { 0, 0 };

	(void)setrlimit(RLIMIT_CORE, &none);
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		ferry_log(FERRY_LOG_WARNING,
		    "this kernel cannot forbid new privileges: %s",
		    strerror(errno));
	s->landlock = enter_landlock(s, paths) == 0;
	if (!s->landlock)
		ferry_log(FERRY_LOG_INFO,
		    "this kernel has no landlock (%s): what the server may "
		    "read and write is what its user may",
		    strerror(errno));
	s->seccomp = enter_seccomp() == 0;
	if (!s->seccomp)
		ferry_log(FERRY_LOG_INFO,
		    "this kernel has no seccomp (%s): the server may make any "
		    "system call",
		    strerror(errno));
}

/* Trying */

static bool
say(const char *what, bool holds, const char *why)
{

	(void)printf("%-3s  %s%s%s\n", holds ? "yes" : "no", what,
	    why[0] == 0 ? "" : ": ", why);
	return holds;
}

/* Whether path below the store can be opened. */
static bool
opens(const char *store, const char *name, int flags)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_buf path = FERRY_BUF_INIT;
	int fd = -1;

	if (store != NULL &&
	    ferry_buf_addf(&path, &ignored, "%s/%s", store, name) == 0)
		fd = open((const char *)path.p, flags | O_CLOEXEC, 0600);
	if (fd != -1) {
		(void)close(fd);
		if ((flags & O_CREAT) != 0)
			(void)unlink((const char *)path.p);
	}
	ferry_buf_free(&path);
	return fd != -1;
}

static bool
reads_a_key(const char *store)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_buf path = FERRY_BUF_INIT;
	struct dirent *de;
	bool read = false;
	DIR *d = NULL;

	if (store != NULL &&
	    ferry_buf_addf(&path, &ignored, "%s/keys", store) == 0)
		d = opendir((const char *)path.p);
	while (d != NULL && !read && (de = readdir(d)) != NULL) {
		int fd = de->d_name[0] == '.' ? -1
		                              : openat(dirfd(d), de->d_name,
						    O_RDONLY | O_CLOEXEC);

		read = fd != -1;
		if (fd != -1)
			(void)close(fd);
	}
	if (d != NULL)
		(void)closedir(d);
	ferry_buf_free(&path);
	return read;
}

static bool
runs_a_program(void)
{
	char *const none[] = { NULL };
	int status = 0;
	pid_t child = fork();

	if (child == 0) {
		(void)execve("/bin/true", none, none);
		_exit(99);
	}
	return child > 0 && syscall(SYS_wait4, child, &status, 0, NULL) >= 0 &&
	       WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

unsigned
ferry_sandbox_check(
    struct ferry_sandbox *s, const struct ferry_sandbox_paths *paths)
{
	struct rlimit core = { 1, 1 };
	unsigned bad = 0;

	ferry_sandbox_enter(s, paths);
	(void)getrlimit(RLIMIT_CORE, &core);
	bad += !say("it does not run as root", geteuid() != 0, "");
	bad += !say("no new privileges",
	    prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1, "");
	bad += !say("no core dumps",
	    core.rlim_cur == 0 && prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0, "");
	bad += !say(
	    "landlock", s->landlock, s->landlock ? "" : "this kernel has none");
	bad += !say(
	    "the store's keys cannot be read", !reads_a_key(paths->store), "");
	bad += !say("nothing can be written to the store",
	    !opens(paths->store, "sandbox-check", O_WRONLY | O_CREAT | O_EXCL),
	    "");
	bad += !say(
	    "seccomp", s->seccomp, s->seccomp ? "" : "this kernel has none");
	bad += !say("no program can be started", !runs_a_program(), "");
	return bad;
}
