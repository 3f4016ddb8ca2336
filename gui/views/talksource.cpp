#include "gui/views/talksource.h"

namespace hub::gui
{

namespace
{
// Asked for in whole blocks, so that slow scrolling does not ask for each message alone.
constexpr qint64 block = 64;
constexpr qint64 around = 24;

qint64 blockStart(qint64 seq) { return (seq - 1) / block * block + 1; }
} // namespace

TalkSource::TalkSource(QObject *parent)
    : QObject(parent)
{
    m_timer.setSingleShot(true);
    m_timer.setInterval(0);
    connect(&m_timer, &QTimer::timeout, this, &TalkSource::ask);
}

void TalkSource::clear()
{
    m_messages.clear();
    m_here.clear();
    m_missing.clear();
    m_asked.clear();
    m_count = 0;
    m_characters = 0;
    m_first = 1;
    m_last = 0;
    m_timer.stop();
    Q_EMIT cleared();
}

void TalkSource::setCount(qint64 last)
{
    if (last <= m_count)
        return;
    const qint64 before = std::exchange(m_count, last);
    Q_EMIT counted(before, last);
}

void TalkSource::put(const QList<TalkMessage> &messages)
{
    if (messages.isEmpty())
        return;
    qint64 first = messages.first().seq, last = first;
    for (const TalkMessage &message : messages) {
        if (message.seq < 1)
            continue;
        auto &place = m_messages[message.seq];
        m_characters += message.text.size() - place.text.size();
        place = message;
        m_here.add(message.seq, message.seq);
        m_missing.remove(message.seq, message.seq);
        m_asked.remove(message.seq, message.seq);
        first = std::min(first, message.seq);
        last = std::max(last, message.seq);
    }
    setCount(last);
    Q_EMIT arrived(first, last);
    trim();
}

void TalkSource::putMissing(qint64 first, int count)
{
    const qint64 last = std::min(first + count - 1, m_count);
    if (first < 1 || last < first)
        return;
    for (auto it = m_messages.lower_bound(first); it != m_messages.end() && it->first <= last;)
        drop(it++);
    m_missing.add(first, last);
    m_asked.remove(first, last);
    Q_EMIT arrived(first, last);
}

void TalkSource::forget(qint64 first, qint64 last)
{
    // What is on the screen stays there until its new version comes.
    for (auto it = m_messages.lower_bound(first); it != m_messages.end() && it->first <= last;) {
        const auto next = std::next(it);
        if (it->first < m_first || it->first > m_last)
            drop(it);
        it = next;
    }
    m_here.remove(first, last);
    m_missing.remove(first, last);
    m_asked.remove(first, last);
    m_timer.start();
}

void TalkSource::askAgain()
{
    m_asked.clear();
    m_timer.start();
}

const TalkMessage *TalkSource::at(qint64 seq) const
{
    const auto found = m_messages.find(seq);
    return found == m_messages.end() ? nullptr : &found->second;
}

void TalkSource::look(qint64 first, qint64 last)
{
    if (first == m_first && last == m_last)
        return;
    m_first = first;
    m_last = last;
    if (!m_timer.isActive())
        m_timer.start();
}

void TalkSource::ask()
{
    if (m_last < m_first || m_count == 0)
        return;
    const qint64 first = blockStart(std::max<qint64>(1, m_first - around));
    const qint64 last = std::min(m_count, blockStart(m_last + around) + block - 1);
    std::vector<SeqRanges::Range> open;
    for (const auto &here : m_here.gaps(first, last)) {
        for (const auto &missing : m_missing.gaps(here.first, here.second)) {
            const auto asked = m_asked.gaps(missing.first, missing.second);
            open.insert(open.end(), asked.begin(), asked.end());
        }
    }
    for (const auto &[from, to] : open)
        m_asked.add(from, to);
    for (auto [from, to] : open) {
        for (; from <= to; from += askedAtOnce)
            Q_EMIT wanted(from, int(std::min<qint64>(askedAtOnce, to - from + 1)));
    }
}

void TalkSource::drop(std::map<qint64, TalkMessage>::iterator it)
{
    m_characters -= it->second.text.size();
    m_here.remove(it->first, it->first);
    m_messages.erase(it);
}

void TalkSource::trim()
{
    while (int(m_messages.size()) > keptMessages || m_characters > keptCharacters) {
        const auto oldest = m_messages.begin(), newest = std::prev(m_messages.end());
        const qint64 below = m_first - oldest->first, above = newest->first - m_last;
        if (below <= 0 && above <= 0)
            return; // all that is left is on the screen
        drop(below >= above ? oldest : newest);
    }
}

} // namespace hub::gui
