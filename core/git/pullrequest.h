// The web page on which a pushed branch becomes a pull request, from the address of its remote. Pure; any thread.
#pragma once

#include <QString>

namespace hub::git
{

// Empty when the host is not of a known kind. `into` may be empty: the host's default branch. Names and passwords in
// the address never come along.
QString pullRequestLink(const QString &address, const QString &branch, const QString &into);

} // namespace hub::git
