#include "core/agents/presets.h"

#include "core/base/durablefile.h"

#include <QCryptographicHash>
#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>

#include <unistd.h>

using namespace Qt::StringLiterals;

namespace hub::agents
{

namespace
{

struct Preset {
    const char *file;   // at the top of the repository
    const char *unless; // another file that says more; may be null
    const char *setup;
    const char *check; // may be null
};

constexpr Preset presets[]{
    {"package-lock.json", nullptr, "npm ci", "npm test"},
    {"pnpm-lock.yaml", nullptr, "pnpm install --frozen-lockfile", "pnpm test"},
    {"uv.lock", nullptr, "uv sync --frozen", nullptr},
    {"Cargo.lock", nullptr, "cargo fetch --locked", "cargo test --locked"},
    {"Cargo.toml", "Cargo.lock", "cargo fetch", "cargo test"},
    {"CMakeLists.txt", nullptr, "cmake -S . -B build",
     "cmake --build build && ctest --test-dir build --output-on-failure"},
};

// Files that say which versions are wanted.
constexpr const char *lockFiles[]{
    "package-lock.json", "npm-shrinkwrap.json", "pnpm-lock.yaml", "yarn.lock", "uv.lock",      "poetry.lock",
    "Pipfile.lock",      "requirements.txt",    "Cargo.lock",     "go.sum",    "Gemfile.lock", "composer.lock"};

QByteArray within(const QString &folder, const char *file) { return QFile::encodeName(folder) + '/' + file; }
bool isThere(const QString &folder, const char *file) { return ::access(within(folder, file).constData(), R_OK) == 0; }

// `npm test` without such a script fails, and so does the one that `npm init` writes.
bool hasTestScript(const QString &folder)
{
    const auto text = readFile(within(folder, "package.json"));
    const QString script = text ? QJsonDocument::fromJson(*text)[u"scripts"_s][u"test"_s].toString() : QString();
    return !script.isEmpty() && !script.contains(u"no test specified");
}

} // namespace

QList<Proposal> proposeSettings(const QString &folder)
{
    Proposal setup{u"setup"_s, {}, {}}, check{u"check"_s, {}, {}};
    const auto join = [](Proposal &to, const char *command, const char *file) {
        to.value += (to.value.isEmpty() ? u""_s : u" && "_s) + QLatin1StringView(command);
        to.because += (to.because.isEmpty() ? u""_s : u", "_s) + QLatin1StringView(file);
    };
    for (const Preset &preset : presets) {
        if (!isThere(folder, preset.file) || (preset.unless && isThere(folder, preset.unless)))
            continue;
        join(setup, preset.setup, preset.file);
        const bool byScript = preset.check && QByteArrayView(preset.check).endsWith("pm test");
        if (preset.check && (!byScript || hasTestScript(folder)))
            join(check, preset.check, preset.file);
    }
    QList<Proposal> proposals{setup, check};
    proposals.removeIf([](const Proposal &proposal) { return proposal.value.isEmpty(); });
    return proposals;
}

QString setupKey(const QString &command, const QString &tree)
{
    QCryptographicHash hash(QCryptographicHash::Sha256);
    const auto add = [&hash](const QByteArray &bytes) {
        hash.addData(QByteArray::number(bytes.size()) + ':');
        hash.addData(bytes);
    };
    add(command.toUtf8());
    for (const char *file : lockFiles) {
        if (const auto content = readFile(within(tree, file))) {
            add(file);
            add(*content);
        }
    }
    return QString::fromLatin1(hash.result().toHex());
}

} // namespace hub::agents
