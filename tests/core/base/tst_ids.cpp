#include "core/base/ids.h"

#include <QTest>

using namespace hub;
using namespace Qt::StringLiterals;

class TestIds : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void checkpointIds_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("canonical"); // empty: refused
        QTest::newRow("task and number") << u"12/3"_s << u"12/3"_s;
        QTest::newRow("a hash before the task is accepted") << u"#12/3"_s << u"12/3"_s;
        QTest::newRow("zero is no id") << u"12/0"_s << u""_s;
        QTest::newRow("a sign is no id") << u"12/+3"_s << u""_s;
        QTest::newRow("a word is no id") << u"last"_s << u""_s;
        QTest::newRow("nothing is no id") << u""_s << u""_s;
        QTest::newRow("more than fits is no id") << u"12/99999999999999999999"_s << u""_s;
    }
    void checkpointIds()
    {
        QFETCH(QString, text);
        QFETCH(QString, canonical);
        const auto id = CheckpointId::parse(text);
        QCOMPARE(id.has_value(), !canonical.isEmpty());
        if (id)
            QCOMPARE(id->toString(), canonical);
    }

    void names_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<bool>("accepted");
        QTest::newRow("plain word") << u"claude"_s << true;
        QTest::newRow("dots and dashes inside") << u"my-agent_2.0"_s << true;
        QTest::newRow("upper case is refused") << u"Claude"_s << false;
        QTest::newRow("leading dash would be an option") << u"-rf"_s << false;
        QTest::newRow("trailing dot breaks a branch name") << u"a."_s << false;
        QTest::newRow("two dots break a branch name") << u"a..b"_s << false;
        QTest::newRow("path separators are refused") << u"a/b"_s << false;
        QTest::newRow("git's lock suffix is refused") << u"a.lock"_s << false;
    }
    void names()
    {
        QFETCH(QString, text);
        QFETCH(bool, accepted);
        QCOMPARE(AgentName::parse(text).has_value(), accepted);
    }

    void prefixesAreOptionalForPeople()
    {
        QCOMPARE(OperationId::parse(u"op-81"), OperationId::of(81));
        QCOMPARE(OperationId::parse(u"81"), OperationId::of(81));
        QCOMPARE(ApprovalId::of(7).toString(), u"a7"_s);
    }
};

QTEST_GUILESS_MAIN(TestIds)
#include "tst_ids.moc"
