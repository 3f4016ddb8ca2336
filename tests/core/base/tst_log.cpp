#include "core/base/log.h"

#include <QTest>

#include <fcntl.h>
#include <unistd.h>

using namespace hub;
using namespace Qt::StringLiterals;

class TestLog : public QObject
{
    Q_OBJECT

    static constexpr qsizetype page = 4096; // what a pipe that takes more takes at least

private Q_SLOTS:
    void aReaderThatHangsHoldsNobodyUp()
    {
        int ends[2];
        QCOMPARE(::pipe(ends), 0);
        const QByteArray filler(page, 'x');
        ::fcntl(ends[1], F_SETFL, O_NONBLOCK);
        while (::write(ends[1], filler.constData(), page) == page) {
        }
        ::fcntl(ends[1], F_SETFL, 0);
        QByteArray taken(page, ' ');
        QCOMPARE(::read(ends[0], taken.data(), page), page); // so it takes a page, and no more
        const int before = ::dup(STDERR_FILENO);
        ::dup2(ends[1], STDERR_FILENO);
        installLogSink(u"info");
        qCWarning(lcHub).noquote() << QString(3 * page, u'y');
        const QString loss = logLoss();
        while (::read(ends[0], taken.data(), page) == page && !taken.contains('y')) {
        }
        qCWarning(lcHub) << "read again";
        const QString later = logLoss();
        qInstallMessageHandler(nullptr);
        ::dup2(before, STDERR_FILENO);
        for (const int fd : {before, ends[0], ends[1]})
            ::close(fd);
        QCOMPARE(loss, u"The program that reads the log has stopped reading"_s);
        QCOMPARE(later, QString());
    }
};

QTEST_GUILESS_MAIN(TestLog)
#include "tst_log.moc"
