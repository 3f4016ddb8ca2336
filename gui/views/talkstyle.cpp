#include "gui/views/talkstyle.h"

#include "gui/views/plaintext.h"

#include <QFontDatabase>
#include <QFontMetricsF>
#include <QHash>
#include <QWidget>

using namespace Qt::StringLiterals;

namespace hub::gui
{

TalkLook lookOf(const TalkMessage &message)
{
    if (message.kind == "error"_L1)
        return TalkLook::Error;
    if (message.kind == "question"_L1 || message.kind == "approval"_L1)
        return TalkLook::Question;
    if (message.kind == "step"_L1 || message.role == "tool"_L1)
        return TalkLook::Step;
    if (message.role == "person"_L1)
        return TalkLook::Person;
    if (message.role == "hub"_L1)
        return TalkLook::Note;
    return TalkLook::Agent;
}

TalkStyle::TalkStyle(const QWidget *widget)
    : colours(coloursOf(widget->palette()))
    , body(widget->font())
    , small(body)
    , mono(QFontDatabase::systemFont(QFontDatabase::FixedFont))
{
    if (body.pointSizeF() > 0) {
        small.setPointSizeF(body.pointSizeF() * 0.88);
        mono.setPointSizeF(body.pointSizeF() * 0.94);
    } else {
        small.setPixelSize(std::max(8, body.pixelSize() * 88 / 100));
        mono.setPixelSize(std::max(8, body.pixelSize() * 94 / 100));
    }
    const QFontMetricsF plain(body), tiny(small), fixed(mono);
    line = qCeil(plain.height());
    smallLine = qCeil(tiny.height());
    monoLine = qCeil(fixed.height());
    letter = std::max(1.0, plain.averageCharWidth());
    monoLetter = std::max(1.0, fixed.horizontalAdvance(u'0'));
    pad = line / 2;
    gap = line * 6 / 10;
    edge = line * 7 / 10;
    column = int(letter * 125);
}

QString TalkStyle::heading(const TalkMessage &message)
{
    static const QHash<QString, const char *> kinds{
        {u"question"_s, QT_TR_NOOP("Question")}, {u"approval"_s, QT_TR_NOOP("Approval")},
        {u"summary"_s, QT_TR_NOOP("Summary")},   {u"decision"_s, QT_TR_NOOP("Decision")},
        {u"error"_s, QT_TR_NOOP("Error")},       {u"rollback"_s, QT_TR_NOOP("Rollback")},
        {u"prompt"_s, QT_TR_NOOP("Task")},       {u"step"_s, QT_TR_NOOP("Step")},
    };
    static const QHash<QString, const char *> roles{
        {u"person"_s, QT_TR_NOOP("Person")},
        {u"agent"_s, QT_TR_NOOP("Agent")},
        {u"tool"_s, QT_TR_NOOP("Tool")},
        {u"hub"_s, QT_TR_NOOP("AgentHub")},
    };
    const char *role = roles.value(message.role);
    const QString who = !message.from.isEmpty() ? plainText(message.from) : role ? tr(role) : plainText(message.role);
    QString what;
    if (const char *kind = kinds.value(message.kind))
        what = tr(kind);
    else if (!QStringList{u"say"_s, u"output"_s, u"note"_s, QString()}.contains(message.kind))
        what = plainText(message.kind);
    QStringList parts;
    for (const QString &part : {what, who, message.hidden ? tr("rolled back") : QString()}) {
        if (!part.isEmpty())
            parts << part;
    }
    return parts.join(u" · "_s);
}

QString TalkStyle::spoken(const TalkMessage &message)
{
    constexpr qsizetype most = 2'000;
    const QString text = plainText(message.text.left(most));
    return tr("%1, %2: %3")
        .arg(heading(message), toLocalShort(message.at, SystemClock().now()),
             message.text.size() > most ? text + u'…' : text);
}

} // namespace hub::gui
