#include "store/rebuild/rebuilder.h"

#include "store/catalog/catalog.h"

int
ferry_rebuild_go_on(const struct ferry_rebuilder *r, struct ferry_error *err)
{

	return r->o->stopped != NULL && r->o->stopped()
	           ? ferry_error_set(err, FERRY_ECANCELLED,
			 "stopped; the store is as it was")
	           : 0;
}

int
ferry_rebuild_pause(struct ferry_rebuilder *r, struct ferry_error *err)
{
	if (!ferry_store_commit_due(r->st))
		return 0;
	if (r->o->on_progress != NULL)
		r->o->on_progress(r->o->ctx, r->st->totals.records,
		    r->out->history == FERRY_HISTORY_KEPT ? r->last : 0);
	return ferry_rebuild_go_on(r, err) == -1
	           ? -1
	           : ferry_store_commit(r->st, err);
}

int
ferry_rebuild_parse(struct ferry_bytes key, struct ferry_bytes value,
    json_t **root, struct ferry_journal_record *record, struct ferry_error *err)
{
	struct ferry_error why = FERRY_ERROR_INIT;

	*root = NULL;
	if (ferry_journal_parse(value, root, record, &why) == 0 && key.n == 8 &&
	    ferry_get_be64(key.p) == record->seq)
		return 1;
	json_decref(*root);
	*root = NULL;
	if (why.code == FERRY_ENOMEM) {
		*err = why;
		return -1;
	}
	return 0;
}
