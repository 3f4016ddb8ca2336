#!/usr/bin/env bash
# Runs a test as an account without rights, for root hides what goes wrong with them: permissions, hard links to the
# files of others, freezing without groups. Started by root it becomes nobody; anybody else has no rights already.
# usage: as_nobody.sh SOURCE_DIR BIN_DIR PROGRAM [ARGUMENT]…    BIN_DIR as an argument means nobody's copy of it
set -euo pipefail
source_dir=$1 bin_dir=$2
shift 2
[[ $(id -u) == 0 ]] || exec env HUB_SOURCE_DIR="$source_dir" HUB_BIN_DIR="$bin_dir" "$@"

# The source and build folders may be closed to others, so nobody gets what it needs in a folder of its own.
home=$(mktemp -d "${TMPDIR:-/tmp}/agenthub-nobody-XXXXXX")
trap 'rm -rf -- "$home"' EXIT
mkdir -p "$home/bin" "$home/source/tests" "$home/tmp"
cp -R "$source_dir/docs" "$home/source/"
cp -R "$source_dir/tests/support" "$source_dir/tests/integration" "$home/source/tests/"
[[ ! -d $bin_dir ]] || cp "$bin_dir"/* "$home/bin/"
words=()
for word in "$@"; do
    if [[ $word == "$bin_dir" ]]; then
        word=$home/bin
    elif [[ $word == "$source_dir"/tests/* && -f $home/source/${word#"$source_dir"/} ]]; then
        word=$home/source/${word#"$source_dir"/}
    elif [[ $word == /* && -x $word ]]; then
        cp "$word" "$home/bin/"
        word=$home/bin/${word##*/}
    fi
    words+=("$word")
done
chown -R nobody:nogroup "$home"
git init -q "$home/foreign"
cd "$home"
env -u XDG_RUNTIME_DIR PATH=/usr/local/bin:/usr/bin:/bin HOME="$home" TMPDIR="$home/tmp" \
    HUB_SOURCE_DIR="$home/source" HUB_BIN_DIR="$home/bin" HUB_FOREIGN_REPOSITORY="$home/foreign" \
    setpriv --reuid=nobody --regid=nogroup --clear-groups --bounding-set=-all "${words[@]}"
