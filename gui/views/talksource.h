// The conversation of one task as far as it was looked at: message number n is row n - 1. It asks its owner for what a
// view needs (`wanted`), keeps about 2,000 messages, and drops those farthest from what is shown. UI thread.
#pragma once

#include "gui/views/seqranges.h"
#include "gui/views/talk.h"

#include <QObject>
#include <QTimer>

#include <map>

namespace hub::gui
{

class TalkSource : public QObject
{
    Q_OBJECT

public:
    static constexpr int keptMessages = 2'000;
    static constexpr qsizetype keptCharacters = 16 * 1024 * 1024;
    static constexpr int askedAtOnce = 256;

    explicit TalkSource(QObject *parent = nullptr);

    // Another task: nothing is known any more.
    void clear();
    // The number of the last message there is. It only grows; a smaller one is ignored.
    void setCount(qint64 last);
    qint64 count() const { return m_count; }

    // Answers to wanted(), and messages as they come. A message that is here already is replaced.
    void put(const QList<TalkMessage> &messages);
    // These numbers never come: purged, or not for this person.
    void putMissing(qint64 first, int count);
    // These may have changed (a rollback, its undo): they are asked for again once they are shown.
    void forget(qint64 first, qint64 last);
    // What was asked for and not answered is asked for again, after a lost connection.
    void askAgain();

    // Null when it is not here. Valid until the source changes.
    const TalkMessage *at(qint64 seq) const;
    bool isMissing(qint64 seq) const { return m_missing.contains(seq); }
    // How many messages are in memory.
    int held() const { return int(m_messages.size()); }

    // What is on the screen now: the source asks for it, and for a little around it.
    void look(qint64 first, qint64 last);

Q_SIGNALS:
    // Never twice for the same message, until forget() or askAgain().
    void wanted(qint64 firstSeq, int count);
    void counted(qint64 before, qint64 now);
    // Messages, or the news that they are missing.
    void arrived(qint64 first, qint64 last);
    void cleared();

private:
    void ask();
    void trim();
    void drop(std::map<qint64, TalkMessage>::iterator it);

    std::map<qint64, TalkMessage> m_messages;
    SeqRanges m_here, m_missing, m_asked;
    qint64 m_count = 0;
    qint64 m_first = 1, m_last = 0; // what is looked at
    qsizetype m_characters = 0;
    QTimer m_timer;
};

} // namespace hub::gui
