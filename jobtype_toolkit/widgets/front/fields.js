// A field: its label, what it is filled with, its help, and the findings about it.

const WORDS = { error: "Error", warning: "Warning", advice: "Advice" };
const FIELDS = new WeakMap(); // the ids of fields by their frames
let fieldCount = 0;

/** Every field has the same frame; `control` makes what is inside and tells how to read and write it. */
function fieldPart(page, id, first) {
  const key = `jtk-${page.view}-${fieldCount++}`;
  const control = CONTROLS[first.input](page, id, key, first);
  const label = h("label", { class: "jtk-label", for: key, id: `${key}-label` });
  const mark = h("span", { class: "jtk-changed-word" }, "changed");
  const reset = pushButton({ text: "Reset", press: () => page.send("reset", id) });
  const help = h("div", { class: "jtk-help", id: `${key}-help` });
  const findings = h("div", { class: "jtk-findings", id: `${key}-findings` });
  const head = h("div", { class: "jtk-field-head" }, label, mark, reset);
  const element = h("div", { class: "jtk-field", "data-input": first.input }, head, control.element, findings, help);
  FIELDS.set(element, id);

  function update(node) {
    const changed = Boolean(node.changed);
    say(label, node.label + (node.required ? " *" : ""));
    say(help, node.help ?? "");
    element.classList.toggle("jtk-is-changed", changed);
    mark.hidden = !changed;
    reset.hidden = !changed || node.read_only;
    set(reset, { "aria-label": `Reset ${node.label}`, title: "Put back what was here" });
    arrangeItems(findings, node.findings ?? [], (found) => findingElement(page, found));
    const is_wrong = (node.findings ?? []).some((found) => found.severity === "error");
    element.classList.toggle("jtk-has-error", is_wrong);
    element.classList.toggle("jtk-is-tall", node.state === "tall");
    set(control.focusable, {
      "aria-describedby": [(node.findings ?? []).length ? findings.id : "", node.help ? help.id : ""].filter(Boolean).join(" ") || null,
      "aria-invalid": is_wrong ? "true" : null,
      "aria-required": node.required ? "true" : null,
      "aria-labelledby": control.named ? label.id : null,
    });
    if ("readOnly" in control.focusable) control.focusable.readOnly = Boolean(node.read_only);
    control.update(node);
    const isBusy = page.pending.has(id) || (element.contains(page.focused()) && !page.rewriting);
    if (!isBusy) control.write(node.value ?? "");
  }
  return { element, update, focus: () => control.focusable.focus() };
}

function findingElement(page, found, jump = null) {
  const told = h("span", { class: "jtk-finding-text" }, h("b", {}, `${WORDS[found.severity]}: `), found.text);
  const made = h("div", { class: `jtk-finding jtk-${found.severity}` }, icon(found.severity), jump ?? told);
  if (jump) jump.append(told);
  if (found.fix) {
    const text = found.safe ? `Fix: ${found.fix}` : `Preview fix: ${found.fix}`;
    made.append(pushButton({ text, symbol: "fix", kind: "fix", press: () => page.send("fix", found.of, found.key) }));
  }
  return made;
}

/** Typing: one edit under way per field, and the newest text goes when its answer comes. */
function typed(page, id, read) {
  return () => page.edit(id, read());
}

function textControl(make) {
  return (page, id, key, first) => {
    const input = make(key, first);
    input.addEventListener("input", typed(page, id, () => input.value));
    input.addEventListener("blur", () => page.leave(id));
    const update = (node) => set(input, { placeholder: node.placeholder ?? null, list: page.datalist(node.options) });
    return { element: input, focusable: input, update, write: (value) => input.value !== value && (input.value = value) };
  };
}

const input = (more = {}) => textControl((key) =>
  h("input", { id: key, type: "text", class: "jtk-input", autocomplete: "off", spellcheck: "false", ...more }));
const area = (more = {}) => textControl((key) => h("textarea", { id: key, class: "jtk-input", rows: 3, ...more }));

/** A text with buttons that put a word where the cursor is. */
function areaControl(page, id, key, first) {
  const made = area()(page, id, key, first);
  const words = h("div", { class: "jtk-inserts", role: "group", "aria-label": `Insert into ${first.label}` });
  let shown = "";
  function insert(word) {
    made.element.setRangeText(word, made.element.selectionStart, made.element.selectionEnd, "end");
    made.element.focus();
    page.edit(id, made.element.value);
  }
  function update(node) {
    made.update(node);
    const now = JSON.stringify(node.words ?? []);
    if (now === shown) return;
    shown = now;
    words.replaceChildren(...(node.words ?? []).map((word) => pushButton({ text: word, symbol: "add", kind: "insert", press: () => insert(word) })));
  }
  return { ...made, element: h("div", {}, made.element, words), update };
}

function choiceControl(page, id, key) {
  const select = h("select", { id: key, class: "jtk-input" });
  select.addEventListener("change", typed(page, id, () => select.value));
  select.addEventListener("blur", () => page.leave(id));
  let shown = "";
  function update(node) {
    const now = JSON.stringify(node.choices);
    if (now === shown) return;
    shown = now;
    select.replaceChildren(...node.choices.map(([value, text]) => h("option", { value }, text)));
  }
  return { element: select, focusable: select, update, write: (value) => { select.value = value; } };
}

/** A list of words as chips, and a place to add one. */
function wordsControl(page, id, key) {
  let words = [];
  const add = h("input", { id: key, type: "text", class: "jtk-input", autocomplete: "off", placeholder: "type one, then Enter" });
  const chips = h("span", { class: "jtk-chips" });
  const element = h("div", { class: "jtk-words" }, chips, add);
  function show() {
    chips.replaceChildren(...words.map((word, at) => h("span", { class: "jtk-chip" }, word, pushButton({
      label: `Remove ${word}`, symbol: "close", press: () => { take([...words.slice(0, at), ...words.slice(at + 1)]); add.focus(); },
    }))));
  }
  function take(next) {
    words = next;
    show();
    page.edit(id, words.join("\n"));
  }
  function enter() {
    const found = add.value.split(/[\n,]/).map((word) => word.trim()).filter(Boolean);
    add.value = "";
    const fresh = found.filter((word) => !words.includes(word));
    if (fresh.length) take([...words, ...fresh]);
  }
  page.keys(add, (event) => {
    if (event.key !== "Enter" && event.key !== ",") return false;
    enter();
    event.preventDefault();
    return true;
  });
  add.addEventListener("change", enter);
  add.addEventListener("blur", () => { enter(); page.leave(id); });
  const update = (node) => set(add, { list: page.datalist(node.options) });
  const write = (value) => { words = value ? value.split("\n") : []; show(); };
  return { element, focusable: add, update, write };
}

/** A secret is written and never shown. */
const secretControl = input({ type: "password", autocomplete: "new-password" });

const CONTROLS = {
  text: input(),
  search: input({ type: "search" }),
  number: input({ inputmode: "decimal" }),
  secret: secretControl,
  area: areaControl,
  json: area({ spellcheck: "false", class: "jtk-input jtk-code" }),
  choice: choiceControl,
  words: wordsControl,
};
