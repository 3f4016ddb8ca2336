// A line to type what is looked for, above a text. The view that owns it looks. UI thread.
#pragma once

#include <QFrame>

class QLabel;
class QLineEdit;
class QToolButton;

namespace hub::gui
{

class FindBar : public QFrame
{
    Q_OBJECT

public:
    explicit FindBar(QWidget *parent);

    // Shows it with what is marked in the text, if anything, and takes the keyboard.
    void open(const QString &marked);
    QString text() const;
    // "3 of 17", "Nothing found"
    void setNote(const QString &note);

Q_SIGNALS:
    void edited(const QString &text);
    void nextWanted(bool forward);
    void closed();

protected:
    void keyPressEvent(QKeyEvent *event) override;

private:
    void close();

    QLineEdit *m_edit;
    QLabel *m_note;
};

} // namespace hub::gui
