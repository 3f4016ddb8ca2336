#!/usr/bin/env bash
# Installs what is missing, builds, and runs the tests: all of them, or one by name (test.sh tst_commandline).
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/deps.sh
install_missing
jobs=$(build_jobs)
build=${HUB_BUILD_DIR:-build}
# Options that a person chose for the build folder stay; these are only its first ones.
[[ -f $build/build.ninja ]] || cmake -S . -B "$build" -G Ninja -DHUB_WERROR=ON ${HUB_CMAKE_OPTIONS:-}
cmake --build "$build" -j "$jobs"
if (($# > 0)); then
    exec ctest --test-dir "$build" --output-on-failure --no-tests=error -R "^$1\$"
fi
exec ctest --test-dir "$build" --output-on-failure --no-tests=error -j "$jobs"
