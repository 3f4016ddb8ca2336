// Colours of what palettes have no role for (added, removed, warned, failed), readable on light and dark ground.
#pragma once

#include <QColor>
#include <QPalette>

namespace hub::gui
{

inline bool isDark(const QPalette &palette)
{
    return palette.color(QPalette::Base).lightness() < palette.color(QPalette::Text).lightness();
}

// `share` of 0 is all ground, 1 all colour.
inline QColor mixed(const QColor &ground, const QColor &colour, qreal share)
{
    const auto mix = [share](int a, int b) { return int(a + (b - a) * share + 0.5); };
    return QColor(mix(ground.red(), colour.red()), mix(ground.green(), colour.green()),
                  mix(ground.blue(), colour.blue()));
}

struct Colours {
    QColor text, dim, faint, base, link;
    QColor red, green, amber, accent; // for text and edges
    QColor redGround, greenGround, amberGround, accentGround, codeGround;
    QColor redMark, greenMark;       // what changed within a line
    QColor found, foundNow, onFound; // matches of a search
    QColor selected, onSelected;
};

inline Colours coloursOf(const QPalette &palette)
{
    const bool dark = isDark(palette);
    Colours c;
    c.base = palette.color(QPalette::Base);
    c.text = palette.color(QPalette::Text);
    c.dim = mixed(c.base, c.text, 0.62);
    c.faint = mixed(c.base, c.text, 0.14);
    c.accent = palette.color(QPalette::Highlight);
    c.link = dark ? QColor(0x6c, 0xb6, 0xff) : QColor(0x0b, 0x57, 0xc4);
    c.red = dark ? QColor(0xff, 0x7b, 0x72) : QColor(0xb4, 0x23, 0x18);
    c.green = dark ? QColor(0x6f, 0xd0, 0x7e) : QColor(0x13, 0x6f, 0x2d);
    c.amber = dark ? QColor(0xe8, 0xb3, 0x39) : QColor(0x9a, 0x62, 0x00);
    c.redGround = mixed(c.base, c.red, dark ? 0.16 : 0.09);
    c.greenGround = mixed(c.base, c.green, dark ? 0.15 : 0.10);
    c.amberGround = mixed(c.base, c.amber, dark ? 0.16 : 0.10);
    c.accentGround = mixed(c.base, c.accent, dark ? 0.26 : 0.14);
    c.codeGround = mixed(c.base, c.text, dark ? 0.09 : 0.05);
    c.redMark = mixed(c.base, c.red, dark ? 0.42 : 0.30);
    c.greenMark = mixed(c.base, c.green, dark ? 0.42 : 0.30);
    c.found = dark ? QColor(0x7a, 0x62, 0x14) : QColor(0xff, 0xe5, 0x8a);
    c.foundNow = dark ? QColor(0xff, 0xb8, 0x2e) : QColor(0xff, 0xa9, 0x1f);
    c.onFound = dark ? QColor(0xff, 0xff, 0xff) : QColor(0x1a, 0x1a, 0x1a);
    c.selected = palette.color(QPalette::Highlight);
    c.onSelected = palette.color(QPalette::HighlightedText);
    return c;
}

} // namespace hub::gui
