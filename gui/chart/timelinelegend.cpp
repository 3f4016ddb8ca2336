#include "gui/chart/timelinelegend.h"

#include "gui/chart/timelinelayout.h"
#include "gui/chart/timelinesymbols.h"

#include <QPainter>

using namespace Qt::StringLiterals;

namespace hub::gui
{

namespace
{

constexpr int margin = 10, gap = 5, between = 16;
constexpr int symbol = int(symbolSize);

} // namespace

TimelineLegend::TimelineLegend(QWidget *parent)
    : QWidget(parent)
{
    QSizePolicy policy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    policy.setHeightForWidth(true);
    setSizePolicy(policy);
    QStringList names;
    for (const TimelineMark &mark : TimelineSymbols::examples())
        names << TimelineSymbols::nameOf(mark);
    setAccessibleName(tr("Legend"));
    setAccessibleDescription(names.join(u", "_s));
}

QList<QRect> TimelineLegend::places(int width) const
{
    const QFontMetrics metrics(windowLook(palette(), font()).textFont);
    QList<QRect> all;
    QPoint at(margin, 3);
    for (const TimelineMark &mark : TimelineSymbols::examples()) {
        const int wide = symbol + gap + metrics.horizontalAdvance(TimelineSymbols::nameOf(mark));
        if (at.x() > margin && at.x() + wide > width - margin)
            at = {margin, at.y() + metrics.height() + 4};
        all << QRect(at, QSize(wide, metrics.height() + 2));
        at.rx() += wide + between;
    }
    return all;
}

int TimelineLegend::heightForWidth(int width) const { return places(width).last().bottom() + 4; }

QSize TimelineLegend::sizeHint() const { return {640, heightForWidth(640)}; }

void TimelineLegend::paintEvent(QPaintEvent *)
{
    ChartLook look = windowLook(palette(), font());
    look.ground = palette().color(QPalette::Window);
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const QList<TimelineMark> marks = TimelineSymbols::examples();
    const QList<QRect> all = places(width());
    for (qsizetype i = 0; i < marks.size(); ++i) {
        const QRect &place = all[i];
        TimelineSymbols::draw(painter, QRectF(place.left(), place.center().y() - symbol / 2, symbol, symbol), marks[i],
                              look);
        painter.setFont(look.textFont);
        painter.setPen(look.muted);
        painter.drawText(place.adjusted(symbol + gap, 0, 2, 0), Qt::AlignLeft | Qt::AlignVCenter,
                         TimelineSymbols::nameOf(marks[i]));
    }
}

} // namespace hub::gui
