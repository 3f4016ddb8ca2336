// The hub's settings from their declarations, by section, with a search.
#pragma once

#include "gui/window/context.h"
#include "gui/window/settingfield.h"

#include <QGroupBox>
#include <QLineEdit>
#include <QVBoxLayout>

namespace hub::gui
{

class SettingsList final : public Page
{
    Q_OBJECT

public:
    // Those whose section passes.
    SettingsList(const Context &context, std::function<bool(const QString &section)> shown, QWidget *parent = nullptr);

    ~SettingsList() override { qDeleteAll(m_fields); } // before what they send through

    SettingField *field(const QString &key) const { return m_fields.value(key); }
    QLineEdit *searchBox() { return m_search; }

private:
    void take(const QJsonObject &answer);
    QVBoxLayout *groupFor(const QString &section);
    void send(SettingField *field, const QString &value);
    void search(const QString &text);

    Context m_context;
    std::function<bool(const QString &)> m_shown;
    QLineEdit *m_search;
    QLabel *m_file, *m_nothing;
    QVBoxLayout *m_groups;
    QHash<QString, QGroupBox *> m_sections;
    QHash<QString, SettingField *> m_fields;
    Feed m_feed;
};

} // namespace hub::gui
