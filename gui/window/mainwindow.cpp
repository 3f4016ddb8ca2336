#include "gui/window/mainwindow.h"

#include "gui/model/look.h"
#include "gui/window/commandpalette.h"
#include "gui/window/holdbutton.h"
#include "gui/window/listpages.h"
#include "gui/window/overviewpage.h"
#include "gui/window/settingspage.h"
#include "gui/window/taskspage.h"
#include "gui/window/wizard.h"

#include <QCloseEvent>
#include <QHBoxLayout>
#include <QLocale>
#include <QSettings>
#include <QShortcut>
#include <QStatusBar>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace hub::gui
{

MainWindow::MainWindow(HubLink &link, const QString &place, QWidget *parent)
    : QMainWindow(parent)
    , m_link(link)
    , m_state(link)
    , m_runner(link, *this)
    , m_place(place)
    , m_pageList(new QListWidget(this))
    , m_pages(new QStackedWidget(this))
{
    setObjectName(u"main"_s);
    resize(1280, 800);
    auto *right = new QWidget(this);
    auto *column = new QVBoxLayout(right);
    column->setContentsMargins({});
    column->setSpacing(0);
    column->addWidget(makeTop());
    column->addWidget(makeBanner());
    column->addWidget(m_pages, 1);
    auto *middle = new QWidget(this);
    auto *row = new QHBoxLayout(middle);
    row->setContentsMargins({});
    row->setSpacing(0);
    row->addWidget(m_pageList);
    row->addWidget(right, 1);
    setCentralWidget(middle);
    m_said = new QLabel(this);
    m_said->setTextFormat(Qt::PlainText);
    m_busy = new QLabel(this);
    statusBar()->addWidget(m_said, 1);
    statusBar()->addPermanentWidget(m_busy);
    statusBar()->setSizeGripEnabled(false);

    m_pageList->setFrameShape(QFrame::NoFrame);
    m_pageList->setAccessibleName(tr("Pages"));
    m_pageList->setSpacing(2);
    addPages();
    makeActions();
    connect(m_pageList, &QListWidget::currentRowChanged, m_pages, &QStackedWidget::setCurrentIndex);
    connect(&m_link, &HubLink::stateChanged, this, &MainWindow::showState);
    connect(&m_state, &HubState::changed, this, &MainWindow::showCounts);
    connect(&m_state, &HubState::healthChanged, this, &MainWindow::showState);
    connect(&m_runner, &CommandRunner::said, this, &MainWindow::say);
    connect(&m_runner, &CommandRunner::done, this, [this] { m_state.refreshSoon(); });
    connect(&m_runner, &CommandRunner::runningChanged, this,
            [this](int running) { m_busy->setText(running > 0 ? tr("Working…") : QString()); });
    m_minute.setInterval(30'000);
    connect(&m_minute, &QTimer::timeout, this, [this] {
        for (RowModel *rows : {&m_state.tasks(), &m_state.approvals(), &m_state.alerts()})
            rows->tellTime();
        showState();
    });
    m_minute.start();
    restoreGeometry(QSettings().value(u"window/geometry"_s).toByteArray());
    m_pageList->setCurrentRow(0);
    showState();
    showCounts();
    Wizard::offerOnce(context(), *this);
}

MainWindow::~MainWindow() { QSettings().setValue(u"window/geometry"_s, saveGeometry()); }

Context MainWindow::context()
{
    return {m_state, m_runner, [this](const QString &task) { openTask(task); }, m_place};
}

void MainWindow::addPages()
{
    addPage(u"overview"_s, tr("Overview"), new OverviewPage(context(), this));
    m_tasks = new TasksPage(context(), this);
    addPage(u"tasks"_s, tr("Tasks"), m_tasks);
    auto *timeline = new TimelineTab(context(), this);
    connect(timeline, &TimelineTab::compareWanted, this,
            [this](const QString &task, const QString &from, const QString &to) {
                openTask(task);
                m_tasks->taskPage().showChanges(from, to);
            });
    addPage(u"timeline"_s, tr("Time line"), timeline);
    auto *git = new QTabWidget(this);
    git->setDocumentMode(true);
    connect(git, &QTabWidget::currentChanged, git, [git] { git->setFocusProxy(git->currentWidget()); });
    git->addTab(new ListPage(context(), projectsPage(), git), tr("Projects"));
    git->addTab(new ListPage(context(), backupBranchesPage(), git), tr("Backup branches"));
    git->addTab(new ListPage(context(), gitLogPage(), git), tr("Operation log"));
    addPage(u"git"_s, tr("Git"), git);
    addPage(u"alerts"_s, tr("Alerts"), new ListPage(context(), alertsPage(), this));
    auto *claims = new QTabWidget(this);
    claims->setDocumentMode(true);
    claims->addTab(new ListPage(context(), claimsPage(), claims), tr("Who holds what"));
    claims->addTab(new ListPage(context(), conflictsPage(), claims), tr("Where merges will meet"));
    addPage(u"claims"_s, tr("Claims"), claims);
    addPage(u"audit"_s, tr("Audit"), new ListPage(context(), auditPage(), this));
    addPage(u"settings"_s, tr("Settings"), new SettingsPage(context(), this));
    int width = 0;
    for (int i = 0; i < m_pageList->count(); ++i)
        width = std::max(width, fontMetrics().horizontalAdvance(m_pageList->item(i)->text()));
    m_pageList->setFixedWidth(width + fontMetrics().horizontalAdvance(u"  (88)"_s) + 40);
}

void MainWindow::addPage(const QString &name, const QString &title, QWidget *page)
{
    auto *item = new QListWidgetItem(title, m_pageList);
    item->setData(Qt::UserRole, name);
    item->setData(Qt::UserRole + 1, title);
    item->setSizeHint({0, fontMetrics().height() + 16});
    item->setToolTip(tr("Ctrl+%1").arg(m_pageList->count()));
    m_pages->addWidget(page);
}

QWidget *MainWindow::makeTop()
{
    auto *top = new QWidget(this);
    m_status = new QLabel(top);
    m_status->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_status->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    m_safeText = new QLabel(top);
    auto *create = new QPushButton(tr("New task…"), top);
    create->setToolTip(tr("Give an agent a task (Ctrl+N)"));
    create->setObjectName(u"newTask"_s);
    auto *search = new QPushButton(tr("Commands…"), top);
    search->setToolTip(tr("Every command, from the keyboard (Ctrl+K)"));
    m_safeMode = new QPushButton(tr("Safe mode"), top);
    m_safeMode->setObjectName(u"safeMode"_s);
    m_safeMode->setCheckable(true);
    m_stop = new HoldButton(tr("Emergency stop"), top);
    m_stop->setObjectName(u"stop"_s);
    m_stop->setToolTip(tr("Freezes every agent at once. Hold it pressed for a moment."));
    connect(create, &QPushButton::clicked, this, &MainWindow::newTask);
    connect(search, &QPushButton::clicked, this, &MainWindow::openPalette);
    // The button shows what is, not what was wished: it changes when the hub says so.
    connect(m_safeMode, &QPushButton::clicked, this, [this] {
        m_safeMode->setChecked(m_state.safeMode());
        if (m_state.safeMode())
            m_runner.openForm(*commands::findCommand(u"safe-mode disable"));
        else
            m_runner.run(u"safe-mode enable"_s);
    });
    connect(m_stop, &HoldButton::held, this,
            [this] { m_runner.run(u"emergency-stop"_s, {}, CommandRunner::Show::Page); });
    auto *layout = new QHBoxLayout(top);
    layout->addWidget(m_status, 1);
    layout->addWidget(m_safeText);
    layout->addWidget(create);
    layout->addWidget(search);
    layout->addWidget(m_safeMode);
    layout->addWidget(m_stop);
    return top;
}

QWidget *MainWindow::makeBanner()
{
    m_bannerBar = new QWidget(this);
    m_bannerBar->setObjectName(u"banner"_s);
    m_bannerBar->setAutoFillBackground(true);
    m_banner = new QLabel(m_bannerBar);
    m_banner->setTextFormat(Qt::PlainText);
    m_banner->setWordWrap(true);
    m_banner->setTextInteractionFlags(Qt::TextSelectableByMouse);
    auto *again = new QPushButton(tr("Try now"), m_bannerBar);
    connect(again, &QPushButton::clicked, &m_link, &HubLink::tryNow);
    m_startHub = new QPushButton(tr("Start the hub"), m_bannerBar);
    m_startHub->setObjectName(u"startHub"_s);
    connect(m_startHub, &QPushButton::clicked, &m_link, &HubLink::startHub);
    auto *layout = new QHBoxLayout(m_bannerBar);
    layout->addWidget(m_banner, 1);
    layout->addWidget(again);
    layout->addWidget(m_startHub);
    m_bannerBar->hide();
    return m_bannerBar;
}

void MainWindow::makeActions()
{
    const auto key = [this](const QKeySequence &keys, auto act) {
        connect(new QShortcut(keys, this), &QShortcut::activated, this, act);
    };
    key(QKeySequence(Qt::CTRL | Qt::Key_K), [this] { openPalette(); });
    key(QKeySequence::New, [this] { newTask(); });
    key(QKeySequence::Close, [this] { close(); });
    for (int i = 0; i < m_pageList->count() && i < 9; ++i)
        key(QKeySequence(Qt::CTRL | Qt::Key(Qt::Key_1 + i)), [this, i] {
            m_pageList->setCurrentRow(i);
            m_pages->currentWidget()->setFocus(Qt::ShortcutFocusReason);
        });
}

void MainWindow::showState()
{
    const QString name = m_link.greeting()[u"data_dir"_s].toString();
    setWindowTitle(m_place.isEmpty() ? u"AgentHub"_s : u"AgentHub — "_s + m_place);
    const bool connected = m_link.isConnected();
    if (connected) {
        const QJsonObject &health = m_state.health();
        m_status->setText(health.isEmpty() ? tr("Connected")
                                           : tr("%n agent(s) running", nullptr, int(health[u"running"_s].toInteger())));
        m_status->setToolTip(tr("Version %1, data in %2").arg(m_link.greeting()[u"version"_s].toString(), name));
    } else {
        const bool lost = m_link.state() == HubLink::State::Lost;
        m_status->setText(lost ? tr("No connection") : tr("Looking for the hub…"));
        const Error &why = m_link.whyNot();
        QString text =
            lost ? tr("What you see is from %1. ").arg(QLocale().toString(m_link.since().time(), QLocale::ShortFormat))
                 : QString();
        text += why.message + (why.hint.isEmpty() ? QString() : u"\n"_s + why.hint);
        m_banner->setText(text);
        m_startHub->setVisible(m_place.isEmpty() && lost && why.code == ErrorCode::NoHub);
        QPalette colours = m_bannerBar->palette();
        colours.setColor(QPalette::Window, tint(Tone::Attention, palette()));
        m_bannerBar->setPalette(colours);
    }
    m_bannerBar->setVisible(!connected);
    m_pages->setEnabled(connected || m_link.state() == HubLink::State::Lost);
    const bool safe = m_state.safeMode();
    m_safeMode->setChecked(safe);
    m_safeMode->setToolTip(safe ? tr("Nothing runs. Press to let work go on.")
                                : tr("Freeze every agent and take no new work, until a person ends it"));
    m_safeText->setText(safe
                            ? u"<b style=\"color:%1\">%2</b>"_s.arg(toneColour(Tone::Attention).name(),
                                                                    tr("Safe mode is on: nothing runs").toHtmlEscaped())
                            : QString());
    for (QWidget *steers : {static_cast<QWidget *>(m_safeMode), static_cast<QWidget *>(m_stop)})
        steers->setEnabled(connected);
}

void MainWindow::showCounts()
{
    const auto count = [this](const QString &page, int number) {
        for (int i = 0; i < m_pageList->count(); ++i) {
            QListWidgetItem *item = m_pageList->item(i);
            if (item->data(Qt::UserRole) == page) {
                const QString title = item->data(Qt::UserRole + 1).toString();
                item->setText(number > 0 ? u"%1  (%2)"_s.arg(title).arg(number) : title);
            }
        }
    };
    count(u"overview"_s, m_state.needsPerson());
    int open = 0;
    for (int i = 0; i < m_state.alerts().rowCount(); ++i)
        open += m_state.alerts().rowAt(i)[u"state"_s] == u"open"_s;
    count(u"alerts"_s, open);
}

void MainWindow::say(const QString &sentence, bool well)
{
    m_said->setText(sentence);
    QPalette colours = m_said->palette();
    colours.setColor(QPalette::WindowText, well ? palette().color(QPalette::WindowText) : toneColour(Tone::Bad));
    m_said->setPalette(colours);
}

void MainWindow::openTask(const QString &task)
{
    openPage(u"tasks"_s);
    m_tasks->openTask(task);
}

void MainWindow::openPage(const QString &name)
{
    for (int i = 0; i < m_pageList->count(); ++i) {
        if (m_pageList->item(i)->data(Qt::UserRole) == name)
            m_pageList->setCurrentRow(i);
    }
}

void MainWindow::openPalette()
{
    auto *palette = new CommandPalette(context(), this);
    palette->move(mapToGlobal(QPoint((width() - palette->width()) / 2, height() / 8)));
    palette->show();
}

void MainWindow::newTask() { m_runner.openForm(*commands::findCommand(u"assign-task")); }

void MainWindow::closeEvent(QCloseEvent *event)
{
    QMainWindow::closeEvent(event);
    Q_EMIT closeWanted();
}

void MainWindow::changeEvent(QEvent *event)
{
    QMainWindow::changeEvent(event);
    if (event->type() == QEvent::PaletteChange && m_stop)
        showState();
}

} // namespace hub::gui
