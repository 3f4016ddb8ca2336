#include "core/commands/exitcode.h"
#include "core/ipc/channel.h"

#include <QTest>

namespace hub
{

using namespace Qt::StringLiterals;
using ipc::SshChannel;
using ipc::SshTarget;

class TestSshChannel : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void anAddressNamesAHostAndNothingElse_data()
    {
        QTest::addColumn<QString>("url");
        QTest::addColumn<QString>("text"); // empty: refused
        QTest::addColumn<QString>("command");
        const auto row = [](const char *name, const QString &url, const QString &text = {},
                            const QString &command = u"agenthubctl proxy"_s) {
            QTest::newRow(name) << url << text << command;
        };
        row("a host", u"ssh://pi"_s, u"ssh://pi"_s);
        row("a user", u"ssh://me@pi.local"_s, u"ssh://me@pi.local"_s);
        row("a port", u"ssh://me@pi:2222"_s, u"ssh://me@pi:2222"_s);
        row("a final slash", u"ssh://pi/"_s, u"ssh://pi"_s);
        row("a data folder", u"ssh://pi/srv/hub"_s, u"ssh://pi/srv/hub"_s, u"agenthubctl --data-dir /srv/hub proxy"_s);
        row("a folder for the shell there", u"ssh://pi/a'b;reboot"_s, u"ssh://pi/a'b;reboot"_s,
            uR"(agenthubctl --data-dir '/a'\''b;reboot' proxy)"_s);
        row("an address of numbers", u"ssh://192.0.2.7"_s, u"ssh://192.0.2.7"_s);
        row("of the sixth version", u"ssh://[2001:db8::1]"_s, u"ssh://[2001:db8::1]"_s);
        row("its loop", u"ssh://[::1]:22"_s, u"ssh://[::1]:22"_s);
        row("no scheme", u"pi"_s);
        row("another scheme", u"http://pi"_s);
        row("no host", u"ssh://"_s);
        row("only a folder", u"ssh:///srv"_s);
        row("a password", u"ssh://me:secret@pi"_s);
        row("an option as host", u"ssh://-oProxyCommand=reboot"_s);
        row("an option as user", u"ssh://-lroot@pi"_s);
        row("a command in the user", u"ssh://me;reboot@pi"_s);
        row("a space", u"ssh://pi reboot"_s);
        row("an empty one", QString());
    }

    void anAddressNamesAHostAndNothingElse()
    {
        QFETCH(QString, url);
        QFETCH(QString, text);
        QFETCH(QString, command);
        const auto target = SshTarget::parse(url);
        QCOMPARE(target.hasValue(), !text.isEmpty());
        if (!target) {
            QCOMPARE(target.error().code, ErrorCode::InvalidInput);
            QVERIFY(!target.error().hint.isEmpty());
            QVERIFY2(!target.error().message.contains(u"secret"_s), "a password is not repeated");
            return;
        }
        QCOMPARE(target->text(), text);
        const QStringList words = target->arguments();
        QCOMPARE(words.last(), command);
        const auto host = words.size() - 2;
        QCOMPARE(words[host - 1], u"--"_s); // what follows is no option
        QCOMPARE(words[host], target->host);
        QVERIFY(words.contains(u"BatchMode=yes"_s)); // no question is asked where nobody sees it
        QCOMPARE(words.contains(u"-p"_s), target->port > 0);
    }

    void everyFailureSaysWhatToDo_data()
    {
        QTest::addColumn<int>("exitCode");
        QTest::addColumn<QString>("said");
        QTest::addColumn<ErrorCode>("code");
        QTest::addColumn<QString>("message"); // a part of it
        QTest::addColumn<QString>("hint");
        const auto row = [](const char *name, int exitCode, const QString &said, ErrorCode code, const QString &message,
                            const QString &hint) {
            QTest::newRow(name) << exitCode << said << code << message << hint;
        };
        using enum ErrorCode;
        namespace ended = commands::exitcode;
        row("no agenthubctl", 127, u"sh: 1: agenthubctl: not found\n"_s, NotFound, u"has no agenthubctl"_s,
            u"Install AgentHub there"_s);
        row("no hub", ended::noHub, u"No hub is running for ~/x.\n"_s, NoHub, u"no hub is running there"_s,
            u"Start it there"_s);
        row("an old agenthubctl", ended::wrongInput, u"There is no command 'proxy'.\n"_s, Unsupported,
            u"another version"_s, u"the same version"_s);
        row("the hub ended", ended::done, {}, NoHub, u"has ended or was restarted"_s, u"tried again"_s);
        row("the hub is another's", ended::refused, u"A banner\nThe hub belongs to another account.\n"_s, NoHub,
            u"The hub belongs to another account."_s, u"tried again"_s);
        row("no key", 255, u"me@pi: Permission denied (publickey).\n"_s, Refused, u"refused every key"_s,
            u"ssh-copy-id me@pi"_s);
        row("an unknown machine", 255, u"Host key verification failed.\n"_s, Refused, u"does not know the key"_s,
            u"ssh me@pi"_s);
        row("another machine than before", 255, u"@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nbye\n"_s,
            Refused, u"another one than before"_s, u"compare the key"_s);
        row("no such name", 255, u"ssh: Could not resolve hostname pi: Name or service not known\n"_s, NotFound,
            u"No machine of the name"_s, u"Check the name"_s);
        row("nobody listens", 255, u"ssh: connect to host pi port 22: Connection refused\n"_s, NoHub,
            u"Connection refused"_s, u"ssh me@pi"_s);
        row("not a word", 255, {}, NoHub, u"without a word"_s, u"ssh me@pi"_s);
    }

    void everyFailureSaysWhatToDo()
    {
        QFETCH(int, exitCode);
        QFETCH(QString, said);
        QFETCH(ErrorCode, code);
        QFETCH(QString, message);
        QFETCH(QString, hint);
        const auto target = SshTarget::parse(u"ssh://me@pi"_s);
        const Error why = SshChannel::failureOf(*target, exitCode, said);
        QCOMPARE(why.code, code);
        QVERIFY2(why.message.contains(message), qPrintable(why.message));
        QVERIFY2(why.message.contains(u"me@pi"_s), qPrintable(why.message));
        QVERIFY2(why.hint.contains(hint), qPrintable(why.hint));
    }
};

} // namespace hub

QTEST_GUILESS_MAIN(hub::TestSshChannel)
#include "tst_sshchannel.moc"
