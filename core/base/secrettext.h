// A text that is to be erased (a leaked secret), in every spelling under which something of ours may have stored it.
// Pure; any thread. Never to be logged or told to anybody.
#pragma once

#include "core/base/result.h"

#include <QByteArray>
#include <QList>

namespace hub
{

class SecretText
{
public:
    // Line ends around it don't count. InvalidInput when there is too little to look for: it would be found everywhere.
    static Result<SecretText> parse(const QByteArray &utf8);

    bool isIn(QByteArrayView bytes) const;
    // The same length, an x in place of each byte but for line ends: a file keeps its other bytes where they were.
    QByteArray blanked(QByteArray bytes) const;
    // A mark in its place.
    QByteArray marked(QByteArray bytes) const;
    // As marked(), for a text that was cut: a beginning of the secret at its end goes too.
    QByteArray markedCut(const QByteArray &bytes) const;
    // As marked(), inside the strings of a JSON text, which stays JSON.
    QByteArray markedJson(const QByteArray &bytes) const;

    // As itself, and as in JSON, once and twice; the longest first.
    const QList<QByteArray> &spellings() const { return m_spellings; }
    const QByteArray &text() const { return m_spellings[m_plain]; }

private:
    template <class Make>
    QByteArray replaced(QByteArray bytes, Make make) const;

    QList<QByteArray> m_spellings;
    qsizetype m_plain = 0;
};

} // namespace hub
