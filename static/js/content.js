// The step Content of a mailing: the editor over the textarea of the body, merge fields, links, images.
// Everything on the page is found anew when htmx has renewed a part of it.

const COMMANDS = {
  paragraph: { run: (chain) => chain.setParagraph(), is: ["paragraph"] },
  heading1: { run: (chain) => chain.toggleHeading({ level: 1 }), is: ["heading", { level: 1 }] },
  heading2: { run: (chain) => chain.toggleHeading({ level: 2 }), is: ["heading", { level: 2 }] },
  heading3: { run: (chain) => chain.toggleHeading({ level: 3 }), is: ["heading", { level: 3 }] },
  bold: { run: (chain) => chain.toggleBold(), is: ["bold"] },
  italic: { run: (chain) => chain.toggleItalic(), is: ["italic"] },
  bullets: { run: (chain) => chain.toggleBulletList(), is: ["bulletList"] },
  numbers: { run: (chain) => chain.toggleOrderedList(), is: ["orderedList"] },
  quote: { run: (chain) => chain.toggleBlockquote(), is: ["blockquote"] },
  rule: { run: (chain) => chain.setHorizontalRule() },
  undo: { run: (chain) => chain.undo() },
  redo: { run: (chain) => chain.redo() },
};

const editors = new WeakMap(); // by textarea
const body = () => document.querySelector("#content-form [name=body]");
const editor = () => editors.get(body());

// ---- the editor

async function edit(area) {
  if (editors.has(area)) return;
  editors.set(area, null);
  const prose = await import(area.dataset.editor);
  const place = document.createElement("div");
  place.className = "writing-place";
  area.before(place);
  area.hidden = true;
  const made = new prose.Editor({
    element: place,
    content: withoutStyles(area.value),
    injectCSS: false, // the content policy lets nobody write styles into the page; crm.css has them
    extensions: extensions(prose),
    editorProps: {
      attributes: { role: "textbox", "aria-multiline": "true", "aria-labelledby": "body-label", class: "writing-area" },
      transformPastedHTML: withoutStyles,
      handleDrop: (_view, event) => takeFiles(event, event.dataTransfer),
      handlePaste: (_view, event) => takeFiles(event, event.clipboardData),
    },
    onUpdate: ({ editor }) => write(area, editor.isEmpty ? "" : editor.getHTML()),
    onBlur: () => area.dispatchEvent(new Event("change", { bubbles: true })),
    onTransaction: ({ editor }) => showState(editor),
  });
  editors.set(area, made);
  showState(made);
}

