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
