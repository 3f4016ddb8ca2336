#include "gui/views/conversationaccess.h"

#include "gui/views/conversationview.h"

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

QAccessibleInterface *makeAccess(const QString &, QObject *object)
{
    auto *view = qobject_cast<ConversationView *>(object);
    return view ? new ConversationAccess(view) : nullptr;
}

} // namespace

void installConversationAccess()
{
    [[maybe_unused]] static const bool once = [] {
        QAccessible::installFactory(makeAccess);
        return true;
    }();
}

} // namespace hub::gui
