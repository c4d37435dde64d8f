#include "CBuildInfo.h"

const char *const lynx_commit = LYNX_COMMIT;
