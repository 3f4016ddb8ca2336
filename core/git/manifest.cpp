#include "core/git/manifest.h"

#include "core/base/enumtext.h"

using namespace Qt::StringLiterals;

namespace hub::git
{

namespace
{

inline constexpr EnumText<NotHeldReason> reasonTexts[]{{NotHeldReason::TooBig, "too-big"_L1},
                                                       {NotHeldReason::Special, "special"_L1},
                                                       {NotHeldReason::Unreadable, "unreadable"_L1},
                                                       {NotHeldReason::MissingObject, "missing-object"_L1},
                                                       {NotHeldReason::Purged, "purged"_L1}};

QByteArray octal(quint32 mode) { return QByteArray::number(mode, 8); }

// "-" stands for an empty text, which would else vanish between two spaces.
QByteArray field(const QByteArray &bytes) { return bytes.isEmpty() ? QByteArray("-") : encodeName(bytes); }
QByteArray unfield(const QByteArray &text) { return text == "-" ? QByteArray() : decodeName(text); }

QByteArray flagLetters(const IndexEntry &entry)
{
    QByteArray letters = QByteArray::number(entry.stage);
    letters += entry.intentToAdd ? "i" : "";
    letters += entry.skipWorktree ? "s" : "";
    letters += entry.assumeValid ? "a" : "";
    return letters;
}

} // namespace

QString notHeldText(NotHeldReason reason) { return textOf(reasonTexts, reason); }

QByteArray encodeName(const QByteArray &name)
{
    static constexpr char digits[] = "0123456789ABCDEF";
    QByteArray text;
    for (const char c : name) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte > 0x20 && byte < 0x7f && byte != '%' && !(byte == '-' && name.size() == 1)) {
            text += c;
        } else {
            text += '%';
            text += digits[byte >> 4];
            text += digits[byte & 15];
        }
    }
    return text;
}

QByteArray decodeName(const QByteArray &text) { return QByteArray::fromPercentEncoding(text); }

quint32 Manifest::modeOf(const QByteArray &path, quint32 gitMode) const
{
    if (!modes.empty()) {
        if (const auto at = modes.find(path); at != modes.end())
            return at->second;
    }
    return gitMode == 0040000 ? folderMode : gitMode == 0100755 ? executableMode : fileMode;
}

QByteArray indexFlagLines(const std::vector<IndexEntry> &entries)
{
    QByteArray text;
    for (const IndexEntry &entry : entries)
        text += "index " + flagLetters(entry) + ' ' + octal(entry.mode) + ' ' + entry.id.hex() + ' ' +
                field(entry.path) + '\n';
    return text;
}

QByteArray manifestBytes(const Manifest &m)
{
    QByteArray text = "agenthub-manifest 1\n";
    text += "head " + (m.head.commit ? m.head.commit->hex() : QByteArray("unborn")) + ' ' + field(m.head.branch) + '\n';
    for (const auto &[name, commit] : m.branches)
        text += "branch " + (commit ? commit->hex() : QByteArray("none")) + ' ' + field(name) + '\n';
    if (m.alsoHeld)
        text += "also-held " + m.alsoHeld->hex() + '\n';
    text += "ignore " + QByteArray(m.ignoreCase ? "nocase " : "case ") + field(m.ignoreRules) + '\n';
    if (m.attributes)
        text += "attributes\n";
    text += "default " + octal(m.fileMode) + ' ' + octal(m.executableMode) + ' ' + octal(m.folderMode) + '\n';
    for (const auto &[path, mode] : m.modes)
        text += "mode " + octal(mode) + ' ' + field(path) + '\n';
    for (const auto &[path, unused] : m.emptyFolders)
        text += "folder " + field(path) + '\n';
    for (const auto &[path, reason] : m.notHeld)
        text += "not-held " + notHeldText(reason).toLatin1() + ' ' + field(path) + '\n';
    for (const auto &[path, unused] : m.inMotion)
        text += "in-motion " + field(path) + '\n';
    for (const auto &[path, unused] : m.blanked)
        text += "blanked " + field(path) + '\n';
    return text + indexFlagLines(m.indexFlags) + "end\n";
}

Result<Manifest> parseManifest(const QByteArray &bytes)
{
    const auto damaged = [] { return fail(ErrorCode::Corrupt, u"A snapshot's manifest is damaged."_s); };
    const QList<QByteArray> lines = bytes.split('\n');
    if (!lines.value(0).startsWith("agenthub-manifest "))
        return damaged();
    if (lines[0] != "agenthub-manifest 1")
        return fail(ErrorCode::Unsupported, u"A snapshot was made by a newer version of AgentHub."_s);
    if (lines.size() < 3 || lines[lines.size() - 2] != "end")
        return damaged();
    Manifest m;
    for (qsizetype i = 1; i < lines.size() - 2; ++i) {
        const QList<QByteArray> words = lines[i].split(' ');
        const QByteArray &kind = words[0];
        const QByteArray last = unfield(words.last());
        const auto number = [&](qsizetype at) { return words.value(at).toUInt(nullptr, 8); };
        if (kind == "head" && words.size() == 3) {
            m.head.commit = ObjectId::fromHex(words[1]);
            m.head.branch = last;
        } else if (kind == "branch" && words.size() == 3) {
            m.branches[last] = ObjectId::fromHex(words[1]);
        } else if (kind == "also-held") {
            m.alsoHeld = ObjectId::fromHex(words.value(1));
        } else if (kind == "ignore" && words.size() == 3) {
            m.ignoreCase = words[1] == "nocase";
            m.ignoreRules = last;
        } else if (kind == "attributes") {
            m.attributes = true;
        } else if (kind == "default" && words.size() == 4) {
            m.fileMode = number(1);
            m.executableMode = number(2);
            m.folderMode = number(3);
        } else if (kind == "mode" && words.size() == 3) {
            m.modes[last] = number(1);
        } else if (kind == "folder" && words.size() == 2) {
            m.emptyFolders[last] = true;
        } else if (kind == "not-held" && words.size() == 3) {
            HUB_TRY(m.notHeld[last], enumFromText(reasonTexts, QString::fromLatin1(words[1]), u"reason"));
        } else if (kind == "in-motion" && words.size() == 2) {
            m.inMotion[last] = true;
        } else if (kind == "blanked" && words.size() == 2) {
            m.blanked[last] = true;
        } else if (kind == "index" && words.size() == 5) {
            IndexEntry entry;
            entry.stage = quint8(words[1].left(1).toUInt());
            entry.intentToAdd = words[1].contains('i');
            entry.skipWorktree = words[1].contains('s');
            entry.assumeValid = words[1].contains('a');
            entry.mode = number(2);
            const auto id = ObjectId::fromHex(words[3]);
            if (!id)
                return damaged();
            entry.id = *id;
            entry.path = last;
            m.indexFlags.push_back(std::move(entry));
        } else {
            return damaged();
        }
    }
    return m;
}

} // namespace hub::git
