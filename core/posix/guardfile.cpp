#include "core/posix/guardfile.h"

#include <utility>

namespace hub::posix
{

namespace
{

constexpr std::string_view firstLine = "agenthub-guard 1";
constexpr std::string_view protectKey = "protect ";
constexpr std::string_view everyoneLine = "from everyone";
constexpr std::string_view chainKey = "chain ";

} // namespace

std::string encodeGuard(const GuardFile &guard)
{
    std::string text(firstLine);
    text += '\n';
    for (const std::string &branch : guard.branches)
        text.append(protectKey).append(branch) += '\n';
    if (guard.everyone)
        text.append(everyoneLine) += '\n';
    text.append(chainKey).append(guard.chain) += '\n';
    return text;
}

std::string decodeGuard(std::string_view text, GuardFile &guard)
{
    guard = {};
    bool first = true;
    while (!text.empty()) {
        const size_t end = text.find('\n');
        if (end == std::string_view::npos)
            return "the last line is cut off";
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(end + 1);
        if (std::exchange(first, false)) {
            if (line != firstLine)
                return "not a guard file of this version";
        } else if (line.starts_with(protectKey)) {
            guard.branches.emplace_back(line.substr(protectKey.size()));
        } else if (line == everyoneLine) {
            guard.everyone = true;
        } else if (line.starts_with(chainKey)) {
            guard.chain = line.substr(chainKey.size());
        } else {
            return "unknown line: " + std::string(line);
        }
    }
    return first ? "the file is empty" : std::string();
}

} // namespace hub::posix
