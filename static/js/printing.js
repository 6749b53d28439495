"use strict";

// A button that prints the page; without this script it is not shown.
const showPrinting = () => document.querySelectorAll("[data-print]").forEach((button) => { button.hidden = false; });
document.addEventListener("click", (event) => { if (event.target.closest("[data-print]")) window.print(); });
document.addEventListener("htmx:load", showPrinting);
showPrinting();

// The page that answers such a button once the server has noted it.
if (document.querySelector("[data-print-now]")) window.print();
