// What a front end in this process may keep in the hub's database over a restart: JSON objects by kind and key, which
// the hub does not read. Callable from the thread that the hub object lives on; the futures end on any thread, once it
// is on the disk.
#pragma once

#include "core/base/result.h"

#include <QFuture>
#include <QJsonObject>
#include <QMap>

namespace hub
{

// The kind of note that both sides know: which Discord channel a project is bound to, {"channel": "120…"} by the
// project's name.
inline const QString projectChannelNote = QStringLiteral("discord channel");

// Of commands::Once: {"number": "120…"} by source, which the hub writes and a front end may take away.
inline const QString onceNote = QStringLiteral("command done");

class NotePort
{
public:
    using Notes = QMap<QString, QJsonObject>; // by key

    virtual ~NotePort() = default;
    virtual QFuture<Result<Notes>> notes(const QString &kind) = 0;
    virtual QFuture<Result<>> setNote(const QString &kind, const QString &key, const QJsonObject &value) = 0;
    virtual QFuture<Result<>> removeNote(const QString &kind, const QString &key) = 0;
};

} // namespace hub
