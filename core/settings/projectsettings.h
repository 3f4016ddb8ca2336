// Every setting of a project is declared once, here: `projects set` changes it, and it is stored with the project.
#pragma once

#include "core/base/result.h"
#include "core/settings/settingspec.h"

#include <QJsonObject>

namespace hub
{

// clang-format off
namespace projectsetting
{
using QL = QLatin1StringView;

inline constexpr QL treeModes[]{QL("worktree"), QL("in-place")};
inline constexpr QL ignoredModes[]{QL("remove"), QL("keep")};

inline constexpr SettingSpec bring{QL("bring"), SettingType::Text, QL(".env*"), 0, 0, {}, QL(), true,
    QL("Ignored files that a new working tree gets from your checkout, as .gitignore patterns with commas between; "
       "link:PATTERN links instead of copying, none brings nothing")};
inline constexpr SettingSpec setup{QL("setup"), SettingType::Text, QL(""), 0, 0, {}, QL(), true,
    QL("Shell command that makes a new working tree ready, before its agent starts; again when a lock file changed")};
inline constexpr SettingSpec check{QL("check"), SettingType::Text, QL(""), 0, 0, {}, QL(), true,
    QL("Shell command that says by its exit code whether the work is good")};
inline constexpr SettingSpec teardown{QL("teardown"), SettingType::Text, QL(""), 0, 0, {}, QL(), true,
    QL("Shell command that runs in a working tree before it is removed")};
inline constexpr SettingSpec setupMinutes{QL("setup_minutes"), SettingType::Number, QL("10"), 1, 1440, {}, QL(), true,
    QL("Time limit of setup and teardown; time in which they are frozen does not count")};
inline constexpr SettingSpec checkMinutes{QL("check_minutes"), SettingType::Number, QL("30"), 1, 1440, {}, QL(), true,
    QL("Time limit of check")};
inline constexpr SettingSpec mode{QL("mode"), SettingType::Choice, QL("worktree"), 0, 0, treeModes, QL(), true,
    QL("Where a task works that is given without --mode")};
inline constexpr SettingSpec base{QL("base"), SettingType::Text, QL(""), 0, 0, {}, QL(), true,
    QL("Branch or commit that a task starts from without --base; empty: the branch you are on")};
inline constexpr SettingSpec ignored{QL("ignored"), SettingType::Choice, QL("remove"), 0, 0, ignoredModes, QL(), true,
    QL("What becomes of a working tree that is due to go and has ignored files that no checkpoint holds: "
       "removed with them, or kept")};
inline constexpr SettingSpec caches{QL("caches"), SettingType::Text, QL(""), 0, 0, {}, QL(), true,
    QL("Ignored files and folders that can be made again, as .gitignore patterns with commas between, beside what is known "
       "as build output: cleanup --caches removes them")};
inline constexpr SettingSpec operators{QL("operators"), SettingType::Text, QL(""), 0, 0, {}, QL(), true,
    QL("Numbers of Discord roles and people, with commas: of all operators only these may steer here; empty: all")};
inline constexpr SettingSpec viewers{QL("viewers"), SettingType::Text, QL(""), 0, 0, {}, QL(), true,
    QL("Numbers of Discord roles and people, with commas: only these, the operators here and admins see this project; "
       "empty: all")};
} // namespace projectsetting

inline constexpr const SettingSpec *allProjectSettings[]{
    &projectsetting::bring, &projectsetting::setup, &projectsetting::check, &projectsetting::teardown,
    &projectsetting::setupMinutes, &projectsetting::checkMinutes, &projectsetting::mode, &projectsetting::base,
    &projectsetting::ignored, &projectsetting::caches, &projectsetting::operators, &projectsetting::viewers};
// clang-format on

// The settings of one project. A value.
class ProjectSettings
{
public:
    explicit ProjectSettings(QJsonObject options)
        : m_options(std::move(options))
    {
    }

    QString text(const SettingSpec &spec) const;
    qint64 number(const SettingSpec &spec) const { return text(spec).toLongLong(); }
    QStringList numbers(const SettingSpec &spec) const; // of a list with commas
    bool isSet(const SettingSpec &spec) const { return m_options.contains(spec.key); }

    // The options with this value; an empty one means the default. InvalidInput says what is expected.
    Result<QJsonObject> with(const SettingSpec &spec, const QString &value) const;

    // NotFound with all the names.
    static Result<const SettingSpec *> find(QStringView key);

private:
    QJsonObject m_options;
};

} // namespace hub
