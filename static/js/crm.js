"use strict";

// "/" goes to the search of the page, else to the one of the frame.
document.addEventListener("keydown", (event) => {
  const isTyping = event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key !== "/" || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
  const search = document.querySelector("#page [data-find]") || document.querySelector("[data-find]");
  if (!search) return;
  event.preventDefault();
  search.focus();
  search.select();
});

// What could not be saved is never passed over in silence.
function sayThatItFailed() {
  const words = document.getElementById("request-failed").content.cloneNode(true);
  document.getElementById("messages").replaceChildren(words);
}
document.addEventListener("htmx:responseError", sayThatItFailed);
document.addEventListener("htmx:sendError", sayThatItFailed);
document.addEventListener("htmx:timeout", sayThatItFailed);

// Filters left empty do not lengthen the address of a list.
document.addEventListener("formdata", (event) => {
  if (!event.target.matches("[data-tidy]")) return;
  for (const [name, value] of [...event.formData]) if (!value) event.formData.delete(name);
});

// On a page that was opened or renewed the keyboard is where the work is: at the first refusal, at the form just opened,
// in the row whose form was just closed.
const toDo = [".field-refused :is(input, select, textarea)", ".message-error[data-focus]", "[autofocus]", "[data-focus]"];
function focusOnWork(page, otherwise) {
  const next = toDo.map((selector) => page.querySelector(selector)).find(Boolean) || otherwise;
  if (next) next.focus();
}
focusOnWork(document.getElementById("page"));
let row;
document.addEventListener("htmx:beforeRequest", (event) => {
  const opened = event.detail.elt.closest("tr.opened");
  row = opened && opened.previousElementSibling.id;
});
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.target.id !== "page") return;
  const page = document.getElementById("page");
  const worked = row && document.getElementById(row);
  focusOnWork(page, worked && (worked.querySelector("a[id]") || worked.querySelector("button, a")));
  if (document.activeElement === document.body) page.focus({ preventScroll: true });
});

// Rows of a list that are checked are whom the next action is about; the box in the head checks the whole page.
function countChecked() {
  const boxes = [...document.querySelectorAll("input[name=checked]")];
  const number = boxes.filter((box) => box.checked).length;
  const whom = document.querySelector("[data-whom-checked]");
  whom.checked = number > 0;
  document.querySelector("[name=whom][value=all]").checked = number === 0;
  document.querySelector("[data-checked-number]").textContent = number ? ` (${number})` : "";
  document.querySelector("[data-check-all]").checked = number === boxes.length;
}
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-check-all]")) {
    for (const box of document.querySelectorAll("input[name=checked]")) box.checked = event.target.checked;
  } else if (!event.target.matches("input[name=checked]")) return;
  countChecked();
});
function showCheckAll() {
  for (const box of document.querySelectorAll("[data-check-all]")) box.hidden = false;
}
showCheckAll();
document.addEventListener("htmx:afterSettle", showCheckAll);
