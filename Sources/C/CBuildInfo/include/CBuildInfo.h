#pragma once
/// The commit the executable was built from, "-modified" behind it if the tree had other changes;
/// "unknown" when built outside a git checkout.
extern const char *_Nonnull const lynx_commit;
