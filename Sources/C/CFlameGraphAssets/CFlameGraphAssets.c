#include "CFlameGraphAssets.h"

const unsigned char lynx_flamegraph_js[] = {
#embed "flamegraph.js"
};
const size_t lynx_flamegraph_js_count = sizeof lynx_flamegraph_js;

const unsigned char lynx_flamegraph_css[] = {
#embed "flamegraph.css"
};
const size_t lynx_flamegraph_css_count = sizeof lynx_flamegraph_css;
