#include "CAPIDescription.h"

static const unsigned char text[] = {
#embed "../../../Docs/openapi.json"
};

struct lynx_api_description lynx_api_description(void) {
  return (struct lynx_api_description){.bytes = text, .count = sizeof text};
}
