#include "sync/box/puller.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "store/base/clock.h"
#include "store/base/error.h"
#include "store/base/unix_socket.h"
#include "sync/box/child.h"
#include "sync/box/program.h"

#define WAIT_MS 60000U /* another command may write to the store meanwhile */
#define LOOK_MS 50
#define BUSY "another puller runs" /* that it says */

int
ferry_box_puller(pid_t *pid, const char *socket, const char *config,
    const char *store, const char *log, struct ferry_error *err)
{
	char path[4096], last[FERRY_CHILD_LINE];
	const char *const argv[] = { ferry_program_path(
					 "ferry", path, sizeof(path)),
		"--config", config, "--store", store, "pull", NULL };
	uint64_t until = ferry_ticks_ms() + WAIT_MS;

	*pid = 0;
	/* One that ends because another was faster leaves us that. */
	while (!ferry_unix_answers(socket)) {
		if (ferry_child_ended(pid)) {
			ferry_child_last(log, last);
			if (last[0] != 0 && strstr(last, BUSY) == NULL)
				return ferry_error_set(err, FERRY_ESYSTEM,
				    "'ferry pull' does not start: %s", last);
			if (ferry_child_start(
				pid, argv, log, FERRY_CHILD_NONE, err) == -1)
				return -1;
		}
		if (ferry_ticks_ms() > until) {
			ferry_child_stop(*pid);
			*pid = 0;
			return ferry_error_set(err, FERRY_ESYSTEM,
			    "'ferry pull' did not start within a minute: "
			    "another process writes to the store, perhaps");
		}
		(void)poll(NULL, 0, LOOK_MS);
	}
	return 0;
}
