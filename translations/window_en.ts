<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en" sourcelanguage="en">
<context>
    <name>hub::gui::ConversationView</name>
    <message numerus="yes">
        <source>%n new message(s) ↓</source>
        <translation>
            <numerusform>%n new message ↓</numerusform>
            <numerusform>%n new messages ↓</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>hub::gui::DiffFileList</name>
    <message numerus="yes">
        <source>%n file(s), +%1 −%2</source>
        <translation>
            <numerusform>%n file, +%1 −%2</numerusform>
            <numerusform>%n files, +%1 −%2</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>hub::gui::MainWindow</name>
    <message numerus="yes">
        <source>%n agent(s) running</source>
        <translation>
            <numerusform>%n agent running</numerusform>
            <numerusform>%n agents running</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>hub::gui::NeedsYou</name>
    <message numerus="yes">
        <source>And %n more: see Tasks and Alerts.</source>
        <translation>
            <numerusform>And %n more: see Tasks and Alerts.</numerusform>
            <numerusform>And %n more: see Tasks and Alerts.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>hub::gui::TrayIcon</name>
    <message numerus="yes">
        <source>AgentHub: %n thing(s) need you</source>
        <translation>
            <numerusform>AgentHub: %n thing needs you</numerusform>
            <numerusform>AgentHub: %n things need you</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>AgentHub: %n agent(s) running</source>
        <translation>
            <numerusform>AgentHub: %n agent running</numerusform>
            <numerusform>AgentHub: %n agents running</numerusform>
        </translation>
    </message>
</context>
</TS>
