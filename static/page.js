// Conveniences only: every page works without this file.
"use strict";
document.documentElement.classList.add("scripted");

// After a refused form the list of errors gets the focus.
document.querySelector("[data-focus]")?.focus();

// Ctrl+Enter (⌘+Enter) sends the form one is in, with its first button.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  const form = event.target.closest?.("form[method=post]");
  if (!form) return;
  event.preventDefault();
  form.requestSubmit(form.querySelector("button.go") ?? undefined);
});

// Signing out removes what this browser keeps of a visit; what was not sent yet is asked for first.
document.querySelector("form[data-unsent]")?.addEventListener("submit", (event) => {
  if (localStorage.getItem("isms-visit") && !confirm(event.target.dataset.unsent)) {
    event.preventDefault();
    event.stopPropagation();
    return;
  }
  localStorage.removeItem("isms-visit");
  window.indexedDB?.deleteDatabase("isms-visit");
});

// One sending per form: a second press while the first is on its way does nothing.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  if (form.dataset.sent) return event.preventDefault();
  form.dataset.sent = "1";
});
addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach((f) => delete f.dataset.sent));

// A filter is applied as soon as something is chosen.
document.querySelectorAll("form.filt select").forEach((select) =>
  select.addEventListener("change", () => select.form.requestSubmit()));

// A fold of the menu closes on Esc, and when one goes elsewhere.
const folds = () => document.querySelectorAll(".bar details[open]");
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  folds().forEach((fold) => {
    fold.open = false;
    if (fold.contains(document.activeElement)) fold.querySelector("summary").focus();
  });
});
for (const kind of ["click", "focusin"]) {
  document.addEventListener(kind, (event) => folds().forEach((fold) => { if (!fold.contains(event.target)) fold.open = false; }));
}

// The map: Esc puts the readout away, the first touch of a tile shows it, the second follows the link.
const map = document.querySelector("[data-map]");
if (map) {
  const clear = () => map.querySelectorAll(".shown").forEach((tile) => tile.classList.remove("shown"));
  const tileOf = (event) => event.target.closest(".t");
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") { clear(); map.classList.add("quiet"); }
  });
  map.addEventListener("pointerover", () => map.classList.remove("quiet"));
  map.addEventListener("focusin", () => map.classList.remove("quiet"));
  map.addEventListener("click", (event) => {
    const tile = tileOf(event);
    if (!tile || event.pointerType !== "touch" || tile.classList.contains("shown")) return;
    event.preventDefault();
    clear();
    tile.classList.add("shown");
  });
}

// Files: drop them on the zone; the list says what will be sent, and one can be taken out again.
document.querySelectorAll("[data-drop]").forEach((zone) => {
  const input = zone.querySelector("input[type=file]");
  const list = zone.parentElement.querySelector("[data-files]");
  const words = zone.dataset;
  const put = (files) => {
    const box = new DataTransfer();
    for (const file of files) box.items.add(file);
    input.files = box.files;
    show();
  };
  const show = () => {
    zone.classList.toggle("has", input.files.length > 0);
    list?.replaceChildren(...Array.from(input.files, (file, index) => {
      const item = document.createElement("li");
      const size = document.createElement("span");
      const name = document.createElement("span");
      const out = document.createElement("button");
      size.className = "d";
      size.textContent = file.size < 1e6 ? `${Math.ceil(file.size / 1e3)} KB` : `${(file.size / 1e6).toFixed(1)} MB`;
      name.textContent = `${file.name}　`;
      out.type = "button";
      out.className = "link";
      out.textContent = words.remove;
      out.setAttribute("aria-label", `${words.remove} ${file.name}`);
      out.addEventListener("click", () => { put(Array.from(input.files).filter((_, i) => i !== index)); input.focus(); });
      name.append(out);
      item.append(size, name);
      return item;
    }));
  };
  input.addEventListener("change", show);
  for (const kind of ["dragover", "dragleave", "drop"]) {
    zone.addEventListener(kind, (event) => { event.preventDefault(); zone.classList.toggle("over", kind === "dragover"); });
  }
  zone.addEventListener("drop", (event) => {
    const dropped = Array.from(event.dataTransfer.files);
    put(input.multiple ? [...input.files, ...dropped] : dropped.slice(0, 1));
  });
});

// Controls: the numbers in the field become chips, a new line takes the next one; the field itself is what is sent.
document.querySelectorAll("input[data-chips]").forEach((field) => {
  const list = document.createElement("ul");
  const next = document.createElement("input");
  const options = Array.from(field.list?.options ?? [], (one) => ({ number: one.dataset.number, label: one.value }));
  const plain = (text) => text.normalize("NFKC").toLowerCase();
  const known = (text) => {
    const word = plain(text);
    const called = (one) => [plain(one.number), plain(one.label)].includes(word) || plain(one.number) === `a.${word}`;
    return options.find(called) ?? { number: text, label: text };
  };
  let chosen = [];
  const draw = () => {
    field.value = chosen.map((one) => one.number).join("、");
    list.replaceChildren(...chosen.map((one) => {
      const item = document.createElement("li");
      const out = document.createElement("button");
      out.type = "button";
      out.textContent = "×";
      out.setAttribute("aria-label", field.dataset.chips.replace("%", one.number));
      out.addEventListener("click", () => { chosen = chosen.filter((other) => other !== one); draw(); next.focus(); });
      item.append(`${one.label} `, out);
      return item;
    }));
  };
  const take = (text) => {
    const whole = options.some((one) => one.label === text);
    const words = whole ? [text] : text.replace(/(clause|annex)\s+/gi, "$1_").split(/[\s,、;；]+/);
    for (const word of words.filter(Boolean)) {
      const one = known(whole ? word : word.replace("_", " "));
      if (!chosen.some((other) => other.number === one.number)) chosen.push(one);
    }
    next.value = "";
    draw();
  };
  field.parentElement.querySelector("[data-read]")?.remove();
  list.className = "chips";
  next.type = "text";
  next.autocomplete = "off";
  for (const name of ["id", "list", "aria-describedby", "aria-invalid"]) {
    if (field.hasAttribute(name)) next.setAttribute(name, field.getAttribute(name));
  }
  field.removeAttribute("id");
  take(field.value);
  field.type = "hidden";
  field.before(list, next);
  next.addEventListener("input", () => { if (options.some((one) => one.label === next.value)) take(next.value); });
  next.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.ctrlKey && !event.metaKey && next.value.trim()) {
      event.preventDefault();
      take(next.value);
    } else if (event.key === "Backspace" && !next.value) {
      chosen.pop();
      draw();
    }
  });
  field.form.addEventListener("submit", () => take(next.value), { capture: true });
});
