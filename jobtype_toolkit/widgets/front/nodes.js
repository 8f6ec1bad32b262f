// The other kinds of nodes. Each has an element, and an update that brings it in step with its node.

function groupPart(page) {
  const legend = h("legend", { class: "jtk-legend" });
  const body = h("div", { class: "jtk-fields" });
  const findings = h("div", { class: "jtk-findings" });
  const element = h("fieldset", { class: "jtk-group" }, legend, findings, body);
  function update(node) {
    say(legend, node.label ?? "");
    arrangeItems(findings, node.findings ?? [], (found) => findingElement(page, found));
    page.fill(body, node.children);
  }
  return { element, update };
}

function listPart(page, id) {
  const key = `jtk-${page.view}-${fieldCount++}`;
  const title = h("h3", { class: "jtk-list-title", id: key });
  const count = h("span", { class: "jtk-count" });
  const help = h("p", { class: "jtk-help" });
  const rows = h("div", { class: "jtk-rows" });
  const findings = h("div", { class: "jtk-findings" });
  const fold = pushButton({ text: "Collapse all", press: () => page.foldAll(id) });
  const add = pushButton({ text: "Add", symbol: "add", kind: "add", press: () => page.send("add", id) });
  const head = h("div", { class: "jtk-list-head" }, title, count, fold);
  const element = h("section", { class: "jtk-list", "aria-labelledby": key }, head, help, findings, rows, add);
  function update(node) {
    say(title, node.label);
    say(count, node.children.length ? String(node.children.length) : "");
    say(help, node.help ?? "");
    say(add.querySelector("span"), `Add ${node.one}`);
    fold.hidden = node.children.length < 2;
    say(fold.querySelector("span"), node.children.some((row) => !page.isFolded(row)) ? "Collapse all" : "Expand all");
    arrangeItems(findings, node.findings ?? [], (found) => findingElement(page, found));
    element.classList.toggle("jtk-is-empty", !node.children.length);
    page.fill(rows, node.children);
  }
  return { element, update, focus: () => add.focus() };
}

/** A row is a card that folds to its name; what is in it is built when it is unfolded. */
function rowPart(page, id) {
  const key = `jtk-${page.view}-${fieldCount++}`;
  const title = h("span", { class: "jtk-row-title" });
  const name = h("code", { class: "jtk-row-name" });
  const state = h("span", { class: "jtk-badge" });
  const found = h("span", { class: "jtk-badge jtk-badge-error" });
  const body = h("div", { class: "jtk-fields", id: key });
  const findings = h("div", { class: "jtk-findings" });
  const head = h("button", { type: "button", class: "jtk-row-head", "aria-controls": key, onclick: () => page.fold(id) }, icon("fold"), title, name, state, found);
  const tools = ["up", "down", "copy", "remove"].map((act) => pushButton({ label: act, symbol: act, press: () => page.rowAct(act, id) }));
  const element = h("div", { class: "jtk-row", role: "group" }, h("div", { class: "jtk-row-bar" }, head, h("span", { class: "jtk-row-tools" }, ...tools)), findings, body);
  const names = { up: "Move up", down: "Move down", copy: "Duplicate", remove: "Remove" };
  function update(node) {
    const folded = page.isFolded(id);
    const wrong = page.countBelow(id);
    say(title, node.label);
    say(name, node.name ?? "");
    say(state, node.state ?? "");
    state.hidden = !node.state;
    say(found, wrong ? `${wrong} error${wrong === 1 ? "" : "s"}` : "");
    found.hidden = !wrong;
    set(head, { "aria-expanded": String(!folded) });
    set(element, { "aria-label": `${node.label}${node.name ? `: ${node.name}` : ""}` });
    tools.forEach((tool, at) => {
      const label = `${names[["up", "down", "copy", "remove"][at]]} ${node.label}`;
      set(tool, { "aria-label": label, title: label });
    });
    element.classList.toggle("jtk-is-folded", folded);
    element.classList.toggle("jtk-is-changed", Boolean(node.state));
    body.hidden = folded;
    arrangeItems(findings, node.findings ?? [], (found) => findingElement(page, found));
    if (!folded) page.fill(body, node.children);
  }
  return { element, update, focus: () => { if (!page.focusFirst(body)) head.focus(); } };
}

