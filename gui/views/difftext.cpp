#include "gui/views/difftext.h"

#include <algorithm>
#include <cstring>
#include <limits>

using namespace Qt::StringLiterals;

namespace hub::gui
{

namespace
{

// A path as git quotes it: "a/\303\244.txt" with C's escapes when it holds anything unusual.
QByteArray unquoted(QByteArrayView text)
{
    if (text.size() < 2 || text.front() != '"' || text.back() != '"')
        return text.toByteArray();
    QByteArray plain;
    for (qsizetype i = 1; i < text.size() - 1; ++i) {
        if (text[i] != '\\' || i + 1 >= text.size() - 1) {
            plain.append(text[i]);
            continue;
        }
        const char c = text[++i];
        if (c >= '0' && c <= '7') {
            int value = 0;
            for (int digits = 0; digits < 3 && i < text.size() - 1 && text[i] >= '0' && text[i] <= '7'; ++digits)
                value = value * 8 + (text[i++] - '0');
            --i;
            plain.append(char(value));
        } else {
            const char *const from = "abtnvfr", *const to = "\a\b\t\n\v\f\r";
            const char *const at = std::strchr(from, c);
            plain.append(at ? to[at - from] : c);
        }
    }
    return plain;
}

bool isDevNull(const QByteArray &path) { return path == "/dev/null"; }

// The sides' prefixes, a/ and b/ or what diff.mnemonicPrefix makes of them. Equal heads are folders of the project.
void stripPrefixes(QByteArray &oldPath, QByteArray &newPath)
{
    const auto hasPrefix = [](const QByteArray &path) {
        return path.size() > 2 && path[1] == '/' && std::strchr("abciow12", path[0]);
    };
    const bool oldThere = !isDevNull(oldPath), newThere = !isDevNull(newPath);
    if ((oldThere && !hasPrefix(oldPath)) || (newThere && !hasPrefix(newPath)))
        return;
    if (oldThere && newThere && oldPath[0] == newPath[0])
        return;
    if (oldThere)
        oldPath.remove(0, 2);
    if (newThere)
        newPath.remove(0, 2);
}

// "a/x b/x": where the second begins is only known because both are alike.
std::pair<QByteArray, QByteArray> pathsOfHeader(QByteArrayView text)
{
    if (text.startsWith('"')) {
        qsizetype end = 1;
        while (end < text.size() && text[end] != '"')
            end += text[end] == '\\' ? 2 : 1;
        if (end + 2 < text.size())
            return {unquoted(text.first(end + 1)), unquoted(text.sliced(end + 2))};
        return {unquoted(text), unquoted(text)};
    }
    if (text.endsWith('"')) {
        const qsizetype quote = text.indexOf(" \"");
        if (quote > 0)
            return {text.first(quote).toByteArray(), unquoted(text.sliced(quote + 1))};
    }
    const qsizetype half = text.size() / 2;
    if (text.size() % 2 == 1 && text[half] == ' ') {
        QByteArray oldPath = text.first(half).toByteArray(), newPath = text.sliced(half + 1).toByteArray();
        if (oldPath == newPath || (oldPath.size() > 2 && oldPath.sliced(2) == newPath.sliced(2)))
            return {oldPath, newPath};
    }
    const qsizetype space = text.indexOf(' ');
    return {text.first(std::max<qsizetype>(0, space)).toByteArray(), text.sliced(space + 1).toByteArray()};
}

class Parser
{
public:
    explicit Parser(const QByteArray &bytes)
        : m_bytes(bytes)
    {
        m_diff.bytes = bytes;
    }

    Diff parse()
    {
        while (m_at < m_bytes.size()) {
            const qsizetype start = m_at;
            const QByteArrayView line = takeLine();
            if (line.startsWith("diff --git "))
                beginFile(start, pathsOfHeader(line.sliced(11)), true);
            else if (line.startsWith("diff --cc ") || line.startsWith("diff --combined "))
                beginUnmerged(start, unquoted(line.sliced(line.indexOf(' ', 7) + 1)));
            else if (line.startsWith("* Unmerged path "))
                beginUnmerged(start, unquoted(line.sliced(16)));
            else if (line.startsWith("--- ") && peek(4) == "+++ ")
                readPaths(start, line.sliced(4));
            else if (line.startsWith("@@") && m_file)
                readHunk(line);
            else if (m_file)
                readHeader(line);
        }
        endFile(m_bytes.size());
        return std::move(m_diff);
    }

private:
    QByteArrayView takeLine()
    {
        const char *const from = m_bytes.constData() + m_at;
        const size_t left = size_t(m_bytes.size() - m_at);
        const auto *end = static_cast<const char *>(std::memchr(from, '\n', left));
        const qsizetype size = end ? end - from : qsizetype(left);
        m_at += size + (end ? 1 : 0);
        return QByteArrayView(from, size);
    }
    QByteArrayView peek(qsizetype size) const
    {
        return QByteArrayView(m_bytes).sliced(m_at, std::min(size, m_bytes.size() - m_at));
    }

