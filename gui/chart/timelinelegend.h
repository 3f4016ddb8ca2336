// What each symbol of a time line means, in as many rows as the width needs. UI thread.
#pragma once

#include <QWidget>

namespace hub::gui
{

class TimelineLegend : public QWidget
{
    Q_OBJECT
public:
    explicit TimelineLegend(QWidget *parent = nullptr);

    bool hasHeightForWidth() const override { return true; }
    int heightForWidth(int width) const override;
    QSize sizeHint() const override;

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    // Where the symbols are for that width; their names stand beside.
    QList<QRect> places(int width) const;
};

} // namespace hub::gui
