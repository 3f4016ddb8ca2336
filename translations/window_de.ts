<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de" sourcelanguage="en">
<context>
    <name>Charts</name>
    <message>
        <source>CPU</source>
        <translation>CPU</translation>
    </message>
    <message>
        <source>Memory</source>
        <translation>Speicher</translation>
    </message>
    <message>
        <source>Disk</source>
        <translation>Platte</translation>
    </message>
    <message>
        <source>Temperature</source>
        <translation>Temperatur</translation>
    </message>
    <message>
        <source>Agents</source>
        <translation>Agenten</translation>
    </message>
    <message>
        <source>running</source>
        <translation>laufen</translation>
    </message>
    <message>
        <source>held</source>
        <translation>angehalten</translation>
    </message>
</context>
<context>
    <name>Facts</name>
    <message>
        <source>action</source>
        <translation>Vorgang</translation>
    </message>
    <message>
        <source>agent</source>
        <translation>Agent</translation>
    </message>
    <message>
        <source>alert id</source>
        <translation>Hinweis</translation>
    </message>
    <message>
        <source>answered by</source>
        <translation>beantwortet von</translation>
    </message>
    <message>
        <source>at</source>
        <translation>Zeit</translation>
    </message>
    <message>
        <source>description</source>
        <translation>Beschreibung</translation>
    </message>
    <message>
        <source>detail</source>
        <translation>Einzelheiten</translation>
    </message>
    <message>
        <source>hash</source>
        <translation>Prüfsumme</translation>
    </message>
    <message>
        <source>held back</source>
        <translation>zurückgehalten</translation>
    </message>
    <message>
        <source>level</source>
        <translation>Stufe</translation>
    </message>
    <message>
        <source>notes</source>
        <translation>Notizen</translation>
    </message>
    <message>
        <source>number</source>
        <translation>Nummer</translation>
    </message>
    <message>
        <source>origin</source>
        <translation>Weg</translation>
    </message>
    <message>
        <source>outcome</source>
        <translation>Ergebnis</translation>
    </message>
    <message>
        <source>project</source>
        <translation>Projekt</translation>
    </message>
    <message>
        <source>refs</source>
        <translation>Verweise</translation>
    </message>
    <message>
        <source>role</source>
        <translation>Rolle</translation>
    </message>
    <message>
        <source>state</source>
        <translation>Zustand</translation>
    </message>
    <message>
        <source>task id</source>
        <translation>Aufgabe</translation>
    </message>
    <message>
        <source>title</source>
        <translation>Titel</translation>
    </message>
    <message>
        <source>type</source>
        <translation>Art</translation>
    </message>
    <message>
        <source>who</source>
        <translation>wer</translation>
    </message>
</context>
<context>
    <name>LocalHub</name>
    <message>
        <source>agenthubd is not beside this program.</source>
        <translation>agenthubd liegt nicht neben diesem Programm.</translation>
    </message>
    <message>
        <source>Install AgentHub again.</source>
        <translation>AgentHub neu installieren.</translation>
    </message>
    <message>
        <source>agenthubd could not be started: %1</source>
        <translation>agenthubd ließ sich nicht starten: %1</translation>
    </message>
    <message>
        <source>Try it in a terminal: agenthubd</source>
        <translation>Im Terminal probieren: agenthubd</translation>
    </message>
</context>
<context>
    <name>Saving</name>
    <message>
        <source>Save</source>
        <translation>Speichern</translation>
    </message>
    <message>
        <source>Not saved</source>
        <translation>Nicht gespeichert</translation>
    </message>
    <message>
        <source>%1 could not be written: %2</source>
        <translation>%1 ließ sich nicht schreiben: %2</translation>
    </message>
</context>
<context>
    <name>States</name>
    <message>
        <source>queued</source>
        <translation>wartet</translation>
    </message>
    <message>
        <source>preparing</source>
        <translation>wird vorbereitet</translation>
    </message>
    <message>
        <source>running</source>
        <translation>läuft</translation>
    </message>
    <message>
        <source>awaiting approval</source>
        <translation>Rückfrage</translation>
    </message>
    <message>
        <source>paused</source>
        <translation>angehalten</translation>
    </message>
    <message>
        <source>needs review</source>
        <translation>zu prüfen</translation>
    </message>
    <message>
        <source>interrupted</source>
        <translation>unterbrochen</translation>
    </message>
    <message>
        <source>completed</source>
        <translation>abgeschlossen</translation>
    </message>
    <message>
        <source>failed</source>
        <translation>gescheitert</translation>
    </message>
    <message>
        <source>cancelled</source>
        <translation>abgebrochen</translation>
    </message>
    <message>
        <source>open</source>
        <translation>offen</translation>
    </message>
    <message>
        <source>allowed</source>
        <translation>erlaubt</translation>
    </message>
    <message>
        <source>denied</source>
        <translation>abgelehnt</translation>
    </message>
    <message>
        <source>withdrawn</source>
        <translation>zurückgezogen</translation>
    </message>
    <message>
        <source>acknowledged</source>
        <translation>gesehen</translation>
    </message>
    <message>
        <source>snoozed</source>
        <translation>ruht</translation>
    </message>
    <message>
        <source>resolved</source>
        <translation>erledigt</translation>
    </message>
    <message>
        <source>critical</source>
        <translation>kritisch</translation>
    </message>
    <message>
        <source>error</source>
        <translation>Fehler</translation>
    </message>
    <message>
        <source>warning</source>
        <translation>Warnung</translation>
    </message>
    <message>
        <source>info</source>
        <translation>Information</translation>
    </message>
    <message>
        <source>done</source>
        <translation>erledigt</translation>
    </message>
    <message>
        <source>refused</source>
        <translation>verweigert</translation>
    </message>
    <message>
        <source>ready</source>
        <translation>bereit</translation>
    </message>
    <message>
        <source>missing</source>
        <translation>fehlt</translation>
    </message>
    <message>
        <source>removed</source>
        <translation>entfernt</translation>
    </message>
    <message>
        <source>low</source>
        <translation>niedrig</translation>
    </message>
    <message>
        <source>medium</source>
        <translation>mittel</translation>
    </message>
    <message>
        <source>high</source>
        <translation>hoch</translation>
    </message>
    <message>
        <source>urgent</source>
        <translation>dringend</translation>
    </message>
    <message>
        <source>auto</source>
        <translation>automatisch</translation>
    </message>
    <message>
        <source>manual</source>
        <translation>von Hand</translation>
    </message>
    <message>
        <source>milestone</source>
        <translation>Meilenstein</translation>
    </message>
    <message>
        <source>rollback</source>
        <translation>vor dem Zurückgehen</translation>
    </message>
    <message>
        <source>idle</source>
        <translation>frei</translation>
    </message>
    <message>
        <source>waits</source>
        <translation>wartet</translation>
    </message>
    <message>
        <source>begun</source>
        <translation>begonnen</translation>
    </message>
</context>
<context>
    <name>Times</name>
    <message>
        <source>ddd d</source>
        <translation>ddd d.</translation>
    </message>
    <message>
        <source>d MMM</source>
        <translation>d. MMM</translation>
    </message>
    <message>
        <source>d MMM HH:mm</source>
        <translation>d. MMM HH:mm</translation>
    </message>
    <message>
        <source>d MMM HH:mm:ss</source>
        <translation>d. MMM HH:mm:ss</translation>
    </message>
</context>
<context>
    <name>hub::gui::AgentSetup</name>
    <message>
        <source>Agents found on the machine</source>
        <translation>Auf dem Rechner gefundene Agenten</translation>
    </message>
    <message>
        <source>Looking for agents…</source>
        <translation>Agenten werden gesucht …</translation>
    </message>
    <message>
        <source>lower-case letters, digits, . _ -</source>
        <translation>Kleinbuchstaben, Ziffern, . _ -</translation>
    </message>
    <message>
        <source>The program and its arguments, as in a terminal. {prompt} stands for what is to be done; without it the text comes on the program&apos;s input.</source>
        <translation>Das Programm und seine Argumente, wie im Terminal. {prompt} steht für das, was zu tun ist; ohne das bekommt das Programm den Text auf seiner Eingabe.</translation>
    </message>
    <message>
        <source>&amp;Found here</source>
        <translation>&amp;Gefunden</translation>
    </message>
    <message>
        <source>N&amp;ame</source>
        <translation>N&amp;ame</translation>
    </message>
    <message>
        <source>C&amp;ommand</source>
        <translation>&amp;Befehl</translation>
    </message>
    <message>
        <source>Another program…</source>
        <translation>Ein anderes Programm …</translation>
    </message>
    <message>
        <source>None that is known; write its command below</source>
        <translation>Kein bekannter; unten steht Platz für den Befehl</translation>
    </message>
    <message>
        <source>Setting it up…</source>
        <translation>Wird eingerichtet …</translation>
    </message>
    <message>
        <source>Testing it…</source>
        <translation>Wird getestet …</translation>
    </message>
