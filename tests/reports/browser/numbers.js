// Every number on the page that says which cell it is, and every number in a column of numbers that
// does not say it.
(within) => ({
  told: [...document.querySelector(within || "body").querySelectorAll("[data-source]")].map((one) => [
    one.dataset.source,
    one.dataset.kind || null,
    one.dataset.value ?? null,
    [...one.childNodes].filter((n) => n.nodeType === 3).map((n) => n.textContent).join("").trim(),
    one.querySelector(".mark") !== null,
  ]),
  counted: [...document.querySelectorAll("[data-counted]")].map((one) => [one.dataset.counted, one.textContent]),
  untold: [...document.querySelectorAll("main td.num, main dd")].filter((cell) =>
    /\d/.test(cell.textContent) && !cell.querySelector("[data-source]") && !cell.closest(".restated, .rule, [data-counted]"),
  ).map((cell) => cell.outerHTML.slice(0, 200)),
})
