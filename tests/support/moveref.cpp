// Moves a ref with libgit2, which runs no hook: moveref REPOSITORY REF COMMIT
#include <cstdio>
#include <git2.h>

int main(int argc, char **argv)
{
    if (argc != 4) {
        std::fputs("usage: moveref REPOSITORY REF COMMIT\n", stderr);
        return 2;
    }
    git_libgit2_init();
    git_repository *repository = nullptr;
    git_reference *made = nullptr;
    git_oid id;
    const bool done = git_repository_open(&repository, argv[1]) == 0 && git_oid_fromstr(&id, argv[3]) == 0 &&
                      git_reference_create(&made, repository, argv[2], &id, 1, "by hand") == 0;
    if (!done)
        std::fprintf(stderr, "moveref: %s\n", git_error_last() ? git_error_last()->message : "no reason is known");
    git_reference_free(made);
    git_repository_free(repository);
    return done ? 0 : 1;
}
