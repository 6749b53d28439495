"use strict";

// Nobody leaves a page by accident while something typed there is not saved, or while something is being saved.

let saving = 0;

function isChanged(field) {
  if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
  if (field.options) return [...field.options].some((option) => option.selected !== option.defaultSelected);
  return "defaultValue" in field && field.type !== "hidden" && field.value !== field.defaultValue;
}

const isUnsaved = () =>
  [...document.querySelectorAll("form[data-unsaved]")].some((form) => [...form.elements].some(isChanged));

const isSaved = (event) => event.detail.requestConfig.verb !== "get";

document.addEventListener("htmx:beforeSend", (event) => { if (isSaved(event)) saving += 1; });
document.addEventListener("htmx:afterRequest", (event) => { if (isSaved(event)) saving -= 1; });

// A form that htmx leaves alone is saved by leaving the page; one that only shows a preview is not.
let leaving = false;
document.addEventListener("submit", (event) => {
  leaving = !event.defaultPrevented && !(event.submitter && event.submitter.formTarget);
});

window.addEventListener("beforeunload", (event) => {
  if (saving || (isUnsaved() && !leaving)) event.preventDefault();
});

// The same for links that only renew the page.
document.addEventListener("htmx:confirm", (event) => {
  const { elt, verb } = event.detail;
  if (verb !== "get" || !elt.matches("a, form") || !isUnsaved()) return;
  if (!window.confirm(document.getElementById("leave-unsaved").innerHTML.trim())) event.preventDefault();
});
