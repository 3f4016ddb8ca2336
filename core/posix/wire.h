// The control protocol between hub and shim: messages over a unix stream socket, each u32 length (of what follows),
// u8 type, payload; little-endian. The hub opens with hello, the shim answers welcome; a shim is never replaced while
// it runs, so a hub speaks every version since the last major one. Unknown types and extra fields are skipped.
#pragma once

#include "core/posix/records.h"
#include "core/posix/spool.h"

namespace hub::posix
{

constexpr uint16_t wireVersion = 1;
constexpr size_t wireMessageLimit = framePayloadLimit + 1024;
// One input is one frame of the spool; longer texts are several inputs with their own numbers.
constexpr size_t inputLimit = framePayloadLimit;

enum class MessageType : uint8_t {
    // hub → shim
    Hello = 1,       // u16 version
    Go = 2,          // u64 epoch
    Input = 3,       // u64 number, bytes
    CloseInput = 4,  // u64 number, from the same row of numbers
    Freeze = 5,      // u64 epoch, u32 lease in ms; 0 lasts until thaw; u32 grace in ms, 0 when it is missing
    Thaw = 6,        //
    End = 7,         // u32 grace in ms; 0 kills at once
    Signal = 8,      // i32 signal number
    Acknowledge = 9, // position
    // shim → hub
    Welcome = 64,
    Started = 65,      // identity
    StartRefused = 66, // u64 newest epoch
    StartFailed = 67,  // exit record
    Data = 68,         // position of the spool's end; once per welcome or acknowledge
    Frozen = 69,       // freeze report, u64 epoch
    Thawed = 70,       // freeze report, u64 epoch
    Exited = 71,       // exit record, position behind its frame
    Status = 72,       // kind, u64 last input, text
};

enum class ShimState : uint8_t { Waiting = 1, Running = 2, Exited = 3 };

struct Welcome {
    uint16_t version = wireVersion;
    ShimState state = ShimState::Waiting;
    RunIdentity identity;   // its agent has pid 0 while waiting
    uint64_t lastInput = 0; // the hub sends what comes after it
    bool frozen = false;
    uint64_t newestEpoch = 0;
    Position spoolEnd;
    Position acknowledged;
};

struct FreezeNews {
    FreezeReport report;
    uint64_t epoch = 0;
};

enum class StatusKind : uint8_t {
    Information = 1,
    SpoolFailed = 2,  // a write failed: output waits in the pipes, the shim tries again each second
    SpoolWorks = 3,   // it succeeded; inputs that were refused may be sent again
    InputRefused = 4, // out of order, or too much waits for the agent, or it could not be spooled
    InputReady = 5,   // the agent took enough; go on after lastInput
};

struct StatusNews {
    StatusKind kind = StatusKind::Information;
    uint64_t lastInput = 0;
    std::string text;
};

struct Message {
    MessageType type = MessageType::Hello;
    std::string_view payload;
};

// Takes the first whole message off `bytes` (which shrinks). Nothing when it is not complete yet; `broken` is set when
// these bytes can't be a message.
std::optional<Message> takeMessage(std::string_view &bytes, bool &broken);

// Appends one message to `out`.
void putMessage(std::string &out, MessageType type, std::string_view payload = {});
void putNumber64(std::string &out, MessageType type, uint64_t value); // go, close-input, start-refused
void putNumber32(std::string &out, MessageType type, uint32_t value); // end, signal
void putHello(std::string &out, uint16_t version = wireVersion);

struct FreezeWish {
    uint64_t epoch = 0;
    // The shim thaws by itself when it runs out or the hub disconnects, unless a lasting freeze came meanwhile.
    uint32_t leaseMillis = 0;
    // As long as one of the spec's locks is held, and no longer than this, the tree runs on in short slices.
    uint32_t graceMillis = 0;
};
void putFreeze(std::string &out, const FreezeWish &wish);
void putInput(std::string &out, uint64_t number, std::string_view bytes);
void putPosition(std::string &out, MessageType type, const Position &position); // acknowledge, data
void putWelcome(std::string &out, const Welcome &welcome);
void putFreezeNews(std::string &out, MessageType type, const FreezeNews &news);
void putExited(std::string &out, const RunExit &end, const Position &behind);
void putStatus(std::string &out, const StatusNews &news);

// Payloads; nothing when they are too short.
std::optional<uint16_t> getHello(std::string_view payload);
std::optional<uint64_t> getNumber64(std::string_view payload);
std::optional<uint32_t> getNumber32(std::string_view payload);
std::optional<FreezeWish> getFreeze(std::string_view payload);
bool getInput(std::string_view payload, uint64_t &number, std::string_view &bytes);
std::optional<Position> getPosition(std::string_view payload);
std::optional<Welcome> getWelcome(std::string_view payload);
std::optional<FreezeNews> getFreezeNews(std::string_view payload);
bool getExited(std::string_view payload, RunExit &end, Position &behind);
std::optional<StatusNews> getStatus(std::string_view payload);

} // namespace hub::posix
