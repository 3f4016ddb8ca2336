// Diffs as values: what git wrote, of repositories made here, must give both sides of each file again.
#include "gui/views/diffrows.h"
#include "gui/views/difftext.h"
#include "gui/views/diffwords.h"

#include <QElapsedTimer>
#include <QFile>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

using namespace hub::gui;
using namespace Qt::StringLiterals;
using Change = DiffFile::Change;
using Kind = DiffLine::Kind;

namespace
{

struct Repository {
    Repository()
    {
        run(u"git init -q -b main . && git config user.name P && git config user.email p@example.org && "
            u"git config core.autocrlf false && git config diff.renames true"_s);
    }
    QByteArray run(const QString &script)
    {
        QProcess shell;
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.insert(u"HOME"_s, folder.path());
        environment.insert(u"GIT_CONFIG_NOSYSTEM"_s, u"1"_s);
        shell.setProcessEnvironment(environment);
        shell.setWorkingDirectory(folder.path());
        shell.start(u"bash"_s, {u"-ec"_s, script});
        shell.waitForFinished(60'000);
        if (shell.exitCode() != 0)
            qFatal("%s\n%s", qPrintable(script), shell.readAllStandardError().constData());
        return shell.readAllStandardOutput();
    }
    // The bytes of a file at a revision; nothing when it is not there.
    QByteArray blob(const QString &revision, const QString &path)
    {
        QProcess git;
        git.setWorkingDirectory(folder.path());
        git.start(u"git"_s, {u"cat-file"_s, u"blob"_s, revision + u':' + path});
        git.waitForFinished(60'000);
        return git.readAllStandardOutput();
    }
    QTemporaryDir folder;
};

// One side of a file, out of a diff with all of its context.
QByteArray sideOf(const Diff &diff, const DiffFile &file, bool newSide)
{
    QByteArray text;
    bool last = false; // the line before was of this side
    for (const DiffLine &line : file.lines) {
        if (line.kind == Kind::NoNewline) {
            if (last)
                text.chop(1);
            continue;
        }
        last = line.kind == Kind::Context || (line.kind == Kind::Added) == newSide;
        if (last)
            text += diff.textOf(line).toByteArray() + '\n';
    }
    return text;
}

QString wordsOf(const QString &text, const QList<WordSpan> &spans)
{
    QString marked = text;
    for (auto it = spans.rbegin(); it != spans.rend(); ++it)
        marked.insert(it->start + it->length, u']').insert(it->start, u'[');
    return marked;
}

} // namespace

class TestDiffText : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void whatGitWroteGivesBothSidesAgain_data()
    {
        QTest::addColumn<QString>("before"); // shell
        QTest::addColumn<QString>("after");
        QTest::addColumn<QString>("options");
        const QString lines = u"for i in $(seq 1 60); do echo \"line $i\"; done > "_s;
        QTest::newRow("changed lines") << lines + u"f"_s << u"sed -i 's/^line 3$/three/; /line 40/d' f; echo end >> f"_s
                                       << u""_s;
        QTest::newRow("several files") << u"echo a > a; echo b > b; mkdir d; echo c > d/c"_s
                                       << u"echo aa > a; rm b; echo x > d/new; echo cc >> d/c"_s << u""_s;
        QTest::newRow("signs as text") << u"printf -- '-- x\\n++ y\\n@@ z\\ndiff --git a/q b/q\\n' > f"_s
                                       << u"printf -- '-- a\\n++ b\\n@@ c\\n\\\\ d\\n' > f"_s << u""_s;
        QTest::newRow("no newline before") << u"printf 'a\\nb' > f"_s << u"printf 'a\\nb\\n' > f"_s << u""_s;
        QTest::newRow("no newline after") << u"printf 'a\\nb\\n' > f"_s << u"printf 'a\\nb' > f"_s << u""_s;
        QTest::newRow("no newline on both") << u"printf 'a\\nb' > f"_s << u"printf 'c\\nb' > f"_s << u""_s;
        QTest::newRow("no newline, both changed") << u"printf 'a' > f"_s << u"printf 'b' > f"_s << u""_s;
        QTest::newRow("CRLF") << u"printf 'a\\r\\nb\\r\\n' > f"_s << u"printf 'a\\nb\\r\\nc\\r\\n' > f"_s << u""_s;
        QTest::newRow("renamed") << lines + u"'old name'"_s << u"git mv 'old name' 'new name'"_s << u"-M"_s;
        QTest::newRow("renamed and changed")
            << lines + u"old"_s << u"mkdir d; git mv old d/new; echo x >> d/new"_s << u"-M"_s;
        QTest::newRow("copied") << lines + u"one"_s << u"cp one two; echo x >> one"_s << u"-C"_s;
        QTest::newRow("mode") << u"echo a > f; echo b > g"_s << u"chmod +x f g; echo c > g"_s << u""_s;
        QTest::newRow("binary") << u"printf 'a\\0b' > f; echo t > g"_s << u"printf 'a\\0c' > f; echo u > g"_s << u""_s;
        QTest::newRow("binary with its bytes")
            << u"printf 'a\\0b' > f; echo t > g"_s << u"printf 'a\\0c' > f; echo u > g"_s << u"--binary"_s;
        QTest::newRow("empty files") << u"touch gone; echo a > a"_s << u"rm gone; touch made; echo b > a"_s << u""_s;
        QTest::newRow("names that git quotes")
            << u"echo a > $'t\\tab'; echo b > 'quo\"te'; echo c > 'gr\u00fc\u00dfe'"_s
            << u"echo 1 > $'t\\tab'; echo 2 > 'quo\"te'; echo 3 > 'gr\u00fc\u00dfe'; chmod +x 'gr\u00fc\u00dfe'"_s
            << u""_s;
        QTest::newRow("names with spaces") << u"echo a > 'a b c'; echo x > 'b/ d' 2>/dev/null || echo x > ' d'"_s
                                           << u"echo b > 'a b c'; chmod +x ' d'"_s << u""_s;
        QTest::newRow("other bytes than UTF-8")
            << u"printf 'gr\\374\\337e\\n' > f"_s << u"printf 'gr\\374\\337en\\n' > f"_s << u""_s;
        QTest::newRow("a link") << u"ln -s one l"_s << u"ln -sf two l"_s << u""_s;
        QTest::newRow("a link becomes a file") << u"ln -s one l"_s << u"rm l; echo text > l"_s << u""_s;
        QTest::newRow("without prefixes")
            << u"mkdir a b; echo a > a/x; echo b > b/x"_s << u"echo c > a/x; echo d > b/x"_s << u"--no-prefix"_s;
        QTest::newRow("other prefixes") << u"mkdir c; echo a > c/x"_s << u"echo c > c/x; echo n > n"_s
                                        << u"--src-prefix=i/ --dst-prefix=w/"_s;
        QTest::newRow("an empty line of context")
            << u"printf 'a\\n\\nb\\n' > f"_s << u"printf 'c\\n\\nb\\n' > f"_s << u""_s;
    }
    void whatGitWroteGivesBothSidesAgain()
    {
        QFETCH(QString, before);
        QFETCH(QString, after);
        QFETCH(QString, options);
        Repository repository;
        repository.run(before + u"\ngit add -A; git commit -qm before"_s);
        repository.run(after + u"\ngit add -A; git commit -qm after"_s);
        const QString compare = u"git diff --no-color %1 %2 HEAD~ HEAD"_s;
        const Diff diff = parseDiff(repository.run(compare.arg(options, u"-U100000"_s)));

        // Which files, and how many lines, git says in another form.
        const auto names = repository.run(compare.arg(options, u"--name-status -z"_s)).split('\0');
        QList<QByteArrayList> expected;
        for (qsizetype i = 0; i + 1 < names.size();) {
            const bool two = names[i].startsWith('R') || names[i].startsWith('C');
            // A change of type is two entries of the diff.
            if (names[i] == "T")
                expected << QByteArrayList{"D", names[i + 1]} << QByteArrayList{"A", names[i + 1]};
            else
                expected << names.mid(i, two ? 3 : 2);
            i += two ? 3 : 2;
        }
        QCOMPARE(diff.files.size(), expected.size());
        qsizetype end = 0;
        for (qsizetype i = 0; i < expected.size(); ++i) {
            const DiffFile &file = diff.files.at(i);
            const QHash<char, Change> changes{{'M', Change::Modified},
                                              {'A', Change::Added},
                                              {'D', Change::Deleted},
                                              {'R', Change::Renamed},
                                              {'C', Change::Copied}};
            QCOMPARE(file.change, changes.value(expected[i].first().at(0), Change::Unmerged));
            QCOMPARE(file.path().toUtf8(), expected[i].last());
            if (file.change == Change::Renamed || file.change == Change::Copied)
                QCOMPARE(file.oldPath.toUtf8(), expected[i].at(1));
            QCOMPARE(file.oldPath.isEmpty(), file.change == Change::Added);
            QCOMPARE(file.newPath.isEmpty(), file.change == Change::Deleted);
            QCOMPARE(file.start, end);
            end = file.start + file.size;
            QCOMPARE(file.binary, QByteArray(QTest::currentDataTag()).startsWith("binary") && file.path() == u"f"_s);
            if (file.binary)
                continue;
            if (!file.lines.isEmpty()) {
                QCOMPARE(sideOf(diff, file, false), repository.blob(u"HEAD~"_s, file.oldPath));
                QCOMPARE(sideOf(diff, file, true), repository.blob(u"HEAD"_s, file.newPath));
            }
        }
        QCOMPARE(end, diff.bytes.size());

        // With little context, the numbers of lines must lead to the same lines.
        const Diff short3 = parseDiff(repository.run(compare.arg(options, u"-U1"_s)));
        const auto counts = repository.run(compare.arg(options, u"--numstat -z"_s));
        QByteArrayList sums;
        for (const DiffFile &file : short3.files) {
            const auto oldLines = repository.blob(u"HEAD~"_s, file.oldPath).split('\n');
            const auto newLines = repository.blob(u"HEAD"_s, file.newPath).split('\n');
            for (const DiffLine &line : file.lines) {
                const QByteArray text = short3.textOf(line).toByteArray();
                if (line.oldNumber > 0)
                    QCOMPARE(text, oldLines.at(line.oldNumber - 1));
                if (line.newNumber > 0)
                    QCOMPARE(text, newLines.at(line.newNumber - 1));
                QCOMPARE(columnsOf(shownLine(text)), line.columns);
            }
            if (!file.binary && file.change != Change::Added && file.change != Change::Deleted)
                QVERIFY(
                    counts.contains(QByteArray::number(file.added) + '\t' + QByteArray::number(file.removed) + '\t'));
        }
    }

