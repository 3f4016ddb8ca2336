#include "core/git/pullrequest.h"

#include <QRegularExpression>
#include <QUrl>

using namespace Qt::StringLiterals;

namespace hub::git
{

namespace
{

struct Site {
    QString scheme = u"https"_s, host, path; // path: owner/repository, deeper with some
};

// "ssh://git@host:22/a/b.git", "https://name:word@host/a/b", "git@host:a/b.git"
Site siteOf(const QString &address)
{
    static const QRegularExpression url(
        uR"(\A(ssh|git\+ssh|git|https?)://(?:[^/@]*@)?(\[[0-9A-Fa-f:]+\]|[^/:@]+)(:\d+)?/(.+)\z)"_s,
        QRegularExpression::CaseInsensitiveOption);
    static const QRegularExpression shortForm(uR"(\A(?:[^/@:]+@)?(\[[0-9A-Fa-f:]+\]|[^/:@]+):(?!//)(.+)\z)"_s);
    Site site;
    if (const auto match = url.match(address); match.hasMatch()) {
        const bool web = match.captured(1).startsWith(u"http", Qt::CaseInsensitive);
        site.scheme = web ? match.captured(1).toLower() : site.scheme;
        // The port of another protocol says nothing of the web page's.
        site.host = match.captured(2).toLower() + (web ? match.captured(3) : QString());
        site.path = match.captured(4);
    } else if (const auto brief = shortForm.match(address); brief.hasMatch()) {
        site.host = brief.captured(1).toLower();
        site.path = brief.captured(2);
    }
    // How these hosts are reached by ssh past a firewall.
    if (site.host == u"ssh.github.com" || site.host == u"altssh.gitlab.com" || site.host == u"altssh.bitbucket.org")
        site.host = site.host.section(u'.', 1);
    while (site.path.startsWith(u'/'))
        site.path.remove(0, 1);
    while (site.path.endsWith(u'/'))
        site.path.chop(1);
    if (site.path.endsWith(u".git"))
        site.path.chop(4);
    return site;
}

QString inPath(const QString &text) { return QString::fromLatin1(QUrl::toPercentEncoding(text, "/")); }
QString inQuery(const QString &text) { return QString::fromLatin1(QUrl::toPercentEncoding(text)); }

} // namespace

QString pullRequestLink(const QString &address, const QString &branch, const QString &into)
{
    const Site site = siteOf(address);
    const qsizetype parts = site.path.isEmpty() ? 0 : site.path.count(u'/') + 1;
    if (site.host.isEmpty() || parts < 2)
        return {};
    const QString page = site.scheme + u"://"_s + site.host + u'/' + inPath(site.path);
    const auto named = [&](QLatin1StringView name) {
        return site.host.startsWith(name) || site.host.contains(u'.' + QString(name));
    };
    if (named("github"_L1) && parts == 2)
        return into.isEmpty() ? page + u"/pull/new/"_s + inPath(branch)
                              : page + u"/compare/"_s + inPath(into) + u"..."_s + inPath(branch) + u"?expand=1"_s;
    if (named("gitlab"_L1))
        return page + u"/-/merge_requests/new?merge_request%5Bsource_branch%5D="_s + inQuery(branch) +
               (into.isEmpty() ? QString() : u"&merge_request%5Btarget_branch%5D="_s + inQuery(into));
    if (named("bitbucket.org"_L1) && parts == 2)
        return page + u"/pull-requests/new?source="_s + inQuery(branch) +
               (into.isEmpty() ? QString() : u"&dest="_s + inQuery(into));
    const bool gitea = named("gitea"_L1) || named("forgejo"_L1) || named("codeberg"_L1);
    if (gitea && parts == 2)
        return page + u"/compare/"_s + (into.isEmpty() ? QString() : inPath(into) + u"..."_s) + inPath(branch);
    return {};
}

} // namespace hub::git
