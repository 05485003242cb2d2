"use strict";
// The two-step model of the library (`synthesis.twostep`): log-odds, half a patient added to studies
// in which none or all had the event, tau2 by DerSimonian and Laird, Wald limits.
const twoStep = (events, totals) => {
  const effects = events.map((x, i) => {
    const add = x === 0 || x === totals[i] ? 0.5 : 0;
    const yes = x + add, no = totals[i] - x + add;
    return { y: Math.log(yes / no), v: 1 / yes + 1 / no };
  });
  const sum = (of) => effects.reduce((total, effect) => total + of(effect), 0);
  const fixed = sum((e) => 1 / e.v);
  const mean = sum((e) => e.y / e.v) / fixed;
  const q = sum((e) => (e.y - mean) ** 2 / e.v);
  const c = fixed - sum((e) => 1 / e.v ** 2) / fixed;
  const tau2 = c > 0 ? Math.max(0, (q - (effects.length - 1)) / c) : 0;
  const weight = sum((e) => 1 / (e.v + tau2));
  const estimate = sum((e) => e.y / (e.v + tau2)) / weight;
  const half = 1.959963984540054 / Math.sqrt(weight);
  const expit = (t) => 1 / (1 + Math.exp(-t));
  return { estimate: expit(estimate), low: expit(estimate - half), high: expit(estimate + half), tau2 };
};

// Choosing studies below a forest: the pooled row of those that are ticked.
for (const table of document.querySelectorAll("table[data-effects]")) {
  const details = table.closest("details");
  const rows = [...table.tBodies[0].rows];
  const of = (row) => document.querySelector(`#studies-table tr[data-study="${CSS.escape(row.dataset.study)}"]`);
  const build = () => {
    const form = document.createElement("form");
    form.className = "filters choose";
    // with the outcome: of several such forms each has a name of its own
    const outcome = details.closest("article").querySelector("h3").textContent;
    form.setAttribute("aria-label", `${say("Choose studies and pool them again")}: ${outcome}`);
    const field = (name, control) => {
      const label = document.createElement("label");
      label.append(name, " ", control);
      form.append(label);
      return control;
    };
    const groups = [...document.querySelectorAll("form[data-filters] select")].map((select) => {
      const copy = select.cloneNode(true);
      copy.name = select.name;
      return field(select.closest("label").firstChild.textContent.trim(), copy);
    });
    const years = rows.map((row) => Number(row.dataset.year)).filter(Boolean);
    const since = document.createElement("input");
    Object.assign(since, { type: "number", min: Math.min(...years), max: Math.max(...years), value: Math.min(...years) });
    if (years.length) field(say("Reported since"), since);
    const verified = document.createElement("input");
    verified.type = "checkbox";
    if (rows.some((row) => row.dataset.verified)) field(say("Verified values only"), verified);
    const boxes = rows.map((row) => {
      const box = document.createElement("input");
      box.type = "checkbox";
      box.checked = true;
      box.setAttribute("aria-label", say("Pool {study}", { study: row.cells[0].textContent.trim() }));
      row.cells[0].prepend(box, " ");
      return box;
    });
    const output = document.createElement("output");
    output.setAttribute("aria-live", "polite");
    form.append(output);
    const show = () => {
      const chosen = rows.filter((_, i) => boxes[i].checked);
      const numbers = (name) => chosen.map((row) => Number(row.dataset[name]));
      const counts = { k: chosen.length, n: rows.length };
      if (!chosen.length) { output.value = say("Exploratory: {k} of {n} studies.", counts); return; }
      const [events, totals] = [numbers("events"), numbers("total")];
      const found = twoStep(events, totals);
      const percent = (value) => printed(100 * value, 1);
      const add = (values) => values.reduce((a, b) => a + b, 0);
      const told = say("Exploratory: {k} of {n} studies, {events}/{total} patients: {estimate}% (95% CI {low} to {high}), tau\u00b2 {tau2}.", {
        ...counts, events: add(events), total: add(totals), estimate: percent(found.estimate),
        low: percent(found.low), high: percent(found.high), tau2: printed(found.tau2, 2),
      });
      output.value = `${told} ${say("Median study by the two-step model (logit, DerSimonian-Laird, Wald), not the model of the report.")}`;
    };
    const apply = () => {
      rows.forEach((row, i) => {
        const study = of(row);
        boxes[i].checked = groups.every((select) => !select.value || (study && study.getAttribute(`data-${select.name}`) === select.value)) &&
          (!years.length || !row.dataset.year || Number(row.dataset.year) >= Number(since.value)) &&
          (!verified.checked || Boolean(row.dataset.verified));
      });
      show();
    };
    form.addEventListener("input", apply);
    form.addEventListener("submit", (event) => event.preventDefault());
    table.addEventListener("change", show);
    details.querySelector(".scroll").before(form);
    show();
  };
  details.addEventListener("toggle", build, { once: true });
}
