// Ids that can't be mixed up: explicit, parsed, hashable, not comparable across kinds.
#pragma once

#include <QByteArray>
#include <QHashFunctions>
#include <QString>

#include <compare>
#include <optional>

namespace hub
{

// A positive number that the database gave out once and never again. Its text form is the tag's prefix and the
// number ("op-81"); parse() also takes the bare number, since people type it, and the tag's second prefix ("#12").
template <class Tag>
class NumberId
{
public:
    static constexpr NumberId of(qint64 value) { return NumberId(value); }

    static std::optional<NumberId> parse(QStringView text)
    {
        for (QLatin1StringView prefix : {Tag::prefix, Tag::otherPrefix}) {
            if (!prefix.isEmpty() && text.startsWith(prefix, Qt::CaseInsensitive)) {
                text = text.mid(prefix.size());
                break;
            }
        }
        for (QChar c : text) {
            if (c < u'0' || c > u'9')
                return std::nullopt;
        }
        bool ok = false;
        const qint64 value = text.toLongLong(&ok);
        if (!ok || value <= 0)
            return std::nullopt;
        return NumberId(value);
    }

    constexpr qint64 value() const { return m_value; }
    QString toString() const { return QString(Tag::prefix) + QString::number(m_value); }

    friend constexpr auto operator<=>(const NumberId &, const NumberId &) = default;
    friend size_t qHash(const NumberId &id, size_t seed = 0) { return ::qHash(id.m_value, seed); }

private:
    explicit constexpr NumberId(qint64 value)
        : m_value(value)
    {
    }
    qint64 m_value;
};

// A name that people chose: a lower-case word of letters, digits, '.', '_' and '-', which is safe in branch names,
// file names and on a command line.
template <class Tag>
class NameId
{
public:
    static std::optional<NameId> parse(QStringView text)
    {
        if (text.isEmpty() || text.size() > 64)
            return std::nullopt;
        for (qsizetype i = 0; i < text.size(); ++i) {
            const QChar c = text[i];
            const bool plain = (c >= u'a' && c <= u'z') || (c >= u'0' && c <= u'9');
            const bool inner = c == u'.' || c == u'_' || c == u'-';
            if (!plain && (!inner || i == 0 || i == text.size() - 1))
                return std::nullopt;
        }
        if (text.contains(u"..") || text.endsWith(u".lock"))
            return std::nullopt; // git refuses both in a branch name
        return NameId(text.toString());
    }

    const QString &toString() const { return m_name; }

    friend bool operator<(const NameId &a, const NameId &b) { return a.m_name < b.m_name; }
    friend bool operator==(const NameId &, const NameId &) = default;
    friend size_t qHash(const NameId &id, size_t seed = 0) { return ::qHash(id.m_name, seed); }

private:
    explicit NameId(QString name)
        : m_name(std::move(name))
    {
    }
    QString m_name;
};

} // namespace hub
