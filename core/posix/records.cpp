#include "core/posix/records.h"

#include "core/posix/bytes.h"

#include <cstdio>

namespace hub::posix
{

std::string encodeIdentity(const RunIdentity &identity)
{
    std::string out;
    ByteWriter writer(out);
    for (const ProcessId &process : {identity.agent, identity.shim}) {
        writer.number(int32_t(process.pid));
        writer.number(process.startTicks);
    }
    writer.text(identity.bootId);
    writer.number(uint8_t(identity.method));
    writer.text(identity.group);
    writer.text(identity.mark);
    return out;
}

std::optional<RunIdentity> decodeIdentity(std::string_view bytes)
{
    ByteReader reader(bytes);
    RunIdentity identity;
    for (ProcessId *process : {&identity.agent, &identity.shim}) {
        process->pid = reader.number<int32_t>();
        process->startTicks = reader.number<uint64_t>();
    }
    identity.bootId = reader.text();
    identity.method = FreezeMethod(reader.number<uint8_t>());
    identity.group = reader.text();
    identity.mark = reader.text();
    if (!reader.ok())
        return std::nullopt;
    return identity;
}

std::string encodeExit(const RunExit &end)
{
    std::string out;
    ByteWriter writer(out);
    writer.number(uint8_t(end.kind));
    writer.number(end.value);
    writer.text(end.text);
    return out;
}

std::optional<RunExit> decodeExit(std::string_view bytes)
{
    ByteReader reader(bytes);
    RunExit end;
    end.kind = ExitKind(reader.number<uint8_t>());
    end.value = reader.number<int32_t>();
    end.text = reader.text();
    if (!reader.ok())
        return std::nullopt;
    return end;
}

std::string encodeHolder(const ProcessId &shim, std::string_view boot)
{
    char text[128];
    std::snprintf(text, sizeof text, "%d %llu %.*s\n", int(shim.pid), static_cast<unsigned long long>(shim.startTicks),
                  int(boot.size()), boot.data());
    return text;
}

bool decodeHolder(std::string_view text, ProcessId &shim, std::string &boot)
{
    char name[65];
    int pid = 0;
    unsigned long long ticks = 0;
    if (std::sscanf(std::string(text).c_str(), "%d %llu %64s", &pid, &ticks, name) != 3 || pid <= 0)
        return false;
    shim = {pid, ticks};
    boot = name;
    return true;
}

} // namespace hub::posix
