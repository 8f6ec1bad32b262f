// A page: the nodes it was given, the parts that show them, and the messages between it and the kernel.

const QUIET = 600; // ms after the last key before a finding is read out
const HOLD = 2000; // ms for which a pointer that is down holds answers back
const PATIENCE = 3000; // ms without an answer before the page says so

const ENDED = {
  board: "The kernel was restarted or has ended, so this board stays as it is. Run the cell again.",
  form: "The kernel was restarted or has ended, so this form takes nothing more. Run the cell again; what was typed is offered there.",
};

class Page {
  constructor(model, root) {
    this.model = model;
    this.root = root;
    this.view = Math.random().toString(36).slice(2, 8);
    this.nodes = {};
    this.parts = new Map();
    this.parents = new Map();
    this.folds = new Map();
    this.turned = new Map();
    this.pending = new Map();
    this.handlers = new Map();
    this.lists = new Map();
    this.held = [];
    this.sent = 0;
    this.rewriting = true;
    this.banner = h("p", { class: "jtk-banner", hidden: true });
    this.body = h("div", { class: "jtk-body" });
    this.status = h("div", { class: "jtk-status", role: "status", "aria-live": "polite" });
    this.datalists = h("div", { hidden: true });
    root.append(this.banner, this.body, this.status, this.datalists);
  }

  // Messages.

