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

// Clopper and Pearson's interval of one count, as the rows above have it.
const exact = (events, total) => {
  const below = (p, most) => {
    let term = total * Math.log1p(-p), sum = 0;
    for (let i = 0; i <= most; i++) {
      sum += Math.exp(term);
      term += Math.log((total - i) / (i + 1)) + Math.log(p) - Math.log1p(-p);
    }
    return sum;
  };
  // a share of patients at which so few (or so many) have a chance of 2.5%
  const solve = (most, chance) => {
    let [low, high] = [0, 1];
    for (let i = 0; i < 60; i++) {
      const p = (low + high) / 2;
      if (below(p, most) > chance) low = p; else high = p;
    }
    return low;
  };
  return {
    estimate: events / total,
    low: events === 0 ? 0 : solve(events - 1, 0.975),
    high: events === total ? 1 : solve(events, 0.025),
  };
};

// What the chosen studies give: no model of one study, nor where none or all of the patients had the
// event, since half a patient added would then be the answer.
const pooledOf = (events, totals) => {
  const [x, n] = [events, totals].map((values) => values.reduce((a, b) => a + b, 0));
  const method = events.length === 1
    ? say("The count of one study with its exact interval (Clopper-Pearson).")
    : x === 0 || x === n
      ? say("All counts as one with an exact interval (Clopper-Pearson): where none or all of the patients had the event, no model is fitted.")
      : events.some((each, i) => each === 0 || each === totals[i])
        ? say("Median study by the two-step model (logit, 1/2 added to studies with none or all, DerSimonian-Laird, Wald), not the model of the report.")
        : say("Median study by the two-step model (logit, DerSimonian-Laird, Wald), not the model of the report.");
  const alone = events.length === 1 || x === 0 || x === n;
  return { ...(alone ? exact(x, n) : twoStep(events, totals)), alone, x, n, method };
};

// Choosing studies below a forest: the pooled row of those that are ticked.
for (const table of document.querySelectorAll("table[data-effects]")) {
  const details = table.closest("details");
  const rows = [...table.tBodies[0].rows];
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
      const found = pooledOf(events, totals);
      const percent = (value) => printed(100 * value, 1);
      const values = {
        ...counts, events: found.x, total: found.n, estimate: percent(found.estimate),
        low: percent(found.low), high: percent(found.high),
      };
      const told = found.alone
        ? say("Exploratory: {k} of {n} studies, {events}/{total} patients: {estimate}% (95% CI {low} to {high}).", values)
        : say("Exploratory: {k} of {n} studies, {events}/{total} patients: {estimate}% (95% CI {low} to {high}), tau\u00b2 {tau2}.", { ...values, tau2: printed(found.tau2, 2) });
      output.value = `${told} ${found.method}`;
    };
    const apply = () => {
      rows.forEach((row, i) => {
        const study = document.querySelector(`#studies-table tr[data-study="${CSS.escape(row.dataset.study)}"]`);
        boxes[i].checked = groups.every((select) => !select.value || (study && study.getAttribute(`data-${select.name}`) === select.value)) &&
          (!years.length || !row.dataset.year || Number(row.dataset.year) >= Number(since.value)) &&
          (!verified.checked || Boolean(row.dataset.verified));
      });
      show();
    };
    form.addEventListener("input", apply);
    table.addEventListener("change", show);
    details.querySelector(".scroll").before(form);
    show();
  };
  details.addEventListener("toggle", build, { once: true });
}
