#include "gui/window/listpages.h"

#include "gui/model/texts.h"

#include <QCoreApplication>
#include <QJsonArray>

using namespace Qt::StringLiterals;

namespace hub::gui
{

namespace
{

using K = Column::Kind;

QString say(const char *text) { return ListPage::tr(text); }

QString taskText(const QJsonObject &row)
{
    return row[u"task_id"_s].isDouble() ? u'#' + row[u"task_id"_s].toVariant().toString() : QString();
}

QString refsText(const QJsonObject &row)
{
    QStringList moves;
    const QJsonArray refs = row[u"refs"_s].toArray();
    for (const QJsonValue &ref : refs) {
        const auto brief = [](const QString &id) { return id.isEmpty() ? u"–"_s : id.left(8); };
        moves << u"%1 %2→%3"_s.arg(ref[u"ref"_s].toString(), brief(ref[u"before"_s].toString()),
                                   brief(ref[u"after"_s].toString()));
    }
    return moves.join(u", "_s);
}

[[maybe_unused]] constexpr const char *known[]{
    // for the translators: the hub has them as data
    QT_TRANSLATE_NOOP("Facts", "action"),    QT_TRANSLATE_NOOP("Facts", "agent"),
    QT_TRANSLATE_NOOP("Facts", "alert id"),  QT_TRANSLATE_NOOP("Facts", "answered by"),
    QT_TRANSLATE_NOOP("Facts", "at"),        QT_TRANSLATE_NOOP("Facts", "description"),
    QT_TRANSLATE_NOOP("Facts", "detail"),    QT_TRANSLATE_NOOP("Facts", "hash"),
    QT_TRANSLATE_NOOP("Facts", "held back"), QT_TRANSLATE_NOOP("Facts", "level"),
    QT_TRANSLATE_NOOP("Facts", "notes"),     QT_TRANSLATE_NOOP("Facts", "number"),
    QT_TRANSLATE_NOOP("Facts", "origin"),    QT_TRANSLATE_NOOP("Facts", "outcome"),
    QT_TRANSLATE_NOOP("Facts", "project"),   QT_TRANSLATE_NOOP("Facts", "refs"),
    QT_TRANSLATE_NOOP("Facts", "role"),      QT_TRANSLATE_NOOP("Facts", "state"),
    QT_TRANSLATE_NOOP("Facts", "task id"),   QT_TRANSLATE_NOOP("Facts", "title"),
    QT_TRANSLATE_NOOP("Facts", "type"),      QT_TRANSLATE_NOOP("Facts", "who")};

QString factName(const QString &key)
{
    return QCoreApplication::translate("Facts", QString(key).replace(u'_', u' ').toUtf8().constData());
}

// All that a row has, for whoever wants to know exactly.
QString everything(const QJsonObject &row)
{
    QString html = u"<table cellpadding=\"3\">"_s;
    for (auto it = row.begin(); it != row.end(); ++it) {
        const QString value = it->isObject()  ? QString::fromUtf8(QJsonDocument(it->toObject()).toJson())
                              : it->isArray() ? QString::fromUtf8(QJsonDocument(it->toArray()).toJson())
                                              : it->toVariant().toString();
        if (!value.isEmpty())
            html += u"<tr><td valign=\"top\"><i>%1</i></td><td><pre style=\"white-space:pre-wrap\">%2</pre></td></tr>"_s
                        .arg(factName(it.key()).toHtmlEscaped(), value.toHtmlEscaped());
    }
    return html + u"</table>"_s;
}

} // namespace

ListPage::Spec alertsPage()
{
    return {.name = u"alerts"_s,
            .command = u"alerts"_s,
            .rows = u"alerts"_s,
            .id = "alert_id"_L1,
            .columns = {{say(QT_TR_NOOP("Alert")), "alert_id"_L1, K::Text, 70},
                        {say(QT_TR_NOOP("When")), "at"_L1, K::Moment, 120},
                        {say(QT_TR_NOOP("Level")), "level"_L1, K::State, 90},
                        {say(QT_TR_NOOP("State")), "state"_L1, K::State, 120},
                        {say(QT_TR_NOOP("Title")), "title"_L1, K::Text, 280},
                        {say(QT_TR_NOOP("Task")), "task_id"_L1, K::Text, 60, taskText},
                        {say(QT_TR_NOOP("Agent")), "agent"_L1, K::Text, 90},
                        {say(QT_TR_NOOP("What happened")), "description"_L1, K::Text, 360}},
            .views = {{say(QT_TR_NOOP("Open")), {}},
                      {say(QT_TR_NOOP("All")), {{u"filter"_s, u"all"_s}}},
                      {say(QT_TR_NOOP("Open, errors and worse")), {{u"level"_s, u"error"_s}}}},
            .actions = {{say(QT_TR_NOOP("Resolve")), u"resolve-alert"_s, "alert_id"_L1, "alert_id"_L1},
                        {say(QT_TR_NOOP("I know")),
                         u"resolve-alert"_s,
                         "alert_id"_L1,
                         "alert_id"_L1,
                         {{u"action"_s, u"acknowledge"_s}}},
                        {say(QT_TR_NOOP("Snooze…")),
                         u"resolve-alert"_s,
                         "alert_id"_L1,
                         "alert_id"_L1,
                         {{u"action"_s, u"snooze"_s}},
                         true,
                         true},
                        {say(QT_TR_NOOP("Resolve with a note…")),
                         u"resolve-alert"_s,
                         "alert_id"_L1,
                         "alert_id"_L1,
                         {},
                         true,
                         true}},
            .events = {u"alert"_s},
            .whenEmpty = say(QT_TR_NOOP("No alert is open.")),
            .details = everything,
            .openTask = u"task_id"_s,
            .sortBy = 1};
}

ListPage::Spec claimsPage()
{
    return {.name = u"claims"_s,
            .command = u"claims"_s,
            .rows = u"claims"_s,
            .id = "path"_L1,
            .columns = {{say(QT_TR_NOOP("File or folder")), "path"_L1, K::Text, 420},
                        {say(QT_TR_NOOP("Project")), "project"_L1, K::Text, 140},
                        {say(QT_TR_NOOP("Held by")), "task_id"_L1, K::Text, 80, taskText},
                        {say(QT_TR_NOOP("Since")), "at"_L1, K::Moment, 120},
                        {say(QT_TR_NOOP("Until")), "until"_L1, K::Moment, 120}},
            .actions = {{say(QT_TR_NOOP("Release")), u"release-claim"_s, "path"_L1, "path"_L1}},
            .events = {u"task"_s},
            .whenEmpty = say(QT_TR_NOOP("Nobody holds a file.")),
            .openTask = u"task_id"_s,
            .order = Qt::AscendingOrder};
}

ListPage::Spec conflictsPage()
{
    return {.name = u"conflicts"_s,
            .command = u"conflicts"_s,
            .rows = u"conflicts"_s,
            .id = "path"_L1,
            .columns = {{say(QT_TR_NOOP("File")), "path"_L1, K::Text, 420},
                        {say(QT_TR_NOOP("Project")), "project"_L1, K::Text, 140},
                        {say(QT_TR_NOOP("Changed by")), "tasks"_L1, K::Text, 160,
                         [](const QJsonObject &row) {
                             QStringList tasks;
                             const QJsonArray ids = row[u"tasks"_s].toArray();
                             for (const QJsonValue &id : ids)
                                 tasks << u'#' + id.toVariant().toString();
                             return tasks.join(u' ');
                         }},
                        {say(QT_TR_NOOP("Content")), "same"_L1, K::Text, 120,
                         [](const QJsonObject &row) {
                             return row[u"same"_s].toBool() ? say(QT_TR_NOOP("the same")) : say(QT_TR_NOOP("differs"));
                         }}},
            .events = {u"checkpoint"_s, u"finish"_s},
            .whenEmpty = say(QT_TR_NOOP("No file was changed by two open tasks.")),
            .order = Qt::AscendingOrder};
}

ListPage::Spec auditPage()
{
    return {.name = u"audit"_s,
            .command = u"audit list"_s,
            .rows = u"audit"_s,
            .id = "number"_L1,
            .columns = {{say(QT_TR_NOOP("When")), "at"_L1, K::Moment, 130},
                        {say(QT_TR_NOOP("Who")), "who"_L1, K::Text, 140},
                        {say(QT_TR_NOOP("From")), "origin"_L1, K::Text, 90},
                        {say(QT_TR_NOOP("Action")), "action"_L1, K::Text, 180},
                        {say(QT_TR_NOOP("Task")), "task_id"_L1, K::Text, 60, taskText},
                        {say(QT_TR_NOOP("Outcome")), "outcome"_L1, K::State, 100},
                        {say(QT_TR_NOOP("Details")), "detail"_L1, K::Text, 320,
                         [](const QJsonObject &row) { return auditText(row[u"detail"_s].toString()); }}},
            .views = {{say(QT_TR_NOOP("Last 200")), {{u"limit"_s, 200}}},
                      {say(QT_TR_NOOP("Last 1,000")), {{u"limit"_s, 1000}}}},
            .commands = {{say(QT_TR_NOOP("Prove it")), u"audit verify"_s},
                         {say(QT_TR_NOOP("Export…")), u"audit export …"_s}},
            .whenEmpty = say(QT_TR_NOOP("Nothing was recorded yet.")),
            .details = everything,
            .openTask = u"task_id"_s};
}

ListPage::Spec projectsPage()
{
    return {
        .name = u"projects"_s,
        .command = u"projects list"_s,
        .rows = u"projects"_s,
        .id = "project"_L1,
        .columns = {{say(QT_TR_NOOP("Project")), "project"_L1, K::Text, 160},
                    {say(QT_TR_NOOP("State")), "state"_L1, K::State, 110},
                    {say(QT_TR_NOOP("Folder")), "path"_L1, K::Text, 420},
                    {say(QT_TR_NOOP("Vault")), "vault_bytes"_L1, K::Bytes, 100},
                    {say(QT_TR_NOOP("What holds it up")), "blocked"_L1, K::Text, 240}},
        .actions = {{say(QT_TR_NOOP("Show")), u"projects show"_s, "project"_L1, "project"_L1, {}, false, true},
                    {say(QT_TR_NOOP("Set…")), u"projects set"_s, "project"_L1, "project"_L1, {}, true, true},
                    {say(QT_TR_NOOP("Remove…")), u"projects remove"_s, "project"_L1, "project"_L1, {}, false, true}},
        .commands = {{say(QT_TR_NOOP("Add a project…")), u"projects add …"_s}},
        .events = {u"project"_s},
        .whenEmpty = say(QT_TR_NOOP("No project is known yet: Add a project.")),
        .order = Qt::AscendingOrder};
}

ListPage::Spec gitLogPage()
{
    return {.name = u"gitlog"_s,
            .command = u"audit list"_s,
            .rows = u"git"_s,
            .id = "number"_L1,
            .columns = {{say(QT_TR_NOOP("When")), "at"_L1, K::Moment, 130},
                        {say(QT_TR_NOOP("Project")), "project"_L1, K::Text, 120},
                        {say(QT_TR_NOOP("Task")), "task_id"_L1, K::Text, 60, taskText},
                        {say(QT_TR_NOOP("Who")), "who"_L1, K::Text, 130},
                        {say(QT_TR_NOOP("Operation")), "action"_L1, K::Text, 160},
                        {say(QT_TR_NOOP("Outcome")), "outcome"_L1, K::State, 110},
                        {say(QT_TR_NOOP("What moved")), "refs"_L1, K::Text, 420, refsText}},
            .views = {{say(QT_TR_NOOP("Last 100")), {{u"action"_s, u"git"_s}}},
                      {say(QT_TR_NOOP("Last 1,000")), {{u"action"_s, u"git"_s}, {u"limit"_s, 1000}}}},
            .events = {u"task"_s, u"rollback"_s, u"finish"_s},
            .whenEmpty = say(QT_TR_NOOP("The hub did nothing in a repository yet.")),
            .details = everything,
            .openTask = u"task_id"_s};
}

ListPage::Spec backupBranchesPage()
{
    return {.name = u"backups"_s,
            .command = u"rollback show"_s,
            .rows = u"backups"_s,
            .id = "branch"_L1,
            .columns = {{say(QT_TR_NOOP("Backup branch")), "branch"_L1, K::Text, 320},
                        {say(QT_TR_NOOP("Task")), "task_id"_L1, K::Text, 60, taskText},
                        {say(QT_TR_NOOP("Made")), "at"_L1, K::Moment, 130},
                        {say(QT_TR_NOOP("What it holds")), "subject"_L1, K::Text, 260},
                        {say(QT_TR_NOOP("Going back would change")), "would_change"_L1, K::Text, 180}},
            .views = {{say(QT_TR_NOOP("Newest 200")), {{u"limit"_s, 200}}}},
            .actions =
                {{say(QT_TR_NOOP("Roll back…")), u"rollback git_backup"_s, "backup"_L1, "branch"_L1, {}, false, true}},
            .events = {u"task"_s, u"rollback"_s},
            .whenEmpty = say(QT_TR_NOOP("There is no backup branch yet: one is made before an agent starts.")),
            .openTask = u"task_id"_s,
            .sortBy = 2};
}

} // namespace hub::gui
