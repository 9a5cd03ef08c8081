#include "serve/formats.h"

#include <stddef.h>

#include "serve/replay/github/github.h"
#include "serve/replay/maven/maven.h"
#include "serve/replay/metrics.h"
#include "serve/replay/npm/npm.h"
#include "serve/replay/nuget/nuget.h"
#include "serve/replay/oci/oci.h"
#include "serve/replay/rubygems/rubygems.h"
#include "serve/replay/tokens.h"

const struct ferry_replay *const ferry_serve_formats[] = { &ferry_replay_maven,
	&ferry_replay_npm, &ferry_replay_nuget, &ferry_replay_oci,
	&ferry_replay_rubygems, &ferry_replay_github, &ferry_replay_metrics,
	&ferry_replay_tokens, NULL };
