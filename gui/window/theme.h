// Light or dark: as the system says, also while the window is open, or as a person chose.
#pragma once

#include <QObject>

class QDBusVariant;

namespace hub::gui
{

class Theme final : public QObject
{
    Q_OBJECT

public:
    // Applies what was chosen before, else follows the system. One per program, after the QApplication.
    explicit Theme(QObject *parent = nullptr);

    enum class Choice { System, Light, Dark };
    static Choice choice();
    void choose(Choice choice);

private Q_SLOTS:
    void onSettingChanged(const QString &area, const QString &key, const QDBusVariant &value);

private:
    void askSystem();
    void apply();

    std::optional<bool> m_systemDark; // as the desktop's portal says; nothing: it does not say
};

} // namespace hub::gui
