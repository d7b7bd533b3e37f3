"use strict";
(() => {
  const trace = JSON.parse(document.getElementById("trace").textContent);
  const dialog = document.getElementById("origin");
  const heading = document.getElementById("origin-title");
  const body = document.getElementById("origin-body");
  const trail = [];

  /** An element; children are elements or texts, never markup. */
  function el(tag, attributes, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) made.setAttribute(name, value);
    for (const child of children.flat(2)) if (child !== null && child !== undefined) made.append(child);
    return made;
  }
  const pair = (name, ...value) => el("div", {}, el("dt", {}, name), el("dd", {}, ...value));
  const stageName = (stage) => trace.words.stages[stage] || stage;
  const address = (table, key, column) =>
    [table, key.map((v) => encodeURIComponent(v)).join(","), column].join("|");

  function parse(source) {
    const [table, key, column] = source.split("|");
    const row = {};
    key.split(",").forEach((value, n) => { row[trace.keys[table][n]] = decodeURIComponent(value); });
    return { source, table, column, row };
  }

  /** A figure inside the dialog: a button that leads on, with the cell it is. */
  function figure(text, kind, value, source, still) {
    if (value === null) return el("span", { class: "none", "data-source": source }, text);
    const attributes = { "data-source": source, "data-kind": kind, "data-value": value };
    return still ? el("span", attributes, text)
      : el("button", { type: "button", class: "fig", ...attributes }, text);
  }

  function placesOf(section, fields) {
    const words = trace.origins.words;
    return (trace.origins.places[section] || [])
      .filter((place) => !fields || fields.includes(words[place[0]]))
      .map(([field, path, sheet, cell, label, form, formRow, formColumn]) => ({
        field: words[field], cell, path: words[path], sheet: words[sheet], label: words[label], form: words[form],
        row: words[formRow], column: words[formColumn],
      }));
  }

  function placeTable(caption, groups) {
    const rows = groups.flatMap(({ sign, name, place }) => el("tr", {
      "data-path": place.path, "data-sheet": place.sheet, "data-cell": place.cell,
      "data-field": place.field, "data-sign": sign || 1,
    },
      el("th", { scope: "row" }, (sign < 0 ? "− " : sign ? "+ " : "") + (trace.fields[place.field] || place.field),
        name ? el("small", {}, name) : null),
      el("td", {}, place.path, place.sheet ? ` · 工作表“${place.sheet}”` : ""),
      el("td", { class: "nowrap" }, el("b", {}, place.cell)),
      el("td", {}, [place.form && `表 ${place.form}`, place.row && `行 ${place.row}`,
        place.column && `列 ${place.column}`, place.label].filter(Boolean).join("，"))));
    if (!rows.length) return el("p", { class: "note" }, "没有可追溯的单元格（由多表汇总）。");
    return el("div", { class: "parts", tabindex: "0", role: "region", "aria-label": caption },
      el("table", {}, el("caption", {}, caption), el("thead", {}, el("tr", {},
        ...["项目", "文件", "单元格", "表中位置"].map((name) => el("th", { scope: "col" }, name)))),
      el("tbody", {}, ...rows)));
  }

  /** Where in returns, rosters and movements an item comes from: of the school, or of all. */
  const ITEM_OF = { retention: "Q1", class_size: "G5" };
  function answerTable(at, item) {
    const id = ITEM_OF[at.table] || item;
    const places = trace.answers && trace.answers.places[id];
    if (!places || (at.row.school_year && +at.row.school_year !== trace.year)) return null;
    const words = trace.answers.words;
    const own = places.map(([school, stage, ...rest]) => [words[school], words[stage], ...rest]).filter(([school, stage, cohort]) =>
      (!at.row.school_id || school === at.row.school_id) &&
      (!at.row.cohort || !cohort || String(cohort) === at.row.cohort) &&
      (!at.row.stage || at.row.stage === "all" || stage === "all" || stage === at.row.stage));
    if (!own.length) return null;
    const left = trace.answers.left[id];
    return el("div", {}, el("h3", {}, "填报表中的单元格"),
      placeTable("填报的原始单元格", own.map(([school, stage, , what, path, sheet, cell]) => ({
        name: [school && (trace.names[school] || school), stage !== "all" && stageName(stage)].filter(Boolean).join(" "),
        place: { field: words[what], path: words[path], sheet: words[sheet], cell, label: "" } }))),
      left ? el("p", { class: "note" }, `另有 ${left} 处未列出，见 quality.answer_origin。`) : null);
  }

  function query(at) {
    const where = Object.entries(at.row).map(([name, value]) => value === "" ? `${name} is null`
      : `${name} = ${/year$/.test(name) ? value : `'${value.replaceAll("'", "''")}'`}`);
    return el("details", {}, el("summary", {}, "在仓库中查询"),
      el("pre", {}, `select ${at.column}\nfrom marts.${at.table}\nwhere ${where.join("\n  and ")};`));
  }

  function flagsOn(schools, stage, indicator) {
    const found = trace.flags.filter(([, school, flagStage, taints]) =>
      (school === null || schools.includes(school)) && (!flagStage || !stage || flagStage === stage) &&
      (!indicator || taints.includes(indicator) || taints.includes("all")));
    if (!found.length) return null;
    return el("div", {}, el("h3", {}, "相关疑点"), el("ul", {}, ...found.map(([id, , , , title, severity, status]) =>
      el("li", {}, el("a", { href: `#flag-${id}`, class: "leave" }, title),
        `（${trace.words.severities[severity] || severity}，${trace.flagStates[status] || status}）`))));
  }

  function sectionFigure(at) {
    const { school_id: school, stage, standard_id: standard, indicator_id: id } = at.row;
    const section = trace.sections[`${school}/${stage}`];
    const indicator = trace.indicators[id];
    if (!section || !indicator || !section.figures[id]) return anyFigure(at);
    const [number, numberKind, denominator, value, threshold, floor, gap, gapKind, verdict, status, tainted,
      exact, numberExact, denominatorExact] = section.figures[id];
    const cell = (column) => address("school_indicator", [trace.year, school, stage, standard, id], column);
    const by = { pupils: "在校生数", classes: "班级数", teachers: "专任教师数" }[indicator.by];
    const terms = indicator.terms[stage] || [];
    const share = section.from.find(([from]) => from === school);
    const many = section.from.length > 1;
    const parts = (fields) => section.from.flatMap(([from, name]) => fields.flatMap(([field, sign]) =>
      placesOf(`${from}/${stage}`, [field]).map((place) => ({ sign, name: many ? name : null, place }))));
    // A name may hold signs that turn the direction of all that follows it.
    heading.replaceChildren(el("bdi", {}, section.name), `（${stageName(stage)}）：${indicator.name}`);
    body.append(
      el("dl", {},
        pair("实际值", el("b", {}, figure(value, indicator.kind, exact, cell("value"), true)), ` ${indicator.unit}`,
          exact === null ? null : el("small", {}, `　未舍入 ${exact}`)),
        threshold === "—" ? null : pair("标准", threshold, `　85%底线 ${floor}`),
        pair("结论", trace.words.verdicts[verdict].word, gap ? "，还缺 " : "",
          gap ? [figure(gap, gapKind, section.gaps[id], cell("gap_total"), true), ` ${indicator.gapUnit || ""}`] : null),
        status && status !== "reported" ? pair("数据状态", trace.statuses[status] || status) : null,
        tainted ? pair("注意", el("b", { class: "mark" }, trace.words.tainted)) : null),
      el("p", { class: "formula" }, `${indicator.name} = ${indicator.times > 1 ? `${indicator.times} × ` : ""}分子 ÷ ${by} = `,
        indicator.times > 1 ? `${indicator.times} × ` : "", figure(number, numberKind, numberExact, cell("numerator"), true), " ÷ ",
        figure(denominator, "count", denominatorExact, cell("denominator"), true), " = ", value),
      el("h3", {}, "分子从哪里来"));
    if (indicator.shared && share && share[2])
      body.append(el("p", { class: "note" }, `该校几个学段共用，按加权学生数拆分，本学部分得 ${share[2]}；下面是全校填报的单元格。`));
    if (many) body.append(el("p", { class: "note" }, `合并计算：${section.from.map(([, name]) => name).join("、")}。`));
    const numerators = parts(terms);
    body.append(placeTable("分子的原始单元格", numerators),
      numerators.some(({ place }) => place.label.includes("万元"))
        ? el("p", { class: "note" }, "原表以万元填报，计算时乘以 10000。") : "", el("h3", {}, "分母从哪里来"),
      placeTable("分母的原始单元格", parts([[indicator.by, 0]])),
      flagsOn(section.from.map(([from]) => from).concat(school), stage, id) || "",
      el("p", { class: "note" }, `依据：${indicator.source}`), query(at));
  }

  function coefficient(at) {
    const { stage, indicator_id: id } = at.row;
    const whole = trace.coefficients && trace.coefficients[`${stage}/${id}`];
    const indicator = trace.indicators && trace.indicators[id];
    if (!whole || !indicator) return anyFigure(at);
    const cell = (column) => address("county_coefficient", [trace.year, trace.county, stage, trace.standard, id], column);
    const show = (column) => figure(whole[column][0], whole[column][1], whole[column][2], cell(column), true);
    const named = trace.words.columns.county_coefficient;
    const columns = ["mean", "std_dev", "cv", "cv_limit", "sections", "cv_without_tainted"];
    heading.textContent = `${stageName(stage)}：${indicator.name}的校际差异系数`;
    body.append(
      el("dl", {}, ...columns.map((column) => pair(named.names[column], column === at.column ? el("b", {}, show(column)) : show(column),
        whole[column][2] === null ? null : el("small", {}, `　${whole[column][2]}`)))),
      el("p", { class: "formula" }, "X̄ = ", indicator.times > 1 ? `${indicator.times} × ` : "", show("numerator"), " ÷ ", show("denominator"), " = ", whole.mean[0],
        el("br"), named.formulas.std_dev, el("br"), "CV = S ÷ X̄ = ", whole.std_dev[0], " ÷ ", whole.mean[0], " = ", whole.cv[0]),
      el("h3", {}, "各学部的分子与分母"));
    const rows = Object.entries(trace.sections).filter(([key, s]) => key.endsWith(`/${stage}`) && s.figures[id]).map(([key, s]) => {
      const school = key.slice(0, -stage.length - 1);
      const [number, numberKind, denominator, value, , , , , , , , exact, numberExact, denominatorExact] = s.figures[id];
      const of = (column) => address("school_indicator", [trace.year, school, stage, trace.standard, id], column);
      return el("tr", {}, el("th", { scope: "row" }, s.name), el("td", { class: "num" }, figure(number, numberKind, numberExact, of("numerator"))),
        el("td", { class: "num" }, figure(denominator, "count", denominatorExact, of("denominator"))),
        el("td", { class: "num" }, figure(value, indicator.kind, exact, of("value"))));
    });
    body.append(el("div", { class: "parts", tabindex: "0", role: "region", "aria-label": "各学部" }, el("table", {}, el("thead", {}, el("tr", {},
      ...["学校", "分子", "分母", "实际值"].map((name, n) => el("th", { scope: "col", class: n ? "num" : "" }, name)))), el("tbody", {}, ...rows))), query(at));
  }

  /** Fields of the census whose sum over the sections a county's figure is. */
  const SUMS = {
    pupils: ["pupils"], pupils_girls: ["pupils_girls"], classes: ["classes"], teachers: ["teachers"],
    entrants: ["entrants"], graduates: ["graduates"], class_mean: ["pupils", "classes"], mean_size: ["pupils", "classes"],
    G4: ["pupils"], school_size: ["pupils"],
  };

  function anyFigure(at, from) {
    const named = trace.words.columns[at.table] || { title: at.table, names: {} };
    const item = trace.items[at.row.item_id || at.row.part_id || ""];
    const row = from && from.closest("tr, .card, .stage, .outcome, article");
    const title = row && row.querySelector("th[scope=row], h3, h4");
    const context = [...(title ? title.childNodes : [])].filter((n) => n.nodeType === 3).map((n) => n.textContent.trim()).join(" ");
    heading.textContent = [context, at.row.stage && stageName(at.row.stage), named.names[at.column] || at.column].filter(Boolean).join("　");
    body.append(el("dl", {}, from ? pair("显示", el("b", {}, from.childNodes[0].textContent)) : null,
      from && from.dataset.value !== undefined ? pair("未舍入", String(Number(from.dataset.value))) : null,
      pair("来自", `${named.title}（marts.${at.table}.${at.column}）`), item && item.clause ? pair("依据", item.clause) : null));
    const formula = (named.formulas || {})[at.column];
    if (formula) body.append(el("p", { class: "formula" }, formula));
    const evidence = row && row.querySelector(".evidence");
    if (evidence) body.append(el("p", {}, evidence.textContent));
    if (item && item.parts.length && at.table !== "trend") body.append(el("h3", {}, "由这些填报项得出"),
      el("ul", {}, ...item.parts.map(([name, fields]) => el("li", {}, name, fields.length ? `：${fields.map((f) => trace.fields[f] || f).join("、")}` : ""))));
    const answers = answerTable(at, at.row.item_id || "");
    if (answers) body.append(answers);
    leadOn(at);
    const page = trace.links && trace.links[at.row.county_code];
    if (page) body.append(el("p", {}, el("a", { href: page }, "打开该县页面，追溯到学校和单元格")));
    body.append(query(at));
  }

  function leadOn(at) {
    const id = (at.row.item_id || at.row.part_id || "").replace(/_mean$/, "");
    const stages = ["primary", "junior"].filter((s) => !at.row.stage || ["all", s].includes(at.row.stage));
    const current = !at.row.school_year || +at.row.school_year === trace.year;
    if (trace.indicators && trace.indicators[id] && current) {
      body.append(el("h3", {}, "继续追溯"), el("p", {}, ...stages.flatMap((stage) => {
        const section = at.row.school_id && trace.sections[`${at.row.school_id}/${stage}`];
        if (section && section.figures[id]) return [figure(`${section.name} ${section.figures[id][3]}`, "", section.figures[id][11],
          address("school_indicator", [trace.year, at.row.school_id, stage, trace.standard, id], "value")), "　"];
        const whole = trace.coefficients[`${stage}/${id}`];
        return whole && !at.row.school_id ? [figure(`${stageName(stage)}差异系数 ${whole.cv[0]}`, "", whole.cv[2],
          address("county_coefficient", [trace.year, trace.county, stage, trace.standard, id], "cv")), "　"] : [];
      })));
      return;
    }
    const fields = SUMS[at.row.item_id] || SUMS[at.row.part_id] || SUMS[at.column] || (/^pupils_by/.test(at.row.topic) ? ["pupils"] : null);
    if (!fields || !current || !trace.origins) return;
    const groups = Object.keys(trace.origins.places).filter((key) => {
      const [school, stage] = key.split("/");
      return (!at.row.school_id || school === at.row.school_id) && (!at.row.stage || ["all", stage].includes(at.row.stage));
    }).flatMap((key) => placesOf(key, fields).map((place) => ({
      name: `${trace.names[key.split("/")[0]] || key.split("/")[0]} ${stageName(key.split("/")[1])}`, place })));
    if (groups.length) body.append(el("h3", {}, "普查表中的单元格"), placeTable("原始单元格", groups));
  }

  function show(source, from) {
    body.replaceChildren();
    if (trail.length > 1) {
      const back = el("button", { type: "button", class: "fig" }, "‹ 返回");
      back.addEventListener("click", () => { trail.pop(); show(...trail[trail.length - 1]); });
      body.append(back);
    }
    const at = parse(source);
    if (["school_indicator", "cv_contribution"].includes(at.table)) sectionFigure(at);
    else if (at.table === "county_coefficient") coefficient(at);
    else anyFigure(at, from);
    if (!dialog.open) dialog.showModal();
    dialog.scrollTop = 0;
    heading.focus();
  }
  function open(source, from) {
    if (!dialog.open) trail.length = 0;
    trail.push([source, from]);
    show(source, from);
  }

  document.addEventListener("click", (event) => {
    const figureAt = event.target.closest(".fig[data-source]");
    const dot = event.target.closest("use[data-opens]");
    if (figureAt) open(figureAt.dataset.source, figureAt);
    else if (dot) open(dot.dataset.opens, null);
    else if (event.target === dialog) dialog.close();
    const leave = event.target.closest("a.leave");
    if (leave) dialog.close();
    const link = event.target.closest('a[href^="#"]');
    if (link) reveal(link.getAttribute("href").slice(1));
  });
  dialog.addEventListener("close", () => {
    const first = trail[0] && trail[0][1];
    trail.length = 0;
    if (first && first.isConnected && !location.hash.startsWith("#flag-")) first.focus();
  });

  /** The goal of a link must not be hidden by a filter, and is told to a screen reader. */
  function reveal(id) {
    const goal = id && document.getElementById(decodeURIComponent(id));
    if (!goal) return;
    const table = goal.closest("table");
    if (goal.hidden && table) {
      const form = document.querySelector(`form[data-for="${table.id}"]`);
      if (form) { form.reset(); filter(form); }
    }
    if (goal.hasAttribute("tabindex")) setTimeout(() => goal.focus({ preventScroll: true }), 0);
  }

  // ---- filters
  function filter(form) {
    const table = document.getElementById(form.dataset.for);
    const rows = [...table.tBodies].flatMap((part) => [...part.rows]);
    const wanted = [...form.querySelectorAll("[data-filter]")].filter((control) => control.value.trim());
    let left = 0;
    for (const row of rows) {
      row.hidden = !wanted.every((control) => control.dataset.filter === "text"
        ? `${row.textContent} ${row.dataset.text || ""}`.toLowerCase().includes(control.value.trim().toLowerCase())
        : row.dataset[control.dataset.filter] === control.value);
      if (!row.hidden) left += 1;
    }
    form.querySelector("output").textContent = wanted.length ? `显示 ${left} 行，共 ${rows.length} 行` : `共 ${rows.length} 行`;
    rove(table);
  }
  for (const form of document.querySelectorAll("form.filters")) {
    form.addEventListener("input", () => filter(form));
    form.addEventListener("submit", (event) => event.preventDefault());
  }

  // ---- sorting
  function sortKey(row, column) {
    const cell = row.cells[column];
    const inner = cell.querySelector("[data-value]");
    const key = cell.dataset.sort ?? (inner ? inner.dataset.value : cell.textContent.trim());
    if (key === "" || cell.querySelector(".none")) return null;
    return Number.isNaN(Number(key)) ? key : Number(key);
  }
  function sort(table, th) {
    const down = th.getAttribute("aria-sort") === "ascending";
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    th.setAttribute("aria-sort", down ? "descending" : "ascending");
    const rows = [...table.tBodies[0].rows].map((row) => [sortKey(row, th.cellIndex), row]);
    rows.sort(([a], [b]) => {
      if (a === null || b === null) return (a === null) - (b === null);
      const order = typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), "zh-CN");
      return down ? -order : order;
    });
    table.tBodies[0].append(...rows.map(([, row]) => row));
    rove(table);
  }
  for (const table of document.querySelectorAll("table.sortable")) {
    for (const th of table.tHead.rows[0].cells) {
      if (th.hasAttribute("data-still") || !th.textContent.trim()) continue;
      const button = el("button", { type: "button", class: "sort" });
      button.append(...th.childNodes);
      button.addEventListener("click", () => sort(table, th));
      th.append(button);
    }
  }

  // ---- one stop for the tab key in a large table, arrows inside it
  function rove(table) {
    const figures = [...table.querySelectorAll("tbody .fig")];
    if (figures.length < 20) return;
    for (const one of figures) one.tabIndex = -1;
    const first = figures.find((one) => !one.closest("tr").hidden);
    if (first) first.tabIndex = 0;
  }
  document.addEventListener("keydown", (event) => {
    const from = event.target.closest && event.target.closest("td");
    const step = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] }[event.key];
    if (!from || !step || !event.target.matches(".fig")) return;
    const table = from.closest("table");
    const rows = [...table.querySelectorAll("tbody tr")].filter((row) => !row.hidden);
    let r = rows.indexOf(from.parentElement), c = from.cellIndex, next = null;
    do {
      r += step[0]; c += step[1];
      if (!rows[r] || !rows[r].cells[c]) return;
      next = rows[r].cells[c].querySelector(".fig");
    } while (!next);
    event.preventDefault();
    event.target.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  });
  document.querySelectorAll("main table").forEach(rove);
  document.querySelectorAll("form.filters").forEach(filter);

  // ---- contents: folded on a phone, and where the reader is
  const contents = document.querySelector(".contents details");
  if (matchMedia("(max-width: 900px)").matches) contents.open = false;
  const links = new Map([...contents.querySelectorAll("a")].map((a) => [a.hash.slice(1), a]));
  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries) if (entry.isIntersecting) {
      for (const a of links.values()) a.removeAttribute("aria-current");
      const link = links.get(entry.target.id);
      if (link) link.setAttribute("aria-current", "true");
    }
  }, { rootMargin: "-10% 0px -80% 0px" });
  document.querySelectorAll("main > section").forEach((section) => seen.observe(section));

  // ---- paper shows all rows and all that is folded
  addEventListener("beforeprint", () => {
    document.querySelectorAll("main details").forEach((one) => { one.dataset.was = one.open; one.open = true; });
  });
  addEventListener("afterprint", () => {
    document.querySelectorAll("main details[data-was]").forEach((one) => {
      one.open = one.dataset.was === "true";
      delete one.dataset.was;
    });
  });
  if (location.hash) reveal(location.hash.slice(1));
})();
