"""Reads a PNG as agenthub-render writes them (8 bits, RGB or RGBA, not interlaced), without a library for pictures."""
import struct
import zlib


class Picture:
    def __init__(self, data):
        if data[:8] != b"\x89PNG\r\n\x1a\n":
            raise ValueError("not a PNG")
        packed, place = b"", 8
        while place < len(data):
            length, kind = struct.unpack(">I4s", data[place:place + 8])
            body = data[place + 8:place + 8 + length]
            if zlib.crc32(kind + body) != struct.unpack(">I", data[place + 8 + length:place + 12 + length])[0]:
                raise ValueError(f"the chunk {kind} is damaged")
            if kind == b"IHDR":
                self.width, self.height, depth, colours, _, _, interlaced = struct.unpack(">IIBBBBB", body)
                if depth != 8 or colours not in (2, 6) or interlaced:
                    raise ValueError("a kind of PNG that this does not read")
                self.channels = 3 if colours == 2 else 4
            elif kind == b"IDAT":
                packed += body
            place += 12 + length
        self.rows = self._unfiltered(zlib.decompress(packed))

    def _unfiltered(self, raw):
        step, line = self.channels, self.width * self.channels
        rows, above = [], bytearray(line)
        for y in range(self.height):
            kind, row = raw[y * (line + 1)], bytearray(raw[y * (line + 1) + 1:(y + 1) * (line + 1)])
            for i in range(line if kind else 0):
                left, up, corner = (row[i - step] if i >= step else 0), above[i], (above[i - step] if i >= step else 0)
                if kind == 1:
                    guess = left
                elif kind == 2:
                    guess = up
                elif kind == 3:
                    guess = (left + up) // 2
                else:
                    near = left + up - corner
                    guess = min((left, up, corner), key=lambda value: abs(near - value))
                row[i] = (row[i] + guess) & 255
            rows.append(row)
            above = row
        return rows

    def at(self, x, y):
        return tuple(self.rows[y][x * self.channels:x * self.channels + 3])

    def places(self, colour):
        """All (x, y) that have exactly this colour, 0xrrggbb."""
        wanted = colour.to_bytes(3, "big")
        found = []
        for y, row in enumerate(self.rows):
            x = row.find(wanted)
            while x >= 0:
                if x % self.channels == 0:
                    found.append((x // self.channels, y))
                x = row.find(wanted, x + 1)
        return found