</context>
<context>
    <name>hub::gui::AgentsTab</name>
    <message>
        <source>No agent is set up yet.</source>
        <translation>Noch ist kein Agent eingerichtet.</translation>
    </message>
    <message>
        <source>Agents that are set up</source>
        <translation>Eingerichtete Agenten</translation>
    </message>
    <message>
        <source>&amp;Add…</source>
        <translation>&amp;Hinzufügen …</translation>
    </message>
    <message>
        <source>&amp;Test</source>
        <translation>&amp;Testen</translation>
    </message>
    <message>
        <source>Is its program there, what version, are variables or memory missing</source>
        <translation>Ob das Programm da ist, welche Version, ob Variablen oder Speicher fehlen</translation>
    </message>
    <message>
        <source>&amp;Pause</source>
        <translation>&amp;Anhalten</translation>
    </message>
    <message>
        <source>&amp;Remove…</source>
        <translation>&amp;Entfernen …</translation>
    </message>
    <message>
        <source>Set a &amp;variable…</source>
        <translation>&amp;Variable setzen …</translation>
    </message>
    <message>
        <source>No variables of its own.</source>
        <translation>Keine eigenen Variablen.</translation>
    </message>
    <message>
        <source>Variables of its own: %1</source>
        <translation>Eigene Variablen: %1</translation>
    </message>
    <message>
        <source>The file that has all this: %1</source>
        <translation>Die Datei, in der das alles steht: %1</translation>
    </message>
    <message>
        <source>Add an agent</source>
        <translation>Agenten hinzufügen</translation>
    </message>
    <message>
        <source>Add and &amp;test</source>
        <translation>Hinzufügen und &amp;testen</translation>
    </message>
    <message>
        <source>Testing %1…</source>
        <translation>%1 wird getestet …</translation>
    </message>
    <message>
        <source>Remove %1</source>
        <translation>%1 entfernen</translation>
    </message>
    <message>
        <source>Take the agent %1 out? Its set-up is deleted; its tasks and their history stay.</source>
        <translation>Den Agenten %1 entfernen? Seine Einrichtung wird gelöscht; seine Aufgaben und ihre Geschichte bleiben.</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>Entfernen</translation>
    </message>
    <message>
        <source>Keep it</source>
        <translation>Behalten</translation>
    </message>
    <message>
        <source>&amp;Resume</source>
        <translation>&amp;Weitermachen</translation>
    </message>
</context>
<context>
    <name>hub::gui::ChangesTab</name>
    <message>
        <source>Compare from</source>
        <translation>Vergleichen ab</translation>
    </message>
    <message>
        <source>Compare to</source>
        <translation>Vergleichen bis</translation>
    </message>
    <message>
        <source>Look again</source>
        <translation>Neu einlesen</translation>
    </message>
    <message>
        <source>From</source>
        <translation>Von</translation>
    </message>
    <message>
        <source>to</source>
        <translation>bis</translation>
    </message>
    <message>
        <source>the task&apos;s base</source>
        <translation>Anfang der Aufgabe</translation>
    </message>
    <message>
        <source>the files as they are now</source>
        <translation>Dateien, wie sie jetzt sind</translation>
    </message>
    <message>
        <source>Looking…</source>
        <translation>Wird verglichen …</translation>
    </message>
    <message>
        <source>Nothing differs.</source>
        <translation>Es gibt keine Unterschiede.</translation>
    </message>
    <message>
        <source>Bring it back as it was before…</source>
        <translation>Zurückholen, wie es vorher war …</translation>
    </message>
</context>
<context>
    <name>hub::gui::ChartDrawing</name>
    <message>
        <source>not measured</source>
        <translation>nicht gemessen</translation>
    </message>
    <message>
        <source>warning %1</source>
        <translation>Warnung %1</translation>
    </message>
    <message>
        <source>critical %1</source>
        <translation>kritisch %1</translation>
    </message>
</context>
<context>
    <name>hub::gui::ChartPlot</name>
    <message>
        <source>Save as PNG…</source>
        <translation>Als PNG speichern …</translation>
    </message>
    <message>
        <source>Save as CSV…</source>
        <translation>Als CSV speichern …</translation>
    </message>
    <message>
        <source>Show the whole time</source>
        <translation>Ganze Zeit zeigen</translation>
    </message>
    <message>
        <source>%1 (%2 to %3)</source>
        <translation>%1 (%2 bis %3)</translation>
    </message>
    <message>
        <source>not measured</source>
        <translation>nicht gemessen</translation>
    </message>
    <message>
        <source>warning from %1</source>
        <translation>Warnung ab %1</translation>
    </message>
    <message>
        <source>critical from %1</source>
        <translation>kritisch ab %1</translation>
    </message>
</context>
<context>
    <name>hub::gui::CommandForm</name>
    <message>
        <source>%1 can&apos;t be read: %2</source>
        <translation>%1 lässt sich nicht lesen: %2</translation>
    </message>
    <message>
        <source>At most %1 files of %2 MB each go along.</source>
        <translation>Höchstens %1 Dateien von je %2 MB gehen mit.</translation>
    </message>
    <message>
        <source>left out: %1</source>
        <translation>ohne Angabe: %1</translation>
    </message>
    <message>
        <source>Show</source>
        <translation>Anzeigen</translation>
    </message>
    <message>
        <source>Look first…</source>
        <translation>Vorschau …</translation>
    </message>
    <message>
        <source>Do this</source>
        <translation>Ausführen</translation>
    </message>
    <message>
        <source>(left out)</source>
        <translation>(ohne Angabe)</translation>
    </message>
    <message>
        <source>Choose a file</source>
        <translation>Datei wählen</translation>
    </message>
</context>
<context>
    <name>hub::gui::CommandPalette</name>
    <message>
        <source>Commands</source>
        <translation>Befehle</translation>
    </message>
    <message>
        <source>A command, or a task by its number or title</source>
        <translation>Ein Befehl, oder eine Aufgabe mit Nummer oder Titel</translation>
    </message>
    <message>
        <source>Command</source>
        <translation>Befehl</translation>
    </message>
    <message>
        <source>Commands that fit</source>
        <translation>Passende Befehle</translation>
    </message>
    <message>
        <source>Run: %1</source>
        <translation>Ausführen: %1</translation>
    </message>
</context>
<context>
    <name>hub::gui::CommandRunner</name>
    <message>
        <source>Not done</source>
        <translation>Nicht ausgeführt</translation>
    </message>
    <message>
        <source>Complete…</source>
        <translation>Ergänzen …</translation>
    </message>
    <message>
        <source>Look first: %1</source>
        <translation>Vorschau: %1</translation>
    </message>
    <message>
        <source>Change nothing</source>
        <translation>Nichts ändern</translation>
    </message>
    <message>
        <source>Do this</source>
        <translation>Ausführen</translation>
    </message>
    <message>
        <source>&apos;%1&apos; is no command.</source>
        <translation>„%1“ ist kein Befehl.</translation>
    </message>
</context>
<context>
    <name>hub::gui::ConversationTab</name>
    <message>
        <source>Messages that wait for their turn</source>
        <translation>Wartende Nachrichten</translation>
    </message>
    <message>
        <source>Tell the agent something. Ctrl+Enter sends it; it waits for the turn&apos;s end.</source>
        <translation>Dem Agenten etwas sagen. Strg+Eingabe schickt es ab; er liest es, wenn er mit dem jetzigen Schritt fertig ist.</translation>
    </message>
    <message>
        <source>Message to the agent</source>
        <translation>Nachricht an den Agenten</translation>
    </message>
    <message>
        <source>Files…</source>
        <translation>Dateien …</translation>
    </message>
    <message>
        <source>Files that go along with the message</source>
        <translation>Dateien, die mit der Nachricht mitgehen</translation>
    </message>
    <message>
        <source>Interrupt and say</source>
        <translation>Sofort sagen</translation>
    </message>
    <message>
        <source>Ends the agent&apos;s turn first (Ctrl+Shift+Enter)</source>
        <translation>Bricht vorher ab, woran der Agent gerade ist (Strg+Umschalt+Eingabe)</translation>
    </message>
    <message>
        <source>Say</source>
        <translation>Sagen</translation>
    </message>
    <message>
        <source>Nothing was said yet.</source>
        <translation>Noch wurde nichts gesagt.</translation>
    </message>
    <message>
        <source>Roll back to before this message…</source>
        <translation>Vor diese Nachricht zurückgehen …</translation>
    </message>
    <message>
        <source>Files for the agent</source>
        <translation>Dateien für den Agenten</translation>
    </message>
    <message>
        <source>Not taken along</source>
        <translation>Geht nicht mit</translation>
    </message>
    <message>
        <source>%1 does not go along: at most %2 files of %3 MB each, which can be read.</source>
        <translation>%1 geht nicht mit: höchstens %2 lesbare Dateien von je %3 MB.</translation>
    </message>
    <message>
        <source>Goes along: %1</source>
        <translation>Geht mit: %1</translation>
    </message>
    <message>
        <source>Waits: %1</source>
        <translation>Wartet: %1</translation>
    </message>
    <message>
        <source>Press Enter to change it.</source>
        <translation>Eingabetaste: ändern.</translation>
    </message>
