// Elements without innerHTML: whatever a server sent stays text.

const SVG = "http://www.w3.org/2000/svg";

/** Make an element. Attributes that are null or false are left out, those that stay the same are not touched; `on…` are listeners; children are elements or texts. */
function h(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  set(made, attributes);
  made.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return made;
}

function set(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === null || value === undefined || value === false) element.removeAttribute(name);
    else {
      const text = value === true ? "" : String(value);
      if (element.getAttribute(name) !== text) element.setAttribute(name, text);
    }
  }
}

/** Set a text only where it differs, so that a screen reader does not read it again. */
function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Put these elements into a container in this order, touching only those that are not there yet. */
function arrange(container, elements) {
  const wanted = new Set(elements);
  for (const child of [...container.children]) if (!wanted.has(child)) child.remove();
  elements.forEach((element, at) => {
    if (container.children[at] !== element) container.insertBefore(element, container.children[at] ?? null);
  });
}

const ITEMS = new WeakMap();

/** One element per item, in their order. An item that is there already keeps its element, with the focus that it may have. */
function arrangeItems(container, items, make) {
  const known = new Map([...container.children].map((element) => [ITEMS.get(element), element]));
  arrange(container, items.map((item) => {
    const text = JSON.stringify(item);
    const element = known.get(text) ?? make(item);
    known.delete(text);
    ITEMS.set(element, text);
    return element;
  }));
}

/** Make an element of a drawing. */
function svg(tag, attributes = {}, ...children) {
  const made = document.createElementNS(SVG, tag);
  set(made, attributes);
  made.append(...children);
  return made;
}

function icon(name) {
  const made = document.createElementNS(SVG, "svg");
  made.setAttribute("viewBox", "0 0 16 16");
  made.setAttribute("class", "jtk-icon");
  made.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name] ?? "");
  made.append(path);
  return made;
}

/** A button that is an icon, a text, or both; an icon alone is named by `label`. */
function pushButton({ label, text = "", symbol = "", kind = "quiet", press, disabled = false }) {
  const made = h("button", { type: "button", class: `jtk-button jtk-${kind}`, onclick: press, disabled });
  if (symbol) made.append(icon(symbol));
  if (text) made.append(h("span", {}, text));
  if (label && label !== text) set(made, { "aria-label": label, title: label });
  return made;
}
