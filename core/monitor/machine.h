// The machine as the kernel shows it at this moment. Reads a few small files; any thread.
#pragma once

#include <QByteArray>

#include <optional>

namespace hub::monitor
{

struct Machine {
    int cores = 0;
    double load = 0;                   // of the last minute: processes that ran or waited for a core
    qint64 memory = 0, memoryFree = 0; // bytes; free: what programs can have without swapping
    qint64 swap = 0, swapFree = 0;     // bytes
    std::optional<double> temperature; // °C, of the warmest sensor
    friend bool operator==(const Machine &, const Machine &) = default;
};

// `root` is empty except in tests. What can't be read stays 0 or nothing.
Machine readMachine(const QByteArray &root = {});

struct Disk {
    qint64 size = 0, free = 0; // bytes; free: for us
};
// The file system that holds `path`.
std::optional<Disk> readDisk(const QByteArray &path);

} // namespace hub::monitor
