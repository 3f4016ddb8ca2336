#include "gui/window/conversationtab.h"

#include "core/base/async.h"

#include <QDesktopServices>
#include <QFile>
#include <QFileDialog>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QMenu>
#include <QMessageBox>
#include <QPushButton>
#include <QToolButton>
#include <QUrl>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace hub::gui
{

namespace
{

TalkMessage messageFrom(const QJsonObject &row)
{
    return {.seq = row[u"message_id"_s].toInteger(),
            .at = fromMillis(QDateTime::fromString(row[u"at"_s].toString(), Qt::ISODateWithMs).toMSecsSinceEpoch()),
            .from = row[u"from"_s].toString(),
            .role = row[u"role"_s].toString(),
            .kind = row[u"kind"_s].toString(),
            .text = row[u"text"_s].toString(),
            .hidden = row[u"hidden"_s].toBool(),
            .cut = row.contains(u"size"_s)};
}

} // namespace

ConversationTab::ConversationTab(const Context &context, QWidget *parent)
    : QWidget(parent)
    , m_context(context)
    , m_view(new ConversationView(this))
    , m_queue(new QListWidget(this))
    , m_queueFeed(
          context.state.link(),
          [this] {
              return askCommand(m_context.state.link(), u"queue list"_s, {{u"task_id"_s, m_task}})();
          },
          [this](const QJsonObject &answer) { showQueue(answer); }, this)
{
    m_view->setSource(&m_source);
    m_view->setFrameShape(QFrame::NoFrame);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->setSpacing(0);
    layout->addWidget(m_view, 1);
    layout->addWidget(m_queue);
    layout->addWidget(makeComposer());
    m_queue->setFrameShape(QFrame::NoFrame);
    m_queue->setAccessibleName(tr("Messages that wait for their turn"));
    m_queue->setMaximumHeight(90);
    m_queue->hide();
    m_queueFeed.follow({u"task"_s, u"message"_s}, [this](const HubEvent &event) {
        return event.data[u"task_id"_s].toVariant().toString() == m_task;
    });
    connect(&m_source, &TalkSource::wanted, this, &ConversationTab::fetch);
    connect(m_view, &ConversationView::wholeWanted, this, &ConversationTab::fetchWhole);
    connect(m_view, &ConversationView::findWanted, this, &ConversationTab::find);
    connect(m_view, &ConversationView::menuWanted, this, &ConversationTab::showMenu);
    connect(m_view, &ConversationView::linkActivated, this, [](const QUrl &url) { QDesktopServices::openUrl(url); });
    connect(&context.state.link(), &HubLink::eventHappened, this, &ConversationTab::onEvent);
    connect(&context.state.link(), &HubLink::renewed, this, [this] { m_source.askAgain(); });
    connect(m_queue, &QListWidget::itemActivated, this, [this](const QListWidgetItem *item) {
        m_context.runner.openForm(*commands::findCommand(u"queue edit"),
                                  {{u"message_id"_s, item->data(Qt::UserRole).toString()},
                                   {u"message"_s, item->data(Qt::UserRole + 1).toString()}});
    });
}

QWidget *ConversationTab::makeComposer()
{
    auto *bar = new QWidget(this);
    m_composer = new QPlainTextEdit(bar);
    m_composer->setPlaceholderText(tr("Tell the agent something. Ctrl+Enter sends it; it waits for the turn's end."));
    m_composer->setAccessibleName(tr("Message to the agent"));
    m_composer->setTabChangesFocus(true);
    m_composer->setMaximumHeight(fontMetrics().height() * 4 + 16);
    m_composer->installEventFilter(this);
    m_files = new QLabel(bar);
    m_files->hide();
    auto *attachButton = new QToolButton(bar);
    attachButton->setText(tr("Files…"));
    attachButton->setToolTip(tr("Files that go along with the message"));
    auto *now = new QPushButton(tr("Interrupt and say"), bar);
    now->setToolTip(tr("Ends the agent's turn first (Ctrl+Shift+Enter)"));
    auto *send = new QPushButton(tr("Say"), bar);
    send->setObjectName(u"say"_s);
    send->setDefault(true);
    connect(attachButton, &QToolButton::clicked, this, &ConversationTab::attach);
    connect(send, &QPushButton::clicked, this, [this] { say(false); });
    connect(now, &QPushButton::clicked, this, [this] { say(true); });
    auto *buttons = new QVBoxLayout;
    buttons->addWidget(send);
    buttons->addWidget(now);
    buttons->addWidget(attachButton);
    auto *row = new QHBoxLayout;
    row->addWidget(m_composer, 1);
    row->addLayout(buttons);
    auto *layout = new QVBoxLayout(bar);
    layout->addWidget(m_files);
    layout->addLayout(row);
    return bar;
}

void ConversationTab::setTask(const QString &task)
{
    if (task == m_task)
        return;
    m_task = task;
    m_source.clear();
    m_queue->clear();
    m_queue->hide();
    m_view->setNotice(tr("Nothing was said yet."));
    if (m_queueFeed.isActive())
        m_queueFeed.refresh();
}

void ConversationTab::fetch(qint64 first, int count)
{
    const QString task = m_task;
    const qint64 last = first + count - 1;
    whenDone(
        m_context.state.link().query(u"messages"_s, {{u"task_id"_s, task}, {u"first"_s, first}, {u"last"_s, last}}),
        this, [this, task, first, last](const Result<QJsonObject> &answer) {
            if (task != m_task || !answer)
                return; // it is asked for again when there is a connection
            QList<TalkMessage> messages;
            qint64 next = first;
            const auto rows = rowsOf(*answer, u"messages"_s);
            for (const QJsonObject &row : rows) {
                messages.append(messageFrom(row));
                if (messages.last().seq > next)
                    m_source.putMissing(next, int(messages.last().seq - next));
                next = messages.last().seq + 1;
            }
            if (next <= last)
                m_source.putMissing(next, int(last - next + 1));
            m_source.put(messages);
        });
}

void ConversationTab::fetchWhole(qint64 message)
{
    const QString task = m_task;
    whenDone(
        m_context.state.link().query(
            u"messages"_s, {{u"task_id"_s, task}, {u"first"_s, message}, {u"last"_s, message}, {u"whole"_s, true}}),
        this, [this, task](const Result<QJsonObject> &answer) {
            if (task != m_task || !answer)
                return;
            const auto rows = rowsOf(*answer, u"messages"_s);
            for (const QJsonObject &row : rows)
                m_source.put({messageFrom(row)});
        });
}

void ConversationTab::find(const QString &text, qint64 from, bool forward)
{
    const QString task = m_task;
    whenDone(m_context.state.link().query(
                 u"find-message"_s,
                 {{u"task_id"_s, task}, {u"text"_s, text}, {u"from"_s, from}, {u"backwards"_s, !forward}}),
             this, [this, task](const Result<QJsonObject> &answer) {
                 if (task != m_task)
                     return;
                 if (answer && answer->contains(u"message_id"_s))
                     m_view->showFound((*answer)[u"message_id"_s].toInteger());
                 else
                     m_view->showNotFound();
             });
}

void ConversationTab::onEvent(const HubEvent &event)
{
    if (m_task.isEmpty() || event.data[u"task_id"_s].toVariant().toString() != m_task)
        return;
    if (event.name == u"message") {
        const TalkMessage message = messageFrom(event.data);
        m_source.setCount(message.seq);
        m_source.put({message});
    } else if (event.name == u"rollback") {
        m_source.forget(1, m_source.count()); // what it hides, or shows again
    }
}

void ConversationTab::showMenu(qint64 message, const QPoint &where)
{
    QMenu menu(this);
    m_view->addCopyActions(menu, message);
    menu.addSeparator();
    menu.addAction(tr("Roll back to before this message…"), this, [this, message] { Q_EMIT goBackWanted(message); });
    menu.exec(where);
}

void ConversationTab::say(bool now)
{
    const QString text = m_composer->toPlainText().trimmed();
    if (text.isEmpty())
        return m_composer->setFocus();
    commands::CommandCall call{.command = u"say"_s,
                               .options = {{u"message"_s, text}, {u"task_id"_s, m_task}},
                               .caller = {},
                               .files = m_attached};
    if (now)
        call.options[u"when"_s] = u"now"_s;
    if (!m_attached.isEmpty()) {
        QStringList names;
        for (const commands::Attachment &file : std::as_const(m_attached))
            names << file.fileName;
        call.options[u"files"_s] = names.join(u' ');
    }
    // What was written stays until it is taken.
    auto connection = std::make_shared<QMetaObject::Connection>();
    *connection =
        connect(&m_context.runner, &CommandRunner::done, this, [this, connection, text](const QString &command) {
            if (command != u"say")
                return;
            disconnect(*connection);
            if (m_composer->toPlainText().trimmed() == text)
                m_composer->clear();
            m_attached.clear();
            m_files->hide();
        });
    m_context.runner.run(call, CommandRunner::Show::Brief);
}

void ConversationTab::attach()
{
    const QStringList paths = QFileDialog::getOpenFileNames(this, tr("Files for the agent"));
    for (const QString &path : paths) {
        QFile file(path);
        if (m_attached.size() >= commands::mostFiles || file.size() > commands::mostFileBytes ||
            !file.open(QIODevice::ReadOnly)) {
            QMessageBox::warning(this, tr("Not taken along"),
                                 tr("%1 does not go along: at most %2 files of %3 MB each, which can be read.")
                                     .arg(path)
                                     .arg(commands::mostFiles)
                                     .arg(commands::mostFileBytes >> 20));
            continue;
        }
        m_attached.append({QFileInfo(path).fileName(), file.readAll()});
    }
    QStringList names;
    for (const commands::Attachment &file : std::as_const(m_attached))
        names << file.fileName;
    m_files->setText(tr("Goes along: %1").arg(names.join(u", "_s)));
    m_files->setVisible(!names.isEmpty());
}

void ConversationTab::showQueue(const QJsonObject &answer)
{
    m_queue->clear();
    const auto rows = rowsOf(answer, u"messages"_s);
    for (const QJsonObject &row : rows) {
        auto *item = new QListWidgetItem(tr("Waits: %1").arg(row[u"text"_s].toString().simplified()), m_queue);
        item->setToolTip(tr("Press Enter to change it."));
        item->setData(Qt::UserRole, row[u"message_id"_s].toString());
        item->setData(Qt::UserRole + 1, row[u"text"_s].toString());
    }
    m_queue->setVisible(!rows.isEmpty());
}

bool ConversationTab::eventFilter(QObject *watched, QEvent *event)
{
    if (watched == m_composer && event->type() == QEvent::KeyPress) {
        const auto *key = static_cast<QKeyEvent *>(event);
        if ((key->key() == Qt::Key_Return || key->key() == Qt::Key_Enter) && (key->modifiers() & Qt::ControlModifier)) {
            say(key->modifiers() & Qt::ShiftModifier);
            return true;
        }
    }
    return QWidget::eventFilter(watched, event);
}

void ConversationTab::showEvent(QShowEvent *event)
{
    QWidget::showEvent(event);
    m_queueFeed.setActive(!m_task.isEmpty());
}

void ConversationTab::hideEvent(QHideEvent *event)
{
    QWidget::hideEvent(event);
    m_queueFeed.setActive(false);
}

} // namespace hub::gui
