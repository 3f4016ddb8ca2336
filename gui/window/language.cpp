#include "gui/window/language.h"

#include "gui/model/texts.h"

#include <QCoreApplication>
#include <QLibraryInfo>

using namespace Qt::StringLiterals;

namespace hub::gui
{

Language::Language(const QLocale &wanted)
{
    // English has a file too: of what is one and what are several.
    if (m_window.load(wanted, u"window"_s, u"_"_s, u":/window"_s) ||
        m_window.load(QLocale(QLocale::English), u"window"_s, u"_"_s, u":/window"_s))
        QCoreApplication::installTranslator(&m_window);
    // In the same language as the window, not in the next best one that Qt happens to have.
    if (m_qt.load(QLocale(name()), u"qtbase"_s, u"_"_s, QLibraryInfo::path(QLibraryInfo::TranslationsPath)))
        QCoreApplication::installTranslator(&m_qt);
    setCommandLanguage(name());
}

Language::~Language()
{
    QCoreApplication::removeTranslator(&m_qt);
    QCoreApplication::removeTranslator(&m_window);
    setCommandLanguage({});
}

QString Language::name() const { return m_window.isEmpty() ? u"en"_s : m_window.language(); }

} // namespace hub::gui
