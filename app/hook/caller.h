// Who runs git: found by looking up the line of parents, never by what the environment says.
#pragma once

namespace hub::hook
{

// An agent is whoever has a living agenthub-shim among its ancestors.
bool callerIsAgent();

// The git that calls this hook is `git pack-refs`, as `git gc` runs it too.
bool callerPacksRefs();

} // namespace hub::hook
