// agenthub-bench-window: the real window without a screen, over a hub that runs, led through all that a person does.
// agenthub-bench starts it; its figures are lines of JSON.
#include "app/bench/report.h"
#include "app/bench/scratch.h"
#include "app/bench/tourapplication.h"
#include "core/ipc/channel.h"
#include "gui/model/portsources.h"
#include "gui/window/desktop.h"
#include "gui/window/taskspage.h"
#include "gui/window/theme.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QRandomGenerator>
#include <QScrollBar>
#include <QSettings>
#include <QWheelEvent>

#include <cstdio>
#include <unistd.h>

using namespace hub;
using namespace hub::bench;
using namespace Qt::StringLiterals;

namespace
{

constexpr double frameLimit = 33, turnLimit = 16, memoryLimit = 150; // milliseconds; MB

void tell(const QJsonObject &figure)
{
    std::puts(QJsonDocument(figure).toJson(QJsonDocument::Compact).constData());
    std::fflush(stdout);
}

void tell(const QString &what, const std::vector<double> &values, double limit = 0, const QString &unit = u"ms"_s)
{
    QJsonArray array;
    for (double value : values)
        array.append(value);
    QJsonObject figure{{u"what"_s, u"window: "_s + what}, {u"unit"_s, unit}, {u"values"_s, array}};
    if (limit > 0)
        figure[u"limit"_s] = limit;
    tell(figure);
}

class Guide
{
public:
    Guide(TourApplication &app, gui::Desktop &desktop)
        : m_app(app)
        , m_window(desktop.window())
    {
    }

    bool waitForAll()
    {
        return TourApplication::until([this] { return m_window.state().isComplete(); });
    }