    void aPlainDiffHasNoHeadsOfGit()
    {
        const Diff diff = parseDiff("--- one.txt\t2026-01-01\n+++ one.txt\t2026-01-02\n@@ -1 +1 @@\n-x\n+y\n"
                                    "--- /dev/null\n+++ two.txt\n@@ -0,0 +1 @@\n+z\n");
        QCOMPARE(diff.files.size(), 2);
        QCOMPARE(diff.files.at(0).path(), u"one.txt"_s);
        QCOMPARE(diff.files.at(0).lines.size(), 2);
        QCOMPARE(diff.files.at(1).path(), u"two.txt"_s);
        QCOMPARE(diff.files.at(1).change, Change::Added);
    }

    void aMergeHasBothParents()
    {
        Repository repository;
        repository.run(u"printf 'a\\nb\\nc\\nd\\ne\\n' > f; git add -A; git commit -qm base; git checkout -qb side; "
                       u"sed -i s/b/side/ f; git commit -qam side; git checkout -q main; sed -i s/b/main/ f; "
                       u"git commit -qam main; git merge -q side >/dev/null || true"_s);
        const Diff conflict = parseDiff(repository.run(u"git diff"_s));
        QCOMPARE(conflict.files.size(), 1);
        QCOMPARE(conflict.files.at(0).change, Change::Unmerged);
        QCOMPARE(conflict.files.at(0).path(), u"f"_s);
        QFile file(repository.folder.filePath(u"f"_s));
        QVERIFY(file.open(QIODevice::ReadOnly));
        QCOMPARE(sideOf(conflict, conflict.files.at(0), true), file.readAll());
        QCOMPARE(conflict.files.at(0).added, 5); // both sides, and git's three marks
    }

