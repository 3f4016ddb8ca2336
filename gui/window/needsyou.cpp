#include "gui/window/needsyou.h"

#include "gui/model/look.h"

#include <QFrame>
#include <QHBoxLayout>
#include <QPushButton>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace hub::gui
{

namespace
{

constexpr int mostShown = 20; // the rest is on the pages

QString taskLabel(HubState &state, const QString &task)
{
    const int place = state.tasks().rowOf(task);
    return place < 0 ? u'#' + task : u"#%1 %2"_s.arg(task, state.tasks().rowAt(place)[u"title"_s].toString());
}

} // namespace

NeedsYou::NeedsYou(const Context &context, QWidget *parent)
    : QScrollArea(parent)
    , m_context(context)
    , m_rest(new QLabel)
{
    auto *content = new QWidget(this);
    m_layout = new QVBoxLayout(content);
    m_layout->setContentsMargins({});
    m_layout->setSpacing(6);
    m_layout->addWidget(m_rest);
    m_layout->addStretch(1);
    m_rest->setForegroundRole(QPalette::PlaceholderText);
    m_rest->setWordWrap(true);
    setWidget(content);
    setWidgetResizable(true);
    setFrameShape(NoFrame);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setAccessibleName(tr("What needs you"));
    m_soon.setSingleShot(true);
    m_soon.setInterval(0);
    connect(&m_soon, &QTimer::timeout, this, &NeedsYou::rebuild);
    connect(&context.state, &HubState::changed, &m_soon, qOverload<>(&QTimer::start));
    rebuild();
}

QList<NeedsYou::Item> NeedsYou::items() const
{
    QList<Item> items;
    HubState &state = m_context.state;
    for (int i = 0; i < state.approvals().rowCount(); ++i) {
        const QJsonObject &row = state.approvals().rowAt(i);
        const QString id = row[u"approval_id"_s].toString(), task = row[u"task_id"_s].toVariant().toString();
        const QJsonObject detail = row[u"detail"_s].toObject();
        QStringList whole{row[u"question"_s].toString()};
        for (const auto &[part, label] : {std::pair{u"command"_s, tr("Command")},
                                          {u"folder"_s, tr("Folder")},
                                          {u"files"_s, tr("Files")},
                                          {u"reason"_s, tr("Reason")}}) {
            const QJsonValue value = detail[part];
            const QString text = value.isArray() ? value.toVariant().toStringList().join(u", "_s) : value.toString();
            if (!text.isEmpty())
                whole << label + u": "_s + text;
        }
        items.append(
            {.id = id,
             .tone = u"open"_s,
             .title = row[u"kind"_s] == u"other"_s
                          ? tr("%1 asks").arg(taskLabel(state, task))
                          : tr("%1 asks: %2").arg(taskLabel(state, task), row[u"kind"_s].toString()),
             .text = whole.join(u'\n'),
             .task = task,
             .actions = {{tr("Allow"), u"approve"_s, {{u"approval_id"_s, id}}},
                         {tr("Allow for this task"), u"approve"_s, {{u"approval_id"_s, id}, {u"scope"_s, u"task"_s}}},
                         {tr("Deny…"), u"deny"_s, {{u"approval_id"_s, id}}, true}}});
    }
    addAlerts(items);
    addTasks(items);
    return items.mid(0, mostShown);
}

void NeedsYou::addAlerts(QList<Item> &items) const
{
    RowModel &alerts = m_context.state.alerts();
    for (const bool critical : {true, false}) {
        for (int i = 0; i < alerts.rowCount(); ++i) {
            const QJsonObject &row = alerts.rowAt(i);
            const QString level = row[u"level"_s].toString(), id = row[u"alert_id"_s].toString();
            if (row[u"state"_s] != u"open"_s || (critical ? level != u"critical" : level != u"error"))
                continue;
            items.append(
                {.id = id,
                 .tone = level,
                 .title = row[u"title"_s].toString(),
                 .text = row[u"description"_s].toString(),
                 .task = row[u"task_id"_s].toVariant().toString(),
                 .actions = {
                     {tr("Resolve"), u"resolve-alert"_s, {{u"alert_id"_s, id}}},
                     {tr("I know"), u"resolve-alert"_s, {{u"alert_id"_s, id}, {u"action"_s, u"acknowledge"_s}}},
                     {tr("Snooze…"), u"resolve-alert"_s, {{u"alert_id"_s, id}, {u"action"_s, u"snooze"_s}}, true}}});
        }
    }
}

void NeedsYou::addTasks(QList<Item> &items) const
{
    RowModel &tasks = m_context.state.tasks();
    for (const qint64 number : m_context.state.waitingTasks()) {
        if (items.size() >= mostShown)
            return;
        const QString id = QString::number(number);
        const QJsonObject &row = tasks.rowAt(tasks.rowOf(id)), which{{u"task_id"_s, id}};
        const QString state = row[u"state"_s].toString();
        const bool review = state == u"needs_review";
        items.append({.id = u'#' + id + state,
                      .tone = state,
                      .title = review ? tr("%1 wants to be looked at").arg(taskLabel(m_context.state, id))
                                      : tr("%1 was interrupted").arg(taskLabel(m_context.state, id)),
                      .text = row[u"reason"_s].toString(),
                      .task = id,
                      .actions = review ? QList<Action>{{tr("Finish…"), u"finish-task"_s, which, true},
                                                        {tr("Say…"), u"say"_s, which, true}}
                                        : QList<Action>{{tr("Resume"), u"resume-task"_s, which}}});
    }
}

// What was there before stays as it is: cards that are made anew under the pointer can't be pressed.
void NeedsYou::rebuild()
{
    const QList<Item> now = items();
    const auto rest = m_context.state.needsPerson() - now.size();
    m_rest->setText(now.isEmpty() ? tr("Nothing needs you.")
                                  : tr("And %n more: see Tasks and Alerts.", nullptr, int(rest)));
    m_rest->setVisible(now.isEmpty() || rest > 0);
    if (now == m_shown)
        return;
    for (const Item &old : std::as_const(m_shown)) {
        if (now.contains(old))
            continue;
        QWidget *card = m_cards.take(old.id);
        m_layout->removeWidget(card);
        card->hide();
        card->deleteLater();
    }
    for (int i = 0; i < now.size(); ++i) {
        QWidget *&card = m_cards[now[i].id];
        if (!card)
            card = widgetFor(now[i]);
        if (m_layout->indexOf(card) != i) {
            m_layout->removeWidget(card);
            m_layout->insertWidget(i, card);
        }
    }
    m_shown = now;
}

QWidget *NeedsYou::widgetFor(const Item &item)
{
    auto *card = new QFrame(widget());
    card->setObjectName(u"needs-"_s + item.id);
    card->setAutoFillBackground(true);
    QPalette colours = card->palette();
    colours.setColor(QPalette::Window, tint(toneOf(item.tone), palette()));
    card->setPalette(colours);
    auto *title = new QLabel(
        u"<span style=\"color:%1\">●</span> <b>%2</b>"_s.arg(stateColour(item.tone).name(), item.title.toHtmlEscaped()),
        card);
    title->setWordWrap(true);
    auto *text = new QLabel(item.text.left(2000), card);
    text->setTextFormat(Qt::PlainText);
    text->setWordWrap(true);
    text->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    text->setVisible(!item.text.isEmpty());
    auto *buttons = new QHBoxLayout;
    for (const Action &action : item.actions) {
        auto *button = new QPushButton(action.label, card);
        button->setAccessibleDescription(item.title);
        connect(button, &QPushButton::clicked, this, [this, action] {
            if (action.form)
                m_context.runner.openForm(*commands::findCommand(action.command), action.options);
            else
                m_context.runner.run(action.command, action.options);
        });
        buttons->addWidget(button);
    }
    buttons->addStretch(1);
    if (!item.task.isEmpty() && item.task != u"0") {
        auto *open = new QPushButton(tr("Open #%1").arg(item.task), card);
        open->setFlat(true);
        connect(open, &QPushButton::clicked, this, [this, task = item.task] { m_context.openTask(task); });
        buttons->addWidget(open);
    }
    auto *layout = new QVBoxLayout(card);
    layout->setSpacing(4);
    layout->addWidget(title);
    layout->addWidget(text);
    layout->addLayout(buttons);
    return card;
}

} // namespace hub::gui
