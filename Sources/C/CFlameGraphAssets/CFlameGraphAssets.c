#include "CFlameGraphAssets.h"

static const unsigned char js[] = {
#embed "flamegraph.js"
};

static const unsigned char css[] = {
#embed "flamegraph.css"
};

struct lynx_asset lynx_flamegraph_js(void) {
  return (struct lynx_asset){.bytes = js, .count = sizeof js};
}

struct lynx_asset lynx_flamegraph_css(void) {
  return (struct lynx_asset){.bytes = css, .count = sizeof css};
}
