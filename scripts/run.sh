#!/usr/bin/env bash
# Installs what is missing, builds, and starts AgentHub without questions.
#   run.sh                  a demonstration in a scratch folder: agenthubctl demo
#   run.sh --project PATH   the hub in the foreground, on that repository
# More words are passed on.
set -euo pipefail
here=$(pwd)
cd "$(dirname "$0")/.."
source scripts/deps.sh
install_missing --yes
# A folder of its own and no tests, so that a first run starts soon and leaves the build of test.sh alone.
build=${HUB_BUILD_DIR:-build-run}
[[ -f $build/build.ninja ]] || cmake -S . -B "$build" -G Ninja -DHUB_TESTS=OFF -DHUB_BENCH=OFF > /dev/null
cmake --build "$build" -j "$(build_jobs)"
bin=$PWD/$build/bin
cd "$here"
if (($# == 0)); then
    exec "$bin/agenthubctl" demo
fi
if [[ $1 == --project ]]; then
    if (($# < 2)) || [[ ! -d $2 ]]; then
        echo "run.sh: --project takes the folder of a git repository" >&2
        exit 2
    fi
    exec "$bin/agenthubd" "$@"
fi
exec "$bin/agenthubctl" "$@"
