#include "headless/discord/customid.h"

#include <QDateTime>
#include <QTest>

using namespace hub;
using namespace hub::discord;
using namespace Qt::StringLiterals;

namespace
{

using Then = Press::Then;
const QByteArray key(32, 'k');

} // namespace

Q_DECLARE_METATYPE(hub::discord::Press)

class TestCustomId : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void aPressComesBackAsItWas_data()
    {
        QTest::addColumn<Press>("press");
        QTest::addColumn<bool>("fits");
        QTest::newRow("a view") << Press{.command = u"task-diff"_s, .options = {{u"task_id"_s, u"12"_s}}} << true;
        QTest::newRow("a confirmation") << Press{.then = Then::Replace,
                                                 .command = u"rollback task_checkpoint"_s,
                                                 .options = {{u"task_id"_s, u"12"_s}, {u"keep_edits"_s, false}},
                                                 .confirm = u"1a2b3c4d5e6f:1a2b3c4d5e6f:3:1"_s}
                                        << false;
        QTest::newRow("a short confirmation") << Press{.then = Then::Replace,
                                                       .command = u"cancel-task"_s,
                                                       .options = {{u"task_id"_s, u"12"_s}},
                                                       .confirm = u"cancel 12"_s}
                                              << true;
        QTest::newRow("a form") << Press{.then = Then::Ask,
                                         .command = u"deny"_s,
                                         .options = {{u"approval_id"_s, u"a7"_s}},
                                         .ask = u"reason"_s}
                                << true;
        QTest::newRow("nothing") << Press{.then = Then::Close, .command = u"emergency-stop"_s} << true;
        QTest::newRow("quotes, lines, dashes, other alphabets")
            << Press{.command = u"say"_s, .options = {{u"message"_s, u"--it's \"so\"\n–\\ ä 😀 @confirm=x"_s}}} << true;
        QTest::newRow("a long text") << Press{.command = u"say"_s, .options = {{u"message"_s, QString(3000, u'ü')}}}
                                     << false;
    }
    void aPressComesBackAsItWas()
    {
        QFETCH(Press, press);
        QFETCH(bool, fits);
        CustomIds ids(key);
        const QString id = ids.idOf(press);
        QVERIFY(id.toUcs4().size() <= 100);
        QCOMPARE(CustomIds::thenOf(id), std::optional(press.then));
        const auto unkept = ids.takeUnkept();
        QCOMPARE(unkept.isEmpty(), fits);
        // A hub that was started again has the key and what was kept.
        CustomIds later(key);
        for (auto one = unkept.cbegin(); one != unkept.cend(); ++one)
            later.remember(one.key(), one.value(), 0);
        const auto read = later.read(id);
        QVERIFY2(read.hasValue(), read ? "" : qPrintable(read.error().message));
        QCOMPARE(*read, press);
        QVERIFY(ids.takeUnkept().isEmpty());
    }

    void aForgedOneIsRefused()
    {
        CustomIds ids(key);
        const QString id = ids.idOf({.command = u"task-diff"_s, .options = {{u"task_id"_s, u"12"_s}}});
        for (qsizetype at = 0; at < id.size(); ++at) {
            QString forged = id;
            forged[at] = forged[at] == u'a' ? u'b' : u'a';
            QVERIFY2(!ids.read(forged), qPrintable(forged));
        }
        QVERIFY(!CustomIds(QByteArray(32, 'x')).read(id));
        for (const QString &other : {u""_s, u"a"_s, u"r123456789012"_s, u"approve:7"_s, QString(100, u'a')})
            QVERIFY2(!ids.read(other), qPrintable(other));
    }

    void oneThatIsNotKeptAnyMoreIsRefusedKindly()
    {
        CustomIds ids(key);
        const QString id = ids.idOf({.command = u"say"_s, .options = {{u"message"_s, QString(500, u'x')}}});
        const auto read = CustomIds(key).read(id);
        QVERIFY(!read);
        QCOMPARE(read.error().code, ErrorCode::Refused);
        QVERIFY(read.error().message.contains(u"out of date"));
    }

    void oldOnesGoButForThoseOfOpenTasks()
    {
        CustomIds ids(key);
        const QString longText(500, u'x');
        const auto press = [&](const QString &task) {
            return Press{.command = u"say"_s, .options = {{u"message"_s, longText}, {u"task_id"_s, task}}};
        };
        const QString open = ids.idOf(press(u"12"_s)), ended = ids.idOf(press(u"13"_s));
        QCOMPARE(ids.forgetOld(0, {}), QStringList());
        const qint64 later = QDateTime::currentMSecsSinceEpoch() + 1000;
        QCOMPARE(ids.forgetOld(later, {TaskId::of(12)}).size(), 1);
        QVERIFY(ids.read(open));
        QVERIFY(!ids.read(ended));
        QCOMPARE(ids.forgetOld(later, {}).size(), 1);
        QVERIFY(!ids.read(open));
    }

    void keysAreNotGuessed() { QVERIFY(CustomIds::newKey() != CustomIds::newKey()); }
};

QTEST_GUILESS_MAIN(TestCustomId)
#include "tst_customid.moc"
