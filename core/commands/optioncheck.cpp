// Checks what somebody gave against a row of the table.
#include "core/commands/commandspec.h"

#include <algorithm>

using namespace Qt::StringLiterals;

namespace hub::commands
{

namespace
{

QString folded(QAnyStringView name)
{
    QString text = name.toString().toLower();
    text.replace(u'-', u'_');
    return text;
}

// Optimal string alignment: a swapped pair of letters is one slip, as it is on a keyboard.
int distance(const QString &a, const QString &b)
{
    const qsizetype width = b.size() + 1;
    std::vector<int> cells(size_t((a.size() + 1) * width));
    const auto at = [&](qsizetype i, qsizetype j) -> int & { return cells[size_t(i * width + j)]; };
    for (qsizetype i = 0; i <= a.size(); ++i)
        at(i, 0) = int(i);
    for (qsizetype j = 0; j <= b.size(); ++j)
        at(0, j) = int(j);
    for (qsizetype i = 1; i <= a.size(); ++i) {
        for (qsizetype j = 1; j <= b.size(); ++j) {
            const int slip = a[i - 1] == b[j - 1] ? 0 : 1;
            at(i, j) = std::min({at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + slip});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                at(i, j) = std::min(at(i, j), at(i - 2, j - 2) + 1);
        }
    }
    return at(a.size(), b.size());
}

Error wrongValue(const CommandSpec &spec, const OptionSpec &option, const QString &expected, const QString &given)
{
    return fail(ErrorCode::InvalidInput,
                u"%1: %2 takes %3, not '%4'."_s.arg(spec.name, option.name, expected, given.left(80)),
                u"agenthubctl help %1"_s.arg(spec.name));
}

QString textOfValue(const QJsonValue &value)
{
    switch (value.type()) {
    case QJsonValue::String: return value.toString();
    case QJsonValue::Bool: return value.toBool() ? u"yes"_s : u"no"_s;
    case QJsonValue::Double: return QString::number(value.toDouble(), 'g', 15);
    default: return {};
    }
}

Result<QJsonValue> numberFrom(const CommandSpec &spec, const OptionSpec &option, const QJsonValue &value)
{
    // Whole numbers that a double holds exactly: JSON has no others.
    constexpr double most = 9007199254740992.0;
    bool ok = value.isDouble();
    const double number = ok ? value.toDouble() : double(textOfValue(value).trimmed().toLongLong(&ok));
    if (!ok || number != double(qint64(std::clamp(number, -most, most))) || number < 0)
        return wrongValue(spec, option, u"a whole number of 0 or more"_s, textOfValue(value));
    return QJsonValue(qint64(number));
}

Result<QJsonValue> flagFrom(const CommandSpec &spec, const OptionSpec &option, const QJsonValue &value)
{
    if (value.isBool())
        return value;
    const QString text = textOfValue(value).toLower();
    if (text == u"yes" || text == u"true" || text == u"1" || text == u"on")
        return QJsonValue(true);
    if (text == u"no" || text == u"false" || text == u"0" || text == u"off")
        return QJsonValue(false);
    return wrongValue(spec, option, u"yes or no"_s, text);
}

Result<QJsonValue> choiceFrom(const CommandSpec &spec, const OptionSpec &option, const QString &text)
{
    QStringList choices;
    for (const QLatin1StringView choice : option.choices) {
        if (sameName(choice, text))
            return QJsonValue(QString(choice));
        choices << QString(choice);
    }
    // What was meant for a secret's place may stand here.
    if (std::any_of(spec.options.begin(), spec.options.end(), [](const OptionSpec &one) { return one.secret; }))
        return fail(ErrorCode::InvalidInput,
                    u"%1: %2 is one of %3."_s.arg(spec.name, option.name, choices.join(u", "_s)),
                    u"agenthubctl help %1"_s.arg(spec.name));
    return fail(ErrorCode::InvalidInput,
                u"%1: %2 takes one of %3, not '%4'.%5"_s.arg(spec.name, option.name, choices.join(u", "_s),
                                                             text.left(80), didYouMean(text, choices)),
                u"agenthubctl help %1"_s.arg(spec.name));
}

Result<QJsonValue> checkedValue(const CommandSpec &spec, const OptionSpec &option, const QJsonValue &value)
{
    if (!value.isString() && !value.isDouble() && !value.isBool())
        return wrongValue(spec, option, u"one value"_s, value.isArray() ? u"a list"_s : u"an object"_s);
    switch (option.kind) {
    case OptionKind::Number: return numberFrom(spec, option, value);
    case OptionKind::Flag: return flagFrom(spec, option, value);
    case OptionKind::Choice: return choiceFrom(spec, option, textOfValue(value));
    case OptionKind::Task: {
        // People type "#12"; the same task must look the same in the audit trail.
        const QString text = textOfValue(value).trimmed();
        return QJsonValue(text.startsWith(u'#') ? text.mid(1) : text);
    }
    default: return QJsonValue(textOfValue(value));
    }
}

} // namespace

bool sameName(QAnyStringView a, QAnyStringView b) { return a.size() == b.size() && folded(a) == folded(b); }

QStringList nearMisses(QStringView typed, const QStringList &candidates)
{
    const QString wanted = folded(typed).left(64);
    if (wanted.isEmpty())
        return {};
    std::vector<std::pair<int, QString>> found;
    for (const QString &candidate : candidates) {
        const QString name = folded(candidate);
        int slips = distance(wanted, name);
        if (wanted.size() >= 3 && name.startsWith(wanted))
            slips = 1; // an abbreviation
        if (slips <= std::max<qsizetype>(1, wanted.size() / 3))
            found.emplace_back(slips, candidate);
    }
    std::stable_sort(found.begin(), found.end(), [](const auto &a, const auto &b) { return a.first < b.first; });
    QStringList names;
    for (const auto &[slips, name] : found) {
        if (names.size() < 3 && !names.contains(name))
            names << name;
    }
    return names;
}

QString didYouMean(QStringView typed, const QStringList &candidates)
{
    const QStringList names = nearMisses(typed, candidates);
    if (names.isEmpty())
        return {};
    return u" Did you mean '%1'?"_s.arg(names.join(u"' or '"_s));
}

Result<QJsonObject> checkOptions(const CommandSpec &spec, const QJsonObject &given)
{
    QJsonObject checked;
    for (auto it = given.begin(); it != given.end(); ++it) {
        const auto option = std::find_if(spec.options.begin(), spec.options.end(),
                                         [&](const OptionSpec &o) { return sameName(o.name, it.key()); });
        if (option == spec.options.end()) {
            QStringList names;
            for (const OptionSpec &o : spec.options)
                names << QString(o.name);
            const QString takes = names.isEmpty() ? u"takes no options"_s : u"takes %1"_s.arg(names.join(u", "_s));
            return fail(ErrorCode::InvalidInput,
                        u"%1 has no option '%2'; it %3.%4"_s.arg(spec.name, it.key().left(80), takes,
                                                                 didYouMean(it.key(), names)),
                        u"agenthubctl help %1"_s.arg(spec.name));
        }
        if (it->isNull() || (it->isString() && it->toString().isEmpty()))
            continue;
        HUB_TRY(const QJsonValue value, checkedValue(spec, *option, *it));
        checked[QString(option->name)] = value;
    }
    for (const OptionSpec &option : spec.options) {
        if (option.required && !checked.contains(QString(option.name))) {
            return fail(ErrorCode::InvalidInput,
                        u"%1 needs %2: %3."_s.arg(spec.name, option.name, QString(option.description)),
                        spec.example.isEmpty() ? QString() : u"agenthubctl %1"_s.arg(spec.example));
        }
    }
    return checked;
}

} // namespace hub::commands
