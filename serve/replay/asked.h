#ifndef FERRY_REPLAY_ASKED_H
#define FERRY_REPLAY_ASKED_H

/*
 * The log of what is asked for: one line for each answer to a client that asked
 * for a package, or a part of one, and may know whether it is here.
 *
 *	{"time":"2026-…Z","id":"…","format":"maven","what":"version",
 *	 "upstream":"central","package":"org.ex:lib","version":"1.0",
 *	 "file":"lib-1.0.jar","status":200}
 *
 * what, package, version and file are those of struct ferry_pull_want: version
 * is absent for the document of a package, and is its tag for one of an image;
 * file is absent where versions come whole.  upstream is absent where nothing
 * of that name is here, or is only being pulled.  What was not here is counted for
 * the page, too (wished.h).
 */

struct ferry_call;
struct ferry_replay;
struct ferry_response;

/* rc as of answer(): 1 and res, 0, -1.  Does nothing without such a log, nor
 * where the answer is yet to come. */
void ferry_asked_add(const struct ferry_call *call,
    const struct ferry_replay *format, int rc,
    const struct ferry_response *res);

#endif
