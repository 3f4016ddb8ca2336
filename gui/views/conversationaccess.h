// What assistive technology sees of the conversation view: a list whose value is the current message, and whose
// description is what came last.
#pragma once

namespace hub::gui
{

// Once per program is enough; more does no harm.
void installConversationAccess();

} // namespace hub::gui