    void linesThatBecameOthersAreTold()
    {
        const Diff diff = parseDiff("diff --git a/f b/f\n--- a/f\n+++ b/f\n@@ -1,8 +1,8 @@ int main()\n a\n-b\n-c\n+B\n"
                                    " d\n-e\n+E\n+F\n g\n-h\n-i\n+H\n+I\n");
        QCOMPARE(diff.files.size(), 1);
        const DiffFile &file = diff.files.at(0);
        QCOMPARE(file.hunks.at(0).section, u"int main()"_s);
        QList<int> partners;
        for (const DiffLine &line : file.lines)
            partners << line.partner;
        QCOMPARE(partners, QList<int>({-1, 3, -1, 1, -1, 6, 5, -1, -1, 11, 12, 9, 10}));

        const DiffRows sides = diffRows(diff, true, {});
        QList<std::pair<int, int>> pairs;
        for (const DiffRow &row : sides.rows) {
            if (row.kind == DiffRow::Kind::Line)
                pairs.append({row.left, row.right});
        }
        const QList<std::pair<int, int>> wanted{{0, 0},  {1, 3}, {2, -1}, {4, 4},  {5, 6},
                                                {-1, 7}, {8, 8}, {9, 11}, {10, 12}};
        QCOMPARE(pairs, wanted);
        QCOMPARE(sides.changes.size(), 3);
        const DiffRows unified = diffRows(diff, false, {});
        QCOMPARE(unified.changes.size(), 3);
        QCOMPARE(unified.rows.size(), 16);
        QCOMPARE(diffRows(diff, false, {0}).rows.size(), 2);
    }

