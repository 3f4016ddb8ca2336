// Writing a file that a person asked for, where they say.
#pragma once

#include <QByteArray>
#include <QString>

class QWidget;

namespace hub::gui
{

// Asks where; says so when it could not be written. A file that is there stays whole until the new one is.
void saveAs(QWidget *parent, const QString &fileName, const QByteArray &content);

} // namespace hub::gui
