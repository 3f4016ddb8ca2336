#include "gui/chart/chartlook.h"

using namespace Qt::StringLiterals;

namespace hub::gui
{

namespace
{

QFont pictureFont(int pixels, bool bold = false)
{
    QFont font(u"DejaVu Sans"_s);
    font.setStyleHint(QFont::SansSerif);
    font.setPixelSize(pixels);
    font.setBold(bold);
    return font;
}

QFont scaled(QFont font, double by, bool bold)
{
    if (font.pixelSize() > 0)
        font.setPixelSize(qRound(font.pixelSize() * by));
    else
        font.setPointSizeF(font.pointSizeF() * by);
    font.setBold(bold);
    return font;
}

// Each can be told from its ground and from the others, also by people who see fewer colours: they differ in
// brightness too.
ChartLook coloursOf(chart::Theme theme)
{
    if (theme == chart::Theme::Dark)
        return {.ground = QColor(0x1e1f24),
                .text = QColor(0xf4f5f7),
                .muted = QColor(0xa9afba),
                .grid = QColor(0x383c45),
                .warning = QColor(0xf0b429),
                .critical = QColor(0xff5f5f),
                .lines = {QColor(0x5aa9ff), QColor(0xb892ff), QColor(0xff9d5c), QColor(0x57d28a), QColor(0xe6d05c),
                          QColor(0x4fd3d6)}};
    return {.ground = QColor(0xffffff),
            .text = QColor(0x16181d),
            .muted = QColor(0x59606c),
            .grid = QColor(0xdfe2e8),
            .warning = QColor(0xa86c00),
            .critical = QColor(0xcc1f2b),
            .lines = {QColor(0x1264c8), QColor(0x7438cf), QColor(0xc24e00), QColor(0x10793a), QColor(0x8a6400),
                      QColor(0x00787c)}};
}

} // namespace

ChartLook pictureLook(chart::Theme theme)
{
    ChartLook look = coloursOf(theme);
    look.titleFont = pictureFont(50, true);
    look.headFont = pictureFont(38, true);
    look.textFont = pictureFont(30);
    look.linePen = 4;
    look.limitPen = 3;
    look.gridPen = 2;
    return look;
}

ChartLook windowLook(const QPalette &palette, const QFont &font)
{
    const QColor ground = palette.color(QPalette::Base), text = palette.color(QPalette::Text);
    ChartLook look = coloursOf(ground.lightness() < text.lightness() ? chart::Theme::Dark : chart::Theme::Light);
    look.ground = ground;
    look.text = text;
    look.muted = mixed(text, ground, 0.35);
    look.grid = mixed(ground, text, 0.12);
    look.titleFont = scaled(font, 1.7, true);
    look.headFont = scaled(font, 1, true);
    look.textFont = scaled(font, 0.9, false);
    return look;
}

QColor mixed(const QColor &from, const QColor &to, double share)
{
    const auto between = [share](int a, int b) { return qRound(a + (b - a) * share); };
    return {between(from.red(), to.red()), between(from.green(), to.green()), between(from.blue(), to.blue())};
}

} // namespace hub::gui
