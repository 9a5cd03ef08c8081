#ifndef FERRY_SERVE_FORMATS_H
#define FERRY_SERVE_FORMATS_H

/* The formats that this server has. */

struct ferry_replay;

/* Rows, in the order in which a URL is offered to them; NULL ends. */
extern const struct ferry_replay *const ferry_serve_formats[];

#endif
