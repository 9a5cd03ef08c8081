#ifndef FERRY_SYNC_BOX_FOLDER_H
#define FERRY_SYNC_BOX_FOLDER_H

/*
 * A folder below TMPDIR for what is made for one run.  Whoever is killed leaves
 * it: the next that makes one removes those of the same user that nobody holds.
 */

struct ferry_error;

struct ferry_box_folder {
	char *path; /* absolute, owned; NULL: there is none */
	int lock; /* of path; held until it is removed */
};
/* A new one, for the user alone.  Errors: FERRY_ESYSTEM, FERRY_ENOMEM. */
int
ferry_box_folder_make(struct ferry_box_folder *out, struct ferry_error *err);
/* With all that is in it; none is fine. */
void ferry_box_folder_remove(struct ferry_box_folder *folder);

#endif
