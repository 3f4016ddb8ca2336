// What assistive technology sees of the views that draw their own text. The conversation is a list whose value is the
// current message and whose description is what came last; a diff's value is the change that one went to.
#pragma once

namespace hub::gui
{

// Once per program is enough; more does no harm.
void installViewAccess();

} // namespace hub::gui
