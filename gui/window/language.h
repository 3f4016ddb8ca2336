// The language of the window: the person's first one that there is a file for, else English. A language is a
// translations/window_LOCALE.ts, with Qt's own words where Qt's translations are installed, and a LOCALE.json with the
// texts of the command table. To be there before the first widget, and as long as there is one. UI thread.
#pragma once

#include <QLocale>
#include <QTranslator>

namespace hub::gui
{

class Language
{
public:
    explicit Language(const QLocale &wanted = QLocale());
    ~Language();
    Q_DISABLE_COPY_MOVE(Language)

    QString name() const; // "de"; "en" also when there is no file for any that is wanted

private:
    QTranslator m_window, m_qt;
};

} // namespace hub::gui
