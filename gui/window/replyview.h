// A command's reply as a page: title, text, fields, tables, files, and what can be done next as links.
#pragma once

#include "core/commands/reply.h"

#include <QTextBrowser>

namespace hub::gui
{

class ReplyView final : public QTextBrowser
{
    Q_OBJECT

public:
    explicit ReplyView(QWidget *parent = nullptr);
    void setReply(const commands::Reply &reply);
    void setError(const Error &error);
    // Files of the reply that are no text and no picture, or that one may want to keep.
    const QList<commands::Attachment> &attachments() const { return m_attachments; }

Q_SIGNALS:
    // A complete command line without the program's name was chosen: "resume-task 12".
    void commandWanted(const QString &line);

protected:
    void changeEvent(QEvent *event) override;

private:
    void onAnchor(const QUrl &url);
    void save(int attachment);

    QList<commands::Attachment> m_attachments;
    std::function<QString()> m_page; // made anew when the colours change
};

// Plain text as HTML, lines kept.
QString asHtml(const QString &text);

} // namespace hub::gui
