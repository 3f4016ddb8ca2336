// Carries the precompiled header; see HubTargets.cmake.
