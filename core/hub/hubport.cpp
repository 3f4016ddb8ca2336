// Carries HubPort's meta-object code.
#include "core/hub/hubport.h"

#include "moc_hubport.cpp"
