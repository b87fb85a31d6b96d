"use strict";
// Sorts the table of views by the column that is clicked, and their pictures with it.
const table = document.getElementById("views");
const pictures = document.getElementById("pictures");
for (const head of table ? table.tHead.rows[0].cells : []) {
  const button = head.querySelector("button");
  if (!button) continue;
  button.addEventListener("click", () => {
    const descending = head.getAttribute("aria-sort") === "ascending";
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", descending ? "descending" : "ascending");
    const number = head.cellIndex;
    const value = (row) => {
      const text = row.cells[number].dataset.v;
      return text === undefined || text === "" ? NaN : Number(text);
    };
    const rows = [...table.tBodies[0].rows];
    rows.sort((a, b) => {
      const x = value(a), y = value(b);
      // What has no number comes last, either way.
      if (Number.isNaN(x) || Number.isNaN(y)) return Number.isNaN(x) - Number.isNaN(y);
      return x === y ? a.dataset.row - b.dataset.row : (x < y ? -1 : 1) * (descending ? -1 : 1);
    });
    for (const row of rows) {
      table.tBodies[0].append(row);
      const shown = document.getElementById("view-" + row.dataset.row);
      if (shown) pictures.append(shown);
    }
  });
}
