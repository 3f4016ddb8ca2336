# hub_library(area LINKS …): one static library per core folder, every source file in it but those under EXCLUDE.
#   With SMALL it is compiled for size: what decides and replies is much code that runs rarely, and each page of it that
#   ran once stays resident in the daemon.
# hub_program(name …): a program; hub_test(name LINKS …): one Qt Test program, run by CTest.

# Designated initialisers leave the other members to their defaults on purpose. GCC 12 takes the members of a
# std::variant for uninitialised where it moves one; the sanitizer build finds the real ones.
add_compile_options(-Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion -Wno-missing-field-initializers
                    -Wno-maybe-uninitialized)
# Debug information without the bulk: -g1 keeps back traces and halves build time and size.
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1 -DNDEBUG")
if(HUB_WERROR)
    add_compile_options(-Werror)
endif()
if(HUB_SANITIZE)
    # -O1: what is looked for is found as well, in half the time to build.
    add_compile_options(-O1 -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
    add_link_options(-fsanitize=address,undefined)
endif()
add_compile_definitions(
    QT_NO_CAST_FROM_ASCII QT_NO_CAST_TO_ASCII QT_NO_NARROWING_CONVERSIONS_IN_CONNECT QT_STRICT_ITERATORS
    QT_NO_KEYWORDS _FILE_OFFSET_BITS=64)
add_link_options(-Wl,--as-needed -Wl,--gc-sections)
add_compile_options(-ffunction-sections -fdata-sections)
find_program(HUB_MOLD mold)
if(HUB_MOLD)
    add_link_options(-fuse-ld=mold)
endif()
include_directories(${PROJECT_SOURCE_DIR})

# A lean precompiled header of what nearly every Qt file includes; one compilation for each way to optimise, reused by
# all core libraries.
if(NOT HUB_SANITIZE)
    set(small "$<$<CONFIG:RelWithDebInfo>:-Os>")
endif()
foreach(pch hub_pch hub_pch_small)
    add_library(${pch} STATIC ${PROJECT_SOURCE_DIR}/cmake/pch.cpp)
    target_link_libraries(${pch} PUBLIC Qt6::Core)
    target_precompile_headers(${pch} PRIVATE ${PROJECT_SOURCE_DIR}/cmake/pch.h)
    set_target_properties(${pch} PROPERTIES AUTOMOC OFF POSITION_INDEPENDENT_CODE ON)
endforeach()
target_compile_options(hub_pch_small PRIVATE ${small})

function(hub_use_pch target)
    target_precompile_headers(${target} REUSE_FROM hub_pch)
    set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON)
endfunction()

function(hub_make_small target)
    target_precompile_headers(${target} REUSE_FROM hub_pch_small)
    target_compile_options(${target} PRIVATE ${small})
    set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON)
endfunction()

function(hub_library area)
    cmake_parse_arguments(arg "NO_QT;SMALL" "" "LINKS;PRIVATE_LINKS;EXCLUDE" ${ARGN})
    file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${area}/*.cpp ${CMAKE_CURRENT_SOURCE_DIR}/${area}/*.h)
    list(TRANSFORM arg_EXCLUDE PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/${area}/ OUTPUT_VARIABLE excluded)
    list(REMOVE_ITEM sources ${excluded})
    string(REPLACE "/" "_" target ${area})
    add_library(hub_${target} STATIC ${sources})
    target_link_libraries(hub_${target} PUBLIC ${arg_LINKS} PRIVATE ${arg_PRIVATE_LINKS})
    if(arg_NO_QT)
        set_target_properties(hub_${target} PROPERTIES AUTOMOC OFF)
    else()
        target_link_libraries(hub_${target} PUBLIC Qt6::Core)
        if(arg_SMALL)
            hub_make_small(hub_${target})
        else()
            hub_use_pch(hub_${target})
        endif()
    endif()
endfunction()

function(hub_program name)
    cmake_parse_arguments(arg "NO_QT" "" "SOURCES;LINKS" ${ARGN})
    add_executable(${name} ${arg_SOURCES})
    target_link_libraries(${name} PRIVATE ${arg_LINKS})
    if(arg_NO_QT)
        set_target_properties(${name} PROPERTIES AUTOMOC OFF)
    else()
        hub_use_pch(${name})
    endif()
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
    install(TARGETS ${name} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endfunction()

# What runs a test as an account without rights: permissions and hard links behave otherwise for root.
set(HUB_AS_NOBODY ${PROJECT_SOURCE_DIR}/tests/support/as_nobody.sh ${PROJECT_SOURCE_DIR} ${CMAKE_BINARY_DIR}/bin)
add_custom_target(hub_unit_tests)

function(hub_test name)
    cmake_parse_arguments(arg "UNPRIVILEGED" "TIMEOUT" "SOURCES;LINKS;LABELS" ${ARGN})
    if(NOT arg_SOURCES)
        set(arg_SOURCES ${name}.cpp)
    endif()
    if(NOT arg_LABELS)
        set(arg_LABELS unit) # what the sanitizer build runs; say LABELS integration where processes are started
    endif()
    if(NOT arg_TIMEOUT)
        set(arg_TIMEOUT 120)
    endif()
    add_executable(${name} ${arg_SOURCES})
    target_link_libraries(${name} PRIVATE ${arg_LINKS} Qt6::Test)
    target_compile_definitions(${name} PRIVATE HUB_BIN_DIR="${CMAKE_BINARY_DIR}/bin" HUB_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
    hub_use_pch(${name})
    if(arg_UNPRIVILEGED)
        add_test(NAME ${name} COMMAND ${HUB_AS_NOBODY} $<TARGET_FILE:${name}>)
    else()
        add_test(NAME ${name} COMMAND ${name})
    endif()
    if("unit" IN_LIST arg_LABELS)
        add_dependencies(hub_unit_tests ${name})
    endif()
    set_tests_properties(${name} PROPERTIES TIMEOUT ${arg_TIMEOUT} LABELS "${arg_LABELS}")
endfunction()