    void notes_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QString>("note");
        const QByteArray head = "diff --git a/f b/f\n";
        QTest::newRow("mode") << head + "old mode 100644\nnew mode 100755\n" << u"Mode changed from 100644 to 100755"_s;
        QTest::newRow("binary") << head + "index 1..2 100644\nBinary files a/f and b/f differ\n"
                                << u"A binary file: there are no lines to show"_s;
        QTest::newRow("empty") << head + "new file mode 100644\nindex 0..1\n" << u"An empty file was added"_s;
        QTest::newRow("link") << head + "new file mode 120000\n--- /dev/null\n+++ b/f\n@@ -0,0 +1 @@\n+x\n"
                              << u"A symbolic link"_s;
    }
    void notes()
    {
        QFETCH(QByteArray, text);
        const Diff diff = parseDiff(text);
        QCOMPARE(diff.files.size(), 1);
        QTEST(diffNotes(diff.files.at(0)).join(u'|'), "note");
    }

    void shown_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QString>("text");
        QTest::addColumn<int>("columns");
        QTest::newRow("plain") << QByteArray("int a;") << u"int a;"_s << 6;
        QTest::newRow("tabs") << QByteArray("\ta\tb") << u"        a       b"_s << 17;
        QTest::newRow("CR") << QByteArray("a\r") << u"a^M"_s << 3;
        QTest::newRow("escape and NUL") << QByteArray("\x1b[1m\0x", 6) << u"^[[1m^@x"_s << 8;
        QTest::newRow("latin-1") << QByteArray("gr\xfc\xdf"
                                               "e")
                                 << u"gr<FC><DF>e"_s << 11;
        QTest::newRow("cut") << QByteArray("a\xe2\x82") << u"a<E2><82>"_s << 9;
        QTest::newRow("overlong") << QByteArray("\xc0\xaf") << u"<C0><AF>"_s << 8;
        QTest::newRow("wide") << u"漢字a"_s.toUtf8() << u"漢字a"_s << 5;
        QTest::newRow("pair") << u"🙂a"_s.toUtf8() << u"🙂a"_s << 3;
        QTest::newRow("combining") << u"e\u0301a"_s.toUtf8() << u"e\u0301a"_s << 2;
        QTest::newRow("turned") << u"a\u202Eb"_s.toUtf8() << u"a\uFFFDb"_s << 3;
    }
    void shown()
    {
        QFETCH(QByteArray, bytes);
        QTEST(shownLine(bytes), "text");
        QTEST(columnsOf(shownLine(bytes)), "columns");
    }

    void columnsLeadToCharacters()
    {
        const QString text = u"a漢b🙂c"_s;
        QCOMPARE(indexAtColumn(text, 0), 0);
        QCOMPARE(indexAtColumn(text, 1), 1);
        QCOMPARE(indexAtColumn(text, 2), 1);
        QCOMPARE(indexAtColumn(text, 3), 2);
        QCOMPARE(indexAtColumn(text, 4), 3);
        QCOMPARE(indexAtColumn(text, 6), 5);
        QCOMPARE(indexAtColumn(text, 60), text.size());
    }

    void words_data()
    {
        QTest::addColumn<QString>("before");
        QTest::addColumn<QString>("after");
        QTest::addColumn<QString>("removed"); // with what is marked in brackets
        QTest::addColumn<QString>("added");
        QTest::newRow("a word") << u"int value = 1;"_s << u"int number = 1;"_s << u"int [value] = 1;"_s
                                << u"int [number] = 1;"_s;
        QTest::newRow("a part of a word is the word")
            << u"call(value1);"_s << u"call(value2);"_s << u"call([value1]);"_s << u"call([value2]);"_s;
        QTest::newRow("put in") << u"f(a)"_s << u"f(a, b)"_s << u"f(a)"_s << u"f(a[, b])"_s;
        QTest::newRow("taken out") << u"f(a, b)"_s << u"f(a)"_s << u"f(a[, b])"_s << u"f(a)"_s;
        QTest::newRow("two places") << u"one two three four"_s << u"One two three Four"_s << u"[one] two three [four]"_s
                                    << u"[One] two three [Four]"_s;
        QTest::newRow("longer word") << u"the value is"_s << u"the values is"_s << u"the [value] is"_s
                                     << u"the [values] is"_s;
        QTest::newRow("nothing in common")
            << u"alpha beta"_s << u"gamma(delta)"_s << u"alpha beta"_s << u"gamma(delta)"_s;
        QTest::newRow("the same") << u"same"_s << u"same"_s << u"same"_s << u"same"_s;
        QTest::newRow("indented") << u"return x;"_s << u"    return x;"_s << u"return x;"_s << u"[    ]return x;"_s;
    }
    void words()
    {
        QFETCH(QString, before);
        QFETCH(QString, after);
        const WordChanges changes = wordChanges(before, after);
        QTEST(wordsOf(before, changes.removed), "removed");
        QTEST(wordsOf(after, changes.added), "added");
        const WordChanges back = wordChanges(after, before);
        QCOMPARE(back.removed, changes.added);
        QCOMPARE(back.added, changes.removed);
    }

    // Whatever the bytes are, the values stay within them and the numbers within what the lines say.
    void brokenDiffsAreHarmless()
    {
        Repository repository;
        repository.run(u"seq 1 300 > f; printf 'a\\0b' > g; git add -A; git commit -qm 1; "
                       u"sed -i 's/5/five/' f; git mv g h; printf 'x' >> f; git add -A; git commit -qm 2"_s);
        const QByteArray whole = repository.run(u"git diff --binary -M HEAD~ HEAD"_s);
        quint32 random = 11;
        const auto next = [&random](qsizetype below) {
            random = random * 1664525u + 1013904223u;
            return qsizetype((random >> 7) % quint32(below));
        };
        for (int round = 0; round < 3'000; ++round) {
            QByteArray text = whole.left(next(whole.size()) + 1);
            for (qsizetype i = next(4); i > 0; --i) {
                const char signs[] = "@+- \n\\\"\t0~\xff";
                text[next(text.size())] = signs[next(11)];
            }
            if (round % 7 == 0)
                text.replace("@@ -", "@@@ -99999999999999999999,");
            const Diff diff = parseDiff(text);
            for (const DiffFile &file : diff.files) {
                QVERIFY(file.start >= 0 && file.size >= 0 && file.start + file.size <= text.size());
                for (const DiffLine &line : file.lines) {
                    QVERIFY(line.start >= file.start && line.start + line.size <= text.size());
                    QVERIFY(line.partner < int(file.lines.size()));
                }
                for (const DiffHunk &hunk : file.hunks)
                    QVERIFY(hunk.firstLine + hunk.lineCount <= file.lines.size());
            }
            diffRows(diff, round % 2 == 0, {});
        }
        QVERIFY(parseDiff({}).files.isEmpty());
        QVERIFY(parseDiff("no diff at all\n\n--- \n").files.isEmpty());
    }

    void hugeLinesAndManyFilesAreRead()
    {
        QByteArray text;
        for (int i = 0; i < 5'000; ++i)
            text += "diff --git a/f" + QByteArray::number(i) + " b/f" + QByteArray::number(i) +
                    "\n--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\n+b\n";
        text += "diff --git a/min.js b/min.js\n--- a/min.js\n+++ b/min.js\n@@ -1 +1 @@\n-" +
                QByteArray(3'000'000, 'x') + "\n+" + QByteArray(3'000'000, 'y') + "\n";
        const Diff diff = parseDiff(text);
        QCOMPARE(diff.files.size(), 5'001);
        QCOMPARE(diff.files.last().lines.at(1).size, 3'000'000);
        QCOMPARE(diff.mostColumns, mostShownColumns + 1);
        QVERIFY(wordChanges(QString(200'000, u'x') + u" a b"_s, QString(200'000, u'y') + u" c d"_s).removed.isEmpty());
    }
};

QTEST_GUILESS_MAIN(TestDiffText)
#include "tst_difftext.moc"
