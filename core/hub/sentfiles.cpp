#include "core/hub/sentfiles.h"

#include "core/base/durablefile.h"

#include <QCryptographicHash>

using namespace Qt::StringLiterals;

namespace hub
{

namespace
{

constexpr qsizetype longestName = 80;

// The end of the name stays, which says what kind of file it is.
QString safeName(const QString &given)
{
    QString name = given.section(u'/', -1).section(u'\\', -1);
    for (QChar &c : name) {
        if (!c.isLetterOrNumber() && !u"._-+"_s.contains(c))
            c = u'_';
    }
    return name.right(longestName);
}

} // namespace

Result<> checkSentFiles(const commands::CommandCall &call)
{
    if (call.files.isEmpty() && !call.options.value(u"files"_s).toString().isEmpty())
        return fail(ErrorCode::InvalidInput, u"The files were named, but did not come along; nothing was told."_s);
    if (call.files.size() > commands::mostFiles)
        return fail(ErrorCode::InvalidInput,
                    u"At most %1 files go with a message, not %2; nothing was told."_s.arg(
                        QString::number(commands::mostFiles), QString::number(call.files.size())));
    for (const commands::Attachment &file : call.files) {
        if (file.bytes.size() > commands::mostFileBytes)
            return fail(ErrorCode::InvalidInput, u"%1 is larger than %2 MiB; nothing was told."_s.arg(
                                                     file.fileName, QString::number(commands::mostFileBytes >> 20)));
    }
    return {};
}

QStringList pathsOfSentFiles(const DataFolder &data, TaskId task, const QList<commands::Attachment> &files)
{
    QStringList paths;
    for (const commands::Attachment &file : files) {
        const QByteArray hash = QCryptographicHash::hash(file.bytes, QCryptographicHash::Sha256).toHex().first(12);
        paths << data.sentFiles(task) + u'/' + QString::fromLatin1(hash) + u'-' + safeName(file.fileName);
    }
    return paths;
}

Result<> keepSentFiles(const DataFolder &data, TaskId task, const QList<commands::Attachment> &files)
{
    const QStringList paths = pathsOfSentFiles(data, task, files);
    for (qsizetype i = 0; i < files.size(); ++i)
        HUB_CHECK(writeFileDurably(QFile::encodeName(paths[i]), files[i].bytes));
    return {};
}

QString tellingOfSentFiles(const QStringList &paths)
{
    if (paths.isEmpty())
        return {};
    return (paths.size() == 1 ? u"\n\nThe person sent a file with this: "_s
                              : u"\n\nThe person sent these files with this:\n"_s) +
           paths.join(u'\n');
}

} // namespace hub
