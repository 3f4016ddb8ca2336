# Sourced by the other scripts: the Debian packages that building and testing need, in one list.
# install_missing installs what is missing and says what; a machine that has everything is not touched.

hub_packages=(
    g++ cmake ninja-build ccache pkg-config git ca-certificates python3
    qt6-base-dev libqt6sql6-sqlite qt6-websockets-dev libgit2-dev libsqlite3-dev zlib1g-dev libsodium-dev
    libqcustomplot-dev qtkeychain-qt6-dev libsecret-1-0 qt6-tools-dev qt6-l10n-tools qt6-translations-l10n # the window
    strace procps util-linux clang-format-14
    openssh-server openssh-client # for the test of a window whose hub is elsewhere; no service of it need run
    fonts-dejavu-core tzdata # for agenthub-render: its letters, and the times of charts
)

missing_packages() {
    local package
    for package in "${hub_packages[@]}"; do
        dpkg-query -W -f '${db:Status-Status}\n' "$package" 2> /dev/null | grep -qx installed || echo "$package"
    done
}

install_missing() {
    if ! command -v dpkg-query > /dev/null || ! command -v apt-get > /dev/null; then
        echo "deps: this is not Debian, so nothing is installed; needed are the counterparts of: ${hub_packages[*]}" >&2
        return 0
    fi
    local missing
    mapfile -t missing < <(missing_packages)
    if ((${#missing[@]} == 0)); then
        return 0
    fi
    echo "deps: installing ${missing[*]}" >&2
    local -a as_root=()
    if ((EUID != 0)); then
        if ! command -v sudo > /dev/null; then
            echo "deps: cannot install: not root, and there is no sudo. As root, run: apt-get install ${missing[*]}" >&2
            return 1
        fi
        as_root=(sudo)
        # Without a terminal nobody could type a password.
        [[ -t 0 ]] || as_root=(sudo -n)
    fi
    local -a answer=()
    [[ -t 0 && -t 1 && ${1:-} != --yes ]] || answer=(--yes)
    local -a install=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install --no-install-recommends "${answer[@]}")
    # The lists of a fresh container are empty; an old list names versions that are gone.
    if ! "${install[@]}" "${missing[@]}" >&2; then
        "${as_root[@]}" apt-get update >&2
        "${install[@]}" "${missing[@]}" >&2
    fi
}

# Jobs that fit: one per core, and about 700 MB of free memory for each.
build_jobs() {
    local cores memory
    cores=$(nproc)
    memory=$(awk '/^MemAvailable:/ { print int($2 / 1024 / 700) }' /proc/meminfo)
    local jobs=$((memory < cores ? memory : cores))
    echo $((jobs > 0 ? jobs : 1))
}
