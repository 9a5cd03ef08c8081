#include "sync/base/stop.h"

#include <signal.h>
#include <stddef.h>

/* The one variable of the program at file scope: a signal handler has no
 * other way to tell. */
static volatile sig_atomic_t stop_wanted;

bool
ferry_stop_wanted(void)
{

	return stop_wanted != 0;
}

static void
on_signal(int sig)
{

	(void)sig;
	stop_wanted = 1;
}

void
ferry_stop_catch(void)
{
	struct sigaction sa = { .sa_handler = on_signal };

	sa.sa_flags = (int)SA_RESETHAND;
	(void)sigaction(SIGINT, &sa, NULL);
	(void)sigaction(SIGTERM, &sa, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
}