</context>
<context>
    <name>hub::gui::ConversationView</name>
    <message>
        <source>Searching…</source>
        <translation>Wird gesucht …</translation>
    </message>
    <message>
        <source>Message %1 of %2</source>
        <translation>Nachricht %1 von %2</translation>
    </message>
    <message>
        <source>Nothing found</source>
        <translation>Nichts gefunden</translation>
    </message>
    <message>
        <source>No more; once more goes on from the other end</source>
        <translation>Keine weiteren; noch einmal sucht vom anderen Ende aus</translation>
    </message>
    <message>
        <source>Copy what is selected</source>
        <translation>Auswahl kopieren</translation>
    </message>
    <message>
        <source>Copy this message</source>
        <translation>Diese Nachricht kopieren</translation>
    </message>
    <message numerus="yes">
        <source>%n new message(s) ↓</source>
        <translation>
            <numerusform>%n neue Nachricht ↓</numerusform>
            <numerusform>%n neue Nachrichten ↓</numerusform>
        </translation>
    </message>
    <message>
        <source>Conversation</source>
        <translation>Gespräch</translation>
    </message>
</context>
<context>
    <name>hub::gui::Desktop</name>
    <message>
        <source>AgentHub stays in the tray</source>
        <translation>AgentHub bleibt im Infobereich</translation>
    </message>
    <message>
        <source>It tells you there when something needs you. Agents go on in any case; to end the window, choose Quit in the tray&apos;s menu.</source>
        <translation>Dort meldet es sich, wenn jemand gebraucht wird. Die Agenten machen auf jeden Fall weiter; ganz beendet wird das Fenster im Menü des Symbols.</translation>
    </message>
    <message>
        <source>Tasks are open</source>
        <translation>Es sind Aufgaben offen</translation>
    </message>
    <message>
        <source>This window is the hub itself, and tasks are open. When it ends, their agents go on by themselves, but no checkpoints are made and nobody answers their questions until AgentHub is started again.</source>
        <translation>Dieses Fenster ist selbst der Hub, und es sind Aufgaben offen. Ist es zu, machen die Agenten allein weiter, aber bis AgentHub wieder läuft, entstehen keine Sicherungspunkte und niemand beantwortet Rückfragen.</translation>
    </message>
    <message>
        <source>End it</source>
        <translation>Trotzdem beenden</translation>
    </message>
    <message>
        <source>Go on</source>
        <translation>Offen lassen</translation>
    </message>
</context>
<context>
    <name>hub::gui::DiffFileList</name>
    <message>
        <source>Filter files</source>
        <translation>Dateien filtern</translation>
    </message>
    <message>
        <source>Changed files</source>
        <translation>Geänderte Dateien</translation>
    </message>
    <message numerus="yes">
        <source>%n file(s), +%1 −%2</source>
        <translation>
            <numerusform>%n Datei, +%1 −%2</numerusform>
            <numerusform>%n Dateien, +%1 −%2</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>hub::gui::DiffFileModel</name>
    <message>
        <source>%1
before: %2</source>
        <translation>%1
vorher: %2</translation>
    </message>
    <message>
        <source>%1, %2, a binary file</source>
        <translation>%1, %2, eine Binärdatei</translation>
    </message>
    <message>
        <source>%1, %2, %3 lines added, %4 removed</source>
        <translation>%1, %2, Zeilen hinzugefügt: %3, entfernt: %4</translation>
    </message>
    <message>
        <source>added</source>
        <translation>neu</translation>
    </message>
    <message>
        <source>deleted</source>
        <translation>gelöscht</translation>
    </message>
    <message>
        <source>renamed</source>
        <translation>umbenannt</translation>
    </message>
    <message>
        <source>copied</source>
        <translation>kopiert</translation>
    </message>
    <message>
        <source>in conflict</source>
        <translation>im Konflikt</translation>
    </message>
    <message>
        <source>changed</source>
        <translation>geändert</translation>
    </message>
    <message>
        <source>binary</source>
        <translation>binär</translation>
    </message>
</context>
<context>
    <name>hub::gui::DiffNotes</name>
    <message>
        <source>Renamed from %1</source>
        <translation>Umbenannt, vorher %1</translation>
    </message>
    <message>
        <source>Copied from %1</source>
        <translation>Kopiert von %1</translation>
    </message>
    <message>
        <source>Not merged: the file has a conflict</source>
        <translation>Nicht eingefügt: Die Datei hat einen Konflikt</translation>
    </message>
    <message>
        <source>Mode changed from %1 to %2</source>
        <translation>Dateirechte geändert von %1 auf %2</translation>
    </message>
    <message>
        <source>A symbolic link</source>
        <translation>Ein symbolischer Link</translation>
    </message>
    <message>
        <source>A submodule</source>
        <translation>Ein Submodul</translation>
    </message>
    <message>
        <source>A binary file: there are no lines to show</source>
        <translation>Eine Binärdatei: Es gibt keine Zeilen zu zeigen</translation>
    </message>
    <message>
        <source>An empty file was added</source>
        <translation>Eine leere Datei kam hinzu</translation>
    </message>
    <message>
        <source>An empty file was deleted</source>
        <translation>Eine leere Datei wurde gelöscht</translation>
    </message>
</context>
<context>
    <name>hub::gui::DiffTextView</name>
    <message>
        <source>Changes</source>
        <translation>Änderungen</translation>
    </message>
    <message>
        <source>Removed: %1</source>
        <translation>Entfernt: %1</translation>
    </message>
    <message>
        <source>Added: %1</source>
        <translation>Hinzugefügt: %1</translation>
    </message>
</context>
<context>
    <name>hub::gui::DiffView</name>
    <message>
        <source>Previous change (Shift+F7)</source>
        <translation>Vorige Änderung (Umschalt+F7)</translation>
    </message>
    <message>
        <source>Next change (F7)</source>
        <translation>Nächste Änderung (F7)</translation>
    </message>
    <message>
        <source>Side by side</source>
        <translation>Nebeneinander</translation>
    </message>
    <message>
        <source>Before on the left, after on the right</source>
        <translation>Links vorher, rechts nachher</translation>
    </message>
    <message>
        <source>Wrap</source>
        <translation>Umbrechen</translation>
    </message>
    <message>
        <source>Break long lines at the edge</source>
        <translation>Lange Zeilen am Rand umbrechen</translation>
    </message>
    <message>
        <source>Save…</source>
        <translation>Speichern …</translation>
    </message>
    <message>
        <source>Save all of this as a .diff file</source>
        <translation>Alles als .diff-Datei speichern</translation>
    </message>
    <message>
        <source>Reading the changes…</source>
        <translation>Änderungen werden gelesen …</translation>
    </message>
    <message>
        <source>Nothing changed.</source>
        <translation>Nichts hat sich geändert.</translation>
    </message>
    <message>
        <source>There is no diff in this text.</source>
        <translation>In diesem Text steht kein Diff.</translation>
    </message>
    <message>
        <source>Copy the path</source>
        <translation>Pfad kopieren</translation>
    </message>
    <message>
        <source>Copy the diff of this file</source>
        <translation>Diff dieser Datei kopieren</translation>
    </message>
    <message>
        <source>Unfold this file</source>
        <translation>Diese Datei aufklappen</translation>
    </message>
    <message>
        <source>Fold this file</source>
        <translation>Diese Datei zuklappen</translation>
    </message>
    <message>
        <source>Fold all files</source>
        <translation>Alle Dateien zuklappen</translation>
    </message>
    <message>
        <source>Unfold all files</source>
        <translation>Alle Dateien aufklappen</translation>
    </message>
    <message>
        <source>Copy what is selected</source>
        <translation>Auswahl kopieren</translation>
    </message>
    <message>
        <source>Save as .diff…</source>
        <translation>Als .diff speichern …</translation>
    </message>
    <message>
        <source>Searching…</source>
        <translation>Wird gesucht …</translation>
    </message>
    <message>
        <source>Nothing found</source>
        <translation>Nichts gefunden</translation>
    </message>
</context>
<context>
    <name>hub::gui::DiscordTab</name>
    <message>
        <source>How the connection to Discord is</source>
        <translation>Wie die Verbindung zu Discord steht</translation>
    </message>
    <message>
        <source>With a bot of your own, agents can be watched and steered from a phone. Make one at &lt;a href=&quot;https://discord.com/developers/applications&quot;&gt;discord.com/developers&lt;/a&gt;: New Application, Bot, Reset Token.</source>
        <translation>Mit einem eigenen Bot lassen sich Agenten vom Telefon aus beobachten und steuern. Er entsteht auf &lt;a href=&quot;https://discord.com/developers/applications&quot;&gt;discord.com/developers&lt;/a&gt;: New Application, Bot, Reset Token.</translation>
    </message>
    <message>
        <source>The bot</source>
        <translation>Der Bot</translation>
    </message>
    <message>
        <source>Discord: %1</source>
        <translation>Discord: %1</translation>
    </message>
    <message>
        <source>This hub was built without Discord.</source>
        <translation>Dieser Hub wurde ohne Discord gebaut.</translation>
    </message>
