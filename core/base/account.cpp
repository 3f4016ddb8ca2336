#include "core/base/account.h"

#include <array>
#include <pwd.h>

using namespace Qt::StringLiterals;

namespace hub
{

QString accountName(uid_t uid)
{
    std::array<char, 4096> buffer;
    passwd entry;
    passwd *found = nullptr;
    if (::getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found) == 0 && found)
        return QString::fromLocal8Bit(found->pw_name);
    return u"uid %1"_s.arg(uid);
}

} // namespace hub
