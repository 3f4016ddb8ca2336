#include "gui/window/changestab.h"

#include "core/base/async.h"
#include "gui/window/saving.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QMenu>
#include <QPushButton>
#include <QSettings>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace hub::gui
{

ChangesTab::ChangesTab(const Context &context, QWidget *parent)
    : QWidget(parent)
    , m_context(context)
    , m_from(new QComboBox(this))
    , m_to(new QComboBox(this))
    , m_view(new DiffView(this))
{
    m_from->setAccessibleName(tr("Compare from"));
    m_to->setAccessibleName(tr("Compare to"));
    auto *again = new QPushButton(tr("Look again"), this);
    auto *bar = new QHBoxLayout;
    bar->setContentsMargins(8, 6, 8, 6);
    bar->setSpacing(6);
    bar->addWidget(new QLabel(tr("From"), this));
    bar->addWidget(m_from, 1);
    bar->addWidget(new QLabel(tr("to"), this));
    bar->addWidget(m_to, 1);
    bar->addWidget(again);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->setSpacing(0);
    layout->addLayout(bar);
    layout->addWidget(m_view, 1);
    m_view->setSideBySide(QSettings().value(u"diff/sideBySide"_s).toBool());
    m_view->setWrapping(QSettings().value(u"diff/wrapping"_s).toBool());
    connect(m_view, &DiffView::sideBySideChanged, this,
            [](bool on) { QSettings().setValue(u"diff/sideBySide"_s, on); });
    connect(m_view, &DiffView::wrappingChanged, this, [](bool on) { QSettings().setValue(u"diff/wrapping"_s, on); });
    connect(m_view, &DiffView::fileMenuWanted, this, &ChangesTab::showFileMenu);
    connect(m_view, &DiffView::exportWanted, this,
            [this] { saveAs(this, u"%1.diff"_s.arg(m_task), m_view->unified()); });
    connect(m_from, &QComboBox::activated, this, &ChangesTab::refresh);
    connect(m_to, &QComboBox::activated, this, &ChangesTab::refresh);
    connect(again, &QPushButton::clicked, this, &ChangesTab::refresh);
    connect(&context.state.link(), &HubLink::renewed, this, [this] { m_stale = true; });
}

void ChangesTab::setTask(const QString &task)
{
    if (task == m_task)
        return;
    m_task = task;
    setCheckpoints({});
    m_stale = true;
    if (isVisible())
        refresh();
}

void ChangesTab::setCheckpoints(const QList<QJsonObject> &checkpoints)
{
    const QString from = m_from->currentData().toString(), to = m_to->currentData().toString();
    m_from->clear();
    m_to->clear();
    m_from->addItem(tr("the task's base"), QString());
    m_to->addItem(tr("the files as they are now"), QString());
    for (const QJsonObject &checkpoint : checkpoints) {
        const QString id = checkpoint[u"checkpoint_id"_s].toString();
        const QString notes = checkpoint[u"notes"_s].toString(), step = checkpoint[u"step"_s].toString();
        const QString label = u"%1 · %2 · %3 %4"_s.arg(id, stateWords(checkpoint[u"type"_s].toString()),
                                                       momentText(checkpoint[u"at"_s].toString()),
                                                       (notes.isEmpty() ? step : notes).left(60));
        m_from->addItem(label, id);
        m_to->addItem(label, id);
    }
    m_from->setCurrentIndex(std::max(0, m_from->findData(from)));
    m_to->setCurrentIndex(std::max(0, m_to->findData(to)));
}

void ChangesTab::compare(const QString &from, const QString &to)
{
    m_from->setCurrentIndex(std::max(0, m_from->findData(from)));
    m_to->setCurrentIndex(std::max(0, m_to->findData(to)));
    refresh();
}

void ChangesTab::showEvent(QShowEvent *event)
{
    QWidget::showEvent(event);
    if (m_stale)
        refresh();
}

void ChangesTab::refresh()
{
    if (m_task.isEmpty())
        return;
    m_stale = false;
    QJsonObject options{{u"task_id"_s, m_task}};
    if (const QString from = m_from->currentData().toString(); !from.isEmpty())
        options[u"from"_s] = from;
    if (const QString to = m_to->currentData().toString(); !to.isEmpty())
        options[u"to"_s] = to;
    if (m_view->unified().isEmpty())
        m_view->clear(tr("Looking…"));
    whenDone(m_context.state.link().execute({.command = u"task-diff"_s, .options = options, .caller = {}}), this,
             [this, asked = ++m_asked](const Result<commands::Reply> &reply) {
                 if (asked != m_asked)
                     return;
                 if (!reply) {
                     m_stale = true;
                     return m_view->clear(reply.error().message);
                 }
                 if (reply->attachments.isEmpty())
                     return m_view->clear(tr("Nothing differs."));
                 m_view->setDiff(reply->attachments.first().bytes, reply->title);
             });
}

void ChangesTab::showFileMenu(const QString &path, const QPoint &where)
{
    QMenu menu(this);
    m_view->addFileActions(menu, path);
    menu.addSeparator();
    const QString from = m_from->currentData().toString();
    menu.addAction(tr("Bring it back as it was before…"), this, [this, path, from] {
        QJsonObject options{{u"path"_s, path}, {u"task_id"_s, m_task}};
        options[u"checkpoint_id"_s] = from.isEmpty() ? m_task + u"/1"_s : from;
        m_context.runner.run(u"rollback file"_s, options);
    });
    menu.exec(where);
}

} // namespace hub::gui
