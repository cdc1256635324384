"use strict";
// Sorting and searching the table of students, and opening what is folded before it is printed.
(() => {
  const folded = document.getElementsByTagName("details");
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...folded].filter((details) => !details.open);
    opened.forEach((details) => { details.open = true; });
  });
  addEventListener("afterprint", () => opened.forEach((details) => { details.open = false; }));

  const table = document.getElementById("students-table");
  if (!table) return;
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const heads = [...table.tHead.rows[0].cells];
  const shown = document.getElementById("shown");
  const search = document.getElementById("search");
  const collator = new Intl.Collator("en", {numeric: true, sensitivity: "base"});
  const simple = (text) => text.normalize("NFKC").toLowerCase();
  const texts = new Map(rows.map((row) => [row, simple([...row.cells].map((cell) => cell.textContent).join(" "))]));
  let order = "";

  function say() {
    const visible = rows.filter((row) => !row.hidden).length;
    shown.textContent = `Shown: ${visible} of ${rows.length}${order}.`;
  }

  function value(row, column, kind) {
    const cell = row.cells[column];
    const text = cell.dataset.order ?? cell.textContent.trim();
    return kind === "number" ? parseFloat(text.replaceAll(",", "")) : text;
  }

  function sort(column) {
    const head = heads[column];
    const kind = head.dataset.kind;
    const up = head.getAttribute("aria-sort") !== "ascending";
    heads.forEach((other) => other.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", up ? "ascending" : "descending");
    const keyed = rows.map((row) => [value(row, column, kind), row]);
    keyed.sort(([a], [b]) => {
      if (kind !== "number") return up ? collator.compare(a, b) : collator.compare(b, a);
      // What is no number comes last, whichever way the rest is sorted.
      if (isNaN(a) || isNaN(b)) return isNaN(a) - isNaN(b);
      return up ? a - b : b - a;
    });
    body.append(...keyed.map(([, row]) => row));
    order = `, sorted by ${head.textContent.trim()}, ${up ? "ascending" : "descending"}`;
    say();
  }

  function filter() {
    const words = simple(search.value).split(/\s+/);
    rows.forEach((row) => { row.hidden = !words.every((word) => texts.get(row).includes(word)); });
    say();
  }

  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    // A name with places to break it would be read in pieces.
    button.ariaLabel = head.ariaLabel;
    button.addEventListener("click", () => sort(column));
    head.append(button);
  });
  search.addEventListener("input", filter);
  // A link to a student whom the search hides shows everyone again.
  addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#s']");
    const row = link && document.getElementById(link.hash.slice(1));
    if (row && row.hidden) {
      search.value = "";
      filter();
    }
  });
  document.querySelector(".controls").hidden = false;
  filter();
})();
