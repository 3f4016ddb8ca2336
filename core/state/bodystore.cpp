#include "core/state/bodystore.h"

#include "core/base/durablefile.h"

#include <QCryptographicHash>
#include <QDirIterator>
#include <QFile>

using namespace Qt::StringLiterals;

namespace hub::state
{

QString BodyStore::nameOf(const QByteArray &bytes)
{
    return QString::fromLatin1(QCryptographicHash::hash(bytes, QCryptographicHash::Sha256).toHex());
}

QByteArray BodyStore::pathOf(const QString &name) const
{
    return QFile::encodeName(m_folder + u'/' + name.first(2) + u'/' + name);
}

Result<QString> BodyStore::put(const QByteArray &bytes) const
{
    const QString name = nameOf(bytes);
    if (const auto stored = get(name))
        return name;
    HUB_CHECK(writeFileDurably(pathOf(name), bytes));
    return name;
}

Result<QByteArray> BodyStore::get(const QString &name) const
{
    HUB_TRY(QByteArray bytes, readFile(pathOf(name)));
    if (nameOf(bytes) != name)
        return fail(ErrorCode::Corrupt, u"the stored text %1 was damaged on disk"_s.arg(name.first(12)));
    return bytes;
}

QStringList BodyStore::all() const
{
    QStringList names;
    QDirIterator files(m_folder, QDir::Files, QDirIterator::Subdirectories);
    while (files.hasNext()) {
        files.next();
        if (files.fileName().size() == 64) // not one that is being written
            names << files.fileName();
    }
    return names;
}

Result<> BodyStore::remove(const QString &name) const { return removeTree(pathOf(name)); }

} // namespace hub::state
