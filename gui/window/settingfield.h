// One setting with an input that fits it, what it means, and what the hub said when it was refused.
#pragma once

#include <QJsonObject>
#include <QLabel>
#include <QToolButton>
#include <QWidget>

#include <functional>
#include <optional>

namespace hub::gui
{

class SettingField final : public QWidget
{
    Q_OBJECT

public:
    // A row of `config list`'s "declared", or as much of one as there is: key, value, type (flag, number, text or
    // choice), low, high, choices, default, help, source, environment, needs_restart.
    explicit SettingField(const QJsonObject &declared, QWidget *parent = nullptr);
    // What was being written is not sent any more.
    ~SettingField() override;

    const QString &key() const { return m_key; }
    QString fallback() const { return m_declared[QStringLiteral("default")].toString(); }
    // As the hub has it now. What a person is about to write stays.
    void show(const QJsonObject &declared);
    // This value counts from now on, with what the hub said to it.
    void accept(const QString &value, const QString &note);
    // It does not: the input shows the old one again, and the sentence why.
    void refuse(const QString &sentence);
    bool has(const QStringList &words) const;
    QWidget *input() const { return m_input; }

Q_SIGNALS:
    // A person chose it or finished writing it: left the field or pressed Enter.
    void wanted(const QString &value);
    void defaultWanted();

protected:
    bool eventFilter(QObject *watched, QEvent *event) override;
    void changeEvent(QEvent *event) override;

private:
    QWidget *makeInput(const QJsonObject &declared);
    void commit();
    void tell();
    void colour();

    QString m_key, m_value, m_words, m_note, m_problem;
    std::optional<QString> m_sent; // wanted, and not answered yet
    QJsonObject m_declared;
    std::function<QString()> m_text; // what the input says, as the hub writes it
    std::function<void(const QString &)> m_put;
    QWidget *m_input; // made with the two above
    QLabel *m_help, *m_state, *m_trouble;
    QToolButton *m_default;
    bool m_byKey = false; // a choice was moved to by keys, and is not sent yet
};

// "max_file_mb" → "Max file MB"; of a key with a section, without it.
QString settingName(const QString &key);

} // namespace hub::gui
