#include "gui/views/viewaccess.h"

#include "gui/views/conversationview.h"
#include "gui/views/difftextview.h"

#include <QAccessibleWidget>

namespace hub::gui
{

namespace
{

class ConversationAccess final : public QAccessibleWidget
{
public:
    explicit ConversationAccess(ConversationView *view)
        : QAccessibleWidget(view, QAccessible::List)
        , m_view(view)
    {
    }
    QString text(QAccessible::Text kind) const override
    {
        if (kind == QAccessible::Value)
            return m_view->currentSpoken();
        if (kind == QAccessible::Description)
            return m_view->announcement();
        return QAccessibleWidget::text(kind);
    }

private:
    ConversationView *m_view;
};

class DiffAccess final : public QAccessibleWidget
{
public:
    explicit DiffAccess(DiffTextView *view)
        : QAccessibleWidget(view, QAccessible::Document)
        , m_view(view)
    {
    }
    QString text(QAccessible::Text kind) const override
    {
        return kind == QAccessible::Value ? m_view->changeSpoken() : QAccessibleWidget::text(kind);
    }

private:
    DiffTextView *m_view;
};

QAccessibleInterface *makeAccess(const QString &, QObject *object)
{
    if (auto *view = qobject_cast<ConversationView *>(object))
        return new ConversationAccess(view);
    if (auto *view = qobject_cast<DiffTextView *>(object))
        return new DiffAccess(view);
    return nullptr;
}

} // namespace

void installViewAccess()
{
    [[maybe_unused]] static const bool once = [] {
        QAccessible::installFactory(makeAccess);
        return true;
    }();
}

} // namespace hub::gui
