#include "gui/window/saving.h"

#include <QCoreApplication>
#include <QFileDialog>
#include <QMessageBox>
#include <QSaveFile>

namespace hub::gui
{

void saveAs(QWidget *parent, const QString &fileName, const QByteArray &content)
{
    const auto say = [](const char *text) { return QCoreApplication::translate("Saving", text); };
    const QString path = QFileDialog::getSaveFileName(parent, say(QT_TRANSLATE_NOOP("Saving", "Save")), fileName);
    if (path.isEmpty())
        return;
    QSaveFile file(path);
    if (!file.open(QIODevice::WriteOnly) || file.write(content) != content.size() || !file.commit())
        QMessageBox::warning(
            parent, say(QT_TRANSLATE_NOOP("Saving", "Not saved")),
            say(QT_TRANSLATE_NOOP("Saving", "%1 could not be written: %2")).arg(path, file.errorString()));
}

} // namespace hub::gui