    void beginFile(qsizetype start, std::pair<QByteArray, QByteArray> paths, bool headed)
    {
        endFile(start);
        m_file.emplace();
        m_file->start = start;
        m_headed = headed;
        stripPrefixes(paths.first, paths.second);
        setPaths(paths.first, paths.second);
    }

    void beginUnmerged(qsizetype start, const QByteArray &path)
    {
        beginFile(start, {path, path}, true);
        m_file->change = DiffFile::Change::Unmerged;
    }

    void setPaths(const QByteArray &oldPath, const QByteArray &newPath)
    {
        m_file->oldPath = isDevNull(oldPath) ? QString() : QString::fromUtf8(oldPath);
        m_file->newPath = isDevNull(newPath) ? QString() : QString::fromUtf8(newPath);
    }

    // "--- a/x" and the "+++ b/x" behind it. Without a header of git before it, they begin a file.
    void readPaths(qsizetype start, QByteArrayView oldText)
    {
        const QByteArrayView newText = takeLine().sliced(4);
        const auto path = [](QByteArrayView text) {
            const qsizetype tab =
                text.startsWith('"') ? -1 : text.indexOf('\t'); // git's mark behind a path with spaces
            return unquoted(tab < 0 ? text : text.first(tab));
        };
        QByteArray oldPath = path(oldText), newPath = path(newText);
        if (!m_file || !m_headed || !m_file->hunks.isEmpty())
            beginFile(start, {oldPath, newPath}, false);
        if (!m_renamed) {
            stripPrefixes(oldPath, newPath);
            setPaths(oldPath, newPath);
        }
        if (m_file->change == DiffFile::Change::Modified && m_file->oldPath.isEmpty())
            m_file->change = DiffFile::Change::Added;
        if (m_file->change == DiffFile::Change::Modified && m_file->newPath.isEmpty())
            m_file->change = DiffFile::Change::Deleted;
    }

    void readHeader(QByteArrayView line)
    {
        const auto rest = [&line](const char *head, QByteArrayView *text) {
            const QByteArrayView start(head);
            if (!line.startsWith(start))
                return false;
            *text = line.sliced(start.size());
            return true;
        };
        using Change = DiffFile::Change;
        QByteArrayView text;
        if (rest("old mode ", &text)) {
            m_file->oldMode = QString::fromLatin1(text);
        } else if (rest("new mode ", &text)) {
            m_file->newMode = QString::fromLatin1(text);
        } else if (rest("new file mode ", &text)) {
            m_file->change = Change::Added;
            m_file->newMode = QString::fromLatin1(text);
            m_file->oldPath.clear();
        } else if (rest("deleted file mode ", &text)) {
            m_file->change = Change::Deleted;
            m_file->oldMode = QString::fromLatin1(text);
            m_file->newPath.clear();
        } else if (rest("rename from ", &text) || rest("copy from ", &text)) {
            m_file->change = line.startsWith("copy") ? Change::Copied : Change::Renamed;
            m_file->oldPath = QString::fromUtf8(unquoted(text));
            m_renamed = true;
        } else if (rest("rename to ", &text) || rest("copy to ", &text)) {
            m_file->newPath = QString::fromUtf8(unquoted(text));
        } else if (line.startsWith("GIT binary patch") || line.startsWith("Binary files ")) {
            m_file->binary = true;
        }
    }