  send(act, of = "/", value = null) {
    this.sent += 1;
    this.model.send({ do: act, of, value, view: this.view, n: this.sent });
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.wait(), PATIENCE);
  }

  /** Send a text that was typed; while an answer is due, only the newest text waits. */
  edit(id, text) {
    this.typedAt = Date.now();
    if (this.pending.has(id)) this.pending.set(id, { text });
    else {
      this.pending.set(id, null);
      this.send("edit", id, text);
    }
  }

  leave(id) {
    this.send("leave", id);
  }

  receive(message) {
    const mine = message.view === this.view;
    if (!message.nodes || (message.whole && !mine)) return;
    if (this.isPressed && Date.now() - this.pressedAt < HOLD) {
      this.held.push(message);
      return;
    }
    clearTimeout(this.waiting);
    if (this.isWaiting) this.warn("");
    this.isWaiting = false;
    this.isBeating = false;
    this.beaten = Date.now();
    if (message.whole) this.nodes = {};
    Object.assign(this.nodes, message.nodes);
    for (const id of message.gone.reverse()) this.forget(id); // rows before what is in them
    if (!this.nodes["/"]) return;
    this.rewriting = Boolean(message.rewrite || message.whole);
    this.show(Object.keys(message.nodes));
    this.rewriting = false;
    if (mine) this.answered(message);
    this.schedule();
  }

  /** While a pointer is down nothing moves: what is pressed must still be there when it is released. */
  hold(event) {
    this.isPressed = event.button === 0;
    this.pressedAt = Date.now();
  }

  release() {
    this.isPressed = false;
    for (const message of this.held.splice(0)) this.receive(message);
  }

  answered({ of, focus, say: told, download }) {
    const next = this.pending.get(of);
    this.pending.delete(of);
    if (next) this.edit(of, next.text);
    if (focus) this.reveal(focus);
    if (told) this.announce(told);
    if (download) this.save(...download);
  }

  forget(id) {
    delete this.nodes[id];
    const element = this.parts.get(id)?.element;
    if (element?.isConnected) element.remove();
    this.parts.delete(id);
    this.parents.delete(id);
  }

  // Parts.

  show(ids) {
    for (const id of ids) for (const child of this.nodes[id]?.children ?? []) this.parents.set(child, id);
    for (const id of ids) if (this.nodes[id]?.kind === "options") this.fillDatalist(id);
    const due = new Set();
    for (const id of ids) for (let at = id; at && !due.has(at); at = this.parents.get(at)) due.add(at);
    for (const id of [...due].reverse()) if (this.nodes[id] && this.parts.has(id)) this.parts.get(id).update(this.nodes[id]);
    this.fill(this.body, ["/"]);
  }

  part(id) {
    const node = this.nodes[id];
    const shape = `${node.kind} ${node.input ?? ""}`;
    const known = this.parts.get(id);
    if (known?.shape === shape) return known;
    const made = PARTS[node.kind](this, id, node);
    made.shape = shape;
    this.parts.set(id, made);
    const before = this.rewriting;
    this.rewriting = true;
    made.update(node);
    this.rewriting = before;
    return made;
  }

  fill(container, ids = []) {
    arrange(container, ids.filter((id) => this.nodes[id]).map((id) => this.part(id).element));
  }

  fillDatalist(id) {
    if (!this.lists.has(id)) {
      this.lists.set(id, h("datalist", { id: `jtk-${this.view}-list-${this.lists.size}` }));
      this.datalists.append(this.lists.get(id));
    }
    this.lists.get(id).replaceChildren(...this.nodes[id].words.map((value) => h("option", { value })));
  }

  datalist(id) {
    return id ? this.lists.get(id)?.id ?? null : null;
  }

  // Rows.

  isFolded(id) {
    if (!this.folds.has(id)) this.folds.set(id, this.nodes[this.parents.get(id)].children.length > 3);
    return this.folds.get(id);
  }

  fold(id, to = !this.isFolded(id)) {
    this.folds.set(id, to);
    this.show([id]);
  }

  foldAll(list) {
    const rows = this.nodes[list].children;
    const to = rows.some((row) => !this.isFolded(row));
    for (const row of rows) this.folds.set(row, to);
    this.show([list, ...rows]);
  }

  rowAct(act, id) {
    if (act === "up" || act === "down") this.send("move", id, act === "up" ? -1 : 1);
    else this.send(act, id);
  }

  /** The number of errors beside a row and in it. */
  countBelow(id) {
    const node = this.nodes[id];
    const own = (node?.findings ?? []).filter((found) => found.severity === "error").length;
    return (node?.children ?? []).reduce((sum, child) => sum + this.countBelow(child), own);
  }

  // Pages.

  current(id, pages) {
    const now = this.turned.get(id);
    return pages.includes(now) ? now : pages[0];
  }

  turn(id, child) {
    this.turned.set(id, child);
    this.announce("");
    this.send("open", child, this.view);
    this.show([id]);
  }

  // Focus.

  focused() {
    return this.root.getRootNode().activeElement;
  }

  focusFirst(container) {
    const found = container.querySelector("input, select, textarea") ?? container.querySelector("button:not([hidden])");
    found?.focus();
    return Boolean(found);
  }

  /** Open what hides a node, and put the focus there. */
  reveal(id, isTouch = false) {
    let at = id;
    while (at && !this.nodes[at]) at = at.slice(0, at.lastIndexOf("/"));
    const above = [];
    for (let one = at; one; one = this.parents.get(one)) above.unshift(one);
    above.forEach((one, depth) => {
      const { kind } = this.nodes[one] ?? {};
      if (kind === "row") this.fold(one, false);
      const below = above[depth + 1];
      const turns = kind === "steps" || (kind === "pages" && this.nodes[below]?.kind === "page");
      if (turns && below && this.turned.get(one) !== below) this.turn(one, below);
    });
    const part = this.parts.get(at);
    (part?.focus ?? (() => part && this.focusFirst(part.element)))();
    part?.element.scrollIntoView({ block: "nearest" });
    if (isTouch) this.send("leave", at);
  }

  // What is said.

  announce(text, isShown = true) {
    this.status.textContent = text;
    this.status.classList.toggle("jtk-is-heard", !isShown);
  }

  /** Read the findings of the field with the focus once the keys rest. */
  schedule() {
    clearTimeout(this.reading);
    const id = FIELDS.get(this.focused()?.closest(".jtk-field"));
    if (!id || !this.typedAt) return;
    this.reading = setTimeout(() => {
      const told = (this.nodes[id]?.findings ?? []).map((found) => `${WORDS[found.severity]}: ${found.text}`).join(" ");
      if (told || this.told) this.announce(told || "No finding left.", false);
      this.told = told;
    }, QUIET);
  }

  warn(text) {
    this.banner.hidden = !text;
    say(this.banner, text);
  }

  wait() {
    this.isWaiting = true;
    this.warn("The kernel does not answer yet. It may be busy; what you type is sent when it does.");
  }

  /** The kernel is gone: say so, and take nothing more. */
  stop() {
    clearTimeout(this.waiting);
    this.isStopped = true;
    this.warn(ENDED[this.nodes["/"]?.kind] ?? ENDED.form);
    for (const one of this.body.querySelectorAll("input, textarea")) one.readOnly = true;
    for (const one of this.body.querySelectorAll("button, select")) one.disabled = true;
  }

  // Ages: counted by the page's clock from the moment an answer came, so that they go on while the kernel is busy.

  age(container = this.root) {
    for (const cell of container.querySelectorAll("[data-at]")) {
      cell.dataset.since ??= String(Date.now());
      const seconds = Number(cell.dataset.at) + (Date.now() - Number(cell.dataset.since)) / 1000;
      say(cell, (cell.dataset.words ??= cell.textContent).replace("{age}", ageText(seconds)));
    }
  }

  /** Ask again and again while a board wants it: after the last answer only, and only while somebody can see it. */
  beat() {
    this.age();
    const { every = 0 } = this.nodes["/"] ?? {};
    if (!every || this.isStopped || document.hidden || this.isBeating) return;
    if (Date.now() - (this.beaten ?? Date.now()) < every * 1000) return;
    this.isBeating = true;
    this.send("tick");
  }

  // Buttons.

  press(node) {
    if (node.act === "copy-text") this.copyText(node.argument);
    else if (node.act === "import") this.choose((text) => this.send("import", node.of, text));
    else this.send(node.act, node.of, node.argument ?? null);
  }

  choose(take) {
    const picker = h("input", { type: "file", accept: ".json,application/json,text/plain" });
    picker.addEventListener("change", async () => picker.files[0] && take(await picker.files[0].text()));
    picker.click();
  }

  save(name, text) {
    const url = URL.createObjectURL(new Blob([text], { type: "application/json" }));
    h("a", { href: url, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(url), 1000);
  }

  async copyText(text) {
    await navigator.clipboard?.writeText(text);
    this.announce("Copied.");
  }

  // Keys.

  keys(element, handler) {
    this.handlers.set(element, handler);
  }

  /** The form that an element belongs to: a page may have several. */
  form(element) {
    return element.closest("[data-form]")?.dataset.form ?? this.root.querySelector("[data-form]")?.dataset.form ?? "/";
  }

  dialog() {
    return Object.values(this.nodes).find((node) => node.kind === "dialog");
  }

  /**
   * Keep the notebook's letter shortcuts away from the form. JupyterLab listens in the bubbling phase and Notebook 7 in the
   * capturing one, so this is the one place that is before both; keys with Ctrl or Meta, and Shift+Enter, go on.
   */
  guard(event) {
    if (!this.root.contains(event.composedPath()[0])) return;
    if (event.altKey && event.code === "KeyZ") {
      this.send(event.shiftKey ? "redo" : "undo", this.form(event.composedPath()[0]));
      event.preventDefault();
    } else if (event.key === "Escape" && this.dialog()) this.press(this.nodes[this.dialog().children.at(-1)]);
    else {
      for (let at = event.composedPath()[0]; at && at !== this.root; at = at.parentElement) {
        if (this.handlers.get(at)?.(event)) break;
      }
    }
    if (event.ctrlKey || event.metaKey || (event.shiftKey && event.key === "Enter")) return;
    event.stopPropagation();
  }
}

