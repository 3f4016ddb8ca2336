#include "tests/core/git/gitcases.h"

namespace hub::git
{

using namespace Qt::StringLiterals;

namespace
{

// Two lines of history that disagree about a.txt.
const QString fork =
    u"git checkout -qb side; echo side > a.txt; git commit -qam side; git checkout -q -; echo here > a.txt; git commit -qam here\n"_s;
const QString nestedWithCommit =
    u"git init -q -b main nested; cd nested; git config user.name n; git config user.email n@n; echo n > n.txt; echo k > k; git add -A; git commit -qm n; cd ..\n"_s;
const QString submodule =
    u"rm -rf ../lib; git init -q -b main ../lib; git -C ../lib config user.name l; git -C ../lib config user.email l@l; echo l > ../lib/l.txt; mkdir ../lib/d; echo d > ../lib/d/d; git -C ../lib add -A; git -C ../lib commit -qm l; git -c protocol.file.allow=always submodule --quiet add ../lib lib; git -C lib config user.name l; git -C lib config user.email l@l; git commit -qm sub\n"_s;

// clang-format off
const QList<GitCase> contents{
    {u"a clean tree"_s, u""_s, {}},
    {u"a changed tracked file"_s, u"echo more >> a.txt"_s, {}},
    {u"untracked files and folders"_s, u"echo new > new.txt; mkdir n; echo n > n/n"_s, {}},
    {u"a deleted tracked file"_s, u"rm sub/b.txt"_s, {}},
    {u"symbolic links, dangling and leading outside"_s,
     u"ln -s nowhere dangling; ln -s /etc/passwd outside; ln -s sub tofolder; git add -A"_s,
     u"rm dangling outside tofolder; echo file > dangling; mkdir tofolder; echo x > tofolder/x; ln -s /tmp outside"_s},
    {u"a folder replaced by a link to another folder"_s, u""_s, u"mv sub elsewhere; ln -s elsewhere sub"_s},
    {u"a folder replaced by a link that leads outside"_s, u""_s,
     u"mkdir ../victim; mkdir ../victim/deep; echo precious > ../victim/b.txt; rm -r sub; ln -s ../victim sub"_s},
    {u"executable bits"_s,
     u"echo '#!/bin/sh' > run.sh; chmod +x run.sh; git add run.sh; git commit -qm run; chmod -x run.sh; chmod +x a.txt"_s,
     u"chmod +x run.sh; chmod -x a.txt"_s},
    {u"core.fileMode off"_s, u"git config core.fileMode false; chmod +x a.txt; chmod 600 sub/b.txt; echo s > new.sh; chmod 755 new.sh"_s,
     u"chmod -x a.txt new.sh; chmod 644 sub/b.txt"_s},
    {u"modes that git does not keep"_s,
     u"echo s > secret; chmod 600 secret; chmod 640 a.txt; chmod 700 sub; chmod 755 sub/deep; chmod 4755 sub/b.txt"_s,
     u"chmod 644 secret a.txt sub/b.txt; chmod 755 sub; chmod 711 sub/deep"_s},
    {u"a tree where most files have a group's mode"_s, u"chmod -R g+w ."_s, u"chmod -R g-w a.txt sub; echo x > sub/b.txt"_s},
    {u"read-only files and folders"_s, u"chmod 444 a.txt; chmod 444 sub/b.txt; chmod 555 sub"_s,
     u"chmod 755 sub; chmod 644 sub/b.txt; echo w > sub/b.txt; rm -f a.txt; echo new > sub/new; chmod 555 sub"_s},
    {u"empty folders"_s, u"mkdir -p empty/inner hollow; chmod 700 hollow"_s,
     u"rmdir empty/inner empty hollow; mkdir -p other/empty"_s},
    {u"a file that became a folder"_s, u""_s, u"rm a.txt; mkdir a.txt; echo x > a.txt/x; echo y > a.txt/y"_s},
    {u"a folder that became a file"_s, u""_s, u"rm -r sub; echo file > sub"_s},
    {u"a folder that became a file and back inside"_s, u""_s,
     u"rm -r sub/deep; echo file > sub/deep; rm sub/b.txt; mkdir sub/b.txt; echo x > sub/b.txt/x"_s},
    {u"a rename of letters"_s, u""_s, u"mv a.txt A.txt; mv sub Sub"_s},
    {u"names that differ in case only"_s, u"echo one > Readme; echo two > README; mkdir Dir dir; echo 1 > Dir/f; echo 2 > dir/f; git add -A"_s,
     u"mv README x; mv Readme README; mv x Readme; rm Dir/f"_s},
    {u"names with spaces, newlines and bytes that are no text"_s,
     u"touch -- 'with space' $'new\\nline' $'b\\xff\\xfeytes' '-dash' '%41' $'tab\\t'; echo v > $'b\\xff\\xfeytes'; mkdir $'d\\xff'; echo q > $'d\\xff/\\xfe'; git add -A"_s,
     u"rm -- 'with space' $'new\\nline' $'b\\xff\\xfeytes' '-dash' '%41'; rm -r $'d\\xff'; touch $'other\\xff'"_s},
    {u"everything deleted"_s, u"echo u > u.txt"_s, u"rm -rf * "_s},
    {u"a large untracked file under the limit"_s, u"head -c 40000000 /dev/urandom > noise"_s, u"echo x >> noise"_s},
};

const QList<GitCase> ignored{
    {u"small ignored files such as .env"_s,
     u"echo .env > .gitignore; echo SECRET=1 > .env; chmod 600 .env; echo S=2 > sub/.env.local; echo '.env*' >> .gitignore"_s,
     u"echo SECRET=2 > .env; rm sub/.env.local; echo x > a.txt"_s},
    {u"ignored build output stays"_s, u"echo build/ > .gitignore; mkdir build; echo o > build/o; git add -A; git commit -qm i"_s,
     u"echo new > build/o; echo more > build/p; rm -r sub"_s, {u"build"_s}},
    {u"a tracked file in an ignored folder"_s,
     u"echo build/ > .gitignore; mkdir build; echo k > build/keep; git add -f build/keep .gitignore; git commit -qm i; echo kk > build/keep; echo junk > build/junk"_s,
     u"echo other > build/keep; rm a.txt"_s, {u"build/junk"_s}},
    {u"an ignore rule written since, for a file that was held"_s, u"echo note > notes.log"_s,
     u"echo '*.log' > .gitignore; echo changed > notes.log"_s},
    {u"an ignore rule removed since leaves what was ignored"_s,
     u"echo '*.log' > .gitignore; echo l > x.log; git add .gitignore; git commit -qm i"_s, u"rm .gitignore; rm a.txt"_s, {u"x.log"_s}},
    {u"a 100 MB untracked file stays as it is"_s, u"truncate -s 100M big.bin"_s, u"rm a.txt; echo x >> big.bin"_s, {u"big.bin"_s}},
    {u"a file that grew over the limit stays as it is"_s, u""_s, u"truncate -s 100M a.txt; rm sub/b.txt"_s, {u"a.txt"_s}},
};

const QList<GitCase> index{
    {u"staged changes that differ from the files"_s, u"echo staged > a.txt; git add a.txt; echo later > a.txt"_s, {}},
    {u"a staged deletion with the file still there"_s, u"git rm -q --cached a.txt"_s, {}},
    {u"an intent-to-add entry"_s, u"echo new > new.txt; git add -N new.txt"_s, {}},
    {u"assume-valid and skip-worktree flags"_s,
     u"git update-index --assume-unchanged a.txt; git update-index --skip-worktree sub/b.txt"_s, {}},
    {u"a sparse file that is absent"_s, u"git update-index --skip-worktree sub/b.txt; rm sub/b.txt"_s, {}},
    {u"a sparse checkout of some folders"_s,
     u"mkdir docs src; echo d > docs/d; echo s > src/s; git add -A; git commit -qm more; git sparse-checkout set src; echo t > src/t"_s,
     u"git sparse-checkout disable; rm -r docs; echo x > src/s"_s},
    {u"pruned objects that the index needs"_s, u"echo staged > s.txt; git add s.txt; echo later > s.txt"_s,
     u"git rm -q --cached s.txt; rm s.txt; git reflog expire --expire=now --all; git gc -q --prune=now"_s},
    {u"a split index"_s, u"git update-index --split-index; echo s > s.txt; git add s.txt"_s, {}},
    {u"an index of version 4"_s, u"git update-index --index-version 4; echo s > s.txt; git add s.txt"_s, {}},
    {u"a worktree configuration of its own"_s, u"git config extensions.worktreeConfig true; git config --worktree user.name W; echo s > s.txt; git add s.txt"_s, {}},
};

const QList<GitCase> operations{
    {u"a merge with conflicts"_s, fork + u"git merge side >/dev/null || true"_s, {}},
    {u"a cherry-pick with conflicts"_s, fork + u"git cherry-pick side 2>/dev/null >/dev/null || true"_s,
     u"git cherry-pick --abort; echo x >> a.txt; rm -r sub"_s},
    {u"a revert with conflicts"_s,
     u"echo 1 > a.txt; git commit -qam one; echo 2 > a.txt; git commit -qam two; git revert HEAD~1 >/dev/null 2>&1 || true"_s,
     u"git revert --abort; echo x >> a.txt; rm -r sub"_s},
    {u"a rebase that stopped"_s, fork + u"git checkout -q side; git rebase - >/dev/null 2>&1 || true"_s,
     u"git rebase --abort; echo x >> a.txt; rm -r sub"_s},
    {u"a bisect under way"_s,
     u"echo 2 > a.txt; git commit -qam two; echo 3 > a.txt; git commit -qam three; git bisect start HEAD HEAD~2 >/dev/null"_s,
     u"git bisect reset >/dev/null 2>&1; echo x >> a.txt; rm -r sub"_s},
    {u"a detached HEAD"_s, u"git checkout -q --detach"_s, {}},
    {u"a commit made since on the agent's branch"_s, u"git checkout -qb agent/x/1"_s,
     u"echo x >> a.txt; git commit -qam agent; echo z > z; git add z; git commit -qm z"_s},
    {u"a switch to another branch since"_s, u"git checkout -qb agent/x/1"_s,
     u"git checkout -qb elsewhere; echo x >> a.txt; git commit -qam agent"_s},
    {u"a detach since"_s, u"git checkout -qb agent/x/1"_s, u"echo x >> a.txt; git commit -qam agent; git checkout -q --detach"_s},
    {u"no commit yet"_s, u"echo a > a.txt; mkdir sub; echo b > sub/b; git add a.txt; echo u > u.txt"_s,
     u"echo x >> a.txt; rm -r sub; git add -A; git commit -qm first"_s, {}, true, false},
    {u"an empty repository"_s, u""_s, u"echo x > x; git add x; git commit -qm x"_s, {}, true, false},
};

const QList<GitCase> conversions{
    {u"mixed line ends under autocrlf and attributes"_s,
     u"git config core.autocrlf true; printf 'a\\r\\nb\\nc\\r\\n' > mixed.txt; printf '* text=auto\\n*.bat eol=crlf\\n*.id ident\\n' > .gitattributes; printf 'x\\ny\\n' > t.bat; printf '$Id$\\n' > f.id; git add -A 2>/dev/null; git commit -qm m; printf 'a\\r\\nb\\nc\\r\\nd\\n' > mixed.txt"_s,
     u"printf 'a\\nb\\n' > mixed.txt; printf 'x\\n' > t.bat; rm f.id; git checkout -q -- f.id"_s},
    {u"a working-tree-encoding"_s,
     u"echo '*.u16 working-tree-encoding=UTF-16LE eol=lf' > .gitattributes; printf 'h\\0i\\0\\n\\0' > t.u16; git add -A; git commit -qm u; printf 'y\\0o\\0\\n\\0' > t.u16"_s,
     u"printf x > t.u16"_s},
    {u"a filter that changes content"_s,
     u"git config filter.up.clean 'tr a-z A-Z'; git config filter.up.smudge 'tr A-Z a-z'; echo '*.up filter=up' > .gitattributes; echo lower > f.up; git add -A; git commit -qm f; echo other > f.up"_s,
     u"echo x > f.up; rm .gitattributes"_s},
    {u"a filter whose program is missing"_s,
     u"git config filter.lfs.clean 'cat'; git config filter.lfs.smudge cat; echo '*.bin filter=lfs' > .gitattributes; echo big > f.bin; git add -A; git commit -qm f; git config filter.lfs.clean no-such-program; git config filter.lfs.smudge no-such-program"_s,
     u"rm f.bin; echo x > g.bin"_s},
    {u"pointers of git-lfs without its program"_s,
     u"echo '*.bin filter=lfs diff=lfs merge=lfs -text' > .gitattributes; printf 'version https://git-lfs.github.com/spec/v1\\noid sha256:4d7a\\nsize 12\\n' > f.bin; git add -A; git commit -qm f; echo real > f.bin"_s,
     u"rm f.bin; echo x > g.bin"_s},
};

const QList<GitCase> shapes{
    {u"a nested repository with a commit"_s, nestedWithCommit + u"echo dirty >> nested/n.txt; echo u > nested/u.txt"_s,
     u"echo x > nested/n.txt; rm nested/u.txt; echo a > a.txt"_s},
    {u"a nested repository that got a commit since"_s, nestedWithCommit,
     u"cd nested; echo x > n.txt; git commit -qam since; git checkout -qb other; cd .."_s},
    {u"a nested repository without a commit"_s, u"git init -q nested; echo n > nested/n.txt; mkdir nested/sub; echo s > nested/sub/s"_s,
     u"rm nested/n.txt; rm -r nested/sub; echo y > nested/y; echo a > a.txt"_s},
    {u"a nested repository with staged changes"_s, nestedWithCommit + u"echo st > nested/n.txt; git -C nested add n.txt; echo la > nested/n.txt"_s,
     u"git -C nested reset -q --hard"_s},
    {u"a clean submodule"_s, submodule, u"echo x > lib/l.txt; rm -r lib/d"_s},
    {u"a submodule with changes"_s, submodule + u"echo dirty >> lib/l.txt; echo u > lib/u"_s,
     u"echo gone > lib/l.txt; rm lib/u; echo a > a.txt"_s},
    {u"a submodule with a new commit"_s, submodule + u"cd lib; echo new > l.txt; git commit -qam new; cd .."_s,
     u"echo newer > lib/l.txt; git commit -qam bump"_s},
    {u"a submodule removed since"_s, submodule, u"git rm -qf lib; git commit -qm gone"_s},
    {u"a shallow clone"_s, u"echo 2 > a.txt; git commit -qam two; cd ..; git clone -q --depth 1 file://$PWD/repo thin; cd thin; git config user.name t; git config user.email t@t; echo x > x; git add x"_s,
     {}, {}, false, false, u"thin"_s},
    {u"a clone that borrows objects"_s, u"cd ..; git clone -q --shared repo lent; cd lent; git config user.name t; git config user.email t@t; echo x > x; git add x; git commit -qm x"_s,
     {}, {}, false, false, u"lent"_s},
    {u"50,000 files"_s,
     u"git config gc.auto 0; for d in $(seq 500); do mkdir d$d; for f in $(seq 100); do echo $d.$f > d$d/$f; done; done; git add -A; git commit -qm many; echo x > d7/7; rm d8/8"_s,
     u"rm -r d1 d22 d333; for d in $(seq 400 450); do echo wrecked > d$d/50; done; mkdir new; cp -r d2 new/; mv d3 d3-moved; git add -A; git commit -qm wrecked"_s,
     {}, false, false, u"repo"_s, true},
    {u"packed refs and a collected store"_s, u"git tag -a v1 -m v1; git branch b; git pack-refs --all; git gc -q"_s, {}},
};
// clang-format on

} // namespace

const QList<GitCase> &gitCases()
{
    static const QList<GitCase> all = contents + ignored + index + operations + conversions + shapes;
    return all;
}

const QList<GitDamage> &gitDamages()
{
    static const QList<GitDamage> all{
        {u"modified"_s,
         uR"(find . -name .git -prune -o -type f -size -1000k -exec sh -c 'for f; do chmod u+w "$f"; echo wrecked >> "$f"; done' sh {} +
             find . -name .git -prune -o -type l -exec ln -sfn wrecked {} \;
             echo made > made.txt; mkdir -p made/deep; echo x > made/deep/x; git add -A 2>/dev/null)"_s},
        {u"removed"_s, uR"(find . -mindepth 1 -type d -name .git -prune -o -type d -exec chmod u+rwx {} +
             find . -mindepth 1 -maxdepth 1 ! -name .git -exec rm -rf {} +)"_s},
        {u"replaced"_s, uR"(for f in * .[!.]*; do
                 [ "$f" = .git ] && continue
                 if [ -d "$f" ] && [ ! -L "$f" ]; then chmod -R u+rwx "$f"; rm -rf "$f"; echo file > "$f"
                 elif [ -e "$f" ] || [ -L "$f" ]; then rm -f "$f"; mkdir "$f"; echo inside > "$f/inside"; fi
             done
             git add -A 2>/dev/null; git commit -qm replaced --no-verify 2>/dev/null)"_s}};
    return all;
}

const QList<RefusedRepository> &refusedRepositories()
{
    static const QList<RefusedRepository> all{
        {u"the root folder"_s, u"printf / > path"_s, u"root folder"_s, u"an agent would work on the whole machine"_s},
        {u"the home folder"_s, u"printf \"$HOME\" > path"_s, u"home folder"_s,
         u"an agent would work on everything of yours"_s},
        {u"a folder below a repository in the home folder"_s,
         u"git init -q \"$HOME\"; mkdir -p \"$HOME/x\"; printf \"$HOME/x\" > path"_s, u"home folder"_s,
         u"its working tree is the home folder"_s},
        {u"no repository"_s, u"mkdir plain; printf $PWD/plain > path"_s, u"not in a git repository"_s,
         u"there is no history to branch from"_s},
        {u"a missing folder"_s, u"printf $PWD/none > path"_s, u"There is no folder"_s, u"nothing is there"_s},
        {u"a bare repository"_s, u"git init -q --bare bare; printf $PWD/bare > path"_s, u"bare repository"_s,
         u"it has no working tree"_s},
        {u"a repository of another account"_s, u"printf \"$HUB_FOREIGN_REPOSITORY\" > path"_s,
         u"belongs to another user"_s, u"git refuses to work in it; the hint is the command that allows it"_s},
        {u"SHA-256 names"_s, u"git init -q --object-format=sha256 long; printf $PWD/long > path"_s, u"sha256"_s,
         u"the library that reads objects knows SHA-1 only"_s},
        {u"a partial clone"_s,
         u"cd repo; echo a > a; git add a; git commit -qm a; git config uploadpack.allowFilter true; cd ..; git clone -q --filter=blob:none file://$PWD/repo part; printf $PWD/part > path"_s,
         u"partial clone"_s,
         u"a snapshot would lack what was never downloaded; the hint is the command that completes it"_s}};
    return all;
}

QString plainStart()
{
    return u"mkdir -p sub/deep; echo a > a.txt; echo b > sub/b.txt; echo c > sub/deep/c.txt; git add -A; git commit -qm one\n"_s;
}

} // namespace hub::git
