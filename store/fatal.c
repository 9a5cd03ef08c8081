#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "store/store.h"

#define STATUS 7 /* disk or system: sync/command/command.h, serve/main.c */

/* std::set_terminate(), which has no name in C. */
typedef void terminate_handler(void);
terminate_handler *
set_terminate(terminate_handler *handler) __asm__("_ZSt13set_terminatePFvvE");

static void
on_terminate(void)
{
	char line[256];
	int n = snprintf(line, sizeof(line),
	    "%s: out of memory, or of threads: nothing after the last commit "
	    "was kept; give it more (ulimit -v, ulimit -u, or MemoryMax and "
	    "TasksMax of its unit), and repeat\n",
	    program_invocation_short_name);
	ssize_t ignored = write(STDERR_FILENO, line, (size_t)n);

	(void)ignored;
	_exit(STATUS);
}

/* An assertion of RocksDB, which has said its line: some do not hold when a disk
 * gives an error in the middle of opening an index. */
static void
on_abort(int signo)
{
	static const char line[] =
	    "ferry: what is said above ended it, as a disk's error in the "
	    "middle of opening the index can: nothing after the last commit "
	    "was kept; see whether the disk has errors (dmesg), and repeat\n";
	ssize_t ignored = write(STDERR_FILENO, line, sizeof(line) - 1);

	(void)signo;
	(void)ignored;
	_exit(STATUS);
}

void
ferry_store_catch_fatal(void)
{

	(void)set_terminate(on_terminate);
	(void)signal(SIGABRT, on_abort);
}
