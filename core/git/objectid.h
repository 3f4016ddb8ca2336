// The name of a git object: 20 raw bytes. Value type, any thread.
#pragma once

#include <QByteArray>
#include <QHashFunctions>

#include <array>
#include <compare>
#include <cstring>
#include <optional>

namespace hub::git
{

struct ObjectId {
    std::array<unsigned char, 20> bytes{};

    bool isNull() const { return *this == ObjectId{}; }
    QByteArray raw() const { return QByteArray(reinterpret_cast<const char *>(bytes.data()), 20); }
    QByteArray hex() const { return raw().toHex(); }

    static ObjectId fromRaw(const void *data)
    {
        ObjectId id;
        std::memcpy(id.bytes.data(), data, 20);
        return id;
    }
    // Exactly 40 hexadecimal digits, nothing else.
    static std::optional<ObjectId> fromHex(QByteArrayView text)
    {
        if (text.size() != 40)
            return std::nullopt;
        for (const char c : text) {
            if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'f') && !(c >= 'A' && c <= 'F'))
                return std::nullopt;
        }
        return fromRaw(QByteArray::fromHex(text.toByteArray()).constData());
    }

    friend auto operator<=>(const ObjectId &, const ObjectId &) = default;
    friend size_t qHash(const ObjectId &id, size_t seed = 0)
    {
        size_t head;
        std::memcpy(&head, id.bytes.data(), sizeof head);
        return head ^ seed;
    }
};

struct ObjectIdHash {
    size_t operator()(const ObjectId &id) const { return qHash(id); }
};

enum class ObjectType : unsigned char { Commit = 1, Tree = 2, Blob = 3, Tag = 4 };

} // namespace hub::git
