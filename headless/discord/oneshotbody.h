// A body that is sent once. Qt sends a call again by itself when a kept connection turns out to be dead, a POST too,
// though Discord may have done it; a body that can't be read from its start again keeps it from that. What is tried
// again is for judge() to say, which also must know that there was an earlier try.
#pragma once

#include <QByteArray>
#include <QIODevice>

#include <cstring>

namespace hub::discord
{

class OneShotBody final : public QIODevice
{
public:
    OneShotBody(QByteArray bytes, QObject *parent)
        : QIODevice(parent)
        , m_bytes(std::move(bytes))
    {
        open(QIODevice::ReadOnly | QIODevice::Unbuffered);
    }

    bool isSequential() const override { return false; } // its size is known
    qint64 size() const override { return m_bytes.size(); }
    bool seek(qint64 to) override { return to >= m_read && QIODevice::seek(to); }

protected:
    qint64 readData(char *data, qint64 most) override
    {
        const qint64 count = std::min(most, qint64(m_bytes.size()) - pos());
        if (count <= 0)
            return count < 0 || most > 0 ? -1 : 0;
        std::memcpy(data, m_bytes.constData() + pos(), size_t(count));
        m_read = pos() + count;
        return count;
    }
    qint64 writeData(const char *, qint64) override { return -1; }

private:
    const QByteArray m_bytes;
    qint64 m_read = 0;
};

} // namespace hub::discord
