#include "core/agents/approvalpolicy.h"

namespace hub::agents
{

Verdict verdictFor(Autonomy autonomy, QStringView kind)
{
    const bool harmless = kind == u"edit" || kind == u"read" || kind == u"build";
    const bool never = kind == u"publish" || kind == u"sudo" || kind == u"secret";
    switch (autonomy) {
    case Autonomy::Ask: return Verdict::Ask;
    case Autonomy::Normal: return harmless ? Verdict::Allow : Verdict::Ask;
    case Autonomy::Full: return never ? Verdict::Ask : Verdict::Allow;
    }
    return Verdict::Ask;
}

bool isDestructive(QStringView kind)
{
    return kind == u"delete" || kind == u"outside" || kind == u"other" || kind.isEmpty();
}

} // namespace hub::agents