    void tour(const QString &longTask)
    {
        m_window.openPage(u"overview"_s);
        TourApplication::spin(1000);
        turns(u"opening"_s);
        memory(u"opened"_s);
        list();
        conversation(longTask);
        pages();
        charts();
        TourApplication::spin(12'000);
        turns(u"12 s of nothing"_s);
        memory(u"after all of it"_s);
    }

    void talk(const QString &task, int seconds)
    {
        m_window.openTask(task);
        TourApplication::spin(2000);
        m_app.takeTurns();
        const double before = megabytes("Rss");
        TourApplication::spin(seconds * 1000);
        turns(u"one of 50 agents that talk"_s);
        m_window.openPage(u"overview"_s);
        TourApplication::spin(1000);
        m_app.takeTurns();
        TourApplication::spin(seconds * 1000);
        turns(u"overview of 50 agents that talk"_s);
        tell(u"memory that came meanwhile"_s, {megabytes("Rss") - before}, 0, u"MB"_s);
        memory(u"with agents that talk"_s);
    }

private:
    static double megabytes(const char *field) { return double(memoryOf(::getpid(), field).valueOr(0)) / 1024; }

    void memory(const QString &when)
    {
        tell(u"resident, "_s + when, {megabytes("Rss")}, memoryLimit, u"MB"_s);
        tell(u"private, "_s + when, {megabytes("Private_Dirty")}, 0, u"MB"_s);
    }

    // What the thread was busy with since the last call.
    void turns(const QString &scene)
    {
        const auto taken = m_app.takeTurns();
        tell(u"turns, %1"_s.arg(scene), taken.lasted);
        tell(u"longest turn, %1"_s.arg(scene), {percentile(taken.working, 100)}, turnLimit);
        tell({{u"note"_s, u"longest turn, %1: %2"_s.arg(scene, taken.longest)}});
    }

    // A step every 16 ms, as a wheel turns.
    void frames(const QString &what, int count, const std::function<void(int)> &step)
    {
        std::vector<double> took;
        for (int i = 0; i < count; ++i) {
            took.push_back(m_app.frame([&] { step(i); }));
            TourApplication::spin(16);
        }
        tell(u"longest frame, "_s + what, {percentile(took, 100)}, frameLimit);
        tell(u"frames, "_s + what, took);
    }

    void list()
    {
        m_window.openPage(u"tasks"_s);
        auto *page = m_window.findChild<gui::TasksPage *>();
        auto &table = page->table();
        table.filter().setTest({});
        TourApplication::spin(500);
        turns(u"to the list"_s);
        auto *bar = table.verticalScrollBar();
        frames(u"list, page by page"_s, 200, [&](int) { bar->setValue(bar->value() + bar->pageStep()); });
        frames(u"list, anywhere"_s, 50, [&](int) { bar->setValue(m_random.bounded(bar->maximum() + 1)); });
        turns(u"scrolling the list"_s);
        const int columns = table.filter().columnCount();
        frames(u"sorting by each column"_s, 2 * columns,
               [&](int i) { table.sortByColumn(i / 2, i % 2 ? Qt::DescendingOrder : Qt::AscendingOrder); });
        table.sortByColumn(0, Qt::DescendingOrder);
        const QStringList typed{u"p"_s, u"pa"_s, u"part"_s, u"part 7"_s, u"part 77"_s, u"part 7"_s, u""_s};
        frames(u"narrowing as one types"_s, int(typed.size()), [&](int i) { table.filter().setWords(typed[i]); });
        m_app.takeTurns();
        frames(u"walking through tasks"_s, 40, [&](int i) { table.selectRow(i); });
        TourApplication::spin(500);
        turns(u"walking through tasks"_s);
    }

    void conversation(const QString &task)
    {
        m_window.openTask(task);
        auto &view = m_window.findChild<gui::TasksPage *>()->taskPage().conversation().view();
        TourApplication::until([&] { return view.shown().second > 0; });
        TourApplication::spin(1000);
        turns(u"opening the conversation"_s);
        auto *bar = view.verticalScrollBar();
        frames(u"conversation, upward"_s, 400, [&](int) { bar->setValue(bar->value() - bar->pageStep() / 3); });
        frames(u"conversation, a page at a time"_s, 100, [&](int) { bar->setValue(bar->value() - bar->pageStep()); });
        turns(u"scrolling the conversation"_s);
        frames(u"conversation, anywhere"_s, 100, [&](int) { bar->setValue(m_random.bounded(bar->maximum() + 1)); });
        turns(u"going anywhere in the conversation"_s);
        memory(u"after scrolling"_s);
    }

    void pages()
    {
        const QStringList names{u"overview"_s, u"tasks"_s,  u"timeline"_s, u"git"_s,
                                u"alerts"_s,   u"claims"_s, u"audit"_s,    u"settings"_s};
        for (const int round : {1, 2}) {
            std::vector<double> took;
            for (const QString &name : names) {
                took.push_back(m_app.frame([&] { m_window.openPage(name); }));
                TourApplication::spin(400);
            }
            tell(u"a page, %1"_s.arg(round == 1 ? u"for the first time"_s : u"again"_s), took, frameLimit);
            turns(round == 1 ? u"pages for the first time"_s : u"pages again"_s);
        }
    }

    void charts()
    {
        m_window.openPage(u"overview"_s);
        TourApplication::spin(11'000);
        turns(u"overview of 30 days"_s);
        m_window.openPage(u"timeline"_s);
        auto *pages = m_window.findChild<QStackedWidget *>();
        auto *tab = pages->currentWidget()->findChild<gui::TimelineView *>();
        auto *span = pages->currentWidget()->findChild<QComboBox *>();
        span->setCurrentIndex(span->count() - 1);
        Q_EMIT span->activated(span->count() - 1);
        TourApplication::spin(3000);
        turns(u"time line of 30 days"_s);
        const Instant first = tab->from();
        const auto length = tab->to() - first;
        frames(u"time line, zoomed and moved"_s, 60, [&](int i) {
            tab->setRange(first + length * i / 100, first + length * i / 100 + length / (1 + i / 4));
        });
        turns(u"moving the time line"_s);
    }

    TourApplication &m_app;
    gui::MainWindow &m_window;
    QRandomGenerator m_random{11};
};

} // namespace

int main(int argc, char **argv)
{
    isolateEnvironment();
    qputenv("QT_QPA_PLATFORM", "offscreen");
    TourApplication app(argc, argv);
    app.setOrganizationName(u"agenthub"_s);
    app.setApplicationName(u"agenthub-bench-window"_s);
    const QStringList words = app.arguments();
    if (words.size() < 3) {
        std::fputs("agenthub-bench starts this: agenthub-bench --only window\n", stderr);
        return 2;
    }
    QSettings().setValue(u"overview/minutes"_s, 30 * 24 * 60);
    gui::Theme theme;
    gui::HubLink link(std::make_unique<gui::RemoteSource>(
        [folder = words[1]] { return std::make_unique<ipc::LocalChannel>(folder); }));
    gui::Desktop desktop(link, {});
    Guide guide(app, desktop);
    desktop.show();
    if (!guide.waitForAll())
        return 1;
    QCoreApplication::sendPostedEvents(); // what came is painted
    if (words[2] == u"start")
        tell({{u"note"_s, u"complete"_s}});
    else if (words[2] == u"tour" && words.size() > 3)
        guide.tour(words[3]);
    else if (words[2] == u"talk" && words.size() > 4)
        guide.talk(words[3], words[4].toInt());
    return 0;
}