</context>
<context>
    <name>hub::gui::FindBar</name>
    <message>
        <source>Find in this text</source>
        <translation>In diesem Text suchen</translation>
    </message>
    <message>
        <source>Previous match (Shift+F3)</source>
        <translation>Voriger Treffer (Umschalt+F3)</translation>
    </message>
    <message>
        <source>Next match (F3)</source>
        <translation>Nächster Treffer (F3)</translation>
    </message>
    <message>
        <source>Close the search (Esc)</source>
        <translation>Suche schließen (Esc)</translation>
    </message>
</context>
<context>
    <name>hub::gui::HealthCards</name>
    <message>
        <source>Time that the charts show</source>
        <translation>Zeit, die die Diagramme zeigen</translation>
    </message>
    <message>
        <source>10 min</source>
        <translation>10 min</translation>
    </message>
    <message>
        <source>24 h</source>
        <translation>24 h</translation>
    </message>
    <message>
        <source>30 d</source>
        <translation>30 Tage</translation>
    </message>
</context>
<context>
    <name>hub::gui::HoldButton</name>
    <message>
        <source>Hold it pressed for a moment.</source>
        <translation>Einen Moment gedrückt halten.</translation>
    </message>
    <message>
        <source>Hold the space bar for a moment.</source>
        <translation>Die Leertaste einen Moment gedrückt halten.</translation>
    </message>
</context>
<context>
    <name>hub::gui::HubLink</name>
    <message>
        <source>The hub is being looked for.</source>
        <translation>Der Hub wird gesucht.</translation>
    </message>
</context>
<context>
    <name>hub::gui::ListPage</name>
    <message>
        <source>Details of the chosen row</source>
        <translation>Einzelheiten der gewählten Zeile</translation>
    </message>
    <message>
        <source>What is listed</source>
        <translation>Was aufgelistet wird</translation>
    </message>
    <message>
        <source>Alert</source>
        <translation>Hinweis</translation>
    </message>
    <message>
        <source>When</source>
        <translation>Wann</translation>
    </message>
    <message>
        <source>Level</source>
        <translation>Stufe</translation>
    </message>
    <message>
        <source>State</source>
        <translation>Zustand</translation>
    </message>
    <message>
        <source>Title</source>
        <translation>Titel</translation>
    </message>
    <message>
        <source>Task</source>
        <translation>Aufgabe</translation>
    </message>
    <message>
        <source>Agent</source>
        <translation>Agent</translation>
    </message>
    <message>
        <source>What happened</source>
        <translation>Was geschehen ist</translation>
    </message>
    <message>
        <source>Open</source>
        <translation>Offen</translation>
    </message>
    <message>
        <source>All</source>
        <translation>Alle</translation>
    </message>
    <message>
        <source>Open, errors and worse</source>
        <translation>Offen, ab Fehler</translation>
    </message>
    <message>
        <source>Resolve</source>
        <translation>Erledigt</translation>
    </message>
    <message>
        <source>I know</source>
        <translation>Gesehen</translation>
    </message>
    <message>
        <source>Snooze…</source>
        <translation>Später …</translation>
    </message>
    <message>
        <source>Resolve with a note…</source>
        <translation>Erledigt, mit Notiz …</translation>
    </message>
    <message>
        <source>No alert is open.</source>
        <translation>Kein Hinweis ist offen.</translation>
    </message>
    <message>
        <source>File or folder</source>
        <translation>Datei oder Ordner</translation>
    </message>
    <message>
        <source>Project</source>
        <translation>Projekt</translation>
    </message>
    <message>
        <source>Held by</source>
        <translation>Gehört</translation>
    </message>
    <message>
        <source>Since</source>
        <translation>Seit</translation>
    </message>
    <message>
        <source>Until</source>
        <translation>Bis</translation>
    </message>
    <message>
        <source>Release</source>
        <translation>Freigeben</translation>
    </message>
    <message>
        <source>Nobody holds a file.</source>
        <translation>Niemand hat eine Datei für sich.</translation>
    </message>
    <message>
        <source>Who</source>
        <translation>Wer</translation>
    </message>
    <message>
        <source>From</source>
        <translation>Über</translation>
    </message>
    <message>
        <source>Action</source>
        <translation>Vorgang</translation>
    </message>
    <message>
        <source>Outcome</source>
        <translation>Ergebnis</translation>
    </message>
    <message>
        <source>Details</source>
        <translation>Einzelheiten</translation>
    </message>
    <message>
        <source>Last 200</source>
        <translation>Letzte 200</translation>
    </message>
    <message>
        <source>Last 1,000</source>
        <translation>Letzte 1.000</translation>
    </message>
    <message>
        <source>Prove it</source>
        <translation>Nachprüfen</translation>
    </message>
    <message>
        <source>Export…</source>
        <translation>Weitergeben …</translation>
    </message>
    <message>
        <source>Nothing was recorded yet.</source>
        <translation>Noch steht nichts im Protokoll.</translation>
    </message>
    <message>
        <source>Folder</source>
        <translation>Ordner</translation>
    </message>
    <message>
        <source>Vault</source>
        <translation>Tresor</translation>
    </message>
    <message>
        <source>What holds it up</source>
        <translation>Was es aufhält</translation>
    </message>
    <message>
        <source>Show</source>
        <translation>Anzeigen</translation>
    </message>
    <message>
        <source>Set…</source>
        <translation>Einstellen …</translation>
    </message>
    <message>
        <source>Remove…</source>
        <translation>Entfernen …</translation>
    </message>
    <message>
        <source>Add a project…</source>
        <translation>Projekt aufnehmen …</translation>
    </message>
    <message>
        <source>No project is known yet: Add a project.</source>
        <translation>Noch ist kein Projekt bekannt: Projekt aufnehmen.</translation>
    </message>
    <message>
        <source>Operation</source>
        <translation>Vorgang</translation>
    </message>
    <message>
        <source>What moved</source>
        <translation>Was sich bewegt hat</translation>
    </message>
    <message>
        <source>Last 100</source>
        <translation>Letzte 100</translation>
    </message>
    <message>
        <source>The hub did nothing in a repository yet.</source>
        <translation>Noch hat der Hub in keinem Repository etwas getan.</translation>
    </message>
    <message>
        <source>Backup branch</source>
        <translation>Sicherungszweig</translation>
    </message>
    <message>
        <source>Made</source>
        <translation>Angelegt</translation>
    </message>
    <message>
        <source>What it holds</source>
        <translation>Was darin liegt</translation>
    </message>
    <message>
        <source>Going back would change</source>
        <translation>Zurückgehen würde ändern</translation>
    </message>
    <message>
        <source>Newest 200</source>
        <translation>Neueste 200</translation>
    </message>
    <message>
        <source>Roll back…</source>
        <translation>Zurückgehen …</translation>
    </message>
    <message>
        <source>There is no backup branch yet: one is made before an agent starts.</source>
        <translation>Noch gibt es keinen Sicherungszweig: Er entsteht, bevor ein Agent anfängt.</translation>
    </message>
    <message>
        <source>File</source>
        <translation>Datei</translation>
    </message>
    <message>
        <source>Changed by</source>
        <translation>Geändert von</translation>
    </message>
    <message>
        <source>Content</source>
        <translation>Inhalt</translation>
    </message>
    <message>
        <source>the same</source>
        <translation>gleich</translation>
    </message>
    <message>
        <source>differs</source>
        <translation>verschieden</translation>
    </message>
    <message>
        <source>No file was changed by two open tasks.</source>
        <translation>Keine Datei wurde von zwei offenen Aufgaben geändert.</translation>
    </message>
