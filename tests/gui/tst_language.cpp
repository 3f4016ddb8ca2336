// The languages of the window: each file is complete, and what is shown fits.
#include "core/base/enumtext.h"
#include "core/commands/commandspec.h"
#include "core/monitor/alert.h"
#include "core/settings/settingspec.h"
#include "core/state/run.h"
#include "core/state/task.h"
#include "gui/model/rowmodel.h"
#include "gui/model/texts.h"
#include "gui/window/language.h"
#include "gui/window/mainwindow.h"
#include "gui/window/wizard.h"
#include "tests/gui/testwindow.h"

#include <QAbstractButton>
#include <QComboBox>
#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QLabel>
#include <QProcess>
#include <QRegularExpression>
#include <QTabBar>
#include <QTemporaryDir>
#include <QTest>
#include <QXmlStreamReader>

using namespace hub;
using namespace hub::gui;
using namespace Qt::StringLiterals;

namespace
{

struct Entry {
    QString context, source;
    QStringList translations; // more than one for a plural
    bool unfinished = false, obsolete = false;

    QString name() const { return context + u": "_s + source; }
};

QList<Entry> entriesIn(const QString &path)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return {};
    QXmlStreamReader xml(&file);
    QList<Entry> all;
    QString context;
    bool numerus = false;
    while (!xml.atEnd()) {
        if (xml.readNext() != QXmlStreamReader::StartElement)
            continue;
        const auto name = xml.name();
        if (name == "name"_L1) {
            context = xml.readElementText();
        } else if (name == "message"_L1) {
            all.append({.context = context, .source = {}, .translations = {}});
            numerus = xml.attributes().hasAttribute("numerus"_L1);
        } else if (name == "source"_L1) {
            all.last().source = xml.readElementText();
        } else if (name == "translation"_L1) {
            const auto type = xml.attributes().value("type"_L1);
            all.last().unfinished = type == "unfinished"_L1;
            all.last().obsolete = type == "obsolete"_L1 || type == "vanished"_L1;
            if (!numerus)
                all.last().translations << xml.readElementText();
        } else if (name == "numerusform"_L1) {
            all.last().translations << xml.readElementText();
        }
    }
    return all;
}

QStringList windowFiles()
{
    return QDir(QStringLiteral(HUB_SOURCE_DIR "/translations")).entryList({u"window_*.ts"_s}, QDir::Files, QDir::Name);
}

