#ifndef FERRY_SYNC_COMMAND_DOCTOR_H
#define FERRY_SYNC_COMMAND_DOCTOR_H

/* What `ferry doctor` looks at, and how it says what it found. */

struct ferry_context;
struct ferry_error;

enum ferry_doctor_state {
	FERRY_DOCTOR_OK,
	FERRY_DOCTOR_NOTE, /* not wrong, and may surprise */
	FERRY_DOCTOR_WRONG,
	FERRY_DOCTOR_SKIPPED /* could not be looked at, and why */
};
struct ferry_doctor {
	struct ferry_context *ctx;
	unsigned wrong;
};

/* Print one finding; what is wrong is counted. */
void ferry_doctor_say(struct ferry_doctor *d, const char *check,
    enum ferry_doctor_state state, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* Ask each upstream for its first page: whether it is reached, what it says of
 * our credentials, and whether its clock is ours.  Errors: FERRY_ENOMEM. */
int ferry_doctor_upstreams(struct ferry_doctor *d, struct ferry_error *err);
/* The certificate of the group serve, and whether ferryd answers there. */
int ferry_doctor_server(struct ferry_doctor *d, struct ferry_error *err);

#endif
