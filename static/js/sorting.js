"use strict";

// Puts the rows of a table elsewhere: by dragging their grip, or by Alt with the arrow keys. Both end in the form that
// each row has, whose buttons do the same without this script.

let dragged = null;

const rowsOf = (row) => [...row.parentElement.children];

function sendPlace(row) {
  const form = row.querySelector("form.order");
  const to = document.createElement("input");
  Object.assign(to, { type: "hidden", name: "to", value: rowsOf(row).indexOf(row) });
  form.append(to);
  form.requestSubmit();
}

function drop(isMoved) {
  if (!dragged) return;
  const { row, next } = dragged;
  row.classList.remove("dragged");
  dragged = null;
  if (row.nextElementSibling === next) return;
  if (isMoved) sendPlace(row);
  else row.parentElement.insertBefore(row, next);
}

document.addEventListener("pointerdown", (event) => {
  const grip = event.target.closest("[data-grip]");
  if (!grip || event.button !== 0) return;
  event.preventDefault();
  const row = grip.closest("tr");
  dragged = { row, next: row.nextElementSibling };
  row.classList.add("dragged");
});

document.addEventListener("pointermove", (event) => {
  if (!dragged) return;
  const { row } = dragged;
  const middle = (one) => one.getBoundingClientRect().top + one.offsetHeight / 2;
  const others = rowsOf(row).filter((one) => one !== row);
  const below = others.find((one) => event.clientY < middle(one)) || null;
  if (row.nextElementSibling !== below) row.parentElement.insertBefore(row, below);
});

document.addEventListener("pointerup", () => drop(true));
document.addEventListener("pointercancel", () => drop(false));

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") drop(false);
  const way = { ArrowUp: "up", ArrowDown: "down" }[event.key];
  const row = event.altKey && way && event.target.closest("[data-sorting] tbody tr");
  if (!row) return;
  event.preventDefault();
  const button = document.getElementById(`${way}-${row.dataset.key}`);
  button.focus();
  button.click();
});

// At either end of the table there is nowhere to go.
document.addEventListener("submit", (event) => {
  if (event.submitter?.getAttribute("aria-disabled") === "true") {
    event.preventDefault();
    event.stopImmediatePropagation();
  }
}, true);
