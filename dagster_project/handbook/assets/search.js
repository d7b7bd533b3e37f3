const box = document.getElementById("search"), found = document.getElementById("found");
box.addEventListener("input", () => {
  const wanted = box.value.trim().toLowerCase();
  let tables = 0, columns = 0;
  for (const section of document.querySelectorAll("section")) {
    const whole = section.dataset.text.includes(wanted);
    let here = 0;
    for (const row of section.querySelectorAll("tr[data-text]")) {
      const fits = row.dataset.text.includes(wanted);
      row.hidden = !(whole || fits);
      here += fits;
    }
    section.hidden = !(whole || here);
    tables += !section.hidden; columns += here;
  }
  found.textContent = wanted ? `${tables} 张表 tables, ${columns} 列 columns` : "";
});