    // "@@ -1,2 +3,4 @@ section"; of a merge "@@@ -1,2 -1,2 +3,4 @@@", with as many signs before each line as parents.
    void readHunk(QByteArrayView head)
    {
        qsizetype at = 0;
        while (at < head.size() && head[at] == '@')
            ++at;
        const int parents = int(at) - 1;
        DiffHunk hunk;
        int olds[8] = {}, newLeft = 0;
        int seen = 0;
        const auto number = [&] {
            qint64 value = 0;
            while (at < head.size() && head[at] >= '0' && head[at] <= '9')
                value = std::min<qint64>(value * 10 + (head[at++] - '0'), std::numeric_limits<int>::max() / 2);
            return int(value);
        };
        while (at < head.size() && head[at] != '@') {
            const char sign = head[at++];
            if (sign != '-' && sign != '+')
                continue;
            const int start = number();
            int count = 1;
            if (at < head.size() && head[at] == ',') {
                ++at;
                count = number();
            }
            if (sign == '+') {
                hunk.newStart = start;
                newLeft = hunk.newCount = count;
            } else if (seen < 8) {
                if (seen == 0) {
                    hunk.oldStart = start;
                    hunk.oldCount = count;
                }
                olds[seen++] = count;
            }
        }
        if (parents < 1 || parents > 8 || seen != parents)
            return;
        while (at < head.size() && head[at] == '@')
            ++at;
        hunk.section = shownLine(head.sliced(at)).trimmed();
        hunk.firstLine = int(m_file->lines.size());
        readLines(hunk, parents, olds, newLeft);
        hunk.lineCount = int(m_file->lines.size()) - hunk.firstLine;
        pairLines(hunk);
        m_file->hunks.append(std::move(hunk));
    }

    void readLines(const DiffHunk &hunk, int parents, int *olds, int newLeft)
    {
        int oldNumber = hunk.oldStart, newNumber = hunk.newStart;
        const auto oldLeft = [&] { return std::any_of(olds, olds + parents, [](int left) { return left > 0; }); };
        while (m_at < m_bytes.size()) {
            const bool complete = !oldLeft() && newLeft <= 0;
            if (complete && peek(2) != "\\ ")
                return;
            const qsizetype start = m_at;
            const QByteArrayView line = takeLine();
            DiffLine made;
            bool added = false, removed = false;
            if (line.startsWith("\\ ")) {
                made.kind = DiffLine::Kind::NoNewline;
            } else {
                if (!line.isEmpty() && !std::strchr("+- ", line.front())) {
                    m_at = start; // the hunk is shorter than its head says
                    return;
                }
                const QByteArrayView signs = line.first(std::min<qsizetype>(parents, line.size()));
                added = signs.contains('+');
                removed = !added && signs.contains('-');
                // Of a line that is gone, a parent without a sign did not have it either.
                const auto inParent = [&](int i) {
                    const char sign = i < signs.size() ? signs[i] : ' ';
                    return sign == '-' || (sign == ' ' && !removed);
                };
                for (int i = 0; i < parents; ++i)
                    olds[i] -= inParent(i);
                made.kind = added ? DiffLine::Kind::Added : removed ? DiffLine::Kind::Removed : DiffLine::Kind::Context;
                if (inParent(0))
                    made.oldNumber = oldNumber++;
                if (!removed) {
                    made.newNumber = newNumber++;
                    --newLeft;
                }
                m_file->added += added;
                m_file->removed += removed;
            }
            const qsizetype signs = std::min<qsizetype>(parents, line.size());
            made.start = start + signs;
            made.size = int(std::min<qsizetype>(line.size() - signs, std::numeric_limits<int>::max()));
            made.columns = shownColumns(line.sliced(signs));
            m_diff.mostColumns = std::max(m_diff.mostColumns, made.columns);
            m_diff.mostNumber = std::max({m_diff.mostNumber, made.oldNumber, made.newNumber});
            m_file->lines.append(made);
        }
    }

    static int shownColumns(QByteArrayView text)
    {
        const qsizetype most = std::min<qsizetype>(text.size(), mostShownColumns + 1);
        int columns = 0;
        for (const char c : text.first(most)) {
            if (c == '\t')
                columns += 8 - columns % 8;
            else if (c >= 0x20 && c < 0x7F)
                ++columns;
            else
                return columnsOf(shownLine(text));
        }
        return std::min(columns, mostShownColumns + 1);
    }

    // Removed lines and the added ones behind them, one by one.
    void pairLines(const DiffHunk &hunk)
    {
        auto &lines = m_file->lines;
        QList<int> removed;
        qsizetype next = 0;
        for (int i = hunk.firstLine; i < hunk.firstLine + hunk.lineCount; ++i) {
            DiffLine &line = lines[i];
            if (line.kind == DiffLine::Kind::Context) {
                removed.clear();
                next = 0;
            } else if (line.kind == DiffLine::Kind::Removed) {
                if (next > 0) { // another run begins
                    removed.clear();
                    next = 0;
                }
                removed.append(i);
            } else if (line.kind == DiffLine::Kind::Added && next < removed.size()) {
                line.partner = removed.at(next++);
                lines[line.partner].partner = i;
            }
        }
    }

