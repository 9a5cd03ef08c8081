#ifndef FERRY_COMMAND_ACCESS_H
#define FERRY_COMMAND_ACCESS_H

/*
 * `ferry access`: access.c (dispatch, show).
 */

#include "sync/command/command.h"

struct access_options {
	bool text;
};

#endif
