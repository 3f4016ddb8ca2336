// A button that acts only when it is held for a moment, so that nobody hits it by accident; with the mouse, with the
// space bar, or by an assistive technology, which is asked in a dialog instead.
#pragma once

#include <QPushButton>
#include <QTimer>
#include <QElapsedTimer>

namespace hub::gui
{

class HoldButton final : public QPushButton
{
    Q_OBJECT

public:
    static constexpr int holdTime = 700; // milliseconds

    explicit HoldButton(const QString &text, QWidget *parent = nullptr);

Q_SIGNALS:
    void held();

protected:
    void paintEvent(QPaintEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void mouseReleaseEvent(QMouseEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;
    void keyReleaseEvent(QKeyEvent *event) override;
    void focusOutEvent(QFocusEvent *event) override;

private:
    void begin();
    void cancel();
    void tick();

    QTimer m_tick;
    QElapsedTimer m_since;
};

} // namespace hub::gui
