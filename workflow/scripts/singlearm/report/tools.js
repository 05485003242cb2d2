"use strict";
(() => {
  const citation = document.getElementById("citation").textContent.trim();
  const save = (name, blob) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    URL.revokeObjectURL(link.href);
  };
  const copy = (text, button) => {
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
    const label = button.textContent;
    button.textContent = say("Copied");
    setTimeout(() => { button.textContent = label; }, 1500);
  };
  const address = (id) => `${location.href.split("#")[0]}#${id}`;

  // A figure as a file of its own, with the fonts of the page.
  const fonts = () => [...document.styleSheets].flatMap((sheet) => [...sheet.cssRules])
    .filter((rule) => rule instanceof CSSFontFaceRule).map((rule) => rule.cssText).join("\n");
  const sized = (plot) => {
    const alone = plot.cloneNode(true);
    const [, , width, height] = plot.getAttribute("viewBox").split(" ").map(Number);
    alone.setAttribute("width", `${width}pt`);
    alone.setAttribute("height", `${height}pt`);
    return { alone, width, height };
  };
  const markup = (plot) => {
    const { alone, width, height } = sized(plot);
    alone.insertAdjacentHTML("afterbegin", `<style>${fonts()}</style>`);
    return { text: new XMLSerializer().serializeToString(alone), width, height };
  };
  const picture = (plot, name) => {
    const { text, width, height } = markup(plot);
    const image = new Image();
    image.addEventListener("load", () => {
      const canvas = document.createElement("canvas");
      [canvas.width, canvas.height] = [4 * width, 4 * height];
      const paper = canvas.getContext("2d");
      paper.fillStyle = "#fff";
      paper.fillRect(0, 0, canvas.width, canvas.height);
      paper.drawImage(image, 0, 0, canvas.width, canvas.height);
      canvas.toBlob((blob) => save(`${name}.png`, blob));
    });
    image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  };
  // A figure for the printer, which saves PDF too, on paper of its own size. A link to the workflow's
  // PDF would be dead in a report that was sent alone, and from a file no page can look beside itself.
  const print = (plots) => {
    document.getElementById("paper-sheet")?.remove();
    const pages = plots.map(sized);
    const [width, height] = ["width", "height"].map((side) => Math.ceil(Math.max(...pages.map((page) => page[side]))) + 1);
    const style = document.createElement("style");
    style.textContent = `@page { size: ${width}pt ${height}pt; margin: 0; }`;
    const sheet = document.createElement("div");
    sheet.id = "paper-sheet";
    sheet.append(style);
    // in a root of its own, where the ids of the copies meet no others
    const root = sheet.attachShadow({ mode: "open" });
    root.innerHTML = "<style>svg { display: block; max-width: 100%; height: auto; } svg + svg { break-before: page; }</style>";
    root.append(...pages.map((page) => page.alone));
    document.body.prepend(sheet);
    addEventListener("afterprint", () => sheet.remove(), { once: true });
    window.print();
  };
  const rowsOf = (table) => [...table.rows].filter((row) => !row.hidden)
    .map((row) => [...row.cells].map((cell) => cell.textContent.trim().replace(/\s+/g, " ")));
  // Spreadsheets that write a decimal comma part cells at semicolons.
  const parting = spoken.decimal === "," ? ";" : ",";
  const quoted = (text) => `"${(/^[=+\-@]/.test(text) ? "'" : "") + text.replaceAll("\"", "\"\"")}"`;

  const toolbar = (bar, what, actions) => {
    for (const [label, act] of actions) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = label;
      button.setAttribute("aria-label", `${label}: ${what}`);
      button.addEventListener("click", () => act(button));
      bar.append(button);
    }
  };
  const equip = (element, bar) => {
    if (element.matches("figure")) {
      const caption = element.querySelector("figcaption");
      const plots = [...element.querySelectorAll("svg.plot")];
      const name = element.dataset.place.replace("/", "_");
      const each = (act) => () => plots.forEach((plot, i) => act(plot, plots.length > 1 ? `${name}_${i + 1}` : name));
      toolbar(bar, caption.textContent, [
        ["SVG", each((plot, file) => save(`${file}.svg`, new Blob([markup(plot).text], { type: "image/svg+xml" })))],
        ["PNG", each(picture)],
        ["PDF", () => print(plots)],
        [say("Link"), (button) => copy(address(element.id), button)],
        [say("Cite"), (button) => copy(`${citation} ${say("Figure: {caption}", { caption: caption.textContent.trim() })} ${address(element.id)}`, button)],
      ]);
    } else {
      const table = element.querySelector("table");
      const title = element.getAttribute("aria-label");
      const text = (row, between, write) => rowsOf(table).map((cells) => cells.map(write).join(between)).join(row);
      const actions = [
        ["CSV", () => save(`${table.id || "table"}.csv`, new Blob([`\ufeff${text("\r\n", parting, quoted)}\r\n`], { type: "text/csv" }))],
        [say("Copy"), (button) => copy(text("\n", "\t", (cell) => cell), button)],
      ];
      if (table.id) {
        actions.push([say("Link"), (button) => copy(address(table.id), button)],
          [say("Cite"), (button) => copy(`${citation} ${say("Table: {title}.", { title })} ${address(table.id)}`, button)]);
      }
      toolbar(bar, title, actions);
    }
  };
  const near = new IntersectionObserver((entries) => entries.forEach(({ target, isIntersecting }) => {
    if (!isIntersecting) return;
    near.unobserve(target);
    equip(target, target.nextElementSibling);
  }), { rootMargin: "50%" });
  // The room for the buttons is there from the start, so that nothing moves when they come.
  document.querySelectorAll("figure.figure, .scroll:has(> table)").forEach((element) => {
    const bar = document.createElement("p");
    bar.className = "tools";
    element.after(bar);
    near.observe(element);
  });

  // Search over everything on the page.
  const form = document.getElementById("find");
  const hits = form.querySelector("ol");
  form.hidden = false;
  let index = null;
  const entries = () => {
    index ??= [...document.querySelectorAll("main h2, main h3, main h4, main summary, main p, main li, main tbody tr, main figcaption")]
      .map((element) => ({ element, text: element.textContent.replace(/\s+/g, " ").trim() }))
      .filter(({ text }) => text);
    return index;
  };
  const reveal = (element) => {
    for (let box = element.closest("details"); box; box = box.parentElement.closest("details")) box.open = true;
    element.setAttribute("tabindex", "-1");
    element.scrollIntoView({ block: "center" });
    element.focus({ preventScroll: true });
  };
  form.addEventListener("input", () => {
    const words = form.elements.find.value.toLowerCase().split(/\s+/).filter(Boolean);
    const found = words.join("").length < 2 ? [] : entries().filter(({ text }) => {
      const lower = text.toLowerCase();
      return words.every((word) => lower.includes(word));
    });
    found.sort((a, b) => a.element.matches("h2, h3, h4, summary") < b.element.matches("h2, h3, h4, summary") ? 1 : -1);
    hits.replaceChildren(...found.slice(0, 12).map(({ element, text }) => {
      const item = document.createElement("li");
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = text.length > 90 ? `${text.slice(0, 90)}\u2026` : text;
      button.addEventListener("click", () => reveal(element));
      item.append(button);
      return item;
    }));
    form.querySelector("output").value = words.length ? say("{n} found", { n: found.length }) : "";
  });

  // On a small screen the table stands in for the forest: open at once for the key outcomes.
  const small = matchMedia("screen and (max-width: 40rem)");
  const unfold = () => {
    for (const details of document.querySelectorAll(".outcome:not(.further) details.behind")) {
      if (small.matches && !details.open) details.dataset.unfolded = details.open = true;
      else if (!small.matches && details.dataset.unfolded) details.open = false;
    }
  };
  small.addEventListener("change", unfold);
  unfold();
})();
