#!/usr/bin/env bash
# Formats all C++ files of the repository; --check only says which are not formatted, and fails then.
set -euo pipefail
cd "$(dirname "$0")/.."
tool=$(command -v clang-format-14 || true)
if [[ -z $tool ]]; then
    echo "format: clang-format-14 is missing; other versions format differently. apt-get install clang-format-14" >&2
    exit 1
fi
mapfile -d '' -t files < <(git ls-files -z --cached --others --exclude-standard -- '*.h' '*.cpp')
if [[ ${1:-} == --check ]]; then
    "$tool" --dry-run --Werror "${files[@]}"
else
    "$tool" -i "${files[@]}"
fi
