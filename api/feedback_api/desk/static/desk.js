/* Keyboard, drawer, and forms that send themselves. Every page works without this file. */
(() => {
  "use strict";
  const drawer = document.getElementById("drawer");
  const all = (selector, root = document) => Array.from(root.querySelectorAll(selector));
  let opener = null;

  const close = () => {
    if (!drawer.classList.contains("open")) return false;
    drawer.classList.remove("open");
    drawer.replaceChildren();
    if (opener && opener.isConnected) opener.focus();
    return true;
  };

  document.body.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.target === drawer && !drawer.contains(event.detail.elt)) opener = event.detail.elt;
  });
  document.body.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target !== drawer) return;
    // a form in the drawer leads back to the list that is open, not to the drawer's own page
    all('input[name="next"]', drawer).forEach((field) => {
      field.value = location.pathname + location.search;
    });
    drawer.classList.add("open");
    drawer.scrollTop = 0;
    drawer.focus();
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-close]")) close();
    const copier = event.target.closest("[data-copy]");
    if (copier) {
      const field = document.getElementById(copier.dataset.copy);
      const say = () => { copier.textContent = "复制好了"; };
      field.select();
      if (navigator.clipboard) navigator.clipboard.writeText(field.value).then(say, () => {});
      else if (document.execCommand("copy")) say();
    }
  });
  document.addEventListener("change", (event) => {
    const form = event.target.closest("form[data-auto]");
    if (form) form.requestSubmit();
    // a cell of a table saves itself; the row's form may stand in another cell
    const own = event.target.form;
    if (own && own.matches("form[data-send]") && event.target.value !== "" + event.target.defaultValue) own.requestSubmit();
  });
  document.addEventListener("input", (event) => {
    const field = event.target;
    if (field.matches('input[type="range"]')) {
      const shown = field.form && field.form.querySelector(`output[for="${field.id}"]`);
      if (shown) shown.value = field.value;
      // the form that saves the weights carries what the sliders show
      all(`form[data-copies="${field.form.id}"] input[name="${field.name}"]`).forEach((copy) => {
        copy.value = field.value;
      });
    }
  });
  document.addEventListener("submit", (event) => {
    // an empty field of a filter says nothing; leave it out of the address
    if (event.target.method === "get") {
      all("select, input", event.target).forEach((field) => {
        if (field.value === "") field.disabled = true;
      });
    }
  });

  const step = (by) => {
    const rows = all("[data-row]").filter((row) => row.offsetParent !== null);
    if (!rows.length) return;
    const now = rows.findIndex((row) => row.classList.contains("at"));
    const next = rows[Math.max(0, Math.min(rows.length - 1, now < 0 ? 0 : now + by))];
    rows.forEach((row) => row.classList.toggle("at", row === next));
    next.scrollIntoView({ block: "nearest" });
    const link = next.querySelector("[data-open]") || next.querySelector("a, button, summary");
    if (link) link.focus({ preventScroll: true });
  };
  const at = () => document.querySelector("[data-row].at") || document.querySelector("[data-row]");
  const edit = (kind) => {
    const place = drawer.classList.contains("open") ? drawer : at() || document;
    const form = place.querySelector(`details[data-edit="${kind}"]`) || document.querySelector(`details[data-edit="${kind}"]`);
    if (!form) return false;
    form.open = true;
    const field = form.querySelector("select, input:not([type=hidden]), button");
    if (field) field.focus();
    return true;
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape" && close()) return;
    if (event.target.closest("input, select, textarea")) return;
    const row = at();
    switch (event.key) {
      case "j": step(1); break;
      case "k": step(-1); break;
      case "e": {
        const link = row && row.querySelector("[data-open]");
        if (link) link.click();
        break;
      }
      case "m": if (!edit("topic") && !edit("merge")) return; break;
      case "/": document.getElementById("q").focus(); break;
      default: return;
    }
    event.preventDefault();
  });
  // dragging: a topic onto a group of the tree, a request onto a column of the board; a menu or
  // a form on the page does the same for keyboards, and says what may follow what
  const drags = (items, places, fits, act) => {
    let held = null;
    all(items).forEach((item) => { item.draggable = true; });
    const place = (event) => {
      const found = held && event.target.closest(places);
      return found && !found.contains(held) && fits(held, found) ? found : null;
    };
    const mark = (here) => all(places).forEach((one) => one.classList.toggle("over", one === here));
    document.addEventListener("dragstart", (event) => {
      held = event.target.closest && event.target.closest(items);
      if (held) event.dataTransfer.setData("text/plain", held.textContent.trim());
    });
    document.addEventListener("dragover", (event) => {
      if (!held) return;
      const here = place(event);
      mark(here);
      if (here) event.preventDefault();
    });
    document.addEventListener("drop", (event) => {
      const here = place(event);
      if (!here) return;
      event.preventDefault();
      act(held, here);
    });
    document.addEventListener("dragend", () => { held = null; mark(null); });
  };
  const nest = document.getElementById("nest");
  if (nest) {
    drags("li[data-topic]", "[data-theme]", () => true, (topic, group) => {
      nest.elements.topic.value = topic.dataset.topic;
      nest.elements.under.value = group.dataset.theme;
      nest.submit();
    });
  }
  const step_to = (tile, column) => all("select option", tile).find((one) => one.value === column.dataset.status);
  drags("li.tile", "section[data-status]", step_to, (tile, column) => {
    const option = step_to(tile, column);
    option.selected = true;
    option.closest("form").submit();
  });
  document.documentElement.classList.add("js");
})();
