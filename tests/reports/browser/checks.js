// What an automatic check of accessibility can see; returns sentences, none if all is well.
() => {
  const found = [];
  const say = (what, one) => found.push(`${what}: ${one.outerHTML.slice(0, 120)}`);
  const visible = (one) => one.getClientRects().length > 0 && getComputedStyle(one).visibility !== "hidden";
  const name = (one) => (one.getAttribute("aria-label") || one.textContent || one.title ||
    (one.labels && [...one.labels].map((l) => l.textContent).join("")) || "").trim();

  if (document.documentElement.lang !== "zh-CN") found.push("the page has no language");
  if (document.querySelectorAll("h1").length !== 1) found.push("there is not one h1");
  if (document.querySelectorAll("main").length !== 1) found.push("there is not one main");
  let level = 0;
  for (const h of document.querySelectorAll("main h2, main h3, main h4")) {
    if (+h.tagName[1] > level + 1 && level) say("a heading skips a level", h);
    level = +h.tagName[1];
  }
  const ids = new Set();
  for (const one of document.querySelectorAll("[id]")) {
    if (ids.has(one.id)) say("an id occurs twice", one);
    ids.add(one.id);
  }
  for (const one of document.querySelectorAll("a[href^='#']"))
    if (!document.getElementById(decodeURIComponent(one.hash.slice(1)))) say("a link leads nowhere", one);
  for (const one of document.querySelectorAll("a, button, input, select, summary, [role=region]"))
    if (visible(one) && !name(one)) say("no name", one);
  for (const one of document.querySelectorAll("svg[role=img]"))
    if (!one.getAttribute("aria-label")) say("a chart without a description", one);
  for (const one of document.querySelectorAll("svg:not([role=img])"))
    if (one.getAttribute("aria-hidden") !== "true") say("a picture that is neither described nor hidden", one);
  for (const one of document.querySelectorAll("table thead th"))
    if (!one.scope) say("a column head without scope", one);
  for (const one of document.querySelectorAll(".scroll"))
    if (one.tabIndex !== 0) say("a scrolling part that the keyboard does not reach", one);
  for (const one of document.querySelectorAll("button.fig, button.sort, a.tile")) {
    const box = one.getBoundingClientRect();
    if (visible(one) && box.height && box.height < 20) { say("too small to hit", one); break; }
  }

  // Contrast: WCAG 2.2, 4.5 for text and 3 for large text, each pair of colours once.
  const channel = (v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const paint = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const cache = new Map();
  const colour = (css) => {
    if (!cache.has(css)) {
      paint.clearRect(0, 0, 1, 1); paint.fillStyle = css; paint.fillRect(0, 0, 1, 1);
      const [r, g, b, a] = paint.getImageData(0, 0, 1, 1).data;
      cache.set(css, [r, g, b, a / 255]);
    }
    return cache.get(css);
  };
  const over = ([r, g, b, a], [R, G, B]) => [r * a + R * (1 - a), g * a + G * (1 - a), b * a + B * (1 - a)];
  const behind = (one) => {
    const layers = [];
    for (let at = one; at; at = at.parentElement) {
      const shade = colour(getComputedStyle(at).backgroundColor);
      layers.push(shade);
      if (shade[3] === 1) break;
    }
    return layers.reverse().reduce((below, shade) => over(shade, below), [255, 255, 255]);
  };
  // Elements of the same kind in the same surroundings look alike: one of each is looked at.
  const kinds = new Map();
  for (const one of document.querySelectorAll("body *")) {
    let kind = "";
    for (let at = one, n = 0; at && n < 5; at = at.parentElement, n += 1) kind += `${at.tagName}.${at.getAttribute("class")} `;
    if (!kinds.has(kind)) kinds.set(kind, []);
    if (kinds.get(kind).length < 3) kinds.get(kind).push(one);
  }
  const judged = new Set();
  for (const one of [...kinds.values()].flat()) {
    const own = [...one.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    if (!own || !visible(one) || one.closest(".unseen, script, style, title, desc")) continue;
    const style = getComputedStyle(one);
    const drawn = one.namespaceURI.endsWith("svg");
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && +style.fontWeight >= 700);
    const below = behind(one);
    const text = over(colour(drawn ? style.fill : style.color), below);
    const key = `${text.map(Math.round)}|${below.map(Math.round)}|${large}`;
    if (judged.has(key)) continue;
    judged.add(key);
    const [a, b] = [light(text), light(below)].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < (large ? 3 : 4.5)) say(`contrast ${ratio.toFixed(2)}`, one);
  }
  return found;
}
