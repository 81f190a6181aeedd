// A visit: answers wait in this browser while there is no connection, and are sent in order, each once.
// Without this file every item is a plain form on a page of its own.
"use strict";
(async () => {
  const root = document.querySelector("[data-visit]");
  if (!root || !window.indexedDB) return;
  const words = root.dataset;
  const visit = Number(words.visit);
  const person = Number(words.person);
  const forms = new Map(Array.from(root.querySelectorAll("form[data-item]"), (form) => [Number(form.dataset.item), form]));
  const title = root.querySelector("h1");
  const notices = root.querySelector("[data-notices]");
  const chosen = new Map(); // item -> photos that were taken and not sent yet
  const later = 10000; // milliseconds until the next try
  let here = Number(words.here);
  let trouble = ""; // offline or signed-out
  let unsent = 0;

  // What waits lies in one table of this browser: {no, person, visit, item, action, key, fields, photos, refused}.
  const asked = (request) => new Promise((done, failed) => {
    request.onsuccess = () => done(request.result);
    request.onerror = () => failed(request.error);
  });
  const opening = indexedDB.open("isms-visit", 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore("waiting", { keyPath: "no", autoIncrement: true });
  let db;
  try {
    db = await asked(opening);
  } catch {
    return; // a browser that keeps nothing: the plain forms do
  }
  db.onversionchange = () => db.close(); // signing out removes it all
  const table = (mode) => db.transaction("waiting", mode).objectStore("waiting");
  const everything = () => asked(table("readonly").getAll());
  const own = async () => (await everything()).filter((row) => row.person === person);
  const keep = (row) => asked(table("readwrite").put(row));
  const forget = (row) => asked(table("readwrite").delete(row.no));

  // What is shown.
  const element = (name, text, more = {}) => Object.assign(document.createElement(name), { textContent: text }, more);
  const notice = (text, act, ...more) => {
    const box = element("div", "", { className: act ? "notice act" : "notice" });
    box.append(element("p", text), ...more);
    return box;
  };
  const filled = (text, number) => text.replace("%", number);
  const show = (number) => {
    if (!forms.size) return;
    here = number;
    root.querySelectorAll("[data-item]").forEach((part) => { part.hidden = Number(part.dataset.item) !== number; });
    root.querySelectorAll(".prog rect").forEach((mark, index) => {
      const answered = forms.get(index + 1)?.dataset.answered;
      mark.setAttribute("fill-opacity", index + 1 === number ? "0.55" : answered ? "1" : "0.14");
    });
    title.textContent = root.querySelector(`[data-item="${number}"]`).dataset.title;
    root.querySelector("[data-number]").textContent = number;
    root.querySelector("[data-place]").hidden = !number;
    scrollTo(0, 0);
  };
  const go = (number) => {
    history.pushState({ number }, "", number ? forms.get(number).getAttribute("action") : location.href);
    show(number);
    title.focus({ preventScroll: true });
  };
  const told = (at) => {
    const state = root.querySelector("[data-state]");
    const done = Array.from(forms.values()).filter((form) => form.dataset.answered).length;
    if (state && forms.size) {
      state.textContent = `✓ ${words.saved.replace("%done", done).replace("%all", forms.size).replace("%at", at)}`;
    }
  };
  const say = async () => {
    const rows = await everything();
    const mine = rows.filter((row) => row.person === person);
    const waiting = mine.filter((row) => !row.refused);
    const parts = mine.filter((row) => row.refused && (row.visit === visit)).map(refusal);
    if (waiting.length && trouble === "signed-out") {
      const href = `${words.signIn}?next=${encodeURIComponent(location.pathname)}`;
      parts.push(notice(filled(words.signedOut, waiting.length), true, element("a", words.again, { href })));
    } else if (waiting.length && trouble) {
      parts.push(notice(filled(words.offline, waiting.length), true));
    } else if (waiting.length) {
      parts.push(notice(words.sending, false));
    }
    if (rows.length > mine.length) parts.push(notice(filled(words.others, rows.length - mine.length), false));
    notices.replaceChildren(...parts);
    unsent = mine.length;
    localStorage.setItem("isms-visit", rows.length || ""); // for signing out, which removes them all
    for (const row of waiting) {
      const mark = row.visit === visit && root.querySelector(`[data-row="${row.item}"] [data-words]`);
      if (mark) mark.textContent = words.waits;
    }
  };
  const refusal = (row) => {
    const text = `${filled(words.refused, row.item)}${row.refused.text}`;
    const typed = element("p", [row.fields.said, row.fields.comment].filter(Boolean).join("　"), { className: "ws" });
    const drop = element("button", words.forget, { type: "button", className: "s" });
    drop.addEventListener("click", async () => { await forget(row); await say(); });
    if (!forms.has(row.item)) return notice(text, true, typed, drop);
    const back = element("a", forms.get(row.item).dataset.title, { href: row.action });
    back.addEventListener("click", (event) => { event.preventDefault(); go(row.item); });
    return notice(text, true, back);
  };

  // The photos of an item: each one taken is added, and may be taken out again before it is sent.
  const list = (form) => {
    const number = Number(form.dataset.item);
    form.querySelector("[data-new]").replaceChildren(...(chosen.get(number) ?? []).map((photo) => {
      const item = document.createElement("li");
      const out = element("button", words.remove, { type: "button", className: "link" });
      out.addEventListener("click", () => {
        chosen.set(number, chosen.get(number).filter((other) => other !== photo));
        list(form);
      });
      const name = element("span", `${photo.name}　`);
      name.append(out);
      const size = photo.size < 1e6 ? `${Math.ceil(photo.size / 1e3)} KB` : `${(photo.size / 1e6).toFixed(1)} MB`;
      item.append(element("span", size, { className: "d" }), name);
      return item;
    }));
  };
  const taken = (form, photos) => form.querySelector("[data-taken]").replaceChildren(...photos.map((photo) => {
    const item = document.createElement("li");
    const label = element("label", "", { className: "c" });
    label.append(element("input", "", { type: "checkbox", name: "dropped", value: photo.id }), element("span", words.remove));
    item.append(element("img", "", { src: photo.href, alt: photo.name, loading: "lazy" }), label);
    return item;
  }));

  // Another answer came first: it stands beside what was typed, and whoever typed chooses.
  const beside = (form, other) => {
    const box = form.querySelector("[data-other]");
    box.hidden = !other;
    if (!other) return;
    form.elements.after.value = other.id;
    box.querySelector("[data-other-words]").textContent = other.words;
    box.querySelector("[data-other-who]").textContent = `${other.who} ${other.at}`;
    box.querySelector("[data-other-comment]").textContent = other.comment;
    box.querySelector("[data-take]").onclick = async (event) => {
      event.preventDefault();
      for (const row of await own()) if (row.visit === visit && row.item === Number(form.dataset.item)) await forget(row);
      location.assign(form.getAttribute("action"));
    };
  };

  // What is written into the form again: what waits, or was refused.
  const restore = (form, row) => {
    const radios = form.querySelectorAll("input[type=radio][name=value]");
    radios.forEach((radio) => { radio.checked = radio.value === row.fields.value; });
    if (!radios.length && form.elements.value) form.elements.value.value = row.fields.value;
    if (form.elements.na) form.elements.na.checked = Boolean(row.fields.na);
    form.elements.comment.value = row.fields.comment;
    if (row.refused) {
      chosen.set(row.item, row.photos);
      list(form);
      beside(form, row.refused.other);
    } else {
      form.dataset.answered = "1";
    }
  };

  // Sending.
  const token = () => root.querySelector("[name=csrf_token]")?.value ?? document.querySelector("[name=csrf_token]").value;
  const renewed = async () => {
    const answer = await fetch(location.pathname, { headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const same = page.querySelector("[data-visit]")?.dataset.person === String(person);
    const fresh = same && page.querySelector("[name=csrf_token]")?.value;
    if (fresh) document.querySelectorAll("[name=csrf_token]").forEach((field) => { field.value = fresh; });
    return Boolean(fresh);
  };
  const post = async (row) => {
    const body = new FormData();
    body.set("csrf_token", token());
    body.set("form_key", row.key);
    for (const name of ["after", "value", "comment"]) body.set(name, row.fields[name]);
    if (row.fields.na) body.set("na", "y");
    row.fields.dropped.forEach((id) => body.append("dropped", id));
    row.photos.forEach((photo) => body.append("files", photo, photo.name));
    const patience = 15000 + row.photos.reduce((sum, photo) => sum + photo.size, 0) / 50; // 50 bytes a millisecond
    return fetch(row.action, {
      method: "POST", body, headers: { Accept: "application/json" }, signal: AbortSignal.timeout?.(patience),
    });
  };
  const saved = async (row, told_) => {
    for (const next of await own()) { // what was written after it has seen it
      if (next.visit === row.visit && next.item === row.item && next.no > row.no && next.fields.after === row.fields.after) {
        next.fields.after = String(told_.saved);
        await keep(next);
      }
    }
    await forget(row);
    if (row.visit !== visit) return;
    const form = forms.get(row.item);
    if (form) {
      form.elements.after.value = told_.saved;
      form.dataset.answered = "1";
      if (form.elements.comment.value === row.fields.comment) form.elements.comment.value = told_.comment;
      taken(form, told_.photos);
      beside(form, null);
    }
    const mark = root.querySelector(`[data-row="${row.item}"] [data-words]`);
    if (mark) mark.textContent = told_.words;
    told(told_.at);
  };
  const refuse = async (row, text, other = null) => {
    row.refused = { text, other };
    await keep(row);
    const form = row.visit === visit && forms.get(row.item);
    if (form) restore(form, row);
  };
  const sendOne = async (row, again = true) => {
    let answer;
    let told_ = null; // no JSON: an error page, or somebody else's net that answers in place of the house
    try {
      answer = await post(row);
      if (answer.headers.get("Content-Type")?.startsWith("application/json")) told_ = await answer.json();
    } catch {
      return "offline";
    }
    if (answer.ok) return told_ ? saved(row, told_) : "offline";
    if (answer.status === 401) return "signed-out";
    if (answer.status === 400 && again) {
      try {
        return await renewed() ? sendOne(row, false) : "signed-out";
      } catch {
        return "offline";
      }
    }
    if (answer.status >= 500 || answer.status === 429) return "offline";
    told_ ??= { refused: answer.status === 413 ? words.tooLarge : words.lost };
    return refuse(row, told_.refused, told_.other);
  };
  let sending = null;
  let timer = 0;
  const send = async () => {
    clearTimeout(timer);
    trouble = "";
    let some = false;
    for (let row; (row = (await own()).find((one) => !one.refused));) {
      trouble = await sendOne(row) ?? "";
      if (trouble) break;
      some ||= row.visit === visit;
    }
    await say();
    if (some && !forms.size && !(await own()).length) location.reload(); // the list as it is now
    if (trouble === "offline") timer = setTimeout(flush, later);
  };
  const flush = () => (sending ??= send().finally(() => { sending = null; }));

  // Saving: into this browser first, then to the house; a slow house is not waited for.
  const complete = (form) => {
    const value = form.elements.value?.value ?? "";
    const radios = form.dataset.kind === "verdict";
    const lack = radios && !value ? words.choose
      : radios && ["ng", "remark"].includes(value) && !form.elements.comment.value.trim() ? words.say : "";
    form.querySelector("[data-lack]")?.remove();
    if (lack) lacks(form, lack, value ? form.elements.comment : form.querySelector("input[type=radio]"));
    return !lack;
  };
  const lacks = (form, text, field) => {
    form.querySelector("[data-lack]")?.remove();
    const box = notice(text, true);
    box.dataset.lack = "";
    box.setAttribute("role", "alert");
    form.querySelector("button.go").before(box);
    field.focus();
  };
  const save = async (form) => {
    const number = Number(form.dataset.item);
    const before = (await own()).filter((row) => row.refused && row.visit === visit && row.item === number);
    const radio = form.querySelector("input[type=radio]:checked");
    const row = {
      person, visit, item: number, action: form.getAttribute("action"), key: crypto.getRandomValues(new Uint32Array(4)).join("-"),
      fields: {
        after: form.elements.after.value,
        value: radio ? radio.value : form.elements.value?.value ?? "",
        said: radio?.closest("label").querySelector("b").textContent ?? form.elements.value?.value ?? "",
        comment: form.elements.comment.value,
        na: form.elements.na?.checked ?? false,
        dropped: Array.from(form.querySelectorAll("[name=dropped]:checked"), (box) => box.value),
      },
      photos: chosen.get(number) ?? [],
      refused: null,
    };
    row.no = await keep(row);
    for (const old of before) await forget(old);
    chosen.delete(number);
    list(form);
    await say();
    await Promise.race([flush(), new Promise((done) => setTimeout(done, 3000))]);
    const refused = (await own()).some((one) => one.no === row.no && one.refused);
    if (!refused) {
      form.dataset.answered = "1";
      go(forms.has(number + 1) ? number + 1 : 0);
    }
  };

  for (const [number, form] of forms) {
    const input = form.querySelector("input[type=file]");
    input.classList.add("vh");
    if (form.elements.after.value) form.dataset.answered = "1";
    input.addEventListener("change", () => {
      const files = Array.from(input.files);
      chosen.set(number, [...(chosen.get(number) ?? []), ...files.filter((file) => file.size <= Number(words.largest))]);
      input.value = "";
      list(form);
      if (files.some((file) => file.size > Number(words.largest))) lacks(form, words.heavy, input);
      else form.querySelector("[data-lack]")?.remove();
    });
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      event.stopPropagation(); // page.js would let it be sent once only
      const button = form.querySelector("button.go");
      if (button.disabled || !complete(form)) return;
      button.disabled = true;
      try {
        await save(form);
      } finally {
        button.disabled = false;
      }
    });
  }
  root.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-go]");
    if (!link || !forms.size) return;
    event.preventDefault();
    go(Number(link.dataset.go));
  });
  addEventListener("popstate", () => {
    const found = Array.from(forms).find(([, form]) => form.getAttribute("action") === location.pathname);
    if (found) show(found[0]);
  });
  addEventListener("online", flush);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) flush(); });
  root.querySelector("[data-finish]")?.addEventListener("submit", (event) => {
    if (!unsent) return;
    event.preventDefault();
    event.stopPropagation();
    notices.append(notice(words.first, true));
    flush();
  });

  for (const row of await own()) if (row.visit === visit && forms.has(row.item)) restore(forms.get(row.item), row);
  await say();
  if ((await own()).some((row) => !row.refused)) await flush();
})();
