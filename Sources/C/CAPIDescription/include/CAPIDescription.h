#pragma once
#include <stddef.h>

/// Docs/openapi.json: UTF-8, without a closing zero, never freed.
struct lynx_api_description {
  const unsigned char *_Nonnull bytes;
  size_t count;
};

// A function, since Swift cannot see a C array whose length only the compiler of C knows.
struct lynx_api_description lynx_api_description(void);
