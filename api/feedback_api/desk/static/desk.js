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
  // dragging: a topic onto a group of the tree, a request onto a column of the board, with the
  // mouse or, after a long press, with a finger; a menu or a form on the page does the same for
  // keyboards, and says what may follow what
  const drags = (items, places, fits, act) => {
    let start = null, held = null, ghost = null, over = null, waiting = 0, rolling = 0;
    const place = (x, y) => {
      const under = document.elementFromPoint(x, y);
      const found = under && under.closest(places);
      return found && !found.contains(held) && fits(held, found) ? found : null;
    };
    const mark = (here) => {
      over = here;
      all(places).forEach((one) => one.classList.toggle("over", one === here));
    };
    // near an edge the page goes on, and so does the board, whose columns lie side by side
    const roll = (x, y) => {
      const by = (at, size) => (at < 70 ? -14 : at > size - 70 ? 14 : 0);
      clearInterval(rolling);
      rolling = setInterval(() => {
        window.scrollBy(0, by(y, innerHeight));
        const board = held && held.closest(".board");
        if (board) board.scrollBy(by(x, innerWidth), 0);
        mark(place(x, y));
      }, 30);
    };
    const move = (x, y) => {
      ghost.style.translate = `${Math.min(x, innerWidth - ghost.offsetWidth - 20)}px ${y}px`;
      mark(place(x, y));
      roll(x, y);
    };
    const lift = () => {
      held = start.item;
      ghost = held.cloneNode(true);
      ghost.classList.add("ghost");
      ghost.style.width = `${held.offsetWidth}px`;
      document.body.append(ghost);
      held.classList.add("held");
      move(start.x, start.y);
    };
    const end = (isDone) => {
      clearTimeout(waiting);
      clearInterval(rolling);
      const [item, here] = [held, over];
      start = held = null;
      if (!item) return;
      ghost.remove();
      item.classList.remove("held");
      mark(null);
      // the click that follows would open what was let go
      const stop = (event) => { event.preventDefault(); event.stopPropagation(); };
      document.addEventListener("click", stop, { capture: true, once: true });
      setTimeout(() => document.removeEventListener("click", stop, { capture: true }), 50);
      if (isDone && here) act(item, here);
    };
    document.addEventListener("pointerdown", (event) => {
      const item = event.target.closest(items);
      if (!item || event.button || event.target.closest("input, select, textarea, button, details")) return;
      start = { item, x: event.clientX, y: event.clientY, id: event.pointerId };
      if (event.pointerType !== "mouse") waiting = setTimeout(lift, 350);
    });
    document.addEventListener("pointermove", (event) => {
      if (!start || event.pointerId !== start.id) return;
      if (!held) {
        if (Math.hypot(event.clientX - start.x, event.clientY - start.y) < 8) return;
        if (event.pointerType !== "mouse") { end(false); return; } // that finger scrolls
        lift();
      }
      move(event.clientX, event.clientY);
    });
    document.addEventListener("pointerup", () => end(true));
    document.addEventListener("pointercancel", () => end(false));
    document.addEventListener("keydown", (event) => { if (event.key === "Escape") end(false); });
    document.addEventListener("touchmove", (event) => { if (held) event.preventDefault(); }, { passive: false });
    document.addEventListener("contextmenu", (event) => { if (held) event.preventDefault(); });
    document.addEventListener("dragstart", (event) => { if (start) event.preventDefault(); });
    document.addEventListener("selectstart", (event) => { if (start) event.preventDefault(); });
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
