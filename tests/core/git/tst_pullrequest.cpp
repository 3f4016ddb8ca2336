// Links to pull requests, host by host.
#include "core/git/pullrequest.h"

#include <QTest>

using namespace Qt::StringLiterals;
using hub::git::pullRequestLink;

class PullRequestTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void theLinkFollowsFromTheAddress_data()
    {
        QTest::addColumn<QString>("address");
        QTest::addColumn<QString>("into");
        QTest::addColumn<QString>("link");
        const QString github = u"https://github.com/ana/web/pull/new/agent/claude/12"_s;
        const auto row = [](const char *name, const QString &address, const QString &into, const QString &link) {
            QTest::newRow(name) << address << into << link;
        };
        row("github by https", u"https://github.com/ana/web.git"_s, {}, github);
        row("github by https without .git", u"https://github.com/ana/web/"_s, {}, github);
        row("github by ssh, short form", u"git@github.com:ana/web.git"_s, {}, github);
        row("github by ssh, long form with a port", u"ssh://git@github.com:22/ana/web.git"_s, {}, github);
        row("github past a firewall", u"ssh://git@ssh.github.com:443/ana/web.git"_s, {}, github);
        row("a name and a password stay at home", u"https://ana:geheim@github.com/ana/web.git"_s, {}, github);
        row("github into a branch", u"git@github.com:ana/web.git"_s, u"release/1.x"_s,
            u"https://github.com/ana/web/compare/release/1.x...agent/claude/12?expand=1"_s);
        row("github of a company", u"git@github.example.org:ana/web"_s, {},
            u"https://github.example.org/ana/web/pull/new/agent/claude/12"_s);
        row("gitlab with groups in groups", u"git@gitlab.com:group/below/web.git"_s, {},
            u"https://gitlab.com/group/below/web/-/merge_requests/new"
            "?merge_request%5Bsource_branch%5D=agent%2Fclaude%2F12"_s);
        row("gitlab of one's own, into a branch, with a port", u"http://gitlab.lan:8080/ana/web.git"_s, u"main"_s,
            u"http://gitlab.lan:8080/ana/web/-/merge_requests/new"
            "?merge_request%5Bsource_branch%5D=agent%2Fclaude%2F12&merge_request%5Btarget_branch%5D=main"_s);
        row("bitbucket", u"git@bitbucket.org:ana/web.git"_s, u"main"_s,
            u"https://bitbucket.org/ana/web/pull-requests/new?source=agent%2Fclaude%2F12&dest=main"_s);
        row("codeberg", u"https://codeberg.org/ana/web.git"_s, u"main"_s,
            u"https://codeberg.org/ana/web/compare/main...agent/claude/12"_s);
        row("gitea of one's own", u"ssh://git@gitea.lan:2222/ana/web.git"_s, {},
            u"https://gitea.lan/ana/web/compare/agent/claude/12"_s);
        row("forgejo below another name", u"git@git.forgejo.lan:ana/web.git"_s, {},
            u"https://git.forgejo.lan/ana/web/compare/agent/claude/12"_s);
        row("an unknown host", u"git@example.org:ana/web.git"_s, {}, {});
        row("a name that only sounds like one", u"https://notgithub.com/ana/web.git"_s, {}, {});
        row("a folder", u"/srv/git/web.git"_s, {}, {});
        row("a file address", u"file:///srv/github.com/ana/web.git"_s, {}, {});
        row("nothing behind the host", u"https://github.com/"_s, {}, {});
        row("not a repository's depth", u"https://github.com/ana"_s, {}, {});
    }
    void theLinkFollowsFromTheAddress()
    {
        QFETCH(QString, address);
        QFETCH(QString, into);
        QFETCH(QString, link);
        QCOMPARE(pullRequestLink(address, u"agent/claude/12"_s, into), link);
    }

    void whatAnAddressMayNotSayIsEscaped()
    {
        QCOMPARE(pullRequestLink(u"git@github.com:ana/web.git"_s, u"a b#c?d"_s, {}),
                 u"https://github.com/ana/web/pull/new/a%20b%23c%3Fd"_s);
    }
};

QTEST_GUILESS_MAIN(PullRequestTest)
#include "tst_pullrequest.moc"
