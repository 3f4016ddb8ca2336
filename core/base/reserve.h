// Room on a file system that is kept for when everything else is full: the file `reserve` in a folder, whose blocks are
// really taken. It is given up in pieces, so that another program that goes on writing takes one and not all. Any
// thread; make() and giveUp() block and wait for each other, all else only looks.
#pragma once

#include "core/base/result.h"

#include <QByteArray>

#include <atomic>
#include <mutex>

namespace hub
{

class Reserve
{
public:
    // The last piece is for a hub that starts on a full disk.
    static constexpr int pieces = 4;
    enum class Last { Keep, Give };

    // `size` in bytes; 0: none is wanted. What lies there from before is taken over.
    Reserve(const QByteArray &folder, qint64 size);

    void setSize(qint64 size) { m_size = size; }
    // Bytes of it that are not taken; below zero: it is larger than wanted.
    qint64 missing() const { return m_size - taken(); }
    // Makes it as large as wanted; DiskFull, and as before, when that doesn't fit with `beyond` more bytes beside it.
    Result<> make(qint64 beyond = 0);
    // One piece goes back to the disk; false: there was none to give.
    Result<bool> giveUp(Last last = Last::Keep);

private:
    qint64 taken() const;

    std::mutex m_mutex; // of the file while it is changed
    const QByteArray m_path;
    std::atomic<qint64> m_size;
};

} // namespace hub
