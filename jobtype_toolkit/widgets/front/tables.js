// Tables: rows from the kernel, cells as text, bars, ages and states.

/** Small bars, one per count, against the largest of them; the words for them are their title. */
function sparkElement(counts, title) {
  const most = Math.max(...counts, 1);
  const bars = counts.map((count, at) => svg("rect", { x: at * 3, width: 2, y: 16 - Math.max(15 * count / most, 1), height: Math.max(15 * count / most, 1), "data-zero": count === 0 }));
  return svg("svg", { class: "jtk-spark", role: "img", "aria-label": title, width: counts.length * 3, height: 16 }, ...bars);
}

/** Cells are texts, or `{text, bar, spark, shade, tone, at, title, tags}`: a bar from 0 to 1, counts, colours, seconds of age, marks. */
function cellElement(cell) {
  const { text = "", bar, spark, tone, shade = tone, at, title, tags = [] } = typeof cell === "object" && cell !== null ? cell : { text: cell ?? "" };
  const marks = tags.map((tag) => h("span", { class: "jtk-tag" }, tag));
  const made = h("span", { class: "jtk-cell", "data-tone": tone, "data-at": at, "data-zero": text === "0", title: title || null }, String(text), ...marks);
  if (spark) return h("span", { class: "jtk-cell-spark" }, sparkElement(spark, title), made);
  if (bar === undefined || bar === null) return made;
  const filled = h("span", { class: "jtk-bar-filled", "data-tone": shade });
  filled.style.width = `${Math.round(100 * Math.min(Math.max(bar, 0), 1))}%`;
  return h("span", { class: "jtk-cell-bar" }, made, h("span", { class: "jtk-bar-track", "aria-hidden": "true" }, filled));
}

/** A row that can be chosen has its first cell as a button. */
function tablePart(page, id) {
  const caption = h("caption", { class: "jtk-caption" });
  const head = h("tr", {});
  const body = h("tbody", {});
  const table = h("table", { class: "jtk-table" }, caption, h("thead", {}, head), body);
  const more = h("p", { class: "jtk-help" });
  const scroll = h("div", { class: "jtk-scroll" }, table);
  const element = h("div", { class: "jtk-table-frame" }, scroll, more);
  const rows = new Map();
  function rowElement(row, node) {
    const [first, ...rest] = row.cells.map(cellElement);
    const lead = node.act && row.key ? h("button", { type: "button", class: "jtk-pick", onclick: () => page.send(node.act, node.of ?? id, row.key) }, first) : first;
    const cells = rest.map((cell, at) => h("td", { class: node.columns[at + 1]?.align === "right" ? "jtk-right" : null }, cell));
    return h("tr", {}, h("th", { scope: "row" }, lead), ...cells);
  }
  function update(node) {
    say(caption, node.label ?? "");
    element.dataset.state = node.state ?? "";
    table.hidden = !node.rows.length;
    const isStill = node.state === "scroll" && !node.act; // nothing in it takes the focus, so that keys could not scroll it
    set(scroll, { tabindex: isStill ? "0" : null, role: isStill ? "group" : null, "aria-label": isStill ? node.label : null });
    head.replaceChildren(...node.columns.map((column) => h("th", { scope: "col", class: column.align === "right" ? "jtk-right" : null }, column.label)));
    const shown = node.rows.map((row, at) => {
      const key = row.key ?? String(at);
      const text = JSON.stringify(row);
      if (rows.get(key)?.text !== text) rows.set(key, { text, element: rowElement(row, node) });
      const made = rows.get(key).element;
      set(made, { "aria-selected": row.key && row.key === node.selected ? "true" : null });
      return made;
    });
    arrange(body, shown);
    for (const key of [...rows.keys()]) if (!node.rows.some((row, at) => (row.key ?? String(at)) === key)) rows.delete(key);
    say(more, node.rows.length ? node.help ?? "" : node.text ?? "Nothing to show.");
    page.age(element);
  }
  return { element, update, focus: () => (element.querySelector("[aria-selected=true] button") ?? element.querySelector("button"))?.focus() };
}