</context>
<context>
    <name>hub::gui::MainWindow</name>
    <message>
        <source>Pages</source>
        <translation>Seiten</translation>
    </message>
    <message>
        <source>Working…</source>
        <translation>Läuft …</translation>
    </message>
    <message>
        <source>Overview</source>
        <translation>Überblick</translation>
    </message>
    <message>
        <source>Tasks</source>
        <translation>Aufgaben</translation>
    </message>
    <message>
        <source>Time line</source>
        <translation>Zeitachse</translation>
    </message>
    <message>
        <source>Projects</source>
        <translation>Projekte</translation>
    </message>
    <message>
        <source>Backup branches</source>
        <translation>Sicherungszweige</translation>
    </message>
    <message>
        <source>Operation log</source>
        <translation>Vorgänge</translation>
    </message>
    <message>
        <source>Git</source>
        <translation>Git</translation>
    </message>
    <message>
        <source>Alerts</source>
        <translation>Hinweise</translation>
    </message>
    <message>
        <source>Claims</source>
        <translation>Reservierungen</translation>
    </message>
    <message>
        <source>Audit</source>
        <translation>Protokoll</translation>
    </message>
    <message>
        <source>Settings</source>
        <translation>Einstellungen</translation>
    </message>
    <message>
        <source>Ctrl+%1</source>
        <translation>Strg+%1</translation>
    </message>
    <message>
        <source>New task…</source>
        <translation>Neue Aufgabe …</translation>
    </message>
    <message>
        <source>Give an agent a task (Ctrl+N)</source>
        <translation>Einem Agenten eine Aufgabe geben (Strg+N)</translation>
    </message>
    <message>
        <source>Commands…</source>
        <translation>Befehle …</translation>
    </message>
    <message>
        <source>Every command, from the keyboard (Ctrl+K)</source>
        <translation>Alle Befehle, mit der Tastatur (Strg+K)</translation>
    </message>
    <message>
        <source>Safe mode</source>
        <translation>Sicherheitsmodus</translation>
    </message>
    <message>
        <source>Emergency stop</source>
        <translation>Notstopp</translation>
    </message>
    <message>
        <source>Freezes every agent at once. Hold it pressed for a moment.</source>
        <translation>Hält alle Agenten sofort an. Einen Moment gedrückt halten.</translation>
    </message>
    <message>
        <source>Try now</source>
        <translation>Jetzt versuchen</translation>
    </message>
    <message>
        <source>Start the hub</source>
        <translation>Hub starten</translation>
    </message>
    <message>
        <source>Connected</source>
        <translation>Verbunden</translation>
    </message>
    <message numerus="yes">
        <source>%n agent(s) running</source>
        <translation>
            <numerusform>%n Agent läuft</numerusform>
            <numerusform>%n Agenten laufen</numerusform>
        </translation>
    </message>
    <message>
        <source>Version %1, data in %2</source>
        <translation>Version %1, Daten in %2</translation>
    </message>
    <message>
        <source>No connection</source>
        <translation>Keine Verbindung</translation>
    </message>
    <message>
        <source>Looking for the hub…</source>
        <translation>Hub wird gesucht …</translation>
    </message>
    <message>
        <source>What you see is from %1. </source>
        <translation>Zu sehen ist der Stand von %1. </translation>
    </message>
    <message>
        <source>Nothing runs. Press to let work go on.</source>
        <translation>Nichts läuft. Drücken lässt die Arbeit weitergehen.</translation>
    </message>
    <message>
        <source>Freeze every agent and take no new work, until a person ends it</source>
        <translation>Alle Agenten anhalten, nichts Neues annehmen, bis ein Mensch es beendet</translation>
    </message>
    <message>
        <source>Safe mode is on: nothing runs</source>
        <translation>Sicherheitsmodus: nichts läuft</translation>
    </message>
    <message>
        <source>Who holds what</source>
        <translation>Wer was für sich hat</translation>
    </message>
    <message>
        <source>Where merges will meet</source>
        <translation>Wo sich Änderungen treffen</translation>
    </message>
</context>
<context>
    <name>hub::gui::NeedsYou</name>
    <message>
        <source>What needs you</source>
        <translation>Was zu tun ist</translation>
    </message>
    <message>
        <source>Command</source>
        <translation>Befehl</translation>
    </message>
    <message>
        <source>Folder</source>
        <translation>Ordner</translation>
    </message>
    <message>
        <source>Files</source>
        <translation>Dateien</translation>
    </message>
    <message>
        <source>Reason</source>
        <translation>Grund</translation>
    </message>
    <message>
        <source>%1 asks: %2</source>
        <translation>%1 fragt: %2</translation>
    </message>
    <message>
        <source>Allow</source>
        <translation>Erlauben</translation>
    </message>
    <message>
        <source>Allow for this task</source>
        <translation>Für diese Aufgabe erlauben</translation>
    </message>
    <message>
        <source>Deny…</source>
        <translation>Ablehnen …</translation>
    </message>
    <message>
        <source>Resolve</source>
        <translation>Erledigt</translation>
    </message>
    <message>
        <source>I know</source>
        <translation>Gesehen</translation>
    </message>
    <message>
        <source>Snooze…</source>
        <translation>Später …</translation>
    </message>
    <message>
        <source>%1 wants to be looked at</source>
        <translation>%1 ist zu prüfen</translation>
    </message>
    <message>
        <source>%1 was interrupted</source>
        <translation>%1 wurde unterbrochen</translation>
    </message>
    <message>
        <source>Finish…</source>
        <translation>Heimholen …</translation>
    </message>
    <message>
        <source>Say…</source>
        <translation>Sagen …</translation>
    </message>
    <message>
        <source>Resume</source>
        <translation>Weitermachen</translation>
    </message>
    <message>
        <source>Nothing needs you.</source>
        <translation>Nichts zu tun.</translation>
    </message>
    <message>
        <source>Open #%1</source>
        <translation>#%1 öffnen</translation>
    </message>
    <message>
        <source>%1 asks</source>
        <translation>%1 fragt</translation>
    </message>
    <message numerus="yes">
        <source>And %n more: see Tasks and Alerts.</source>
        <translation>
            <numerusform>Und noch %n: unter Aufgaben und Hinweise.</numerusform>
            <numerusform>Und noch %n: unter Aufgaben und Hinweise.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>hub::gui::OverviewPage</name>
    <message>
        <source>No agent is set up yet: Settings, Agents.</source>
        <translation>Noch ist kein Agent eingerichtet: Einstellungen, Agenten.</translation>
    </message>
    <message>
        <source>Agents</source>
        <translation>Agenten</translation>
    </message>
    <message>
        <source>Needs you</source>
        <translation>Zu tun</translation>
    </message>
    <message>
        <source>Build output and caches could give back %1: cleanup --caches</source>
        <translation>Gebautes und Zwischenspeicher könnten %1 freigeben: cleanup --caches</translation>
    </message>
    <message>
        <source>Nothing new starts until the machine is well again.</source>
        <translation>Nichts Neues beginnt, bis es dem Rechner wieder gut geht.</translation>
    </message>
    <message>
        <source>Pause</source>
        <translation>Anhalten</translation>
    </message>
    <message>
        <source>Resume</source>
        <translation>Weitermachen</translation>
    </message>
    <message>
        <source>Show</source>
        <translation>Anzeigen</translation>
    </message>
    <message>
        <source>Test</source>
        <translation>Testen</translation>
    </message>
    <message>
        <source>New task…</source>
        <translation>Neue Aufgabe …</translation>
    </message>
</context>
<context>
    <name>hub::gui::ReplyView</name>
    <message>
        <source>Save…</source>
        <translation>Speichern …</translation>
    </message>
    <message>
        <source>The rest is in the file.</source>
        <translation>Der Rest steht in der Datei.</translation>
    </message>
    <message>
        <source>Answer of the hub</source>
        <translation>Antwort des Hubs</translation>
    </message>
</context>
<context>
    <name>hub::gui::RowModel</name>
    <message>
        <source>Task</source>
        <translation>Aufgabe</translation>
    </message>
    <message>
        <source>State</source>
        <translation>Zustand</translation>
    </message>
    <message>
        <source>Title</source>
        <translation>Titel</translation>
    </message>
    <message>
        <source>Agent</source>
        <translation>Agent</translation>
    </message>
    <message>
        <source>Project</source>
        <translation>Projekt</translation>
    </message>
    <message>
        <source>Done</source>
        <translation>Fertig</translation>
    </message>
    <message>
        <source>Priority</source>
        <translation>Vorrang</translation>
    </message>
    <message>
        <source>Owner</source>
        <translation>Von</translation>
    </message>
    <message>
        <source>Changed</source>
        <translation>Geändert</translation>
    </message>
    <message>
        <source>Question</source>
        <translation>Rückfrage</translation>
    </message>
    <message>
        <source>Kind</source>
        <translation>Art</translation>
    </message>
    <message>
        <source>What is asked</source>
        <translation>Was gefragt wird</translation>
    </message>
    <message>
        <source>Asked</source>
        <translation>Gefragt</translation>
    </message>
    <message>
        <source>Alert</source>
        <translation>Hinweis</translation>
    </message>
    <message>
        <source>Level</source>
        <translation>Stufe</translation>
    </message>
    <message>
        <source>What happened</source>
        <translation>Was geschehen ist</translation>
    </message>
    <message>
        <source>When</source>
        <translation>Wann</translation>
    </message>
    <message>
        <source>Works on</source>
        <translation>Arbeitet an</translation>
    </message>
    <message>
        <source>What it does now</source>
        <translation>Was er gerade tut</translation>
    </message>
    <message>
        <source>Memory</source>
        <translation>Speicher</translation>
    </message>
    <message>
        <source>CPU</source>
        <translation>CPU</translation>
    </message>
    <message>
        <source>Adapter</source>
        <translation>Adapter</translation>
    </message>
    <message>
        <source>just now</source>
        <translation>gerade eben</translation>
    </message>
    <message>
        <source>%1 s ago</source>
        <translation>vor %1 s</translation>
    </message>
    <message>
        <source>%1 min ago</source>
        <translation>vor %1 min</translation>
    </message>
    <message>
        <source>d MMM HH:mm</source>
        <translation>d. MMM HH:mm</translation>
    </message>
