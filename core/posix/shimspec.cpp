#include "core/posix/shimspec.h"

#include "core/posix/spool.h"

#include <charconv>

namespace hub::posix
{

namespace
{

constexpr uint64_t smallestSegment = 4096;

template <class T>
bool readNumber(std::string_view text, T &value)
{
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
    return parsed.ec == std::errc() && parsed.ptr == text.data() + text.size();
}

bool isMark(std::string_view mark)
{
    if (mark.empty() || mark.size() > 64)
        return false;
    for (const char c : mark) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!plain && c != '-' && c != '_')
            return false;
    }
    return true;
}

} // namespace

std::string encodeSpec(const ShimSpec &spec)
{
    std::string out;
    const auto put = [&out](std::string_view key, std::string_view value) {
        out.append(key).append("=").append(value).push_back('\0');
    };
    put("version", "1");
    put("run", spec.mark);
    put("cwd", spec.folder);
    for (const std::string &argument : spec.arguments)
        put("arg", argument);
    for (const std::string &entry : spec.environment)
        put("env", entry);
    for (const std::string &path : spec.locks)
        put("lock", path);
    put("quota", std::to_string(spec.quota));
    put("freeze", spec.freeze);
    put("segment", std::to_string(spec.segmentSize));
    put("stall", std::to_string(spec.stallMillis));
    return out;
}

std::string decodeSpec(std::string_view bytes, ShimSpec &spec)
{
    spec = {};
    bool versioned = false;
    while (!bytes.empty()) {
        const size_t end = bytes.find('\0');
        if (end == std::string_view::npos)
            return "the spec is cut short";
        const std::string_view line = bytes.substr(0, end);
        bytes.remove_prefix(end + 1);
        const size_t equals = line.find('=');
        if (equals == std::string_view::npos)
            return "the spec has a line without '='";
        const std::string_view key = line.substr(0, equals);
        const std::string_view value = line.substr(equals + 1);
        bool good = true;
        if (key == "version")
            good = versioned = value == "1";
        else if (key == "run")
            spec.mark = value;
        else if (key == "cwd")
            spec.folder = value;
        else if (key == "arg")
            spec.arguments.emplace_back(value);
        else if (key == "env")
            spec.environment.emplace_back(value);
        else if (key == "lock")
            spec.locks.emplace_back(value);
        else if (key == "quota")
            good = readNumber(value, spec.quota);
        else if (key == "freeze")
            spec.freeze = value;
        else if (key == "segment")
            good = readNumber(value, spec.segmentSize);
        else if (key == "stall")
            good = readNumber(value, spec.stallMillis);
        else
            return "the spec has an unknown key '" + std::string(key) + "'";
        if (!good)
            return "the spec has a bad " + std::string(key) + " '" + std::string(value) + "'";
    }
    if (!versioned)
        return "the spec names no version";
    return checkSpec(spec);
}

std::string checkSpec(const ShimSpec &spec)
{
    if (!isMark(spec.mark))
        return "the run's mark '" + spec.mark + "' is not made of letters, digits, '-' and '_'";
    if (spec.folder.empty() || spec.folder[0] != '/')
        return "the agent's folder '" + spec.folder + "' is not absolute";
    if (spec.arguments.empty() || spec.arguments[0].empty())
        return "no program is named";
    if (spec.freeze != "auto" && spec.freeze != "cgroup2" && spec.freeze != "cgroup1" && spec.freeze != "walk")
        return "unknown freezing method '" + spec.freeze + "'";
    if (spec.segmentSize < smallestSegment)
        return "segments of " + std::to_string(spec.segmentSize) + " bytes are too small";
    for (const std::string &entry : spec.environment) {
        const size_t equals = entry.find('=');
        if (equals == std::string::npos || equals == 0)
            return "the environment entry '" + entry.substr(0, equals) + "' has no name or value";
    }
    for (const auto *list : {&spec.arguments, &spec.environment, &spec.locks}) {
        for (const std::string &text : *list) {
            if (text.find('\0') != std::string::npos)
                return "an argument, environment entry or lock holds a zero byte";
        }
    }
    return {};
}

} // namespace hub::posix
