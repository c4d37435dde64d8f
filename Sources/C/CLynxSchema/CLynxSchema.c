#include "CLynxSchema.h"

// The migrations are files, so that they can be read and run as what they are.

static const unsigned char sqlite_0001_links_up[] = {
#embed "sqlite/0001_links.up.sql"
};

static const unsigned char sqlite_0002_link_versions_down[] = {
#embed "sqlite/0002_link_versions.down.sql"
};

static const unsigned char sqlite_0002_link_versions_up[] = {
#embed "sqlite/0002_link_versions.up.sql"
};

static const unsigned char sqlite_0003_search_down[] = {
#embed "sqlite/0003_search.down.sql"
};

static const unsigned char sqlite_0003_search_up[] = {
#embed "sqlite/0003_search.up.sql"
};

static const unsigned char sqlite_0004_service_down[] = {
#embed "sqlite/0004_service.down.sql"
};

static const unsigned char sqlite_0004_service_up[] = {
#embed "sqlite/0004_service.up.sql"
};

static const unsigned char postgres_0001_links_up[] = {
#embed "postgres/0001_links.up.sql"
};

static const unsigned char postgres_0002_link_versions_down[] = {
#embed "postgres/0002_link_versions.down.sql"
};

static const unsigned char postgres_0002_link_versions_up[] = {
#embed "postgres/0002_link_versions.up.sql"
};

static const unsigned char postgres_0003_search_down[] = {
#embed "postgres/0003_search.down.sql"
};

static const unsigned char postgres_0003_search_up[] = {
#embed "postgres/0003_search.up.sql"
};

static const unsigned char postgres_0004_service_down[] = {
#embed "postgres/0004_service.down.sql"
};

static const unsigned char postgres_0004_service_up[] = {
#embed "postgres/0004_service.up.sql"
};

static const struct lynx_schema_file sqlite_files[] = {
    {"0001_links.up.sql", sqlite_0001_links_up, sizeof sqlite_0001_links_up},
    {"0002_link_versions.down.sql", sqlite_0002_link_versions_down, sizeof sqlite_0002_link_versions_down},
    {"0002_link_versions.up.sql", sqlite_0002_link_versions_up, sizeof sqlite_0002_link_versions_up},
    {"0003_search.down.sql", sqlite_0003_search_down, sizeof sqlite_0003_search_down},
    {"0003_search.up.sql", sqlite_0003_search_up, sizeof sqlite_0003_search_up},
    {"0004_service.down.sql", sqlite_0004_service_down, sizeof sqlite_0004_service_down},
    {"0004_service.up.sql", sqlite_0004_service_up, sizeof sqlite_0004_service_up},
};

static const struct lynx_schema_file postgres_files[] = {
    {"0001_links.up.sql", postgres_0001_links_up, sizeof postgres_0001_links_up},
    {"0002_link_versions.down.sql", postgres_0002_link_versions_down, sizeof postgres_0002_link_versions_down},
    {"0002_link_versions.up.sql", postgres_0002_link_versions_up, sizeof postgres_0002_link_versions_up},
    {"0003_search.down.sql", postgres_0003_search_down, sizeof postgres_0003_search_down},
    {"0003_search.up.sql", postgres_0003_search_up, sizeof postgres_0003_search_up},
    {"0004_service.down.sql", postgres_0004_service_down, sizeof postgres_0004_service_down},
    {"0004_service.up.sql", postgres_0004_service_up, sizeof postgres_0004_service_up},
};

size_t lynx_schema_file_count(enum lynx_schema_engine engine) {
  return engine == LYNX_SCHEMA_SQLITE ? sizeof sqlite_files / sizeof *sqlite_files
                                      : sizeof postgres_files / sizeof *postgres_files;
}

struct lynx_schema_file lynx_schema_file_at(enum lynx_schema_engine engine, size_t index) {
  return engine == LYNX_SCHEMA_SQLITE ? sqlite_files[index] : postgres_files[index];
}