</context>
<context>
    <name>hub::gui::RowTable</name>
    <message>
        <source>Search</source>
        <translation>Suchen</translation>
    </message>
    <message>
        <source>Search in the list</source>
        <translation>In der Liste suchen</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>Kopieren</translation>
    </message>
    <message>
        <source>Save the list as CSV…</source>
        <translation>Liste als CSV speichern …</translation>
    </message>
    <message>
        <source>Save the list as JSON…</source>
        <translation>Liste als JSON speichern …</translation>
    </message>
    <message>
        <source>Nothing matches the filter.</source>
        <translation>Nichts passt zum Filter.</translation>
    </message>
</context>
<context>
    <name>hub::gui::SettingField</name>
    <message>
        <source>on</source>
        <translation>an</translation>
    </message>
    <message>
        <source>off</source>
        <translation>aus</translation>
    </message>
    <message>
        <source>empty</source>
        <translation>leer</translation>
    </message>
    <message>
        <source>Default</source>
        <translation>Vorgabe</translation>
    </message>
    <message>
        <source>Back to the default: %1</source>
        <translation>Zurück zur Vorgabe: %1</translation>
    </message>
    <message>
        <source>%1: back to the default</source>
        <translation>%1: zurück zur Vorgabe</translation>
    </message>
    <message>
        <source>A change counts from the hub&apos;s next start on.</source>
        <translation>Eine Änderung gilt ab dem nächsten Start des Hubs.</translation>
    </message>
    <message>
        <source>The variable %1 of the hub&apos;s environment sets it, so it can&apos;t be changed here.</source>
        <translation>Die Umgebungsvariable %1 des Hubs legt es fest; hier lässt es sich nicht ändern.</translation>
    </message>
    <message>
        <source>The hub&apos;s command line sets it, so it can&apos;t be changed here.</source>
        <translation>Die Befehlszeile des Hubs legt es fest; hier lässt es sich nicht ändern.</translation>
    </message>
    <message>
        <source>From the settings file; the default is %1.</source>
        <translation>Aus der Einstellungsdatei; die Vorgabe ist %1.</translation>
    </message>
</context>
<context>
    <name>hub::gui::SettingsList</name>
    <message>
        <source>The hub</source>
        <translation>Der Hub</translation>
    </message>
    <message>
        <source>Log</source>
        <translation>Meldungen</translation>
    </message>
    <message>
        <source>The hub&apos;s own data</source>
        <translation>Daten von AgentHub</translation>
    </message>
    <message>
        <source>Checkpoints</source>
        <translation>Sicherungspunkte</translation>
    </message>
    <message>
        <source>Vaults, where checkpoints lie</source>
        <translation>Tresore, in denen Sicherungspunkte liegen</translation>
    </message>
    <message>
        <source>Agents at work</source>
        <translation>Agenten bei der Arbeit</translation>
    </message>
    <message>
        <source>Watching the machine</source>
        <translation>Den Rechner beobachten</translation>
    </message>
    <message>
        <source>Where alerts go</source>
        <translation>Wohin Hinweise gehen</translation>
    </message>
    <message>
        <source>Protected branches</source>
        <translation>Geschützte Zweige</translation>
    </message>
    <message>
        <source>Working trees</source>
        <translation>Arbeitsverzeichnisse</translation>
    </message>
    <message>
        <source>How long things stay</source>
        <translation>Wie lange etwas bleibt</translation>
    </message>
    <message>
        <source>Practised recoveries</source>
        <translation>Geübte Wiederherstellungen</translation>
    </message>
    <message>
        <source>Disks that run low</source>
        <translation>Platten, die voll werden</translation>
    </message>
    <message>
        <source>Discord</source>
        <translation>Discord</translation>
    </message>
    <message>
        <source>No setting has these words.</source>
        <translation>Keine Einstellung hat diese Wörter.</translation>
    </message>
    <message>
        <source>Search settings</source>
        <translation>Einstellungen durchsuchen</translation>
    </message>
    <message>
        <source>The settings file: %1</source>
        <translation>Die Einstellungsdatei: %1</translation>
    </message>
</context>
<context>
    <name>hub::gui::SettingsPage</name>
    <message>
        <source>Hub</source>
        <translation>Hub</translation>
    </message>
    <message>
        <source>Agents</source>
        <translation>Agenten</translation>
    </message>
    <message>
        <source>Discord</source>
        <translation>Discord</translation>
    </message>
    <message>
        <source>Window</source>
        <translation>Fenster</translation>
    </message>
    <message>
        <source>As the system says</source>
        <translation>Wie im System</translation>
    </message>
    <message>
        <source>Light</source>
        <translation>Hell</translation>
    </message>
    <message>
        <source>Dark</source>
        <translation>Dunkel</translation>
    </message>
    <message>
        <source>Stay in the &amp;tray when the window is closed</source>
        <translation>Im &amp;Infobereich bleiben, wenn das Fenster geschlossen wird</translation>
    </message>
    <message>
        <source>So that it can tell you when something needs you</source>
        <translation>Damit es sich melden kann, wenn etwas zu tun ist</translation>
    </message>
    <message>
        <source>English, as the system says</source>
        <extracomment>The language that this is translated to, by its own name.</extracomment>
        <translation>Deutsch, wie im System</translation>
    </message>
    <message>
        <source>&amp;First steps…</source>
        <translation>&amp;Erste Schritte …</translation>
    </message>
    <message>
        <source>A project, an agent and Discord, one after the other</source>
        <translation>Ein Projekt, ein Agent und Discord, eins nach dem anderen</translation>
    </message>
    <message>
        <source>&amp;Colours</source>
        <translation>&amp;Farben</translation>
    </message>
    <message>
        <source>Language</source>
        <translation>Sprache</translation>
    </message>
    <message>
        <source>Setting up</source>
        <translation>Einrichten</translation>
    </message>
</context>
<context>
    <name>hub::gui::TalkStyle</name>
    <message>
        <source>▾ Show less</source>
        <translation>▾ Weniger zeigen</translation>
    </message>
    <message>
        <source>▸ Show all</source>
        <translation>▸ Alles zeigen</translation>
    </message>
    <message>
        <source>▸ Show all (%1)</source>
        <translation>▸ Alles zeigen (%1)</translation>
    </message>
    <message>
        <source>Question</source>
        <translation>Rückfrage</translation>
    </message>
    <message>
        <source>Approval</source>
        <translation>Antwort</translation>
    </message>
    <message>
        <source>Summary</source>
        <translation>Zusammenfassung</translation>
    </message>
    <message>
        <source>Decision</source>
        <translation>Entscheidung</translation>
    </message>
    <message>
        <source>Error</source>
        <translation>Fehler</translation>
    </message>
    <message>
        <source>Rollback</source>
        <translation>Zurückgegangen</translation>
    </message>
    <message>
        <source>Task</source>
        <translation>Aufgabe</translation>
    </message>
    <message>
        <source>Step</source>
        <translation>Schritt</translation>
    </message>
    <message>
        <source>Person</source>
        <translation>Mensch</translation>
    </message>
    <message>
        <source>Agent</source>
        <translation>Agent</translation>
    </message>
    <message>
        <source>Tool</source>
        <translation>Werkzeug</translation>
    </message>
    <message>
        <source>AgentHub</source>
        <translation>AgentHub</translation>
    </message>
    <message>
        <source>rolled back</source>
        <translation>zurückgenommen</translation>
    </message>
    <message>
        <source>%1, %2: %3</source>
        <translation>%1, %2: %3</translation>
    </message>
</context>
<context>
    <name>hub::gui::TaskPage</name>
    <message>
        <source>&amp;Conversation</source>
        <translation>&amp;Gespräch</translation>
    </message>
    <message>
        <source>C&amp;hanges</source>
        <translation>Ä&amp;nderungen</translation>
    </message>
    <message>
        <source>&amp;Time line</source>
        <translation>&amp;Zeitachse</translation>
    </message>
    <message>
        <source>&amp;Details</source>
        <translation>&amp;Einzelheiten</translation>
    </message>
    <message>
        <source>Progress</source>
        <translation>Fortschritt</translation>
    </message>
    <message>
        <source>Pause</source>
        <translation>Anhalten</translation>
    </message>
    <message>
        <source>Freeze it at once; nothing is lost</source>
        <translation>Sofort anhalten; nichts geht verloren</translation>
    </message>
    <message>
        <source>Resume</source>
        <translation>Weitermachen</translation>
    </message>
    <message>
        <source>Go on where it stopped</source>
        <translation>Weitermachen, wo es angehalten wurde</translation>
    </message>
    <message>
        <source>Checkpoint</source>
        <translation>Sichern</translation>
    </message>
    <message>
        <source>Save a recovery point now</source>
        <translation>Jetzt einen Sicherungspunkt anlegen</translation>
    </message>
    <message>
        <source>Roll back…</source>
        <translation>Zurückgehen …</translation>
    </message>
    <message>
        <source>Choose what to go back to; you see first what it changes</source>
        <translation>Wählen, wohin zurück; zuerst wird gezeigt, was sich ändert</translation>
    </message>
    <message>
        <source>Finish…</source>
        <translation>Heimholen …</translation>
    </message>
    <message>
        <source>Bring the work home: conflicts are shown first</source>
        <translation>Die Arbeit heimholen; Konflikte werden zuerst gezeigt</translation>
    </message>
    <message>
        <source>More</source>
        <translation>Mehr</translation>
    </message>
    <message>
        <source>All else that can be done with this task</source>
        <translation>Was sonst mit dieser Aufgabe geht</translation>
    </message>
    <message>
        <source>Change it…</source>
        <translation>Ändern …</translation>
    </message>
    <message>
        <source>What can be gone back to</source>
        <translation>Wohin es zurückgehen kann</translation>
    </message>
    <message>
        <source>Undo the last rollback or finish…</source>
        <translation>Letztes Zurückgehen oder Heimholen rückgängig machen …</translation>
    </message>
    <message>
        <source>Back to the backup branch…</source>
        <translation>Zurück zum Sicherungszweig …</translation>
    </message>
    <message>
        <source>Cancel the task…</source>
        <translation>Aufgabe abbrechen …</translation>
    </message>
    <message>
        <source>by %1, changed %2</source>
        <translation>von %1, geändert %2</translation>
    </message>
