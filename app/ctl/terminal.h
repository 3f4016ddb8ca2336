// The terminal that agenthubctl runs in, or the pipe.
#pragma once

#include "core/base/result.h"
#include "core/commands/replyformat.h"

#include <optional>

#include <QJsonObject>
#include <QString>

namespace hub::ctl
{

class Terminal
{
public:
    // `json`: answers and errors are printed as JSON, and nobody is asked anything.
    explicit Terminal(bool json);

    // Somebody reads our output and can answer.
    bool isInteractive() const { return m_interactive; }
    bool isJson() const { return m_json; }
    bool writesToTerminal() const { return m_outIsTerminal; }
    const commands::TextFormat &format() const { return m_format; }

    // On standard output: as text, with the files that pictures were written into, or for scripts the reply's data with
    // its attachments.
    void print(const commands::Reply &reply) const;
    void print(const QString &text) const;
    void print(const QJsonObject &object) const;
    // On standard error, or as {"error": …} on standard output. The answer is the exit code.
    int report(const Error &error) const;
    // A remark that is no part of the answer; on standard error, not with --json.
    void remark(const QString &text) const;

    // "question [y/N] "; everything but a yes is a no.
    bool confirmed(const QString &question) const;
    // "question [1-3] "; nothing for an empty line or anything else.
    std::optional<int> chosen(const QString &question, int count) const;
    // A line that is not shown while it is typed.
    Result<QString> hidden(const QString &question) const;
    // A text written in $VISUAL, $EDITOR or "editor"; lines that begin with '#' are left out.
    Result<QString> edited(const QString &explanation) const;

private:
    QByteArray answerTo(const QString &question) const;

    bool m_json;
    bool m_outIsTerminal;
    bool m_interactive;
    commands::TextFormat m_format;
    commands::TextFormat m_errorFormat;
};

QByteArray readStandardInput();

} // namespace hub::ctl
