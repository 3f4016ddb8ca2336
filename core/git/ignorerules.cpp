#include "core/git/ignorerules.h"

#include <QCryptographicHash>
#include <QList>

#include <cctype>
#include <cstring>

namespace hub::git
{

namespace
{

char folded(char c, bool foldCase) { return foldCase && c >= 'A' && c <= 'Z' ? char(c + 32) : c; }

// The class between '[' and ']'; `at` stands behind the '['. Returns npos when it never closes.
size_t matchClass(std::string_view pattern, size_t at, char c, bool foldCase, bool &matched)
{
    const bool negated = at < pattern.size() && (pattern[at] == '!' || pattern[at] == '^');
    if (negated)
        ++at;
    matched = false;
    bool first = true;
    char previous = 0;
    const auto is = [&](char low, char high) {
        const auto between = [&](char x) {
            return static_cast<unsigned char>(x) >= static_cast<unsigned char>(low) &&
                   static_cast<unsigned char>(x) <= static_cast<unsigned char>(high);
        };
        if (between(c))
            return true;
        if (!foldCase)
            return false;
        return (c >= 'a' && c <= 'z' && between(char(c - 32))) || (c >= 'A' && c <= 'Z' && between(char(c + 32)));
    };
    while (at < pattern.size() && (first || pattern[at] != ']')) {
        first = false;
        char low = pattern[at];
        if (low == '[' && at + 1 < pattern.size() && pattern[at + 1] == ':') {
            const size_t end = pattern.find(":]", at + 2);
            if (end == std::string_view::npos)
                return std::string_view::npos;
            const std::string_view name = pattern.substr(at + 2, end - at - 2);
            const auto u = static_cast<unsigned char>(c);
            const bool in = (name == "alpha" && std::isalpha(u)) || (name == "digit" && std::isdigit(u)) ||
                            (name == "alnum" && std::isalnum(u)) ||
                            (name == "upper" && (std::isupper(u) || (foldCase && std::islower(u)))) ||
                            (name == "lower" && (std::islower(u) || (foldCase && std::isupper(u)))) ||
                            (name == "space" && std::isspace(u)) || (name == "punct" && std::ispunct(u)) ||
                            (name == "xdigit" && std::isxdigit(u)) || (name == "blank" && (c == ' ' || c == '\t')) ||
                            (name == "cntrl" && std::iscntrl(u)) || (name == "graph" && std::isgraph(u)) ||
                            (name == "print" && std::isprint(u));
            matched = matched || in;
            previous = 0;
            at = end + 2;
            continue;
        }
        if (low == '\\') {
            if (++at >= pattern.size())
                return std::string_view::npos;
            low = pattern[at];
        } else if (low == '-' && previous && at + 1 < pattern.size() && pattern[at + 1] != ']') {
            char high = pattern[++at];
            if (high == '\\') {
                if (++at >= pattern.size())
                    return std::string_view::npos;
                high = pattern[at];
            }
            matched = matched || is(previous, high);
            previous = 0;
            ++at;
            continue;
        }
        matched = matched || is(low, low);
        previous = low;
        ++at;
    }
    if (at >= pattern.size())
        return std::string_view::npos;
    matched = matched != negated && c != '/';
    return at + 1;
}

enum class Outcome { Match, NoMatch, Abort };

Outcome wild(std::string_view p, std::string_view t, bool fold, bool starMatchesSlash, size_t start, size_t from)
{
    size_t at = start;
    size_t pos = from;
    for (; at < p.size(); ++at) {
        const char c = p[at];
        if (c == '*') {
            bool slashes = starMatchesSlash;
            const size_t star = at;
            while (at + 1 < p.size() && p[at + 1] == '*')
                ++at;
            if (at > star && !starMatchesSlash) {
                const bool opens = star == 0 || p[star - 1] == '/';
                const bool closes = at + 1 == p.size() || p[at + 1] == '/';
                if (opens && closes) {
                    // "a/**/b" also matches "a/b".
                    if (at + 1 < p.size() && wild(p, t, fold, starMatchesSlash, at + 2, pos) == Outcome::Match)
                        return Outcome::Match;
                    slashes = true;
                }
            }
            if (at + 1 == p.size())
                return slashes || t.find('/', pos) == std::string_view::npos ? Outcome::Match : Outcome::NoMatch;
            for (size_t end = pos; end <= t.size(); ++end) {
                const Outcome rest = wild(p, t, fold, starMatchesSlash, at + 1, end);
                if (rest == Outcome::Match || (rest == Outcome::Abort && slashes))
                    return rest;
                if (end < t.size() && t[end] == '/' && !slashes)
                    return Outcome::NoMatch;
            }
            return Outcome::Abort;
        }
        if (pos >= t.size())
            return Outcome::Abort;
        const char x = t[pos];
        if (c == '?') {
            if (x == '/')
                return Outcome::NoMatch;
        } else if (c == '[') {
            bool matched = false;
            const size_t next = matchClass(p, at + 1, x, fold, matched);
            if (next == std::string_view::npos)
                return Outcome::Abort;
            if (!matched)
                return Outcome::NoMatch;
            at = next - 1;
        } else {
            char wanted = c;
            if (c == '\\') {
                if (++at >= p.size())
                    return Outcome::NoMatch;
                wanted = p[at];
            }
            if (folded(wanted, fold) != folded(x, fold))
                return Outcome::NoMatch;
        }
        ++pos;
    }
    return pos == t.size() ? Outcome::Match : Outcome::NoMatch;
}

quint64 mixed(quint64 seed, const QByteArray &bytes)
{
    QCryptographicHash hash(QCryptographicHash::Sha1);
    hash.addData(QByteArrayView(reinterpret_cast<const char *>(&seed), sizeof seed));
    hash.addData(bytes);
    quint64 key;
    std::memcpy(&key, hash.result().constData(), sizeof key);
    return key;
}

} // namespace

bool wildMatch(std::string_view pattern, std::string_view text, bool foldCase, bool starMatchesSlash)
{
    return wild(pattern, text, foldCase, starMatchesSlash, 0, 0) == Outcome::Match;
}

std::vector<IgnorePattern> parseIgnoreFile(const QByteArray &content)
{
    std::vector<IgnorePattern> patterns;
    QByteArray text = content;
    if (text.startsWith("\xef\xbb\xbf"))
        text.remove(0, 3);
    for (QByteArray line : text.split('\n')) {
        if (line.endsWith('\r'))
            line.chop(1);
        while (line.endsWith(' ')) {
            qsizetype slashes = 0;
            while (slashes + 2 <= line.size() && line[line.size() - 2 - slashes] == '\\')
                ++slashes;
            if (slashes % 2)
                break; // "\ " keeps its space
            line.chop(1);
        }
        if (line.isEmpty() || line.startsWith('#'))
            continue;
        IgnorePattern pattern;
        if (line.startsWith('!')) {
            pattern.negated = true;
            line.remove(0, 1);
        }
        if (line.endsWith('/')) {
            pattern.foldersOnly = true;
            line.chop(1);
        }
        pattern.anchored = line.contains('/');
        if (line.startsWith('/'))
            line.remove(0, 1);
        if (line.isEmpty())
            continue;
        pattern.literal =
            line.indexOf('*') < 0 && line.indexOf('?') < 0 && line.indexOf('[') < 0 && line.indexOf('\\') < 0;
        pattern.glob = line;
        patterns.push_back(std::move(pattern));
    }
    return patterns;
}

bool matches(const IgnorePattern &pattern, std::string_view pathBelow, std::string_view name, bool isFolder,
             bool foldCase)
{
    if (pattern.foldersOnly && !isFolder)
        return false;
    const std::string_view text = pattern.anchored ? pathBelow : name;
    const std::string_view glob(pattern.glob.constData(), size_t(pattern.glob.size()));
    if (pattern.literal && !foldCase)
        return glob == text;
    // Without a slash the pattern is matched against a name, where no '/' can be.
    return wildMatch(glob, text, foldCase);
}

std::vector<IgnorePattern> convertingPatterns(const QByteArray &content)
{
    static const QList<QByteArray> harmless{"diff",   "merge", "export-ignore", "export-subst",        "whitespace",
                                            "binary", "delta", "encoding",      "conflict-marker-size"};
    QByteArray globs;
    for (const QByteArray &line : content.split('\n')) {
        const QList<QByteArray> words = line.simplified().split(' ');
        if (words[0].isEmpty() || words[0].startsWith('#'))
            continue;
        for (qsizetype i = 1; i < words.size(); ++i) {
            const QByteArray name = words[i].left(words[i].indexOf('='));
            if (words[i].startsWith('-') || words[i].startsWith('!') || harmless.contains(name) ||
                name.startsWith("linguist-") || name.startsWith("gitlab-"))
                continue;
            // A quoted pattern is rare enough to stand for everything.
            globs += (words[0].startsWith('"') || words[0].startsWith('!') ? QByteArray("*") : words[0]) + '\n';
            break;
        }
    }
    return parseIgnoreFile(globs);
}

std::shared_ptr<const IgnoreRules> IgnoreRules::base(const QByteArray &userWide, const QByteArray &exclude,
                                                     bool foldCase)
{
    auto rules = std::make_shared<IgnoreRules>();
    rules->m_foldCase = foldCase;
    rules->m_patterns = parseIgnoreFile(userWide);
    for (IgnorePattern &pattern : parseIgnoreFile(exclude))
        rules->m_patterns.push_back(std::move(pattern));
    rules->m_key = mixed(mixed(foldCase ? 2 : 1, userWide), exclude);
    return rules;
}

std::shared_ptr<const IgnoreRules> IgnoreRules::below(std::shared_ptr<const IgnoreRules> parent,
                                                      const QByteArray &folder, const QByteArray &content)
{
    auto rules = std::make_shared<IgnoreRules>();
    rules->m_foldCase = parent->m_foldCase;
    rules->m_folder = folder;
    rules->m_patterns = parseIgnoreFile(content);
    rules->m_key = mixed(parent->m_key, content);
    rules->m_parent = std::move(parent);
    return rules;
}

bool IgnoreRules::ignores(std::string_view path, bool isFolder) const
{
    const std::string_view name = path.substr(path.rfind('/') + 1);
    for (const IgnoreRules *rules = this; rules; rules = rules->m_parent.get()) {
        const size_t skip = rules->m_folder.isEmpty() ? 0 : size_t(rules->m_folder.size()) + 1;
        for (auto pattern = rules->m_patterns.rbegin(); pattern != rules->m_patterns.rend(); ++pattern) {
            if (matches(*pattern, path.substr(skip), name, isFolder, m_foldCase))
                return !pattern->negated;
        }
    }
    return false;
}

} // namespace hub::git