</context>
<context>
    <name>hub::gui::TasksPage</name>
    <message>
        <source>Which tasks</source>
        <translation>Welche Aufgaben</translation>
    </message>
    <message>
        <source>Open</source>
        <translation>Offen</translation>
    </message>
    <message>
        <source>Need me</source>
        <translation>Braucht mich</translation>
    </message>
    <message>
        <source>Ended</source>
        <translation>Fertig</translation>
    </message>
    <message>
        <source>All</source>
        <translation>Alle</translation>
    </message>
    <message>
        <source>No task yet. Ctrl+N gives an agent one.</source>
        <translation>Noch keine Aufgabe. Strg+N vergibt eine.</translation>
    </message>
    <message>
        <source>Tasks</source>
        <translation>Aufgaben</translation>
    </message>
    <message>
        <source>Pause</source>
        <translation>Anhalten</translation>
    </message>
    <message>
        <source>Checkpoint</source>
        <translation>Sichern</translation>
    </message>
    <message>
        <source>Resume</source>
        <translation>Weitermachen</translation>
    </message>
    <message>
        <source>Finish…</source>
        <translation>Heimholen …</translation>
    </message>
    <message>
        <source>Cancel…</source>
        <translation>Abbrechen …</translation>
    </message>
</context>
<context>
    <name>hub::gui::TimelineLanes</name>
    <message>
        <source>Time line</source>
        <translation>Zeitachse</translation>
    </message>
    <message>
        <source>Time line: %1</source>
        <translation>Zeitachse: %1</translation>
    </message>
    <message>
        <source>Nothing has happened yet.</source>
        <translation>Noch ist nichts geschehen.</translation>
    </message>
    <message>
        <source>%1 marks close together</source>
        <translation>%1 Zeichen dicht beieinander</translation>
    </message>
    <message>
        <source>%1, for %2</source>
        <translation>%1, %2 lang</translation>
    </message>
    <message>
        <source>since %1</source>
        <translation>seit %1</translation>
    </message>
    <message>
        <source>and %1 more</source>
        <translation>und %1 weitere</translation>
    </message>
</context>
<context>
    <name>hub::gui::TimelineLegend</name>
    <message>
        <source>Legend</source>
        <translation>Legende</translation>
    </message>
</context>
<context>
    <name>hub::gui::TimelineSymbols</name>
    <message>
        <source>checkpoint by the timer</source>
        <translation>Sicherungspunkt nach der Uhr</translation>
    </message>
    <message>
        <source>checkpoint by hand</source>
        <translation>Sicherungspunkt von Hand</translation>
    </message>
    <message>
        <source>milestone</source>
        <translation>Meilenstein</translation>
    </message>
    <message>
        <source>checkpoint at an error</source>
        <translation>Sicherungspunkt bei einem Fehler</translation>
    </message>
    <message>
        <source>checkpoint before a rollback</source>
        <translation>Sicherungspunkt vor dem Zurückgehen</translation>
    </message>
    <message>
        <source>turn</source>
        <translation>Arbeitsschritt</translation>
    </message>
    <message>
        <source>pause</source>
        <translation>Pause</translation>
    </message>
    <message>
        <source>approval</source>
        <translation>Rückfrage</translation>
    </message>
    <message>
        <source>alert: warning</source>
        <translation>Hinweis: Warnung</translation>
    </message>
    <message>
        <source>alert: information</source>
        <translation>Hinweis: Information</translation>
    </message>
    <message>
        <source>alert: error</source>
        <translation>Hinweis: Fehler</translation>
    </message>
    <message>
        <source>alert: critical</source>
        <translation>Hinweis: kritisch</translation>
    </message>
    <message>
        <source>operation</source>
        <translation>Vorgang</translation>
    </message>
</context>
<context>
    <name>hub::gui::TimelineTab</name>
    <message>
        <source>Time that is shown</source>
        <translation>Gezeigte Zeit</translation>
    </message>
    <message>
        <source>Last hour</source>
        <translation>Letzte Stunde</translation>
    </message>
    <message>
        <source>Last 24 hours</source>
        <translation>Letzte 24 Stunden</translation>
    </message>
    <message>
        <source>Last 7 days</source>
        <translation>Letzte 7 Tage</translation>
    </message>
    <message>
        <source>Last 30 days</source>
        <translation>Letzte 30 Tage</translation>
    </message>
    <message>
        <source>Compare</source>
        <translation>Vergleichen</translation>
    </message>
    <message>
        <source>Roll back…</source>
        <translation>Zurückgehen …</translation>
    </message>
    <message>
        <source>What changed up to a checkpoint, or between two (Ctrl+click selects a second one)</source>
        <translation>Was sich bis zu einem Sicherungspunkt geändert hat, oder zwischen zweien (Strg+Klick wählt den zweiten)</translation>
    </message>
    <message>
        <source>The hub</source>
        <translation>Der Hub</translation>
    </message>
    <message>
        <source>Show what changed up to it</source>
        <translation>Zeigen, was sich bis dahin geändert hat</translation>
    </message>
    <message>
        <source>Show what changed since</source>
        <translation>Zeigen, was sich seitdem geändert hat</translation>
    </message>
    <message>
        <source>Roll back to %1…</source>
        <translation>Zu %1 zurückgehen …</translation>
    </message>
    <message>
        <source>Undo %1…</source>
        <translation>%1 rückgängig machen …</translation>
    </message>
    <message>
        <source>Resolve</source>
        <translation>Erledigt</translation>
    </message>
    <message>
        <source>Open task #%1</source>
        <translation>Aufgabe #%1 öffnen</translation>
    </message>
</context>
<context>
    <name>hub::gui::TokenBox</name>
    <message>
        <source>In your &amp;keychain, for hubs that this window starts</source>
        <translation>Im &amp;Schlüsselbund, für Hubs, die dieses Fenster startet</translation>
    </message>
    <message>
        <source>In a &amp;file that only your account can read, for every hub</source>
        <translation>In einer &amp;Datei, die nur dieses Konto lesen kann, für jeden Hub</translation>
    </message>
    <message>
        <source>&amp;Store</source>
        <translation>&amp;Aufbewahren</translation>
    </message>
    <message>
        <source>&amp;Check</source>
        <translation>&amp;Prüfen</translation>
    </message>
    <message>
        <source>&amp;Invite link</source>
        <translation>&amp;Einladungslink</translation>
    </message>
    <message>
        <source>&amp;Remove</source>
        <translation>Ent&amp;fernen</translation>
    </message>
    <message>
        <source>Bot token</source>
        <translation>Bot-Token</translation>
    </message>
    <message>
        <source>Paste the bot&apos;s token</source>
        <translation>Hier das Token des Bots einfügen</translation>
    </message>
    <message>
        <source>Asks Discord whether all is set up, and says what to click where it is not</source>
        <translation>Fragt Discord, ob alles eingerichtet ist, und sagt, was noch anzuklicken ist</translation>
    </message>
    <message>
        <source>The link that takes the bot into your server</source>
        <translation>Der Link, der den Bot in den eigenen Server holt</translation>
    </message>
    <message>
        <source>The token is removed. The hub has it until its next start.</source>
        <translation>Das Token ist entfernt. Der Hub hat es noch bis zu seinem nächsten Start.</translation>
    </message>
    <message>
        <source>This hub is on another machine (%1), and its token is given there: put it into the file discord-token of its data folder, with this line in a terminal, then restart it. A token that is written here is only tried.
%2</source>
        <translation>Dieser Hub ist auf einem anderen Rechner (%1) und bekommt sein Token dort: mit dieser Zeile im Terminal in die Datei discord-token seines Datenordners legen, dann neu starten. Ein Token, das hier steht, wird nur geprüft.
