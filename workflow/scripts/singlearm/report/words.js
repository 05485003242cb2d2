"use strict";
// Texts and signs: a page in another language than English carries its own.
const spoken = {
  texts: {}, decimal: ".", thousands: ",",
  ...JSON.parse(document.getElementById("words")?.textContent ?? "{}"),
};
const say = (text, values = {}) => (spoken.texts[text] ?? text).replace(/\{(\w+)\}/g, (_, name) => values[name]);
const printed = (value, digits) => value.toFixed(digits).replace(".", spoken.decimal);
// What people read, with its numbers as programs write them.
const grouping = new RegExp(`\\${spoken.thousands}(?=\\d{3})`, "g");
const point = new RegExp(`\\${spoken.decimal}(?=\\d)`, "g");
const plain = (text) => text.replace(/\u2212/g, "-").replace(grouping, "").replace(point, ".");