function ageText(seconds) {
  const whole = Math.max(Math.round(seconds), 0);
  if (whole < 100) return `${whole} s`;
  if (whole < 6000) return `${Math.round(whole / 60)} min`;
  return whole < 172800 ? `${Math.round(whole / 3600)} h` : `${Math.round(whole / 86400)} days`;
}

/** The static copy of a living page is not shown beside it. */
function hideStatic(root, hidden) {
  for (const copy of root.closest(".jp-OutputArea")?.querySelectorAll("[data-jtk-static]") ?? []) {
    const output = copy.closest(".jp-OutputArea-child");
    if (output) output.style.display = hidden ? "none" : "";
  }
}

function render({ model, el }) {
  const root = h("div", { class: "jtk", "data-jtk": "" });
  el.append(root);
  const page = new Page(model, root);
  const receive = (message) => page.receive(message);
  const guard = (event) => page.guard(event);
  const live = () => page.stop();
  const leaving = (event) => page.nodes["/"]?.state === "volatile" && event.preventDefault();
  model.on("msg:custom", receive);
  model.on("comm_live_update", live);
  const released = () => setTimeout(() => page.release(), 0); // after the click
  root.addEventListener("pointerdown", (event) => page.hold(event), true);
  root.addEventListener("click", () => page.release());
  window.addEventListener("pointerup", released, true);
  window.addEventListener("keydown", guard, true);
  window.addEventListener("beforeunload", leaving);
  const clock = setInterval(() => page.beat(), 1000);
  page.send("hello");
  requestAnimationFrame(() => hideStatic(root, true));
  return () => {
    clearInterval(clock);
    clearTimeout(page.waiting);
    clearTimeout(page.reading);
    model.off("msg:custom", receive);
    model.off("comm_live_update", live);
    window.removeEventListener("pointerup", released, true);
    window.removeEventListener("keydown", guard, true);
    window.removeEventListener("beforeunload", leaving);
    hideStatic(root, false);
  };
}

export default { render };