function findingsPart(page) {
  const list = h("ol", { class: "jtk-all-findings" });
  const none = h("p", { class: "jtk-empty" });
  const element = h("div", {}, list, none);
  function update(node) {
    arrangeItems(list, node.findings, (found) => h("li", {}, findingElement(page, found,
      h("button", { type: "button", class: "jtk-jump", onclick: () => page.reveal(found.of, true) }))));
    say(none, node.findings.length ? "" : node.text ?? "");
  }
  return { element, update };
}

function buttonPart(page, id, first) {
  let node = first;
  const press = () => page.press(node);
  const element = pushButton({ text: first.label, symbol: first.icon ?? "", press });
  function update(next) {
    node = next;
    element.className = `jtk-button jtk-${node.primary ? "primary" : node.danger ? "danger" : "quiet"}`;
    say(element.querySelector("span"), node.label);
    element.disabled = Boolean(node.disabled);
    set(element, { "aria-pressed": node.state === "on" ? "true" : node.state === "off" ? "false" : null });
  }
  return { element, update, focus: () => element.focus() };
}

function barPart(page) {
  const element = h("div", { class: "jtk-bar", role: "group" });
  return { element, update: (node) => { set(element, { "aria-label": node.label ?? "Actions", "data-state": node.state }); page.fill(element, node.children); } };
}

function notePart(page) {
  const element = h("p", { class: "jtk-note" });
  function update(node) {
    say(element, node.text);
    set(element, { "data-tone": node.tone ?? "plain", "data-state": node.state });
  }
  return { element, update };
}

function codePart(page) {
  const code = h("code", {});
  const copy = pushButton({ text: "Copy", symbol: "copy", press: () => page.copyText(code.textContent) });
  const element = h("div", { class: "jtk-codeblock" }, copy, h("pre", { tabindex: "0", "aria-label": "Code" }, code));
  return { element, update: (node) => say(code, node.text) };
}

function diffPart(page) {
  const body = h("tbody", {});
  const head = h("tr", {}, ...["Path", "Before", "After"].map((text) => h("th", { scope: "col" }, text)));
  const caption = h("caption", { class: "jtk-caption" });
  const element = h("table", { class: "jtk-diff" }, caption, h("thead", {}, head), body);
  function update(node) {
    say(caption, node.label ?? "");
    body.replaceChildren(...node.rows.map(([path, before, after, kind]) => h("tr", { class: `jtk-${kind}` },
      h("th", { scope: "row" }, path), h("td", {}, before ? h("del", {}, before) : ""), h("td", {}, after ? h("ins", {}, after) : ""))));
    element.hidden = !node.rows.length;
  }
  return { element, update };
}

function dialogPart(page, id) {
  const key = `jtk-${page.view}-${fieldCount++}`;
  const title = h("h3", { id: key });
  const help = h("p", { class: "jtk-help" });
  const body = h("div", {});
  const element = h("div", { class: "jtk-dialog", role: "dialog", "aria-labelledby": key, tabindex: "-1" }, title, help, body);
  function update(node) {
    say(title, node.label);
    say(help, node.help ?? "");
    page.fill(body, node.children);
  }
  return { element, update, focus: () => element.focus() };
}

function factsPart(page) {
  const element = h("dl", { class: "jtk-facts" });
  const update = (node) => element.replaceChildren(...node.facts.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))));
  return { element, update };
}

/** A page's content: its title, its help, its parts. */
function pagePart(page, id) {
  const title = h("h2", { class: "jtk-page-title" });
  const help = h("p", { class: "jtk-page-help" });
  const findings = h("div", { class: "jtk-findings" });
  const body = h("div", { class: "jtk-fields" });
  const element = h("div", { class: "jtk-page" }, title, help, findings, body);
  function update(node) {
    say(title, node.label);
    say(help, node.help ?? "");
    arrangeItems(findings, node.findings ?? [], (found) => findingElement(page, found));
    page.fill(body, node.children);
  }
  return { element, update, focus: () => page.focusFirst(body) };
}

