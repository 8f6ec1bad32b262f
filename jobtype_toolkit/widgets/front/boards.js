// What boards are made of: tiles, sections, columns of them, and ages that the page's clock counts on.

function boardPart(page) {
  const element = h("div", { class: "jtk-board" });
  return { element, update: (node) => { set(element, { role: "region", "aria-label": node.label }); page.fill(element, node.children); } };
}

function columnsPart(page) {
  const element = h("div", { class: "jtk-columns" });
  return { element, update: (node) => { element.dataset.state = node.state ?? ""; page.fill(element, node.children); } };
}

function sectionPart(page) {
  const key = `jtk-${page.view}-${fieldCount++}`;
  const title = h("h3", { class: "jtk-section-title", id: key });
  const help = h("p", { class: "jtk-help" });
  const body = h("div", { class: "jtk-section-body" });
  const element = h("section", { class: "jtk-section", "aria-labelledby": key, tabindex: "-1" }, h("div", { class: "jtk-section-head" }, title, help), body);
  function update(node) {
    say(title, node.label);
    say(help, node.help ?? "");
    element.dataset.state = node.state ?? "";
    page.fill(body, node.children);
  }
  return { element, update, focus: () => element.focus() };
}

/** Figures that one reads from afar; the parts of one stand below it as a bar and as words. */
function tilesPart() {
  const element = h("ul", { class: "jtk-tiles" });
  function tileElement({ label, value, text, tone, parts }) {
    const made = h("li", { class: "jtk-tile", "data-tone": tone },
      h("span", { class: "jtk-tile-label" }, label), h("strong", { class: "jtk-tile-value" }, value), h("span", { class: "jtk-tile-text" }, text));
    if (!parts) return made;
    const whole = parts.reduce((sum, [, count]) => sum + count, 0);
    const bars = parts.filter(([, count]) => count).map(([, count, shade]) => {
      const bar = h("span", { "data-tone": shade });
      bar.style.flexGrow = String(count / whole);
      return bar;
    });
    const words = parts.map(([name, count, shade]) => h("span", { class: "jtk-part", "data-tone": shade }, h("b", {}, count.toLocaleString("en")), ` ${name}`));
    made.append(h("span", { class: "jtk-parts", "aria-hidden": "true" }, ...bars), h("span", { class: "jtk-part-words" }, ...words));
    return made;
  }
  function update(node) {
    set(element, { "aria-label": node.label });
    element.replaceChildren(...node.tiles.map(tileElement));
  }
  return { element, update };
}

/** A line with the time since something was: `at` are the seconds that had passed when the kernel sent it. */
function agePart(page) {
  const element = h("p", { class: "jtk-age" });
  const line = h("span", {});
  element.append(line);
  function update(node) {
    Object.assign(line.dataset, { at: node.at, words: node.text, since: Date.now() });
    page.age(element);
  }
  return { element, update };
}

Object.assign(PARTS, { board: boardPart, columns: columnsPart, section: sectionPart, tiles: tilesPart, age: agePart });
