#pragma once
#include <stddef.h>

/// A file that every picture carries: UTF-8, without a closing zero, never freed.
struct lynx_asset {
  const unsigned char *_Nonnull bytes;
  size_t count;
};

// Functions, since Swift cannot see a C array whose length only the compiler of C knows.
struct lynx_asset lynx_flamegraph_js(void);
struct lynx_asset lynx_flamegraph_css(void);
