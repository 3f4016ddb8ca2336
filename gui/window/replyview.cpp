#include "gui/window/replyview.h"

#include "gui/model/look.h"

#include <QDesktopServices>
#include <QEvent>
#include <QFileDialog>
#include <QMessageBox>
#include <QSaveFile>
#include <QUrl>
#include <QUrlQuery>

using namespace Qt::StringLiterals;

namespace hub::gui
{

using namespace commands;

namespace
{

constexpr qsizetype longestShownFile = 256 * 1024;

Tone toneOf(Severity severity)
{
    switch (severity) {
    case Severity::Ok: return Tone::Good;
    case Severity::Info: return Tone::Active;
    case Severity::Warning: return Tone::Attention;
    case Severity::Error: return Tone::Bad;
    }
    return Tone::Plain;
}

QString link(const QString &action, const QString &value, const QString &text)
{
    QUrl url;
    url.setScheme(u"hub"_s);
    url.setPath(action);
    QUrlQuery query;
    query.addQueryItem(u"v"_s, QString::fromLatin1(QUrl::toPercentEncoding(value)));
    url.setQuery(query);
    return u"<a href=\"%1\">%2</a>"_s.arg(url.toString(QUrl::FullyEncoded).toHtmlEscaped(), text.toHtmlEscaped());
}

// A next step that a person has to complete ("say …", "agents add NAME PROGRAM") opens the form.
QString stepsHtml(const QStringList &next)
{
    QStringList links;
    for (const QString &line : next)
        links << link(u"command"_s, line, line);
    return links.join(u" &nbsp;·&nbsp; "_s);
}

QString tableHtml(const Table &table, const QString &line)
{
    QString html;
    if (!table.title.isEmpty())
        html += u"<h4>%1</h4>"_s.arg(table.title.toHtmlEscaped());
    if (table.rows.isEmpty())
        return html + u"<p><i>%1</i></p>"_s.arg(table.whenEmpty.toHtmlEscaped());
    html += u"<table cellspacing=\"0\" cellpadding=\"4\" width=\"100%\"><tr>"_s;
    for (const QString &column : table.columns)
        html += u"<th align=\"left\" style=\"border-bottom:1px solid %1\">%2</th>"_s.arg(line, column.toHtmlEscaped());
    html += u"</tr>"_s;
    for (const QStringList &row : table.rows) {
        html += u"<tr>"_s;
        for (const QString &cell : row)
            html += u"<td valign=\"top\">%1</td>"_s.arg(asHtml(cell));
        html += u"</tr>"_s;
    }
    return html + u"</table>"_s;
}

// Lines that were added and removed are told apart by their sign and by colour.
QString diffHtml(const QString &text)
{
    QString html;
    for (const QString &line : text.split(u'\n')) {
        const QString colour = line.startsWith(u'+')   ? toneColour(Tone::Good).name()
                               : line.startsWith(u'-') ? toneColour(Tone::Bad).name()
                               : line.startsWith(u'@') ? toneColour(Tone::Active).name()
                                                       : QString();
        html += colour.isEmpty() ? line.toHtmlEscaped()
                                 : u"<span style=\"color:%1\">%2</span>"_s.arg(colour, line.toHtmlEscaped());
        html += u'\n';
    }
    return html;
}

QString fileHtml(const Attachment &file, int number)
{
    QString html = u"<p><b>%1</b> &nbsp; %2</p>"_s.arg(
        file.fileName.toHtmlEscaped(), link(u"save"_s, QString::number(number), ReplyView::tr("Save…")));
    if (file.fileName.endsWith(u".png"))
        return html + u"<p><img src=\"data:image/png;base64,%1\" width=\"640\"/></p>"_s.arg(
                          QString::fromLatin1(file.bytes.toBase64()));
    if (!isText(file))
        return html;
    const QString text = QString::fromUtf8(file.bytes.left(longestShownFile));
    html += u"<pre>%1</pre>"_s.arg(file.fileName.endsWith(u".diff") ? diffHtml(text) : text.toHtmlEscaped());
    if (file.bytes.size() > longestShownFile)
        html += u"<p><i>%1</i></p>"_s.arg(ReplyView::tr("The rest is in the file."));
    return html;
}

QString replyHtml(const Reply &reply, const QPalette &palette)
{
    const QString line = palette.color(QPalette::Mid).name();
    QString html;
    if (!reply.title.isEmpty())
        html += u"<h3><span style=\"color:%1\">●</span> %2</h3>"_s.arg(toneColour(toneOf(reply.severity)).name(),
                                                                    asHtml(reply.title));
    if (!reply.text.isEmpty())
        html += u"<p>%1</p>"_s.arg(asHtml(reply.text));
    if (!reply.fields.isEmpty()) {
        html += u"<table cellspacing=\"0\" cellpadding=\"3\">"_s;
        for (const Field &field : reply.fields)
            html += u"<tr><td valign=\"top\" style=\"color:%1\">%2 &nbsp;</td><td>%3</td></tr>"_s.arg(
                palette.color(QPalette::PlaceholderText).name(), asHtml(field.name), asHtml(field.value));
        html += u"</table>"_s;
    }
    for (const Table &table : reply.tables)
        html += tableHtml(table, line);
    for (int i = 0; i < reply.attachments.size(); ++i)
        html += fileHtml(reply.attachments[i], i);
    if (!reply.next.isEmpty() && reply.confirm.isEmpty())
        html += u"<p>%1</p>"_s.arg(stepsHtml(reply.next));
    return html;
}

QString errorHtml(const Error &error)
{
    QString html = u"<h3><span style=\"color:%1\">●</span> %2</h3>"_s.arg(toneColour(Tone::Bad).name(), asHtml(error.message));
    if (!error.hint.isEmpty())
        html += u"<p>%1</p>"_s.arg(asHtml(error.hint));
    if (!error.candidates.isEmpty())
        html += u"<ul><li>%1</li></ul>"_s.arg(error.candidates.join(u'\n').toHtmlEscaped().replace(u'\n', u"</li><li>"_s));
    return html;
}

} // namespace

QString asHtml(const QString &text) { return text.toHtmlEscaped().replace(u'\n', u"<br/>"_s); }

ReplyView::ReplyView(QWidget *parent)
    : QTextBrowser(parent)
{
    setOpenLinks(false);
    setFrameShape(QFrame::NoFrame);
    setAccessibleName(tr("Answer of the hub"));
    connect(this, &QTextBrowser::anchorClicked, this, &ReplyView::onAnchor);
}

void ReplyView::setReply(const Reply &reply)
{
    m_attachments = reply.attachments;
    m_page = [this, reply] { return replyHtml(reply, palette()); };
    setHtml(m_page());
}

void ReplyView::setError(const Error &error)
{
    m_attachments.clear();
    m_page = [error] { return errorHtml(error); };
    setHtml(m_page());
}

void ReplyView::changeEvent(QEvent *event)
{
    QTextBrowser::changeEvent(event);
    if (event->type() == QEvent::PaletteChange && m_page)
        setHtml(m_page());
}

void ReplyView::onAnchor(const QUrl &url)
{
    if (url.scheme() == u"https" || url.scheme() == u"http") {
        QDesktopServices::openUrl(url);
        return;
    }
    if (url.scheme() != u"hub")
        return;
    const QString value =
        QUrl::fromPercentEncoding(QUrlQuery(url).queryItemValue(u"v"_s, QUrl::FullyDecoded).toLatin1());
    if (url.path() == u"command")
        Q_EMIT commandWanted(value);
    else if (url.path() == u"save")
        save(value.toInt());
}

void ReplyView::save(int attachment)
{
    if (attachment < 0 || attachment >= m_attachments.size())
        return;
    const Attachment &file = m_attachments[attachment];
    const QString path = QFileDialog::getSaveFileName(this, tr("Save"), file.fileName);
    if (path.isEmpty())
        return;
    QSaveFile out(path);
    if (!out.open(QIODevice::WriteOnly) || out.write(file.bytes) != file.bytes.size() || !out.commit())
        QMessageBox::warning(this, tr("Not saved"), tr("%1 could not be written: %2").arg(path, out.errorString()));
}

} // namespace hub::gui
