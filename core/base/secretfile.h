// Secrets that people put into a file of their own.
#pragma once

#include "core/base/result.h"

#include <QByteArray>

namespace hub
{

// What is in the file. Refused when it belongs to another account or others may read it; at most 64 KiB. No error and
// no log has any of it. Blocks for a moment.
Result<QByteArray> readSecretFile(const QByteArray &path);

} // namespace hub