// What lupdate finds in the sources now, by the script that people run, in a copy of the file.
Result<QList<Entry>> entriesNow(const QString &ts)
{
    const QTemporaryDir folder;
    const QString copy = folder.filePath(ts);
    QFile::copy(QStringLiteral(HUB_SOURCE_DIR "/translations/") + ts, copy);
    QProcess script;
    script.start(QStringLiteral(HUB_SOURCE_DIR "/scripts/translate.sh"), {copy});
    if (!script.waitForFinished(60'000) || script.exitCode() != 0)
        return fail(script.exitCode() == 3 ? ErrorCode::Unsupported : ErrorCode::Process,
                    QString::fromUtf8(script.readAllStandardError()));
    return entriesIn(copy);
}

QStringList marksOf(const QString &text)
{
    static const QRegularExpression mark(u"%(?:L?\\d+|n)"_s);
    QStringList marks;
    for (auto it = mark.globalMatch(text); it.hasNext();)
        marks << it.next().captured();
    marks.sort();
    return marks;
}

bool hasMnemonic(const QString &text) { return QString(text).remove(u"&&"_s).contains(u'&'); }

QString lines(const QSet<QString> &texts)
{
    QStringList list(texts.begin(), texts.end());
    list.sort();
    return list.join(u'\n');
}

// Something of each kind, so that every page has words to show.
void fill(FakeScript &script)
{
    QJsonArray tasks;
    for (const QString &state : textsOf(taskStateTexts))
        tasks.append(QJsonObject{{u"task_id"_s, tasks.size() + 1},
                                 {u"state"_s, state},
                                 {u"title"_s, u"A task"_s},
                                 {u"priority"_s, u"high"_s},
                                 {u"agent"_s, u"writer"_s},
                                 {u"owner"_s, u"me"_s},
                                 {u"updated_at"_s, u"2026-01-31T14:05:00.000Z"_s}});
    script.onQuery(u"tasks"_s, {{u"tasks"_s, tasks}});
    const QJsonObject alert{{u"alert_id"_s, u"al-1"_s},
                            {u"level"_s, u"critical"_s},
                            {u"state"_s, u"open"_s},
                            {u"title"_s, u"A title"_s},
                            {u"at"_s, u"2026-01-31T14:05:00.000Z"_s}};
    script.on(u"alerts"_s, {{u"alerts"_s, QJsonArray{alert}}});
    const QJsonObject question{
        {u"approval_id"_s, u"a1"_s}, {u"task_id"_s, 4}, {u"state"_s, u"open"_s}, {u"question"_s, u"May I?"_s}};
    script.on(u"approvals"_s, {{u"approvals"_s, QJsonArray{question}}});
    script.on(u"agents list"_s, {{u"agents"_s, QJsonArray{QJsonObject{{u"agent"_s, u"writer"_s}}}}});
    QJsonArray settings;
    for (const SettingSpec *setting : allSettings)
        settings.append(QJsonObject{{u"key"_s, QString(setting->key)},
                                    {u"type"_s, u"text"_s},
                                    {u"value"_s, u"1"_s},
                                    {u"default"_s, u"2"_s},
                                    {u"source"_s, u"file"_s},
                                    {u"help"_s, QString(setting->help)}});
    script.on(u"config list"_s, {{u"declared"_s, settings}});
}

} // namespace

class TestLanguage : public QObject
{
    Q_OBJECT

    static void eachFile()
    {
        QTest::addColumn<QString>("file");
        for (const QString &file : windowFiles())
            QTest::newRow(qPrintable(file)) << file;
    }

    static void eachLanguage()
    {
        QTest::addColumn<QString>("locale");
        for (const QString &file : windowFiles()) {
            const QString locale = file.section(u'_', 1).section(u'.', 0, 0);
            QTest::newRow(qPrintable(locale)) << locale;
        }
    }

private Q_SLOTS:
    void initTestCase()
    {
        if (!QFile::exists(u":/window/window_de.qm"_s))
            QSKIP("built without Qt's lrelease");
    }

    void eachTextOfTheSourcesIsTranslatedAndNothingIsLeftOver_data() { eachFile(); }
    void eachTextOfTheSourcesIsTranslatedAndNothingIsLeftOver()
    {
        QFETCH(const QString, file);
        const auto now = entriesNow(file);
        if (!now && now.error().code == ErrorCode::Unsupported)
            QSKIP(qPrintable(now.error().message));
        if (!now)
            QFAIL(qPrintable(now.error().message));
        QSet<QString> wanted, there, unfinished;
        for (const Entry &entry : *now) {
            wanted << entry.name();
            if (entry.unfinished || entry.translations.isEmpty() || entry.translations.contains(QString()))
                unfinished << entry.name();
        }
        for (const Entry &entry : entriesIn(QStringLiteral(HUB_SOURCE_DIR "/translations/") + file))
            there << entry.name();
        QVERIFY(wanted.size() > 4);
        QCOMPARE(lines(unfinished), QString()); // run scripts/translate.sh, then translate these
        QCOMPARE(lines(there - wanted), QString());
    }

    void placeMarksAndMnemonicsAgree_data() { eachFile(); }
    void placeMarksAndMnemonicsAgree()
    {
        QFETCH(const QString, file);
        for (const Entry &entry : entriesIn(QStringLiteral(HUB_SOURCE_DIR "/translations/") + file)) {
            QVERIFY2(!entry.obsolete, qPrintable(entry.name()));
            for (const QString &text : entry.translations) {
                const QString both = entry.name() + u" = "_s + text;
                QVERIFY2(marksOf(text) == marksOf(entry.source), qPrintable(both));
                QVERIFY2(hasMnemonic(text) == hasMnemonic(entry.source), qPrintable(both));
                QVERIFY2(text.endsWith(u'…') == entry.source.endsWith(u'…'), qPrintable(both));
            }
        }
    }

    void theFirstLanguageThatThereIsAFileForIsTaken_data()
    {
        QTest::addColumn<QLocale>("wanted");
        QTest::addColumn<QString>("name");
        QTest::addColumn<QString>("running");
        QTest::newRow("German") << QLocale(u"de_AT"_s) << u"de"_s << u"läuft"_s;
        QTest::newRow("English") << QLocale(u"en_GB"_s) << u"en"_s << u"running"_s;
        QTest::newRow("none that is there") << QLocale(u"fi_FI"_s) << u"en"_s << u"running"_s;
        QTest::newRow("no language") << QLocale::c() << u"en"_s << u"running"_s;
    }
    void theFirstLanguageThatThereIsAFileForIsTaken()
    {
        QFETCH(const QLocale, wanted);
        QFETCH(const QString, name);
        QFETCH(const QString, running);
        const QString english = commandText("Freeze one task"_L1);
        {
            const Language language(wanted);
            QCOMPARE(language.name(), name);
            QCOMPARE(stateWords(u"running"_s), running);
            QCOMPARE(commandText("Freeze one task"_L1) == english, name == u"en");
        }
        QCOMPARE(stateWords(u"running"_s), u"running"_s);
        QCOMPARE(commandText("Freeze one task"_L1), english);
    }

    void pluralsAreThose_data()
    {
        QTest::addColumn<QString>("locale");
        QTest::addColumn<int>("count");
        QTest::addColumn<QString>("text");
        QTest::newRow("one, English") << u"en"_s << 1 << u"1 agent running"_s;
        QTest::newRow("none, English") << u"en"_s << 0 << u"0 agents running"_s;
        QTest::newRow("one, German") << u"de"_s << 1 << u"1 Agent läuft"_s;
        QTest::newRow("three, German") << u"de"_s << 3 << u"3 Agenten laufen"_s;
    }
    void pluralsAreThose()
    {
        QFETCH(const QString, locale);
        QFETCH(const int, count);
        QFETCH(const QString, text);
        const Language language{QLocale(locale)};
        QCOMPARE(MainWindow::tr("%n agent(s) running", nullptr, count), text);
    }

    // The hub has them as data; a new one is named in gui/model/words.cpp.
    void everyStateHasAWord()
    {
        const Language language{QLocale(u"de"_s)};
        QStringList states = textsOf(taskStateTexts) + textsOf(priorityTexts) + textsOf(checkpointTypeTexts) +
                             textsOf(approvalStateTexts) + textsOf(alertStateTexts) + textsOf(alertLevelTexts);
        QVERIFY(states.size() > 25);
        for (const QString &state : std::as_const(states))
            QVERIFY2(stateWords(state) != QString(state).replace(u'_', u' '), qPrintable(state));
    }

    // What forms show beside that is looked at where Discord's commands are, in tst_translations.
    void everyOptionAndEverySettingIsNamed()
    {
        QSet<QString> names, defaults, settings;
        for (const SettingSpec *setting : allSettings)
            settings << QString(setting->key);
        for (const commands::CommandSpec &spec : commands::commandTable()) {
            for (const commands::OptionSpec &option : spec.options) {
                names << QString(option.name);
                if (!option.without.isEmpty() &&
                    std::ranges::find(option.choices, option.without) == option.choices.end())
                    defaults << QString(option.without);
            }
        }
        const QDir translations(QStringLiteral(HUB_SOURCE_DIR "/translations"));
        for (const QString &file : translations.entryList({u"*.json"_s})) {
            QFile texts(translations.filePath(file));
            QVERIFY(texts.open(QIODevice::ReadOnly));
            const QJsonObject all = QJsonDocument::fromJson(texts.readAll()).object();
            for (const auto &[section, wanted] : {std::pair{u"options"_s, names},
                                                  {u"defaults"_s, defaults},
                                                  {u"setting_names"_s, settings},
                                                  {u"setting_help"_s, settings}}) {
                const QStringList keys = all[section].toObject().keys();
                const QSet<QString> there(keys.begin(), keys.end());
                QCOMPARE(lines(wanted - there), QString()); // not translated
                QCOMPARE(lines(there - wanted), QString()); // left over
            }
        }
    }

    void eachPageIsInItsLanguageAndNothingIsCutOff_data() { eachLanguage(); }
    void eachPageIsInItsLanguageAndNothingIsCutOff()
    {
        QFETCH(const QString, locale);
        const Language language{QLocale(locale)};
        FakeLink hub;
        fill(hub.script);
        MainWindow window(*hub.link, QString());
        window.resize(1280, 800);
        window.show();
        QVERIFY(QTest::qWaitForWindowExposed(&window));
        QTRY_VERIFY(window.state().isComplete());
        window.openPage(u"settings"_s);
        QTRY_VERIFY(window.findChild<QWidget *>(u"log/level"_s));
        auto *pages = window.findChild<QListWidget *>();
        for (int page = 0; page < pages->count(); ++page) {
            pages->setCurrentRow(page);
            QTRY_COMPARE_WITH_TIMEOUT(cutOff(window), QString(), 1000);
            const auto tabBars = window.findChildren<QTabBar *>();
            for (QTabBar *tabs : tabBars) {
                for (int tab = 0; tabs->isVisible() && tab < tabs->count(); ++tab) {
                    tabs->setCurrentIndex(tab);
                    QTRY_COMPARE_WITH_TIMEOUT(cutOff(window), QString(), 1000);
                    QCOMPARE(keysTwice(window), QString());
                }
            }
        }
        if (locale != u"de")
            return;
        const RowModel &tasks = window.state().tasks();
        QCOMPARE(tasks.headerData(1, Qt::Horizontal, Qt::DisplayRole).toString(), u"Zustand"_s);
        QCOMPARE(tasks.textAt(0, 1), u"wartet"_s);
        QCOMPARE(pages->item(1)->text(), u"Aufgaben"_s);
        QVERIFY(window.findChild<QPushButton *>(u"newTask"_s)->text().startsWith(u"Neue Aufgabe"));
        QCOMPARE(window.findChild<QWidget *>(u"log/level"_s)->accessibleName(), u"Stufe"_s);
    }

    void theFirstStepsFitToo_data() { eachLanguage(); }
    void theFirstStepsFitToo()
    {
        QFETCH(const QString, locale);
        const Language language{QLocale(locale)};
        TestWindow shown;
        shown.window.show();
        Wizard::open(shown.context(), shown.window);
        auto *steps = shown.window.findChild<Wizard *>();
        QVERIFY(steps && QTest::qWaitForWindowExposed(steps));
        for (int before = -1; steps->currentId() != before;) {
            before = steps->currentId();
            QTRY_COMPARE_WITH_TIMEOUT(cutOff(*steps), QString(), 1000);
            QCOMPARE(keysTwice(*steps), QString());
            steps->next();
        }
        QVERIFY(steps->currentId() >= 3);
    }

private:
    // The visible buttons, fields to choose from, and one-line labels that have less room than they need.
    static QString cutOff(const QWidget &window)
    {
        QStringList names;
        const auto widgets = window.findChildren<QWidget *>();
        for (const QWidget *widget : widgets) {
            const auto *label = qobject_cast<const QLabel *>(widget);
            const auto *button = qobject_cast<const QAbstractButton *>(widget);
            const bool sized = widget->sizePolicy().horizontalPolicy() != QSizePolicy::Ignored;
            if (!widget->isVisible() || !(label || button) || (label && label->wordWrap()) || !sized)
                continue;
            if (widget->width() < widget->sizeHint().width())
                names << (label ? label->text() : button->text());
        }
        return names.join(u'\n');
    }
    // Keys with Alt that stand for two things that are seen at once.
    static QString keysTwice(const QWidget &window)
    {
        QStringList texts;
        const auto widgets = window.findChildren<QWidget *>();
        for (const QWidget *widget : widgets) {
            if (!widget->isVisible())
                continue;
            if (const auto *button = qobject_cast<const QAbstractButton *>(widget))
                texts << button->text();
            else if (const auto *label = qobject_cast<const QLabel *>(widget); label && label->buddy())
                texts << label->text();
            else if (const auto *tabs = qobject_cast<const QTabBar *>(widget)) {
                for (int i = 0; i < tabs->count(); ++i)
                    texts << tabs->tabText(i);
            }
        }
        QSet<QKeySequence> seen;
        QStringList twice;
        for (const QString &text : std::as_const(texts)) {
            const QKeySequence keys = QKeySequence::mnemonic(text);
            if (!keys.isEmpty() && seen.contains(keys))
                twice << text;
            seen << keys;
        }
        return twice.join(u'\n');
    }
};

int main(int argc, char **argv)
{
    useNoScreen();
    QApplication app(argc, argv);
    TestLanguage test;
    return QTest::qExec(&test, argc, argv);
}

#include "tst_language.moc"
