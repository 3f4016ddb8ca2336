#include "gui/window/commandpalette.h"

#include "core/commands/commandline.h"
#include "gui/model/texts.h"

#include <QKeyEvent>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace hub::gui
{

using namespace commands;

namespace
{

constexpr int nameRole = Qt::UserRole, taskRole = Qt::UserRole + 1;
constexpr int mostTasks = 8;

bool hasAll(const QString &text, const QStringList &words)
{
    return std::all_of(words.begin(), words.end(),
                       [&](const QString &word) { return text.contains(word, Qt::CaseInsensitive); });
}

} // namespace

CommandPalette::CommandPalette(const Context &context, QWidget *parent)
    : QDialog(parent, Qt::Popup | Qt::FramelessWindowHint)
    , m_context(context)
    , m_line(new QLineEdit(this))
    , m_list(new QListWidget(this))
{
    setAttribute(Qt::WA_DeleteOnClose);
    setAccessibleName(tr("Commands"));
    m_line->setPlaceholderText(tr("A command, or a task by its number or title"));
    m_line->setAccessibleName(tr("Command"));
    m_line->installEventFilter(this);
    m_list->setAccessibleName(tr("Commands that fit"));
    m_list->setFrameShape(QFrame::NoFrame);
    m_list->setUniformItemSizes(true);
    m_list->setFocusPolicy(Qt::NoFocus);
    auto *layout = new QVBoxLayout(this);
    layout->addWidget(m_line);
    layout->addWidget(m_list);
    resize(640, 420);
    connect(m_line, &QLineEdit::textChanged, this, &CommandPalette::narrow);
    connect(m_line, &QLineEdit::returnPressed, this, &CommandPalette::choose);
    connect(m_list, &QListWidget::itemClicked, this, &CommandPalette::choose);
    narrow({});
    m_line->setFocus();
}

void CommandPalette::narrow(const QString &typed)
{
    m_list->clear();
    const QStringList words = typed.split(u' ', Qt::SkipEmptyParts);
    // A whole line is taken as it is.
    for (const CommandSpec &spec : commandTable()) {
        const QString name(spec.name);
        if (!words.isEmpty() && typed.startsWith(name + u' ')) {
            auto *item = new QListWidgetItem(tr("Run: %1").arg(typed), m_list);
            item->setData(nameRole, QString());
            break;
        }
    }
    if (!words.isEmpty()) {
        RowModel &tasks = m_context.state.tasks();
        for (int row = 0, found = 0; row < tasks.rowCount() && found < mostTasks; ++row) {
            const QJsonObject &task = tasks.rowAt(row);
            const QString label = u"#%1 %2 · %3"_s.arg(tasks.idAt(row), task[u"title"_s].toString(),
                                                       stateWords(task[u"state"_s].toString()));
            if (!hasAll(label, words))
                continue;
            auto *item = new QListWidgetItem(label, m_list);
            item->setData(taskRole, tasks.idAt(row));
            ++found;
        }
    }
    // Those whose name begins so come first.
    QList<QListWidgetItem *> behind;
    for (const CommandSpec &spec : commandTable()) {
        const QString name(spec.name), says = commandText(spec.description);
        if (!hasAll(name + u' ' + says, words))
            continue;
        auto *item = new QListWidgetItem(name + u" — "_s + says);
        item->setData(nameRole, name);
        if (words.isEmpty() || name.startsWith(words.first()))
            m_list->addItem(item);
        else
            behind << item;
    }
    for (QListWidgetItem *item : std::as_const(behind))
        m_list->addItem(item);
    m_list->setCurrentRow(0);
}

void CommandPalette::choose()
{
    const QListWidgetItem *item = m_list->currentItem();
    const QString typed = m_line->text().trimmed();
    const QString task = item ? item->data(taskRole).toString() : QString();
    const QString name = item ? item->data(nameRole).toString() : QString();
    CommandRunner &runner = m_context.runner;
    const auto openTask = m_context.openTask;
    close(); // and deletes itself
    if (!task.isEmpty())
        return openTask(task);
    const CommandSpec *spec = name.isEmpty() ? nullptr : findCommand(name);
    if (!spec)
        return typed.isEmpty() ? void() : runner.runLine(typed);
    if (spec->options.empty())
        return runner.run(QString(spec->name), {}, spec->effect == Effect::Read ? CommandRunner::Show::Page : CommandRunner::Show::Brief);
    runner.openForm(*spec);
}

bool CommandPalette::eventFilter(QObject *watched, QEvent *event)
{
    if (watched == m_line && event->type() == QEvent::KeyPress) {
        const auto *key = static_cast<QKeyEvent *>(event);
        const int step = key->key() == Qt::Key_Down       ? 1
                         : key->key() == Qt::Key_Up       ? -1
                         : key->key() == Qt::Key_PageDown ? 10
                         : key->key() == Qt::Key_PageUp   ? -10
                                                          : 0;
        if (step != 0) {
            m_list->setCurrentRow(std::clamp(m_list->currentRow() + step, 0, std::max(0, m_list->count() - 1)));
            return true;
        }
    }
    return QDialog::eventFilter(watched, event);
}

} // namespace hub::gui