%2</translation>
    </message>
    <message>
        <source>A token is stored in your keychain. This window hands it to a hub that it starts; a service of the system can&apos;t read it there.</source>
        <translation>Im Schlüsselbund liegt ein Token. Dieses Fenster gibt es dem Hub, den es startet; ein Dienst des Systems kann es dort nicht lesen.</translation>
    </message>
    <message>
        <source>A token is stored in %1, which only your account can read.</source>
        <translation>In %1 liegt ein Token; nur dieses Konto kann es lesen.</translation>
    </message>
    <message>
        <source>No token is stored for this hub.</source>
        <translation>Für diesen Hub ist kein Token aufbewahrt.</translation>
    </message>
    <message>
        <source>%1 The token can be kept in the file.</source>
        <translation>%1 Das Token kann in der Datei liegen.</translation>
    </message>
    <message>
        <source>The token is stored. It counts from the hub&apos;s next start on.</source>
        <translation>Das Token ist aufbewahrt. Es gilt ab dem nächsten Start des Hubs.</translation>
    </message>
    <message>
        <source>Asking Discord…</source>
        <translation>Discord wird gefragt …</translation>
    </message>
    <message>
        <source>Asking for the link…</source>
        <translation>Nach dem Link wird gefragt …</translation>
    </message>
</context>
<context>
    <name>hub::gui::TokenStore</name>
    <message>
        <source>This session has no keychain that could be used%1.</source>
        <translation>Diese Sitzung hat keinen brauchbaren Schlüsselbund%1.</translation>
    </message>
    <message>
        <source>Keep the token in the file instead: only your account can read it.</source>
        <translation>Das Token stattdessen in der Datei aufbewahren: Nur dieses Konto kann sie lesen.</translation>
    </message>
    <message>
        <source>This program was built without a keychain.</source>
        <translation>Dieses Programm wurde ohne Schlüsselbund gebaut.</translation>
    </message>
</context>
<context>
    <name>hub::gui::TrayIcon</name>
    <message>
        <source>Open AgentHub</source>
        <translation>AgentHub öffnen</translation>
    </message>
    <message>
        <source>New task…</source>
        <translation>Neue Aufgabe …</translation>
    </message>
    <message>
        <source>Pause all agents</source>
        <translation>Alle Agenten anhalten</translation>
    </message>
    <message>
        <source>Let all agents go on</source>
        <translation>Alle Agenten weitermachen lassen</translation>
    </message>
    <message>
        <source>Safe mode</source>
        <translation>Sicherheitsmodus</translation>
    </message>
    <message>
        <source>Quit the window</source>
        <translation>Fenster beenden</translation>
    </message>
    <message>
        <source>#%1 asks</source>
        <translation>#%1 fragt</translation>
    </message>
    <message>
        <source>AgentHub: no connection</source>
        <translation>AgentHub: keine Verbindung</translation>
    </message>
    <message>
        <source>AgentHub: safe mode, nothing runs</source>
        <translation>AgentHub: Sicherheitsmodus, nichts läuft</translation>
    </message>
    <message numerus="yes">
        <source>AgentHub: %n thing(s) need you</source>
        <translation>
            <numerusform>AgentHub: %n Sache zu tun</numerusform>
            <numerusform>AgentHub: %n Sachen zu tun</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>AgentHub: %n agent(s) running</source>
        <translation>
            <numerusform>AgentHub: %n Agent läuft</numerusform>
            <numerusform>AgentHub: %n Agenten laufen</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>hub::gui::Wizard</name>
    <message>
        <source>&amp;Next &gt;</source>
        <translation>&amp;Weiter &gt;</translation>
    </message>
    <message>
        <source>&amp;Skip</source>
        <translation>&amp;Überspringen</translation>
    </message>
    <message>
        <source>Welcome to AgentHub</source>
        <translation>Willkommen bei AgentHub</translation>
    </message>
    <message>
        <source>AgentHub lets coding agents work on your projects and watches over them. Each task has a working tree of its own, and is saved again and again while its agent works. Nothing that an agent or you made is lost; everything can be undone, the undo too; and pause means pause.</source>
        <translation>AgentHub lässt Agenten an Projekten programmieren und passt auf sie auf. Jede Aufgabe hat ein eigenes Arbeitsverzeichnis und wird immer wieder gesichert, während ihr Agent arbeitet. Nichts, was ein Agent oder ein Mensch gemacht hat, geht verloren; alles lässt sich rückgängig machen, auch das Rückgängigmachen; und angehalten heißt angehalten.</translation>
    </message>
    <message>
        <source>Three short steps follow: a project, an agent, and Discord if you like. Each can be skipped, and you may close this at any time: what was done by then stays.</source>
        <translation>Es folgen drei kurze Schritte: ein Projekt, ein Agent und, wenn gewünscht, Discord. Jeder lässt sich überspringen, und das Fenster lässt sich jederzeit schließen: Was bis dahin getan ist, bleibt.</translation>
    </message>
    <message>
        <source>A project</source>
        <translation>Ein Projekt</translation>
    </message>
    <message>
        <source>A git repository that agents are to work on. Your own checkout is left alone.</source>
        <translation>Ein Git-Repository, an dem Agenten arbeiten sollen. Das eigene Arbeitsverzeichnis bleibt, wie es ist.</translation>
    </message>
    <message>
        <source>Folder of the project, or an address to clone from</source>
        <translation>Ordner des Projekts, oder eine Adresse zum Klonen</translation>
    </message>
    <message>
        <source>A folder, or an address to clone from</source>
        <translation>Ein Ordner, oder eine Adresse zum Klonen</translation>
    </message>
    <message>
        <source>&amp;Take it in</source>
        <translation>&amp;Aufnehmen</translation>
    </message>
    <message>
        <source>Taking it in…</source>
        <translation>Wird aufgenommen …</translation>
    </message>
    <message>
        <source>Its history is copied to where checkpoints lie. A large one takes a while.</source>
        <translation>Die Geschichte wird in den Tresor kopiert. Bei einer großen dauert das eine Weile.</translation>
    </message>
    <message>
        <source>There is no such folder yet.</source>
        <translation>Diesen Ordner gibt es noch nicht.</translation>
    </message>
    <message>
        <source>This is a file, not a folder.</source>
        <translation>Das ist eine Datei, kein Ordner.</translation>
    </message>
    <message>
        <source>An agent</source>
        <translation>Ein Agent</translation>
    </message>
    <message>
        <source>The program that does the work: one that was found on the hub&apos;s machine, or any command.</source>
        <translation>Das Programm, das die Arbeit tut: eins, das auf dem Rechner des Hubs gefunden wurde, oder irgendein Befehl.</translation>
    </message>
    <message>
        <source>Set up already: %1. Another one can be added, or this step skipped.</source>
        <translation>Schon eingerichtet: %1. Noch einer kann dazukommen; sonst überspringen.</translation>
    </message>
    <message>
        <source>&amp;Add and test</source>
        <translation>&amp;Hinzufügen und testen</translation>
    </message>
    <message>
        <source>Discord, if you like</source>
        <translation>Discord, wenn gewünscht</translation>
    </message>
    <message>
        <source>With a bot of your own, you watch and steer agents from a phone. It can be added later.</source>
        <translation>Mit einem eigenen Bot lassen sich Agenten vom Telefon aus beobachten und steuern. Das geht auch später.</translation>
    </message>
    <message>
        <source>Make a bot at &lt;a href=&quot;https://discord.com/developers/applications&quot;&gt;discord.com/developers&lt;/a&gt;: New Application, Bot, Reset Token. Your server&apos;s number and who may do what there is said in Settings, Discord.</source>
        <translation>Ein Bot entsteht auf &lt;a href=&quot;https://discord.com/developers/applications&quot;&gt;discord.com/developers&lt;/a&gt;: New Application, Bot, Reset Token. Die Nummer des Servers, und wer dort was darf, steht unter Einstellungen, Discord.</translation>
    </message>
    <message>
        <source>&amp;Store it</source>
        <translation>&amp;Aufbewahren</translation>
    </message>
    <message>
        <source>&amp;Give an agent its first task now</source>
        <translation>&amp;Jetzt einem Agenten seine erste Aufgabe geben</translation>
    </message>
    <message>
        <source>That is all</source>
        <translation>Das ist alles</translation>
    </message>
    <message>
        <source>“New task…” at the top of the window gives an agent something to do; Ctrl+K finds every command. The overview shows what each agent does and what needs you. All of this can be changed in Settings.</source>
        <translation>„Neue Aufgabe …“ oben im Fenster gibt einem Agenten etwas zu tun; Strg+K findet jeden Befehl. Der Überblick zeigt, was jeder Agent tut und was zu tun ist. Alles lässt sich in den Einstellungen ändern.</translation>
    </message>
    <message>
        <source>First steps</source>
        <translation>Erste Schritte</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Schließen</translation>
    </message>
    <message>
        <source>B&amp;rowse…</source>
        <translation>&amp;Durchsuchen …</translation>
    </message>
</context>
</TS>
