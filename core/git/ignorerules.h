// gitignore rules and the patterns that gitattributes shares with them, matched the way git does.
#pragma once

#include <QByteArray>

#include <memory>
#include <string_view>
#include <vector>

namespace hub::git
{

// git's glob: '*' and '?' stop at '/', "**" between slashes does not. With foldCase as core.ignoreCase.
bool wildMatch(std::string_view pattern, std::string_view text, bool foldCase, bool starMatchesSlash = false);

struct IgnorePattern {
    QByteArray glob;
    bool negated = false;
    bool foldersOnly = false;
    bool anchored = false; // has a slash: matched against the path below its file's folder, else against the name
    bool literal = false;  // no wildcard: compared as text
};

// The patterns of one ignore file, in order.
std::vector<IgnorePattern> parseIgnoreFile(const QByteArray &content);
bool matches(const IgnorePattern &pattern, std::string_view pathBelow, std::string_view name, bool isFolder,
             bool foldCase);

// The lines of an attribute file after which a file's bytes may differ from its blob's.
std::vector<IgnorePattern> convertingPatterns(const QByteArray &content);

// The rules in force in one folder: its own file's, then its parents'. Immutable once built; shared between threads.
class IgnoreRules
{
public:
    // The rules at the root of a repository: user-wide file, then info/exclude (which wins).
    static std::shared_ptr<const IgnoreRules> base(const QByteArray &userWide, const QByteArray &exclude,
                                                   bool foldCase);
    // The rules in `folder` (its path from the root of the repository), where `content` is its .gitignore.
    static std::shared_ptr<const IgnoreRules> below(std::shared_ptr<const IgnoreRules> parent, const QByteArray &folder,
                                                    const QByteArray &content);
    // Whether a path (from the root of the repository) is ignored, given that none of its folders is.
    bool ignores(std::string_view path, bool isFolder) const;
    // The same rules have the same key: the cache compares it.
    quint64 key() const { return m_key; }

private:
    std::shared_ptr<const IgnoreRules> m_parent;
    QByteArray m_folder;
    std::vector<IgnorePattern> m_patterns;
    bool m_foldCase = false;
    quint64 m_key = 0;
};

} // namespace hub::git
