#include "gui/model/look.h"

#include <QApplication>

using namespace Qt::StringLiterals;

namespace hub::gui
{

namespace
{

struct ToneRow {
    QLatin1StringView state;
    Tone tone;
};
constexpr ToneRow tones[]{{"running"_L1, Tone::Active},         {"preparing"_L1, Tone::Active},
                          {"queued"_L1, Tone::Plain},           {"awaiting_approval"_L1, Tone::Attention},
                          {"needs_review"_L1, Tone::Attention}, {"paused"_L1, Tone::Attention},
                          {"interrupted"_L1, Tone::Bad},        {"completed"_L1, Tone::Good},
                          {"failed"_L1, Tone::Bad},             {"cancelled"_L1, Tone::Quiet},
                          {"open"_L1, Tone::Attention},         {"allowed"_L1, Tone::Good},
                          {"denied"_L1, Tone::Bad},             {"withdrawn"_L1, Tone::Quiet},
                          {"acknowledged"_L1, Tone::Plain},     {"snoozed"_L1, Tone::Quiet},
                          {"resolved"_L1, Tone::Good},          {"critical"_L1, Tone::Bad},
                          {"error"_L1, Tone::Bad},              {"warning"_L1, Tone::Attention},
                          {"info"_L1, Tone::Plain},             {"done"_L1, Tone::Good},
                          {"refused"_L1, Tone::Bad},            {"ready"_L1, Tone::Good},
                          {"missing"_L1, Tone::Bad}};

} // namespace

Tone toneOf(const QString &state)
{
    for (const ToneRow &row : tones) {
        if (row.state == state)
            return row.tone;
    }
    return Tone::Plain;
}

bool isDark(const QPalette &palette) { return palette.color(QPalette::Base).lightness() < 128; }

QColor toneColour(Tone tone)
{
    const bool dark = isDark(QApplication::palette());
    switch (tone) {
    case Tone::Plain: return dark ? QColor(0x8a, 0x93, 0xa6) : QColor(0x6b, 0x74, 0x85);
    case Tone::Good: return dark ? QColor(0x4c, 0xc3, 0x8a) : QColor(0x1f, 0x8a, 0x55);
    case Tone::Active: return dark ? QColor(0x5b, 0xa8, 0xff) : QColor(0x1f, 0x6f, 0xd6);
    case Tone::Attention: return dark ? QColor(0xf0, 0xb4, 0x4d) : QColor(0xb8, 0x74, 0x0a);
    case Tone::Bad: return dark ? QColor(0xf2, 0x6d, 0x6d) : QColor(0xc9, 0x36, 0x36);
    case Tone::Quiet: return dark ? QColor(0x5d, 0x64, 0x72) : QColor(0xa8, 0xae, 0xb8);
    }
    return {};
}

QColor tint(Tone tone, const QPalette &palette)
{
    const QColor base = palette.color(QPalette::Base), colour = toneColour(tone);
    constexpr double share = 0.14;
    return QColor::fromRgbF(float(base.redF() + (colour.redF() - base.redF()) * share),
                            float(base.greenF() + (colour.greenF() - base.greenF()) * share),
                            float(base.blueF() + (colour.blueF() - base.blueF()) * share));
}

} // namespace hub::gui
