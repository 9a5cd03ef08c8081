#ifndef FERRY_SERVE_REPLAY_RUBYGEMS_RUBYGEMS_H
#define FERRY_SERVE_REPLAY_RUBYGEMS_RUBYGEMS_H

/*
 * RubyGems: /rubygems/ and /_registry/rubygems/ with, behind them, perhaps an
 * owner; and rubygems.HOST.
 *
 * Source: store/format/rubygems/PROTOCOL.md.
 */

struct ferry_replay;
extern const struct ferry_replay ferry_replay_rubygems;

#endif
