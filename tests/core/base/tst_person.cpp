#include "core/base/person.h"

#include <QTest>

using namespace hub;
using namespace Qt::StringLiterals;

class TestPerson : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void theNumberIsFoundBehindTheName_data()
    {
        QTest::addColumn<QString>("who");
        QTest::addColumn<QString>("number");
        QTest::newRow("discord") << u"Ana (120456789012345678)"_s << u"120456789012345678"_s;
        QTest::newRow("a name that pretends") << u"Ana (111111) (222222)"_s << u"222222"_s;
        QTest::newRow("terminal") << u"ana"_s << QString();
        QTest::newRow("a number in it") << u"ana (222222) x"_s << QString();
        QTest::newRow("an agent's run") << u"run r5 (claude)"_s << QString();
    }
    void theNumberIsFoundBehindTheName()
    {
        QFETCH(QString, who);
        QTEST(personNumber(who), "number");
    }

    void aNewNicknameIsNoNewPerson_data()
    {
        QTest::addColumn<QString>("one");
        QTest::addColumn<QString>("other");
        QTest::addColumn<bool>("same");
        QTest::newRow("renamed") << u"Ana (120456)"_s << u"Ana at lunch (120456)"_s << true;
        QTest::newRow("a namesake") << u"Ana (120456)"_s << u"Ana (120457)"_s << false;
        QTest::newRow("at the machine") << u"ana"_s << u"ana"_s << true;
        QTest::newRow("another account") << u"ana"_s << u"ben"_s << false;
        QTest::newRow("the same name elsewhere") << u"ana"_s << u"ana (120456)"_s << false;
    }
    void aNewNicknameIsNoNewPerson()
    {
        QFETCH(QString, one);
        QFETCH(QString, other);
        QTEST(isSamePerson(one, other), "same");
        QTEST(isSamePerson(other, one), "same");
    }
};

QTEST_GUILESS_MAIN(TestPerson)
#include "tst_person.moc"
