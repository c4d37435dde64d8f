#pragma once
#include <stddef.h>

/// One file of the Lynx schema: its name, and its text in UTF-8 without a closing zero. Never freed.
struct lynx_schema_file {
  const char *_Nonnull name;
  const unsigned char *_Nonnull bytes;
  size_t count;
};

enum lynx_schema_engine { LYNX_SCHEMA_SQLITE, LYNX_SCHEMA_POSTGRES };

/// How many files an engine has.
size_t lynx_schema_file_count(enum lynx_schema_engine engine);

/// The file at `index`, which is below the count.
struct lynx_schema_file lynx_schema_file_at(enum lynx_schema_engine engine, size_t index);
