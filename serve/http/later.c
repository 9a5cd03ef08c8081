/* Exchanges that wait, and hold no thread. */

#include <stddef.h>

#include "serve/http/exchange.h"

/* With the lock: take it out of the list, and let it go on. */
static void
resume(struct exchange *ex)
{

	if (ex->link == NULL)
		return;
	*ex->link = ex->next;
	if (ex->next != NULL)
		ex->next->link = ex->link;
	ex->link = NULL;
	MHD_resume_connection(ex->connection);
}

void
ferry_exchange_resume(struct exchange *ex)
{

	(void)pthread_mutex_lock(&ex->server->later_lock);
	resume(ex);
	(void)pthread_mutex_unlock(&ex->server->later_lock);
}

bool
ferry_exchange_suspend(struct exchange *ex)
{
	struct ferry_server *server = ex->server;

	(void)pthread_mutex_lock(&server->later_lock);
	if (server->closing) {
		ex->let_go = true;
		(void)pthread_mutex_unlock(&server->later_lock);
		return false;
	}
	MHD_suspend_connection(ex->connection);
	ex->next = server->later;
	ex->link = &server->later;
	if (ex->next != NULL)
		ex->next->link = &ex->next;
	server->later = ex;
	(void)pthread_mutex_unlock(&server->later_lock);
	return true;
}

static void
let_go(struct ferry_server *server, bool for_good)
{

	(void)pthread_mutex_lock(&server->later_lock);
	server->closing = server->closing || for_good;
	while (server->later != NULL) {
		server->later->let_go = true;
		resume(server->later);
	}
	(void)pthread_mutex_unlock(&server->later_lock);
}

void
ferry_exchange_let_go(struct ferry_server *server)
{

	let_go(server, false);
}

void
ferry_exchange_close(struct ferry_server *server)
{

	let_go(server, true);
}
