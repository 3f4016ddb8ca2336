// The window of a hub that belongs to another account, through a real sshd.
#include "core/ipc/channel.h"
#include "gui/model/portsources.h"
#include "gui/window/mainwindow.h"
#include "tests/integration/window/othermachine.h"

#include <QStandardPaths>

namespace hub::gui
{

using namespace Qt::StringLiterals;

namespace
{

constexpr int patience = 30'000; // milliseconds

struct Shown {
    explicit Shown(const QString &url, const QString &program = u"ssh"_s)
        : target(*ipc::SshTarget::parse(url))
        , link(std::make_unique<RemoteSource>(
              [this, program] { return std::make_unique<ipc::SshChannel>(target, program); }))
        , window(link, target.text())
    {
        window.show();
    }
    bool bannerIsShown() const { return window.findChild<QWidget *>(u"banner"_s)->isVisible(); }
    QString banner() const { return window.findChild<QWidget *>(u"banner"_s)->findChild<QLabel *>()->text(); }
    bool isComplete() { return link.isConnected() && window.state().isComplete(); }
    QStringList titles()
    {
        QStringList titles;
        for (int i = 0; i < window.state().tasks().rowCount(); ++i)
            titles << window.state().tasks().rowAt(i)[u"title"_s].toString();
        titles.sort();
        return titles;
    }

    ipc::SshTarget target;
    HubLink link;
    MainWindow window;
};

} // namespace

class TestSshWindow : public QObject
{
    Q_OBJECT

    std::unique_ptr<OtherMachine> m_there;

    void assign(const QString &text)
    {
        const auto assigned = m_there->as(
            {u"agenthubctl"_s, u"assign-task"_s, text, u"--agent"_s, u"quick"_s, u"--project"_s, u"work"_s});
        QVERIFY2(assigned.hasValue(), assigned ? "" : qPrintable(assigned.error().message));
    }

private Q_SLOTS:
    void initTestCase()
    {
        if (const QString missing = OtherMachine::missing(); !missing.isEmpty())
            QSKIP(qPrintable(u"there is no other machine to play with: "_s + missing));
        QStandardPaths::setTestModeEnabled(true);
        m_there = std::make_unique<OtherMachine>();
        const auto made = m_there->make();
        QVERIFY2(made.hasValue(), made ? "" : qPrintable(made.error().message));
        const auto started = m_there->startHub();
        QVERIFY2(started.hasValue(), started ? "" : qPrintable(started.error().message));
        const auto furnished = m_there->as(
            {u"sh"_s, u"-ec"_s,
             u"mkdir work; cd work; git init -q -b main; git config user.name N; git config user.email n@example.org; "
             "echo one > file; git add .; git commit -qm one; agenthubctl projects add .; "
             "agenthubctl agents add quick sh -c 'echo done'"_s});
        QVERIFY2(furnished.hasValue(), furnished ? "" : qPrintable(furnished.error().message));
        assign(u"first"_s);
    }
    void cleanupTestCase() { m_there.reset(); }

    void theTasksOfTheOtherAccountAreShown()
    {
        Shown shown(u"ssh://usual"_s);
        QTRY_VERIFY2_WITH_TIMEOUT(shown.isComplete(), qPrintable(shown.link.whyNot().message), patience);
        QCOMPARE(shown.titles(), QStringList{u"first"_s});
        QCOMPARE(shown.link.greeting()[u"name"_s].toString(), u"nobody"_s);
        QVERIFY(shown.window.windowTitle().contains(u"ssh://usual"_s));
        QVERIFY(!shown.bannerIsShown());
    }

