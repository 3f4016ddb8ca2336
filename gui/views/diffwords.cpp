#include "gui/views/diffwords.h"

#include <algorithm>
#include <vector>

namespace hub::gui
{

namespace
{

// More words than this on both sides are not compared one by one.
constexpr size_t mostWords = 160;

struct Word {
    qsizetype start = 0, length = 0;
};

bool isWordPart(QChar c) { return c.isLetterOrNumber() || c == u'_' || c.isSurrogate() || c.isMark(); }

// Words, runs of spaces, and each other sign alone.
std::vector<Word> wordsOf(const QString &text, qsizetype from, qsizetype to)
{
    std::vector<Word> words;
    for (qsizetype i = from; i < to;) {
        qsizetype end = i + 1;
        if (isWordPart(text[i]))
            while (end < to && isWordPart(text[end]))
                ++end;
        else if (text[i].isSpace())
            while (end < to && text[end].isSpace())
                ++end;
        words.push_back({i, end - i});
        i = end;
    }
    return words;
}

void addSpan(QList<WordSpan> &spans, const Word &word)
{
    if (!spans.isEmpty() && spans.last().start + spans.last().length == word.start)
        spans.last().length += word.length;
    else
        spans.append({word.start, word.length});
}

qsizetype lengthOf(const QList<WordSpan> &spans)
{
    qsizetype sum = 0;
    for (const WordSpan &span : spans)
        sum += span.length;
    return sum;
}

} // namespace

WordChanges wordChanges(const QString &before, const QString &after)
{
    // What both begin and end with is common, to the borders of words.
    const qsizetype least = std::min(before.size(), after.size());
    qsizetype head = 0, tail = 0;
    while (head < least && before[head] == after[head])
        ++head;
    while (tail < least - head && before[before.size() - 1 - tail] == after[after.size() - 1 - tail])
        ++tail;
    while (head > 0 && isWordPart(before[head - 1]) &&
           ((head < before.size() && isWordPart(before[head])) || (head < after.size() && isWordPart(after[head]))))
        --head;
    const auto insideWord = [&tail](const QString &text) {
        const qsizetype border = text.size() - tail;
        return tail > 0 && border > 0 && isWordPart(text[border - 1]) && isWordPart(text[border]);
    };
    while (insideWord(before) || insideWord(after))
        --tail;

    const auto olds = wordsOf(before, head, std::max(head, before.size() - tail));
    const auto news = wordsOf(after, head, std::max(head, after.size() - tail));
    WordChanges changes;
    std::vector<bool> keptOld(olds.size()), keptNew(news.size());
    if (olds.size() <= mostWords && news.size() <= mostWords) {
        // The longest common sequence, weighed by characters, so that a word counts for more than a comma.
        const size_t width = news.size() + 1;
        std::vector<int> best((olds.size() + 1) * width);
        const auto same = [&](size_t i, size_t j) {
            return QStringView(before).sliced(olds[i].start, olds[i].length) ==
                   QStringView(after).sliced(news[j].start, news[j].length);
        };
        for (size_t i = olds.size(); i-- > 0;) {
            for (size_t j = news.size(); j-- > 0;) {
                int most = std::max(best[(i + 1) * width + j], best[i * width + j + 1]);
                if (same(i, j))
                    most = std::max(most, best[(i + 1) * width + j + 1] + int(olds[i].length));
                best[i * width + j] = most;
            }
        }
        for (size_t i = 0, j = 0; i < olds.size() && j < news.size();) {
            if (same(i, j) && best[i * width + j] == best[(i + 1) * width + j + 1] + int(olds[i].length))
                keptOld[i++] = keptNew[j++] = true;
            else if (best[(i + 1) * width + j] >= best[i * width + j + 1])
                ++i;
            else
                ++j;
        }
    }
    for (size_t i = 0; i < olds.size(); ++i) {
        if (!keptOld[i])
            addSpan(changes.removed, olds[i]);
    }
    for (size_t j = 0; j < news.size(); ++j) {
        if (!keptNew[j])
            addSpan(changes.added, news[j]);
    }
    const qsizetype all = before.size() + after.size();
    if ((lengthOf(changes.removed) + lengthOf(changes.added)) * 10 > all * 7)
        return {};
    return changes;
}

} // namespace hub::gui
