#ifndef FERRY_SERVE_REPLAY_NUGET_NUGET_H
#define FERRY_SERVE_REPLAY_NUGET_NUGET_H

/*
 * NuGet's protocol, version 3, read-only, and of version 2 what old clients ask
 * for.
 *
 * Source: store/format/nuget/PROTOCOL.md.
 */

struct ferry_replay;
extern const struct ferry_replay ferry_replay_nuget;

#endif
