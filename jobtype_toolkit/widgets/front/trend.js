// A trend: a bar per stretch of time with failed and finished jobs, the rate as a line, and the same as a table behind it.

const HEIGHT = 190; // of the plot, in pixels; the width is the page's
const TICKS = 8; // at most so many dates stand below the bars

/** The next round number that a scale can end with. */
function roundedUp(value) {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 1)));
  return [1, 2, 5, 10].map((one) => one * power).find((one) => one >= value);
}

/** One bar: the whole is what finished, the striped part below what failed; what is partial has a dashed edge. */
function barElement(row, at, width, most, pick, chosen) {
  const y = (count) => HEIGHT * (1 - count / most);
  const place = { x: `${(at + 0.12) * width}%`, width: `${width * 0.76}%` };
  const [when, failed, finished, rate] = row.cells;
  const told = `${when}: ${failed} of ${finished} failed${row.rate === null ? "" : `, ${rate}`}`;
  return svg("g", {
    class: "jtk-bucket", role: "button", tabindex: "-1", "data-key": row.key, "aria-label": told, "data-partial": row.partial,
    "aria-pressed": String(row.key === chosen), onclick: pick,
  },
    svg("title", {}, told),
    svg("rect", { class: "jtk-bucket-hit", x: `${at * width}%`, width: `${width}%`, y: 0, height: HEIGHT }),
    svg("rect", { class: "jtk-bucket-finished", ...place, y: y(row.finished), height: HEIGHT - y(row.finished) }),
    svg("rect", { class: "jtk-bucket-failed", ...place, y: y(row.failed), height: HEIGHT - y(row.failed) }));
}

/** The stripes of what failed: one path in a box that is stretched over the plot. */
function stripesElement(rows, width, most) {
  const pieces = rows.flatMap((row, at) => {
    const height = HEIGHT * row.failed / most;
    return Array.from({ length: Math.floor(height / 5) }, (_, n) => `M${(at + 0.12) * width} ${HEIGHT - 3 - 5 * n}h${0.76 * width}`);
  });
  return svg("svg", { class: "jtk-stripes", viewBox: `0 0 100 ${HEIGHT}`, preserveAspectRatio: "none", width: "100%", height: HEIGHT }, svg("path", { d: pieces.join("") }));
}

/** The line of the rate, broken where nothing finished; it is drawn in a box of 100 by 100 that is stretched over the plot. */
function rateElements(rows, width, top) {
  const pieces = [[]];
  rows.forEach((row, at) => {
    if (row.rate === null) pieces.push([]);
    else pieces.at(-1).push(`${(at + 0.5) * width},${100 * (1 - row.rate / top)}`);
  });
  const lines = pieces.filter((piece) => piece.length > 1).map((piece) => svg("polyline", { points: piece.join(" ") }));
  const dots = rows.flatMap((row, at) => row.rate === null ? [] :
    [svg("circle", { class: "jtk-rate-dot", cx: `${(at + 0.5) * width}%`, cy: HEIGHT * (1 - row.rate / top), r: 3 })]);
  const box = svg("svg", { viewBox: "0 0 100 100", preserveAspectRatio: "none", width: "100%", height: HEIGHT, class: "jtk-rate" }, ...lines);
  return [box, ...dots];
}

function tickElements(rows, width) {
  const step = Math.ceil(rows.length / TICKS);
  return rows.flatMap((row, at) => at % step ? [] : [svg("text", {
    class: `jtk-axis${(at / step) % 2 ? " jtk-is-minor" : ""}`, x: `${(at + 0.5) * width}%`, y: HEIGHT + 16, "text-anchor": "middle",
  }, row.tick)]);
}

function legendElement() {
  const entries = [["failed", "failed"], ["finished", "finished"], ["rate", "failure rate, right scale"], ["partial", "partly in the range"]];
  return h("p", { class: "jtk-legend-line", "aria-hidden": "true" }, ...entries.map(([name, text]) => h("span", { "data-mark": name }, text)));
}

function trendPart(page, id) {
  const key = `jtk-${page.view}-${fieldCount++}`;
  const title = h("p", { class: "jtk-caption", id: key });
  const plot = svg("svg", { class: "jtk-plot", role: "group", "aria-labelledby": key, height: HEIGHT + 22, width: "100%" });
  const left = h("div", { class: "jtk-scale", "aria-hidden": "true" });
  const right = h("div", { class: "jtk-scale", "aria-hidden": "true" });
  const none = h("p", { class: "jtk-empty" });
  const table = PARTS.table(page, id);
  const behind = h("details", { class: "jtk-behind" }, h("summary", {}, "The same as a table"), table.element);
  const chart = h("div", { class: "jtk-chart" }, left, plot, right);
  const element = h("div", { class: "jtk-trend" }, title, legendElement(), chart, none, behind);
  let shown = "";
  let current = "";
  const bars = () => [...plot.querySelectorAll(".jtk-bucket")];
  function enter(bar, isFocused = true) {
    for (const one of bars()) set(one, { tabindex: one === bar ? "0" : "-1" });
    current = bar?.dataset.key ?? "";
    if (isFocused) bar?.focus();
  }
  const pick = (event) => { enter(event.currentTarget); page.send("bucket", id, event.currentTarget.dataset.key); };
  page.keys(plot, (event) => {
    const all = bars();
    const at = all.indexOf(page.focused());
    if (at < 0) return false;
    if (event.key === "Enter" || event.key === " ") page.send("bucket", id, all[at].dataset.key);
    else {
      const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: all.length - 1 }[event.key];
      if (to === undefined) return false;
      enter(all[Math.min(Math.max(to, 0), all.length - 1)]);
    }
    event.preventDefault();
    return true;
  });
  function draw(rows, chosen) {
    const width = 100 / rows.length;
    const most = roundedUp(Math.max(...rows.map((row) => row.finished)));
    const top = Math.min(roundedUp(100 * Math.max(0.01, ...rows.map((row) => row.rate ?? 0))) / 100, 1);
    const hadFocus = plot.contains(page.focused());
    left.replaceChildren(h("span", {}, most.toLocaleString("en")), h("span", {}, "0"));
    right.replaceChildren(h("span", {}, `${Math.round(1000 * top) / 10}%`), h("span", {}, "0%"));
    const lines = [0, 0.5, 1].map((part) => svg("line", { class: "jtk-grid", x1: 0, x2: "100%", y1: HEIGHT * part + 0.5, y2: HEIGHT * part + 0.5 }));
    plot.replaceChildren(...lines, ...rows.map((row, at) => barElement(row, at, width, most, pick, chosen)),
      stripesElement(rows, width, most), ...rateElements(rows, width, top), ...tickElements(rows, width));
    enter(bars().find((bar) => bar.dataset.key === current) ?? bars().find((bar) => bar.getAttribute("aria-pressed") === "true") ?? bars().at(-1), hadFocus);
  }
  function update(node) {
    const now = JSON.stringify([node.rows, node.selected]);
    say(title, node.label);
    say(none, node.rows.length ? "" : node.text);
    chart.hidden = behind.hidden = !node.rows.length;
    table.update({ ...node, label: "", act: "bucket", of: id });
    if (now === shown) return;
    shown = now;
    if (node.rows.length) draw(node.rows, node.selected);
  }
  return { element, update, focus: () => plot.querySelector("[tabindex='0']")?.focus() };
}

PARTS.trend = trendPart;
