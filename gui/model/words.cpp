// What the hub names in English for machines, in the window's language.
#include "gui/model/rowmodel.h"

#include <QCoreApplication>

namespace hub::gui
{

namespace
{

[[maybe_unused]] constexpr const char *known[]{
    // for the translators: the hub has them as data
    QT_TRANSLATE_NOOP("States", "queued"),       QT_TRANSLATE_NOOP("States", "preparing"),
    QT_TRANSLATE_NOOP("States", "running"),      QT_TRANSLATE_NOOP("States", "awaiting approval"),
    QT_TRANSLATE_NOOP("States", "paused"),       QT_TRANSLATE_NOOP("States", "needs review"),
    QT_TRANSLATE_NOOP("States", "interrupted"),  QT_TRANSLATE_NOOP("States", "completed"),
    QT_TRANSLATE_NOOP("States", "failed"),       QT_TRANSLATE_NOOP("States", "cancelled"),
    QT_TRANSLATE_NOOP("States", "open"),         QT_TRANSLATE_NOOP("States", "allowed"),
    QT_TRANSLATE_NOOP("States", "denied"),       QT_TRANSLATE_NOOP("States", "withdrawn"),
    QT_TRANSLATE_NOOP("States", "acknowledged"), QT_TRANSLATE_NOOP("States", "snoozed"),
    QT_TRANSLATE_NOOP("States", "resolved"),     QT_TRANSLATE_NOOP("States", "critical"),
    QT_TRANSLATE_NOOP("States", "error"),        QT_TRANSLATE_NOOP("States", "warning"),
    QT_TRANSLATE_NOOP("States", "info"),         QT_TRANSLATE_NOOP("States", "done"),
    QT_TRANSLATE_NOOP("States", "refused"),      QT_TRANSLATE_NOOP("States", "ready"),
    QT_TRANSLATE_NOOP("States", "missing"),      QT_TRANSLATE_NOOP("States", "removed"),
    QT_TRANSLATE_NOOP("States", "low"),          QT_TRANSLATE_NOOP("States", "medium"),
    QT_TRANSLATE_NOOP("States", "high"),         QT_TRANSLATE_NOOP("States", "urgent"),
    QT_TRANSLATE_NOOP("States", "auto"),         QT_TRANSLATE_NOOP("States", "manual"),
    QT_TRANSLATE_NOOP("States", "milestone"),    QT_TRANSLATE_NOOP("States", "rollback"),
    QT_TRANSLATE_NOOP("States", "idle"),         QT_TRANSLATE_NOOP("States", "waits"),
    QT_TRANSLATE_NOOP("States", "begun"),
};

} // namespace

QString stateWords(const QString &state)
{
    const QString words = QString(state).replace(u'_', u' ');
    return QCoreApplication::translate("States", words.toUtf8().constData());
}

} // namespace hub::gui