/** Sections with a list of them at the side; only the one in view is built. */
function pagesPart(page, id) {
  const key = `jtk-${page.view}-${fieldCount++}`;
  const above = h("div", { class: "jtk-above" });
  const tabs = h("div", { class: "jtk-tabs", role: "tablist", "aria-orientation": "vertical", "aria-label": "Sections" });
  const panel = h("div", { class: "jtk-panel", role: "tabpanel", id: key });
  const element = h("div", { class: "jtk-pages", "data-form": id }, above, h("div", { class: "jtk-side" }, tabs, panel));
  const made = new Map();
  function tab(child) {
    if (!made.has(child)) {
      const badge = h("span", { class: "jtk-tab-badge jtk-badge-error" });
      const mild = h("span", { class: "jtk-tab-badge jtk-badge-warning" });
      const button = h("button", {
        type: "button", role: "tab", class: "jtk-tab", id: `${key}-tab-${made.size}`, "aria-controls": key,
        onclick: () => page.turn(id, child),
      }, h("span", { class: "jtk-tab-name" }), mild, badge);
      made.set(child, { button, badge, mild });
    }
    return made.get(child);
  }
  page.keys(tabs, (event) => {
    const shown = [...tabs.children];
    const at = shown.indexOf(page.focused());
    const to = { ArrowDown: at + 1, ArrowRight: at + 1, ArrowUp: at - 1, ArrowLeft: at - 1, Home: 0, End: shown.length - 1 }[event.key];
    if (to === undefined || at < 0) return false;
    const next = shown[(to + shown.length) % shown.length];
    next.focus();
    next.click();
    event.preventDefault();
    return true;
  });
  function update(node) {
    const inPages = (child) => page.nodes[child].kind === "page";
    const pages = node.children.filter(inPages);
    const now = page.current(id, pages);
    page.fill(above, node.children.filter((child) => !inPages(child)));
    arrange(tabs, pages.map((child) => {
      const { button, badge, mild } = tab(child);
      const { label, errors = 0, warnings = 0, state } = page.nodes[child];
      say(button.firstChild, label);
      say(badge, errors ? String(errors) : "");
      say(mild, warnings ? String(warnings) : "");
      const told = [errors ? `${errors} errors` : "", warnings ? `${warnings} warnings` : ""].filter(Boolean).join(", ");
      set(button, { "data-kind": state ?? null, "aria-selected": String(child === now), tabindex: child === now ? "0" : "-1", "aria-label": told ? `${label}, ${told}` : label });
      return button;
    }));
    set(panel, { "aria-labelledby": tab(now).button.id });
    page.fill(panel, [now]);
  }
  return { element, update, focus: () => tabs.querySelector("[aria-selected=true]").focus() };
}

/** Screens of which one is in view: steps that follow each other, or tabs, all but the first of which can be shut. */
function stepsPart(page, id) {
  const list = h("ol", { class: "jtk-steps" });
  const panel = h("div", { class: "jtk-step" });
  const back = pushButton({ text: "Back", press: () => goBack() });
  const next = pushButton({ text: "Next", kind: "primary", press: (event) => event.detail > 1 || page.send("next", page.current(id, steps)) });
  const bar = h("div", { class: "jtk-step-bar" }, back, next);
  const element = h("div", {}, list, panel, bar);
  let steps = [];
  function goBack() {
    const to = steps[steps.indexOf(page.current(id, steps)) - 1];
    page.turn(id, to);
    list.children[steps.indexOf(to)].firstChild.focus();
  }
  function head({ step, at, isTabs, name }) {
    const mark = isTabs ? "" : h("span", { class: "jtk-step-number" }, String(at + 1));
    const shut = isTabs && at > 0 ? pushButton({ label: `Close ${name}`, symbol: "close", press: () => page.send("shut", step) }) : "";
    const button = h("button", { type: "button", class: "jtk-step-head", onclick: () => page.turn(id, step) }, mark, name);
    return h("li", {}, button, shut);
  }
  function update(node) {
    const isTabs = node.state === "tabs";
    steps = node.children;
    const now = page.current(id, steps);
    const at = steps.indexOf(now);
    arrangeItems(list, steps.map((step, number) => ({ step, at: number, isTabs, name: page.nodes[step].name })), head);
    [...list.children].forEach((item, number) => set(item.firstChild, { "aria-current": number === at ? "step" : null }));
    list.hidden = isTabs && steps.length === 1;
    set(list, { "aria-label": isTabs ? "Tabs" : node.label });
    bar.hidden = isTabs;
    back.hidden = at === 0;
    next.hidden = at === steps.length - 1;
    page.fill(panel, [now]);
  }
  return { element, update };
}

function labelPart() {
  const element = h("span", { class: "jtk-identity" });
  return { element, update: (node) => say(element, node.text) };
}

const PARTS = {
  field: fieldPart, group: groupPart, list: listPart, row: rowPart, findings: findingsPart, button: buttonPart, bar: barPart,
  note: notePart, code: codePart, diff: diffPart, dialog: dialogPart, facts: factsPart, page: pagePart, pages: pagesPart,
  table: tablePart, steps: stepsPart, label: labelPart,
};