// The content policy complains about each style that is only looked at.
function withoutStyles(html) {
  return html.replace(/<[a-z][^>]*>/gi, (tag) => tag.replace(/\sstyle\s*=\s*("[^"]*"|'[^']*')/gi, ""));
}

function extensions(prose) {
  return [
    prose.Document,
    prose.Paragraph,
    prose.Text,
    prose.HardBreak,
    prose.Heading.configure({ levels: [1, 2, 3] }),
    prose.Bold,
    prose.Italic,
    prose.BulletList,
    prose.OrderedList,
    prose.ListItem,
    prose.Blockquote,
    prose.HorizontalRule,
    prose.Link.configure({ openOnClick: false, autolink: false, protocols: ["mailto", "tel"] }),
    prose.Image,
    prose.History,
    prose.Dropcursor,
    prose.Gapcursor,
  ];
}

function write(area, text) {
  if (area.value === text) return;
  area.value = text;
  area.dispatchEvent(new Event("input", { bubbles: true }));
}

function showState(editor) {
  for (const button of document.querySelectorAll(".toolbar [data-command]")) {
    const { is } = COMMANDS[button.dataset.command] || {};
    if (is) button.setAttribute("aria-pressed", editor.isActive(...is));
  }
}

// ---- what the buttons do

function insert(html) {
  if (editor()) return editor().chain().focus().insertContent(html).run();
  const area = body();
  area.focus();
  area.setRangeText(html, area.selectionStart, area.selectionEnd, "end");
  area.dispatchEvent(new Event("change", { bubbles: true }));
}

const ACTIONS = {
  field: () => insert(`{{ ${document.getElementById("merge-field").value} }}`),
  link: () => {
    const dialog = document.getElementById("link-dialog");
    document.getElementById("link-address").value = editor().getAttributes("link").href || "";
    dialog.returnValue = "";
    dialog.showModal();
  },
};

function setLink(address) {
  const chain = editor().chain().focus().extendMarkRange("link");
  if (!address) return chain.unsetLink().run();
  const whole = /^[a-z][a-z0-9+.-]*:/i.test(address) ? address : `https://${address}`;
  if (editor().state.selection.empty && !editor().isActive("link")) {
    return chain.insertContent({ type: "text", text: address, marks: [{ type: "link", attrs: { href: whole } }] }).run();
  }
  chain.setLink({ href: whole }).run();
}

function insertImage({ image, alt, width }) {
  if (editor()) {
    const { to } = editor().state.selection; // what is selected stays
    editor().chain().focus().setTextSelection(to).setImage({ src: image, alt, width }).run();
  } else {
    const element = document.createElement("img");
    Object.assign(element, { src: image, alt, width });
    Object.assign(element.style, { maxWidth: "100%", height: "auto" }); // a telephone is narrower than the image
    insert(element.outerHTML);
  }
  (document.querySelector(".writing-place") || body()).scrollIntoView({ block: "center" });
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-command], [data-image]");
  if (!button || !body()) return;
  const { command, image } = button.dataset;
  if (image) insertImage(button.dataset);
  else if (ACTIONS[command]) ACTIONS[command]();
  else COMMANDS[command].run(editor().chain().focus()).run();
});

// ---- files: images are uploaded, anything else is refused with the reason

function takeFiles(event, transfer) {
  const [file] = transfer?.files || [];
  if (!file) return false;
  event.preventDefault();
  if (!file.type.startsWith("image/")) refuse();
  else bring(file);
  return true;
}

function refuse() {
  document.getElementById("messages").replaceChildren(document.getElementById("no-attachments").content.cloneNode(true));
  document.getElementById("messages").scrollIntoView({ block: "nearest" });
}

function bring(file) {
  const form = document.getElementById("image-form");
  const brought = new DataTransfer();
  brought.items.add(file);
  form.elements.file.files = brought.files;
  form.elements.alt.focus();
}

document.addEventListener("dragover", (event) => {
  if (event.target.closest?.(".content-step") && event.dataTransfer.types.includes("Files")) event.preventDefault();
});
document.addEventListener("drop", (event) => {
  if (event.target.closest?.(".content-step") && !event.defaultPrevented) takeFiles(event, event.dataTransfer);
});

// ---- nothing is lost: whoever leaves before it is saved is asked

let written = 0;
let sent = 0;
let saved = 0;
const isOfTheBody = (event) => event.target.closest?.("#content-form") && event.target.name === "body";

document.addEventListener("input", (event) => {
  if (isOfTheBody(event)) written += 1;
});
document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.elt.matches("[data-autosave]")) sent = written;
});
document.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.elt.matches("[data-autosave]") && event.detail.successful) saved = sent;
});
document.addEventListener("submit", (event) => {
  if (event.target.id === "content-form") saved = written;
});
window.addEventListener("beforeunload", (event) => {
  if (body() && saved < written) event.preventDefault();
});

// ---- on arrival, and whenever a part was renewed

function arrive() {
  if (!body()) return;
  for (const area of document.querySelectorAll("textarea[data-editor]")) edit(area);
  for (const hidden of document.querySelectorAll(".toolbar[hidden], [data-image][hidden]")) hidden.hidden = false;
  const dialog = document.getElementById("link-dialog");
  dialog.onclose = () => {
    if (dialog.returnValue === "set") setLink(document.getElementById("link-address").value.trim());
  };
}

document.addEventListener("htmx:afterSettle", arrive);
arrive();
