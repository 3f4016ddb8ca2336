// The pages that are lists, each declared as data.
#pragma once

#include "gui/window/listpage.h"

namespace hub::gui
{

ListPage::Spec alertsPage();
ListPage::Spec claimsPage();
ListPage::Spec conflictsPage();
ListPage::Spec auditPage();
ListPage::Spec projectsPage();
ListPage::Spec gitLogPage();
ListPage::Spec backupBranchesPage();

} // namespace hub::gui
