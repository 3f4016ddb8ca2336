#include "gui/views/findbar.h"

#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QToolButton>

namespace hub::gui
{

FindBar::FindBar(QWidget *parent)
    : QFrame(parent)
    , m_edit(new QLineEdit(this))
    , m_note(new QLabel(this))
{
    setAutoFillBackground(true);
    setFocusProxy(m_edit);
    m_edit->setPlaceholderText(tr("Find in this text"));
    m_edit->setAccessibleName(tr("Find in this text"));
    m_edit->setClearButtonEnabled(true);
    m_edit->setMaximumWidth(420);
    m_note->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);

    auto *row = new QHBoxLayout(this);
    row->setContentsMargins(6, 4, 6, 4);
    row->setSpacing(4);
    row->addWidget(m_edit, 3);
    const auto button = [&](Qt::ArrowType arrow, const QString &name, auto slot) {
        auto *made = new QToolButton(this);
        made->setArrowType(arrow);
        made->setAutoRaise(true);
        made->setToolTip(name);
        made->setAccessibleName(name);
        made->setFocusPolicy(Qt::TabFocus);
        connect(made, &QToolButton::clicked, this, slot);
        row->addWidget(made);
        return made;
    };
    button(Qt::UpArrow, tr("Previous match (Shift+F3)"), [this] { Q_EMIT nextWanted(false); });
    button(Qt::DownArrow, tr("Next match (F3)"), [this] { Q_EMIT nextWanted(true); });
    row->addWidget(m_note, 2);
    QToolButton *away = button(Qt::NoArrow, tr("Close the search (Esc)"), [this] { close(); });
    away->setText(QStringLiteral("✕"));

    connect(m_edit, &QLineEdit::textChanged, this, &FindBar::edited);
    hide();
}

void FindBar::open(const QString &marked)
{
    if (!marked.isEmpty() && !marked.contains(QLatin1Char('\n')))
        m_edit->setText(marked);
    show();
    m_edit->setFocus(Qt::ShortcutFocusReason);
    m_edit->selectAll();
}

QString FindBar::text() const { return m_edit->text(); }

void FindBar::setNote(const QString &note)
{
    m_note->setText(note);
    m_note->setToolTip(note);
}

void FindBar::close()
{
    hide();
    Q_EMIT closed();
}

void FindBar::keyPressEvent(QKeyEvent *event)
{
    if (event->key() == Qt::Key_Escape)
        return close();
    if (event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter)
        return Q_EMIT nextWanted(!(event->modifiers() & Qt::ShiftModifier));
    QFrame::keyPressEvent(event);
}

} // namespace hub::gui
