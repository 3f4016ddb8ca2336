#!/usr/bin/env bash
# Brings translations/window_*.ts, or the files given, up to date with the window's sources: new texts are added as unfinished, those that
# are gone are removed. Then translate what is unfinished, in Qt Linguist or by hand; tst_language says what is missing.
# Another language is another file: scripts/translate.sh translations/window_LOCALE.ts begins it.
set -euo pipefail
cd "$(dirname "$0")/.."

lupdate=$(qtpaths6 --query QT_HOST_BINS || true)/lupdate
if [[ ! -x $lupdate ]]; then
    echo "translate: Qt's lupdate is missing: apt-get install qt6-l10n-tools" >&2
    exit 3
fi
(($# > 0)) || set -- translations/window_*.ts
for file in "$@"; do
    language=$(basename "$file" .ts)
    language=${language#window_}
    # English needs its plurals only.
    plurals=()
    [[ $language != en ]] || plurals=(-pluralonly)
    "$lupdate" -silent -I . -extensions cpp,h -locations none -no-obsolete "${plurals[@]}" \
        -source-language en -target-language "$language" gui app/desktop core/chart -ts "$file"
done
