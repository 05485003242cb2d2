"use strict";
(() => {
  // Sorting: a button in each heading; numbers by data-v or by their first number, text by the eye.
  const collator = new Intl.Collator(document.documentElement.lang, { numeric: true, sensitivity: "base" });
  const numberIn = (text) => {
    const found = text.match(/^[<>]?\s*(-?\d+(\.\d+)?)/);
    return found ? Number(found[1]) : NaN;
  };
  const keyOf = (cell) => (cell.hasAttribute("data-v") ? cell.dataset.v : plain(cell.textContent.trim()));
  const missing = (text) => text === "" || text === "\u2013";
  const compare = (a, b) => {
    if (missing(a) || missing(b)) return missing(a) - missing(b);
    const x = numberIn(a), y = numberIn(b);
    return Number.isNaN(x) || Number.isNaN(y) ? collator.compare(a, b) : x - y;
  };
  for (const table of document.querySelectorAll("table[data-sortable]")) {
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const down = head.getAttribute("aria-sort") === "ascending";
        heads.forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        const rows = [...table.tBodies[0].rows].map((row) => [keyOf(row.cells[column]), row]);
        rows.sort(([a], [b]) => (missing(a) || missing(b) || !down ? compare(a, b) : compare(b, a)));
        table.tBodies[0].append(...rows.map(([, row]) => row));
      });
    });
  }

  // Filtering of a table by text and by choices. No form of the page is sent anywhere.
  document.addEventListener("submit", (event) => event.preventDefault());
  for (const form of document.querySelectorAll("form[data-filters]")) {
    const table = document.getElementById(form.dataset.filters);
    const rows = [...table.tBodies[0].rows];
    const texts = new Map(rows.map((row) => [row, row.textContent.toLowerCase()]));
    const show = () => {
      const words = form.elements.text.value.toLowerCase().split(/\s+/).filter(Boolean);
      const choices = [...form.querySelectorAll("select")].filter((choice) => choice.value);
      let shown = 0;
      for (const row of rows) {
        const fits = words.every((word) => texts.get(row).includes(word)) &&
          choices.every((choice) => row.getAttribute(`data-${choice.name}`) === choice.value);
        row.hidden = !fits;
        shown += fits;
      }
      const noun = rows.length === 1 ? table.dataset.noun : table.dataset.nouns;
      form.querySelector("output").value = shown === rows.length ? `${shown} ${noun}` : say("{k} of {n} {nouns}", { k: shown, n: rows.length, nouns: noun });
    };
    form.addEventListener("input", show);
    show();
  }

  // Details of a forest row: on hover, and by arrow keys from the one tab stop of each figure.
  const card = document.getElementById("card");
  const byStudy = new Map(
    [...document.querySelectorAll("#studies-table tbody tr")].map((row) => [row.dataset.study, row]));
  const line = (tag, text) => {
    const element = document.createElement(tag);
    element.textContent = text;
    return element;
  };
  const found = new Map();
  const effects = (outcome) => {
    if (!found.has(outcome)) {
      const rows = document.querySelectorAll(`table[data-effects="${CSS.escape(outcome)}"] tbody tr`);
      found.set(outcome, new Map([...rows].map((row) => [row.dataset.study, row])));
    }
    return found.get(outcome);
  };
  const describe = (outcome, study) => {
    const effect = effects(outcome).get(study);
    const row = byStudy.get(study);
    if (!effect) return null;
    const textsOf = (cells) => [...effect.querySelectorAll(cells)].map((cell) => cell.textContent.trim());
    const [name, counts, share, fitted] = textsOf("th, .right");
    // a review without sources or notes has no cells for them
    const [source] = textsOf(".source"), [remark] = textsOf(".remark");
    const parts = [line("strong", name), line("p", `${counts}: ${share} %`)];
    if (fitted) parts.push(line("p", say("Under the model: {value} %", { value: fitted })));
    if (row) {
      const title = row.cells[0].querySelector(".fine").textContent;
      const facts = [...row.cells].slice(1, 5).map((cell) => cell.textContent.trim()).filter(Boolean);
      parts.push(...[title, facts.join(" \u00b7 ")].filter(Boolean).map((text) => line("p", text)));
    }
    if (source) parts.push(line("p", say("Source: {source}.", { source })));
    if (remark) parts.push(line("p", remark));
    return parts;
  };
  let marked = null;
  const hide = () => {
    card.hidden = true;
    if (marked) marked.classList.remove("marked");
    marked = null;
  };
  const show = (outcome, element) => {
    if (marked === element) return;
    const parts = describe(outcome, element.dataset.study);
    if (!parts) return;
    hide();
    card.replaceChildren(...parts);
    card.hidden = false;
    marked = element;
    element.classList.add("marked");
  };
  const rowOf = (target) => (target.closest("svg.plot") ? target.closest("[data-study]") : null);
  for (const article of document.querySelectorAll("article.outcome")) {
    const follow = (event) => {
      const row = rowOf(event.target);
      if (row) show(article.id, row);
      else hide();
    };
    article.addEventListener("mouseover", follow);
    article.addEventListener("mouseleave", hide);
    article.addEventListener("focusin", follow);
    article.addEventListener("focusout", hide);
    article.addEventListener("keydown", (event) => {
      const row = rowOf(event.target);
      if (!row) return;
      const rows = [...row.closest("svg.plot").querySelectorAll("[data-study]")];
      const at = rows.indexOf(row);
      const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[event.key];
      if (to === undefined || !rows[to]) return;
      event.preventDefault();
      row.setAttribute("tabindex", "-1");
      rows[to].setAttribute("tabindex", "0");
      rows[to].focus();
    });
  }
  const arm = (outcome, plot) => plot.querySelectorAll("[data-study]").forEach((row, index) => {
    row.setAttribute("tabindex", index ? "-1" : "0");
    row.setAttribute("role", "img");
    const parts = describe(outcome, row.dataset.study);
    row.setAttribute("aria-label", parts ? `${parts[0].textContent}, ${parts[1].textContent}` : row.dataset.study);
  });
  // A figure's rows get names and a tab stop when it comes near the screen: all of them at once
  // would hold up the page.
  const near = new IntersectionObserver((entries) => entries.forEach(({ target, isIntersecting }) => {
    if (!isIntersecting) return;
    near.unobserve(target);
    arm(target.closest("article").id, target);
  }), { rootMargin: "100%" });
  document.querySelectorAll("article.outcome svg.plot").forEach((plot) => near.observe(plot));
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });

  // A container is a tab stop only while there is something to scroll.
  const watch = new ResizeObserver((entries) => entries.forEach(({ target }) => {
    if (target.scrollWidth > target.clientWidth + 1) target.tabIndex = 0;
    else target.removeAttribute("tabindex");
  }));
  document.querySelectorAll(".scroll").forEach((box) => watch.observe(box));

  // The contents fold on narrow pages. Paper shows what the reader has opened.
  const contents = document.querySelector(".contents details");
  const wide = matchMedia("(min-width: 70rem)");
  const fold = () => { contents.open = wide.matches; };
  wide.addEventListener("change", fold);
  fold();
})();