    void endFile(qsizetype end)
    {
        if (m_file) {
            m_file->size = end - m_file->start;
            m_diff.files.append(std::move(*m_file));
        }
        m_file.reset();
        m_renamed = false;
    }

    const QByteArray &m_bytes;
    Diff m_diff;
    std::optional<DiffFile> m_file;
    qsizetype m_at = 0;
    bool m_headed = false;  // the file has a header of git
    bool m_renamed = false; // its paths were told apart from ---/+++
};

void appendControl(QString &text, char32_t c)
{
    if (c < 0x20)
        text.append(QChar(char16_t(0x2400 + c)));
    else if (c == 0x7F)
        text.append(QChar(0x2421));
    else
        text.append(QChar(QChar::ReplacementCharacter));
}

// The character at the start of the bytes and its length; length 0: no UTF-8.
std::pair<char32_t, int> decoded(QByteArrayView bytes)
{
    const auto byte = [&](qsizetype i) { return i < bytes.size() ? uchar(bytes[i]) : 0u; };
    const uint first = byte(0);
    const int length = first < 0x80                    ? 1
                       : first >= 0xC2 && first < 0xE0 ? 2
                       : first >= 0xE0 && first < 0xF0 ? 3
                       : first >= 0xF0 && first < 0xF5 ? 4
                                                       : 0;
    if (length <= 1)
        return {char32_t(first), length};
    char32_t value = first & (0xFFu >> (length + 1));
    for (int i = 1; i < length; ++i) {
        if ((byte(i) & 0xC0) != 0x80)
            return {0, 0};
        value = (value << 6) | (byte(i) & 0x3F);
    }
    const char32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const bool valid = value >= least[length] && value <= 0x10FFFF && !(value >= 0xD800 && value < 0xE000);
    return valid ? std::pair(value, length) : std::pair(char32_t(0), 0);
}

bool isTurning(char32_t c)
{
    return (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || c == 0x2028 || c == 0x2029;
}

} // namespace

Diff parseDiff(const QByteArray &bytes) { return Parser(bytes).parse(); }

int columnsOf(QChar character)
{
    const char16_t c = character.unicode();
    if (c < 0x300)
        return 1;
    if (character.isHighSurrogate())
        return 2;
    if (character.isLowSurrogate() || character.category() == QChar::Mark_NonSpacing ||
        character.category() == QChar::Mark_Enclosing || character.category() == QChar::Other_Format)
        return 0;
    const bool wide = (c >= 0x1100 && c <= 0x115F) || (c >= 0x2E80 && c <= 0xA4CF) || (c >= 0xAC00 && c <= 0xD7A3) ||
                      (c >= 0xF900 && c <= 0xFAFF) || (c >= 0xFE30 && c <= 0xFE6F) || (c >= 0xFF00 && c <= 0xFF60) ||
                      (c >= 0xFFE0 && c <= 0xFFE6);
    return wide ? 2 : 1;
}

int columnsOf(QStringView text)
{
    int columns = 0;
    for (const QChar c : text)
        columns += columnsOf(c);
    return columns;
}

qsizetype indexAtColumn(QStringView text, int column)
{
    int at = 0;
    for (qsizetype i = 0; i < text.size(); ++i) {
        at += columnsOf(text[i]);
        if (at > column)
            return i;
    }
    return text.size();
}

QString shownLine(QByteArrayView bytes)
{
    QString text;
    text.reserve(std::min<qsizetype>(bytes.size(), mostShownColumns) + 8);
    int columns = 0;
    for (qsizetype i = 0; i < bytes.size();) {
        if (columns >= mostShownColumns) {
            text.append(u'…');
            break;
        }
        const auto [c, length] = decoded(bytes.sliced(i, std::min<qsizetype>(4, bytes.size() - i)));
        const qsizetype before = text.size();
        if (c == U'\t' && length == 1)
            text.append(QString(8 - columns % 8, u' '));
        else if (length == 0)
            text.append(u'<' + QString::fromLatin1(QByteArray(1, bytes[i]).toHex().toUpper()) + u'>');
        else if (c < 0x20 || (c >= 0x7F && c < 0xA0) || isTurning(c))
            appendControl(text, c);
        else
            text.append(QStringView(QChar::fromUcs4(c)));
        columns += columnsOf(QStringView(text).sliced(before));
        i += std::max(1, length);
    }
    return text;
}

} // namespace hub::gui
