#pragma once
#include <stddef.h>
/// The script and the style sheet that every picture carries, UTF-8, without a closing zero.
extern const unsigned char lynx_flamegraph_js[];
extern const size_t lynx_flamegraph_js_count;
extern const unsigned char lynx_flamegraph_css[];
extern const size_t lynx_flamegraph_css_count;
