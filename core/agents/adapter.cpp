#include "core/agents/adapter.h"

#include "core/agents/commandadapter.h"
#include "core/agents/jsonrpcadapter.h"

using namespace Qt::StringLiterals;

namespace hub::agents
{

Result<const Adapter *> adapterNamed(QStringView name)
{
    static const CommandAdapter command(u"command"_s);
    static const JsonRpcAdapter jsonRpc;
    static const Adapter *const adapters[]{&command, &jsonRpc};
    QStringList names;
    for (const Adapter *adapter : adapters) {
        if (adapter->name() == name)
            return adapter;
        names << adapter->name();
    }
    return fail(ErrorCode::Unsupported, u"There is no adapter '%1' (there are: %2)."_s.arg(name, names.join(u", "_s)));
}

Result<const Adapter *> adapterOfRun(QStringView name)
{
    static const CommandAdapter setup(u"setup"_s), check(u"check"_s), teardown(u"teardown"_s);
    for (const Adapter *adapter : {&setup, &check, &teardown}) {
        if (adapter->name() == name)
            return adapter;
    }
    return adapterNamed(name);
}

} // namespace hub::agents
