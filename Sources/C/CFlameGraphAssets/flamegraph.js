"use strict";
(() => {
  const SVG = "http://www.w3.org/2000/svg", HTML = "http://www.w3.org/1999/xhtml";
  const ROW = 17, BAR = 16, MARGIN = 10;
  const svg = document.currentScript.ownerSVGElement;
  const stage = svg.querySelector(".frames");
  const data = JSON.parse(svg.querySelector("metadata").textContent);
  const isEmpty = stage.querySelector(".empty") !== null;
  const isDocument = svg === document.documentElement;
  const symbols = data.symbols;
  // Of two profiles: own and value of a tree are the new one's, ownCount and count the base's.
  const difference = data.difference;
  const usualWidth = Number(svg.getAttribute("width"));

  // -- The tree: columns of numbers in preorder, frame 0 is the root.

  function column(frames, Kind) { return new Kind(frames); }

  function grow(depth, bits, own, ownCount) {
    const n = depth.length;
    const tree = {
      n, depth, bits, own, ownCount, parent: column(n, Int32Array), last: column(n, Int32Array),
      start: column(n, Float64Array), value: Float64Array.from(own),
      count: Float64Array.from(ownCount), boxes: new Array(n),
    };
    const open = [];
    for (let i = 0; i < n; i++) {
      while (open.length > depth[i]) tree.last[open.pop()] = i;
      tree.parent[i] = open.length ? open[open.length - 1] : 0;
      open.push(i);
    }
    while (open.length) tree.last[open.pop()] = n;
    for (let i = n - 1; i > 0; i--) {
      tree.value[tree.parent[i]] += tree.value[i];
      tree.count[tree.parent[i]] += tree.count[i];
    }
    const widths = difference ? weigh(tree) : own;
    let offset = 0;
    for (let i = 0; i < n; i++) {
      tree.start[i] = offset;
      offset += widths[i];
    }
    return tree;
  }

  // A frame is as wide as in the profile that is drawn; one that only the other has, as there.
  function weigh(tree) {
    const { scale, unit, drawsBase } = difference;
    const widths = column(tree.n, Float64Array);
    tree.fresh = tree.value;
    tree.isAbsent = Uint8Array.from(drawsBase ? tree.count : tree.fresh, (sum) => sum > 0 ? 0 : 1);
    for (let i = 0; i < tree.n; i++) {
      const isNew = drawsBase === Boolean(tree.isAbsent[i]);
      widths[i] = Math.round(isNew ? (drawsBase ? tree.own[i] / scale * unit : tree.own[i] * unit)
        : drawsBase ? tree.ownCount[i] * unit : tree.ownCount[i] * scale * unit);
    }
    tree.value = Float64Array.from(widths);
    for (let i = tree.n - 1; i > 0; i--) tree.value[tree.parent[i]] += tree.value[i];
    return widths;
  }

  function plant() {
    const n = data.tree.length / 3;
    const depth = column(n, Int32Array), bits = column(n, Uint32Array);
    const own = column(n, Float64Array), ownCount = column(n, Float64Array);
    for (let i = 0; i < n; i++) {
      depth[i] = data.tree[3 * i];
      bits[i] = data.tree[3 * i + 1];
      const share = data.tree[3 * i + 2];
      own[i] = share * data.unit;
      ownCount[i] = (data.counts ? data.counts[i] : share) * data.countUnit;
    }
    return grow(depth, bits, own, ownCount);
  }

  // Every frame with a value of its own ends a stack; read towards the root it is the reversed
  // one. Symbols are numbered in the order of their names.
  function reverse(tree) {
    const stacks = [];
    for (let i = 0; i < tree.n; i++) {
      if (!(tree.own[i] > 0 || (difference && tree.ownCount[i] > 0))) continue;
      const path = [];
      for (let at = i; at > 0; at = tree.parent[at]) path.push(tree.bits[at]);
      stacks.push({ path, own: tree.own[i], count: tree.ownCount[i] });
    }
    stacks.sort(({ path: a }, { path: b }) => {
      for (let k = 0; k < a.length && k < b.length; k++) {
        if (a[k] >>> 1 !== b[k] >>> 1) return (a[k] >>> 1) - (b[k] >>> 1);
      }
      return a.length - b.length;
    });
    const depth = [0], bits = [tree.bits[0]], own = [0], ownCount = [0], open = [0];
    let before = [];
    for (const { path, own: value, count } of stacks) {
      let shared = 0;
      while (shared < path.length && shared < before.length
        && path[shared] >>> 1 === before[shared] >>> 1) shared++;
      open.length = shared + 1;
      for (let k = 0; k < path.length; k++) {
        if (k < shared) {
          bits[open[k + 1]] &= path[k] | ~1;
        } else {
          open.push(depth.push(k + 1) - 1);
          bits.push(path[k]);
          own.push(0);
          ownCount.push(0);
        }
      }
      own[open[path.length]] += value;
      ownCount[open[path.length]] += count;
      before = path;
    }
    return grow(Int32Array.from(depth), Uint32Array.from(bits), own, ownCount);
  }

  const trees = { [data.reversed]: plant() };
  const usual = { zoom: 0, search: data.search, matchCase: false, icicle: data.icicle,
    reversed: data.reversed };
  let state = { ...usual };
  const theTree = () => (trees[state.reversed] ??= reverse(trees[!state.reversed]));
  const symbolOf = (tree, i) => symbols[tree.bits[i] >>> 1];
  const toneOf = (tree, i) => difference.tones[tree === trees[data.reversed] ? 0 : 1][i];
  const classOf = (tree, i) => difference && i > 0
    ? difference.classes[toneOf(tree, i)] + (tree.isAbsent[i] ? " v" : "") : symbolOf(tree, i)[1];

  // -- Words

  const grouped = (number) => number.toLocaleString("en-US", { maximumFractionDigits: 0 });

  function time(nanoseconds) {
    for (const [scale, unit] of [[1e9, "s"], [1e6, "ms"], [1e3, "µs"]]) {
      if (nanoseconds < scale) continue;
      const digits = nanoseconds < 10 * scale ? 2 : nanoseconds < 100 * scale ? 1 : 0;
      const cut = Math.floor(nanoseconds / (scale / 10 ** digits)) / 10 ** digits;
      return `${cut.toLocaleString("en-US", { minimumFractionDigits: digits })} ${unit}`;
    }
    return `${nanoseconds} ns`;
  }

  function percentOf(total, value) {
    const hundredths = total > 0 ? Math.round((10000 * value) / total) : 0;
    return `${(hundredths / 100).toFixed(2)}%`;
  }

  const percent = (tree, value) => percentOf(tree.value[0], value);

  function change(fresh, base) {
    const share = 100 * (fresh - difference.scale * base) / difference.newTotal;
    const hundredths = Math.floor(Math.abs(share) * 100 + 0.5);
    return `${share < 0 && hundredths > 0 ? "-" : "+"}${(hundredths / 100).toFixed(2)}%`;
  }

  function amount(tree, i) {
    if (difference) {
      const fresh = tree.fresh[i], base = tree.count[i];
      return `(new ${grouped(fresh)} samples, ${percentOf(difference.newTotal, fresh)}; `
        + `base ${grouped(base)} samples, ${percentOf(difference.baseTotal, base)}; `
        + `${change(fresh, base)})`;
    }
    const told = data.noun === null ? time(tree.value[i])
      : `${grouped(tree.count[i])} ${data.noun}`;
    return `(${told}, ${percent(tree, tree.value[i])})`;
  }

  function lines(tree, i) {
    const found = symbolOf(tree, i)[2]?.split("\n") ?? [];
    if (difference && i > 0) {
      const itself = tree === trees[true] ? "" : `itself: new ${grouped(tree.own[i])}, `
        + `base ${grouped(tree.ownCount[i])}; ${change(tree.own[i], tree.ownCount[i])}, `;
      found.push(`${itself}${toneOf(tree, i) === "0" ? "within" : "beyond"} noise`);
    }
    if (data.tellsTime) found.push(`${data.type}: ${time(tree.value[i])}`);
    return found;
  }

  // -- Labels: each character is measured once.

  const pen = document.createElementNS(HTML, "canvas").getContext("2d");
  pen.font = getComputedStyle(stage).font || "12px monospace";
  const widths = new Map();

  function widthOf(character) {
    let width = widths.get(character);
    if (width === undefined) widths.set(character, width = pen.measureText(character).width);
    return width;
  }

  function label(name, room) {
    if (room < 2 * widthOf("m")) return "";
    const least = room - widthOf("…");
    let used = 0, index = 0, cut = 0;
    for (const character of name) {
      used += widthOf(character);
      index += character.length;
      if (used <= least) cut = index;
      if (used > room) return cut > 1 ? `${name.slice(0, cut)}…` : "";
    }
    return name;
  }

  // -- Frames: one group for each that was ever drawn; only what is shown is in the document.

  const ring = element("rect", { class: "ring", rx: 3, visibility: "hidden" });
  const indexOf = new WeakMap();
  let shown = [], shownTree = null, rows = 0, focused = 0;
  let matching = null;

  function element(name, attributes) {
    const made = document.createElementNS(SVG, name);
    for (const key in attributes) made.setAttribute(key, attributes[key]);
    return made;
  }

  // Values are remembered, since setting even the same one makes the browser lay out again.
  function adopt(tree, i, group) {
    const rect = group.querySelector("rect"), text = group.querySelector("text");
    const box = { group, rect, text, set: {}, isTold: false };
    for (const key of ["x", "y", "width"]) {
      if (rect.hasAttribute(key)) box.set[key] = Number(rect.getAttribute(key));
    }
    box.set.class = rect.getAttribute("class");
    if (text) {
      box.label = text.textContent;
      box.textX = Number(text.getAttribute("x"));
      box.textY = Number(text.getAttribute("y"));
    }
    indexOf.set(group, i);
    return (tree.boxes[i] = box);
  }

  function boxOf(tree, i) {
    if (tree.boxes[i]) return tree.boxes[i];
    const group = element("g", {});
    group.append(element("rect", { height: BAR }));
    return adopt(tree, i, group);
  }

  function set(box, key, value) {
    if (box.set[key] === value) return;
    box.set[key] = value;
    box.rect.setAttribute(key, value);
  }

  function visible(tree) {
    const found = [];
    for (let at = state.zoom; at > 0;) found.push(at = tree.parent[at]);
    found.reverse();
    const least = data.share * tree.value[state.zoom];
    for (let i = state.zoom; i < tree.last[state.zoom];) {
      if (tree.value[i] <= 0 || tree.value[i] < least) i = tree.last[i];
      else found.push(i++);
    }
    return found;
  }

  function width() {
    const whole = data.fluid ? svg.getBoundingClientRect().width : usualWidth;
    return Math.max(100, whole - 2 * MARGIN);
  }

  const round = (pixels) => Math.round(pixels * 1000) / 1000;

  function draw() {
    if (isEmpty) return place();
    const tree = theTree();
    const list = visible(tree);
    // What the file draws is what is shown at first: take its elements over.
    if (tree === trees[data.reversed] && !shownTree) {
      const whole = state.zoom ? visibleAtFirst(tree) : list;
      if (stage.childElementCount === whole.length) {
        whole.forEach((i, k) => adopt(tree, i, stage.children[k]));
        shown = whole;
        shownTree = tree;
      }
    }
    rows = 0;
    for (const i of list) if (tree.depth[i] >= rows) rows = tree.depth[i] + 1;
    rows = Math.max(rows, Math.min(tallest(tree), 400));
    const room = width();
    const scale = room / tree.value[state.zoom];
    const from = tree.start[state.zoom];
    const paler = data.legend.length > 0 && data.inlined;
    for (const i of list) {
      const box = boxOf(tree, i);
      const isAbove = tree.depth[i] < tree.depth[state.zoom];
      const x = isAbove ? 0 : round((tree.start[i] - from) * scale);
      const w = isAbove ? room : round(tree.value[i] * scale);
      const y = (state.icicle ? tree.depth[i] : rows - 1 - tree.depth[i]) * ROW;
      set(box, "x", x);
      set(box, "y", y);
      set(box, "width", w);
      set(box, "class", classOf(tree, i)
        + (paler && tree.bits[i] & 1 ? " i" : "") + (w >= 3 ? " w" : "")
        + (isAbove ? " above" : "") + (matching?.[tree.bits[i] >>> 1] ? " m" : ""));
      write(box, label(symbolOf(tree, i)[0], w - 6), x + 4, y + 12);
    }
    if (tree !== shownTree || list.length !== shown.length
      || list.some((i, k) => i !== shown[k])) {
      const fragment = document.createDocumentFragment();
      for (const i of list) fragment.append(tree.boxes[i].group);
      stage.replaceChildren(fragment);
    }
    shown = list;
    shownTree = tree;
    place();
    prepareFocus(tree);
  }

  function visibleAtFirst(tree) {
    const { zoom } = state;
    state.zoom = 0;
    const list = visible(tree);
    state.zoom = zoom;
    return list;
  }

  // The picture keeps its height while one zooms, so that frames stay where they are.
  function tallest(tree) {
    if (tree.tallest === undefined) {
      tree.tallest = 0;
      for (const i of visibleAtFirst(tree)) {
        if (tree.depth[i] >= tree.tallest) tree.tallest = tree.depth[i] + 1;
      }
    }
    return tree.tallest;
  }

  function write(box, text, x, y) {
    if (text === "") {
      box.text?.remove();
      box.text = null;
      box.label = box.textX = box.textY = undefined;
      return;
    }
    if (!box.text) {
      box.text = element("text", {});
      box.group.append(box.text);
    }
    if (box.label !== text) box.text.textContent = box.label = text;
    if (box.textX !== round(x)) box.text.setAttribute("x", box.textX = round(x));
    if (box.textY !== y) box.text.setAttribute("y", box.textY = y);
  }

  // The native tooltip is written when it is first about to be seen.
  function tell(tree, i) {
    const box = boxOf(tree, i);
    if (box.isTold) return;
    box.isTold = true;
    let title = box.group.querySelector("title");
    if (!title) box.group.prepend(title = element("title", {}));
    const first = `${symbolOf(tree, i)[0]} ${amount(tree, i)}`;
    title.textContent = [first, ...lines(tree, i)].join("\n");
  }

  // -- The part above the frames

  function make(name, attributes, ...children) {
    const made = document.createElementNS(HTML, name);
    for (const key in attributes) {
      if (key.startsWith("on")) made.addEventListener(key.slice(2), attributes[key]);
      else if (attributes[key] !== null) made.setAttribute(key, attributes[key]);
    }
    made.append(...children);
    return made;
  }

  const button = (text, title, action) =>
    make("button", { type: "button", title, onclick: action }, text);

  const field = make("input", {
    type: "text", placeholder: "Regular expression", "aria-label": "Search by regular expression",
    spellcheck: "false", autocomplete: "off", oninput: () => search(field.value),
  });
  const matchCase = button("Aa", "Match case", () => go({ matchCase: !state.matchCase }));
  const matched = make("span", { class: "matched", role: "status" });
  const next = button("↓", "Next match (n)", () => step(1));
  const previous = button("↑", "Previous match (N)", () => step(-1));
  const close = button("✕", "Clear the search (Esc)", closeSearch);
  const searchBox = make(
    "div", { class: "search", role: "search", hidden: "" },
    field, matchCase, previous, next, matched, close);
  const opener = button("Search", "Search by regular expression (Ctrl-F)", openSearch);
  const reset = button("Reset zoom", "Show everything (Esc)", () => go({ zoom: 0 }));
  const icicle = button("Icicle", "Root on top", () => go({ icicle: !state.icicle }));
  const reversed = button(
    "Reversed", "Merge stacks from the leaf: what a function stands on is what called it",
    () => go({ reversed: !state.reversed, zoom: 0 }));
  const name = make("span", { class: "name" });
  const told = make("span", { class: "amount" });
  const more = make("span", { class: "more" });
  const details = make("div", { class: "details" }, name, told, more);
  const swatches = data.legend.map(([kind, text]) => make("span", {}, swatch(kind), text));
  if (swatches.length && data.inlined) swatches.push(make("span", {}, "paler: inlined"));
  const top = make(
    "div", { class: "lynx-top" },
    make("div", {}, make("h1", { title: data.title }, data.title),
      make("div", { class: "tools" }, searchBox, opener, reset, icicle, reversed)),
    make("div", { class: "about" },
      make("p", {}, data.subtitle ? `${data.subtitle} · ${data.totals}` : data.totals),
      make("div", { class: "legend" }, ...swatches)),
    details);
  const topHolder = element("foreignObject", { width: usualWidth, height: 400 });

  function swatch(kind) {
    const picture = element("svg", { width: 12, height: 12, "aria-hidden": true });
    picture.append(element("rect", { class: kind, width: 12, height: 12, rx: 2 }));
    return picture;
  }

  // Puts everything below what the top needs at this width, which wraps in narrow windows.
  function place() {
    topHolder.setAttribute("width", width() + 2 * MARGIN);
    const height = Math.ceil(top.getBoundingClientRect().height);
    topHolder.setAttribute("height", height);
    const move = `translate(${MARGIN} ${height})`;
    stage.setAttribute("transform", move);
    ring.setAttribute("transform", move);
    svg.setAttribute("height", height + Math.max(rows, 3) * ROW + MARGIN);
    follow();
    circle();
  }

  // The top stays in sight while the frames scroll.
  function follow() {
    const above = Math.max(0, -svg.getBoundingClientRect().top);
    const most = Number(svg.getAttribute("height")) - Number(topHolder.getAttribute("height"));
    topHolder.setAttribute("y", Math.min(above, Math.max(0, most)));
  }

  function describe(i) {
    if (i === null) {
      name.textContent = told.textContent = "";
      more.textContent = isEmpty ? ""
        : "Point at a frame; click to zoom, Ctrl-F to search, arrow keys to walk";
      return;
    }
    const tree = theTree();
    tell(tree, i);
    name.textContent = symbolOf(tree, i)[0];
    told.textContent = ` ${amount(tree, i)}`;
    more.textContent = lines(tree, i).map((line) => ` · ${line}`).join("");
  }

  // -- Search

  function expression() {
    try {
      return new RegExp(state.search, state.matchCase ? "" : "i");
    } catch {
      return null;
    }
  }

  function match() {
    const tree = theTree();
    const wanted = state.search === "" ? null : expression();
    field.setAttribute("aria-invalid", String(state.search !== "" && !wanted));
    matching = wanted && Uint8Array.from(symbols, ([text], k) =>
      k < symbols.length - 1 && wanted.test(text) ? 1 : 0);
    if (!matching) {
      matched.textContent = state.search === "" ? "" : "Invalid expression";
    } else {
      let sum = 0;
      for (let i = 1; i < tree.n;) {
        if (matching[tree.bits[i] >>> 1]) {
          sum += tree.value[i];
          i = tree.last[i];
        } else {
          i++;
        }
      }
      matched.textContent = `Matched: ${percent(tree, sum)}`;
    }
    next.disabled = previous.disabled = !matching;
  }

  function step(by) {
    if (!matching) return;
    const tree = theTree();
    const found = shown.filter((i) => matching[tree.bits[i] >>> 1]);
    if (!found.length) return;
    let at = found.indexOf(focused);
    if (at < 0) {
      at = found.findIndex((i) => i > focused);
      if (at < 0) at = found.length;
      if (by > 0) at--;
    }
    focusOn(found[(at + by + found.length) % found.length]);
  }

  function openSearch() {
    searchBox.hidden = false;
    opener.hidden = true;
    draw();
    field.focus();
    field.select();
  }

  function closeSearch() {
    const held = searchBox.contains(document.activeElement);
    searchBox.hidden = true;
    opener.hidden = false;
    typing = false;
    if (state.search !== "") go({ search: "" });
    else draw();
    if (held) focusOn(focused);
  }

  // What is typed in one go is one step of the history.
  let typing = false;

  function search(text) {
    go({ search: text }, typing);
    typing = true;
  }

  // -- State, kept in the fragment of the address

  function fragment() {
    const words = new URLSearchParams();
    for (const key in usual) {
      if (state[key] !== usual[key]) words.set(key, state[key]);
    }
    return words.toString();
  }

  function read() {
    const words = new URLSearchParams(location.hash.slice(1));
    const said = { ...usual };
    for (const key in usual) {
      if (!words.has(key)) continue;
      const word = words.get(key);
      said[key] = key === "search" ? word : key === "zoom" ? Number(word) : word === "true";
    }
    state = said;
    // An address can say anything.
    if (!(Number.isInteger(said.zoom) && theTree().value[said.zoom] > 0)) said.zoom = 0;
  }

  function go(change, replacing) {
    const turned = ["icicle", "reversed"].some((key) => key in change);
    state = { ...state, ...change };
    if ("zoom" in change) focused = state.zoom;
    const words = fragment();
    const address = location.href.split("#")[0] + (words && `#${words}`);
    if (address !== location.href) {
      try {
        history[replacing ? "replaceState" : "pushState"](null, "", address);
      } catch {
        // Not allowed here: the picture works all the same.
      }
    }
    apply();
    if (turned) showRoot();
  }

  function apply() {
    if (isEmpty) return draw();
    match();
    if (state.search !== "" && searchBox.hidden) {
      searchBox.hidden = false;
      opener.hidden = true;
    }
    if (field.value !== state.search) field.value = state.search;
    reset.disabled = state.zoom === 0;
    for (const [it, on] of [
      [icicle, state.icicle], [reversed, state.reversed], [matchCase, state.matchCase],
    ]) it.setAttribute("aria-pressed", on);
    draw();
    describe(state.zoom || null);
  }

  function travel() {
    read();
    focused = state.zoom;
    typing = false;
    apply();
  }

  // -- Keyboard

  const isShown = (i) => shownTree?.boxes[i]?.group.parentNode === stage;

  // One frame is in the order of the Tab key; the arrow keys lead to the others.
  function prepareFocus(tree) {
    stage.querySelector("g[tabindex]")?.removeAttribute("tabindex");
    if (!isShown(focused)) focused = state.zoom;
    const { group } = boxOf(tree, focused);
    group.setAttribute("tabindex", 0);
    group.setAttribute("role", "treeitem");
    group.setAttribute("aria-level", tree.depth[focused] + 1);
  }

  function focusOn(i) {
    const tree = theTree();
    focused = i;
    prepareFocus(tree);
    tell(tree, focused);
    const { group } = tree.boxes[focused];
    group.focus({ preventScroll: true });
    const place = group.getBoundingClientRect();
    const upper = top.getBoundingClientRect().bottom;
    if (place.top < upper) scrollBy(0, place.top - upper - 2 * ROW);
    else if (place.bottom > innerHeight) scrollBy(0, place.bottom - innerHeight + 2 * ROW);
    circle();
  }

  // The ring is drawn over all frames, and is never too narrow to be seen.
  function circle() {
    const box = shownTree?.boxes[focused];
    const on = box && document.activeElement === box.group && box.group.matches(":focus-visible");
    ring.setAttribute("visibility", on ? "visible" : "hidden");
    if (!on) return;
    const w = Math.max(4, box.set.width);
    ring.setAttribute("x", box.set.x - (w - box.set.width) / 2);
    ring.setAttribute("y", box.set.y);
    ring.setAttribute("width", w);
    ring.setAttribute("height", BAR);
  }

  function neighbour(key) {
    const tree = theTree();
    const outward = state.icicle ? "ArrowUp" : "ArrowDown";
    if (key === "Home") return 0;
    if (key === outward) return focused > 0 ? tree.parent[focused] : null;
    if (key === "ArrowUp" || key === "ArrowDown") {
      // The widest call, or the way back to where the picture is zoomed.
      let widest = null;
      for (let i = focused + 1; i < tree.last[focused]; i = tree.last[i]) {
        if (isShown(i) && (widest === null || tree.value[i] > tree.value[widest])) widest = i;
      }
      return widest;
    }
    const level = shown.filter((i) => tree.depth[i] === tree.depth[focused]);
    return level[level.indexOf(focused) + (key === "ArrowLeft" ? -1 : 1)] ?? null;
  }

  function press(event) {
    const isTyping = event.target === field;
    const isCommand = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;
    if (event.key === "F3" || (isCommand && event.key.toLowerCase() === "f" && !isTyping)) {
      event.preventDefault();
      openSearch();
    } else if (event.key === "Escape") {
      if (state.search !== "" || !searchBox.hidden) closeSearch();
      else if (state.zoom) go({ zoom: 0 });
    } else if (event.ctrlKey || event.metaKey || event.altKey) {
      return;
    } else if (isTyping) {
      if (event.key === "Enter") {
        typing = false;
        step(event.shiftKey ? -1 : 1);
      }
    } else if (event.key === "n" || event.key === "N") {
      step(event.key === "n" ? 1 : -1);
    } else if (stage.contains(event.target)) {
      if (event.key === "Enter" || event.key === " ") {
        event.preventDefault();
        go({ zoom: focused });
        focusOn(focused);
      } else if (/^(Arrow|Home)/.test(event.key)) {
        event.preventDefault();
        const to = neighbour(event.key);
        if (to !== null) focusOn(to);
      }
    }
  }

  // -- Start

  function frameAt(target) {
    const group = target instanceof Element ? target.closest(".frames > g") : null;
    return (group && indexOf.get(group)) ?? null;
  }

  // Stacks are read from the root, which in a tall picture would be out of sight.
  function showRoot() {
    if (isDocument) scrollTo(0, state.icicle ? 0 : document.documentElement.scrollHeight);
  }

  svg.querySelector(".head").remove();
  topHolder.append(top);
  svg.append(ring, topHolder);
  stage.setAttribute("role", "tree");
  stage.setAttribute("aria-label", "Stack frames");
  if (data.fluid) svg.setAttribute("width", "100%");
  if (isEmpty) for (const it of [opener, reset, icicle, reversed]) it.hidden = true;
  stage.addEventListener("pointerover", (event) => {
    const i = frameAt(event.target);
    if (i !== null) describe(i);
  });
  stage.addEventListener("pointerleave", () => describe(state.zoom || null));
  stage.addEventListener("click", (event) => {
    const i = frameAt(event.target);
    if (i !== null && i !== state.zoom) go({ zoom: i });
  });
  stage.addEventListener("focusin", () => {
    describe(focused);
    circle();
  });
  stage.addEventListener("focusout", () => ring.setAttribute("visibility", "hidden"));
  document.addEventListener("keydown", press);
  addEventListener("popstate", travel);
  addEventListener("hashchange", travel);
  addEventListener("scroll", follow, { passive: true });
  let pending = 0;
  addEventListener("resize", () => {
    cancelAnimationFrame(pending);
    pending = requestAnimationFrame(draw);
  });
  const unread = scrollY === 0;
  travel();
  if (unread && !state.icicle) showRoot();
})();
