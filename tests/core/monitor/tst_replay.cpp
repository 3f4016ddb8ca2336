// What was once seen of a machine, played again: the same verdicts and the same steps of the ladder each time. Each
// NAME.samples in tests/samples has a NAME.expected beside it; the README there says how one is made.
#include "core/base/durablefile.h"
#include "core/monitor/limits.h"
#include "core/monitor/samplefile.h"

#include <QDebug>
#include <QDir>
#include <QFile>
#include <QTest>

using namespace hub;
using namespace hub::monitor;
using namespace Qt::StringLiterals;

namespace
{

QString textOfChange(const Verdict &verdict)
{
    const QString name =
        textOf(metricTexts, verdict.metric) + (verdict.subject.isEmpty() ? QString() : u' ' + verdict.subject);
    const QString change = u"%1 from %2 to %3 at %4"_s.arg(name, textOf(concernTexts, verdict.before),
                                                           textOf(concernTexts, verdict.concern),
                                                           valueText(verdict.metric, verdict.value));
    return verdict.untilFull && verdict.concern != Concern::Fine
               ? change + u", full in %1 min"_s.arg(verdict.untilFull->count())
               : change;
}

// Seconds since the first look, and what the hub would have said and done then, with settings as they come.
Result<QStringList> replay(const QByteArray &lines)
{
    HUB_TRY(const Settings settings, Settings::load({}, {}));
    const Rules rules = rulesFrom(settings);
    HUB_TRY(const LadderRules ladderRules, ladderRulesFrom(settings));
    Verdicts verdicts;
    Ladder ladder;
    bool safeMode = false;
    std::optional<std::chrono::milliseconds> begin;
    QStringList done;
    for (const QByteArray &line : lines.split('\n')) {
        if (line.isEmpty())
            continue;
        HUB_TRY(const Look look, lookFromLine(line));
        begin = begin.value_or(look.sample.uptime);
        const auto note = [&](const QString &what) {
            const auto passed = std::chrono::duration_cast<std::chrono::seconds>(look.sample.uptime - *begin);
            done << u"%1 %2"_s.arg(passed.count(), 5).arg(what);
        };
        for (const Verdict &verdict : verdicts.feed(look.sample, rules))
            note(textOfChange(verdict));
        const auto move =
            ladder.climb(verdicts.standing(), look.sample.uptime, look.running, look.safeMode || safeMode, ladderRules);
        if (move) {
            note(textOf(moveTexts, move->kind) + (move->task ? u" #"_s + move->task->toString() : QString()));
            safeMode = safeMode || move->kind == LadderMove::Kind::EnterSafeMode;
        }
    }
    return done;
}

} // namespace

class TestReplay : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void theSameLooksGiveTheSameSteps_data()
    {
        QTest::addColumn<QString>("name");
        const QDir folder(QStringLiteral(HUB_SOURCE_DIR "/tests/samples"));
        for (const QString &file : folder.entryList({u"*.samples"_s}))
            QTest::newRow(qPrintable(file.section(u'.', 0, 0))) << folder.filePath(file.section(u'.', 0, 0));
    }
    void theSameLooksGiveTheSameSteps()
    {
        QFETCH(const QString, name);
        const auto lines = readFile(QFile::encodeName(name + u".samples"_s));
        QVERIFY(lines && lines->count('\n') > 3);
        const auto done = replay(*lines);
        QVERIFY2(done, done ? "" : qPrintable(done.error().message));
        QCOMPARE(*replay(*lines), *done);
        const auto expected = readFile(QFile::encodeName(name + u".expected"_s));
        QVERIFY2(expected, expected ? "" : qPrintable(expected.error().message));
        QStringList wanted = QString::fromUtf8(*expected).split(u'\n');
        wanted.removeAll(QString());
        if (*done != wanted)
            qInfo().noquote() << u"It says now:\n"_s + done->join(u'\n');
        QCOMPARE(*done, wanted);
    }
};

QTEST_GUILESS_MAIN(TestReplay)
#include "tst_replay.moc"