    void aCutConnectionIsSaidPlainlyAndComesBackByItself()
    {
        Shown shown(u"ssh://usual"_s);
        QTRY_VERIFY2_WITH_TIMEOUT(shown.isComplete(), qPrintable(shown.link.whyNot().message), patience);
        const QStringList before = shown.titles();
        m_there->stopSshd();
        QTRY_COMPARE_WITH_TIMEOUT(shown.link.state(), HubLink::State::Lost, patience);
        QTRY_VERIFY(shown.bannerIsShown());
        QVERIFY2(shown.banner().startsWith(u"What you see is from "_s), qPrintable(shown.banner()));
        QCOMPARE(shown.titles(), before); // what is old is still there to be read

        assign(u"while nobody looked"_s);
        const auto again = m_there->startSshd();
        QVERIFY2(again.hasValue(), again ? "" : qPrintable(again.error().message));
        QTRY_VERIFY2_WITH_TIMEOUT(shown.isComplete(), qPrintable(shown.link.whyNot().message), patience);
        QTRY_VERIFY(!shown.bannerIsShown());
        QCOMPARE(shown.titles().size(), before.size() + 1);
        QVERIFY(shown.titles().contains(u"while nobody looked"_s));

        m_there->cutConnections();
        QTRY_COMPARE_WITH_TIMEOUT(shown.link.state(), HubLink::State::Lost, patience);
        QTRY_VERIFY2_WITH_TIMEOUT(shown.isComplete(), qPrintable(shown.link.whyNot().message), patience);
    }

    void aHubThatEndsIsNamedAndFoundAgain()
    {
        Shown shown(u"ssh://usual"_s);
        QTRY_VERIFY2_WITH_TIMEOUT(shown.isComplete(), qPrintable(shown.link.whyNot().message), patience);
        m_there->stopHub();
        QTRY_VERIFY_WITH_TIMEOUT(shown.banner().contains(u"no hub is running there"_s), patience);
        const auto started = m_there->startHub();
        QVERIFY2(started.hasValue(), started ? "" : qPrintable(started.error().message));
        shown.link.tryNow();
        QTRY_VERIFY2_WITH_TIMEOUT(shown.isComplete(), qPrintable(shown.link.whyNot().message), patience);
    }

    void everyWayToFailHasASentenceThatHelps_data()
    {
        QTest::addColumn<QString>("url");
        QTest::addColumn<QString>("program");
        QTest::addColumn<QString>("sentence");
        QTest::addColumn<QString>("hint");
        const auto row = [](const char *name, const QString &url, const QString &sentence, const QString &hint,
                            const QString &program = u"ssh"_s) {
            QTest::newRow(name) << url << program << sentence << hint;
        };
        row("no ssh here", u"ssh://usual"_s, u"is not on this machine"_s, u"Install OpenSSH"_s, u"no-such-ssh"_s);
        row("no key", u"ssh://without-key"_s, u"refused every key"_s, u"ssh-copy-id"_s);
        row("an unknown machine", u"ssh://unknown"_s, u"does not know the key"_s, u"Connect once in a terminal"_s);
        row("nobody listens", u"ssh://nobody-listens"_s, u"Connection refused"_s, u"Try it in a terminal"_s);
        row("no agenthubctl there", u"ssh://without-ctl"_s, u"has no agenthubctl"_s, u"Install AgentHub there"_s);
        row("no daemon there", u"ssh://usual/var/empty-hub"_s, u"no hub is running there"_s, u"Start it there"_s);
        row("an old agenthubctl", u"ssh://old-ctl"_s, u"another version"_s, u"the same version"_s);
        row("another protocol", u"ssh://new-ctl"_s, u"version 9.9 and speaks protocol 99"_s, u"the same version"_s);
    }

    void everyWayToFailHasASentenceThatHelps()
    {
        QFETCH(QString, url);
        QFETCH(QString, program);
        QFETCH(QString, sentence);
        QFETCH(QString, hint);
        Shown shown(url, program);
        QTRY_VERIFY2_WITH_TIMEOUT(shown.banner().contains(sentence), qPrintable(shown.banner()), patience);
        QVERIFY2(shown.banner().contains(hint), qPrintable(shown.banner()));
        QVERIFY(shown.bannerIsShown());
        QVERIFY(!shown.link.isConnected());
    }
};

} // namespace hub::gui

int main(int argc, char **argv)
{
    qputenv("QT_QPA_PLATFORM", "offscreen");
    QApplication app(argc, argv);
    app.setApplicationName(QStringLiteral("tst_sshwindow"));
    hub::gui::TestSshWindow test;
    return QTest::qExec(&test, argc, argv);
}
#include "tst_sshwindow.moc"
