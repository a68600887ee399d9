"use strict";
(() => {
  const root = document.documentElement;
  const figures = JSON.parse(document.getElementById("figures").textContent);
  const plots = [...document.querySelectorAll("[data-figure]")];
  const toggles = [...document.querySelectorAll("[data-shows]")];
  const hidden = new Set();
  const drawn = new Set();

  // A figure names its colours by CSS variables; Plotly wants them as they are.
  function painted(value, key, css) {
    if (typeof value === "string") {
      const name = /color$/i.test(key) && /^var\((--[\w-]+)\)$/.exec(value);
      return name ? css.getPropertyValue(name[1]).trim() : value;
    }
    if (Array.isArray(value)) return typeof value[0] === "object" ? value.map((one) => painted(one, key, css)) : value;
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, painted(one, name, css)]));
  }

  function draw(plot) {
    if (!plot.clientWidth) return; // hidden with its method
    const figure = painted(figures[plot.dataset.figure], "", getComputedStyle(root));
    for (const trace of figure.data) trace.visible = !hidden.has(trace.meta);
    if (hidden.size && figure.since) refit(figure);
    figure.layout.width = plot.clientWidth;
    figure.layout.uirevision ||= [...hidden].join();
    Plotly.react(plot, figure.data, figure.layout, {
      displaylogo: false,
      displayModeBar: plot.clientWidth > 500 && "hover",
      modeBarButtons: [["zoom2d", "pan2d", "resetScale2d", { name: "picture", title: "Save as a picture", icon: Plotly.Icons.camera, click: save }]],
    });
    drawn.add(plot);
  }

  // With some methods hidden, the axis fits what is left.
  function refit({ data, layout, since }) {
    const shown = data.filter((trace) => trace.visible);
    const values = shown.flatMap(({ x, y }) => y.filter((value, i) => value !== null && x[i] >= since));
    if (!values.length) return;
    const scale = layout.yaxis.type === "log" ? Math.log10 : Number;
    const [low, high] = [Math.min(...values), Math.max(...values)].map(scale);
    const room = 0.06 * (high - low) || 0.01;
    Object.assign(layout.yaxis, { range: [low - room, high + room], tickmode: "auto" });
  }

  function save(plot) {
    const legend = { showlegend: plot.data.some((trace) => trace.name) };
    Plotly.downloadImage({ data: plot.data, layout: { ...plot.layout, ...legend } }, { format: "png", scale: 2, width: 1100, height: 500, filename: plot.dataset.figure });
  }

  const redraw = () => drawn.forEach(draw);

  function show(names) {
    hidden.clear();
    for (const toggle of toggles) {
      const on = names.has(toggle.dataset.shows);
      if (!on) hidden.add(toggle.dataset.shows);
      toggle.setAttribute("aria-pressed", on);
    }
    for (const figure of document.querySelectorAll("[data-of]")) figure.hidden = hidden.has(figure.dataset.of);
    redraw();
  }
  const every = () => new Set(toggles.map((toggle) => toggle.dataset.shows));
  for (const toggle of toggles) {
    const name = toggle.dataset.shows;
    toggle.addEventListener("click", () => {
      const names = every();
      for (const one of hidden) names.delete(one);
      if (!names.delete(name)) names.add(name);
      show(names);
    });
    toggle.addEventListener("dblclick", () => show(new Set([name])));
  }
  document.querySelector(".legend .all")?.addEventListener("click", () => show(every()));

  // Reliability on logarithmic or linear axes.
  const switches = [...document.querySelectorAll("[data-axes]")];
  for (const button of switches) {
    button.addEventListener("click", () => {
      const type = button.dataset.axes;
      const layout = figures.reliability.layout;
      for (const axis of [layout.xaxis, layout.yaxis]) {
        axis.log ||= axis.range;
        const log = type === "log";
        Object.assign(axis, { type, tickmode: log ? "array" : "auto", range: log ? axis.log : [0, 10 ** axis.log[1]] });
      }
      layout.uirevision = type;
      for (const one of switches) one.setAttribute("aria-pressed", one === button);
      redraw();
    });
  }

  // Tables sort by a click on a column's head; what has no answer stays last.
  for (const table of document.querySelectorAll(".sortable")) {
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => head.firstElementChild.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      for (const other of heads) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const key = (row) => row.cells[column].dataset.sort;
      const rows = [...table.tBodies[0].rows];
      const text = rows.some((row) => isNaN(key(row)));
      const compare = (a, b) => (text ? key(a).localeCompare(key(b), "en", { numeric: true }) : key(a) - key(b)) * (down ? -1 : 1);
      rows.sort((a, b) => (key(a) === "") - (key(b) === "") || compare(a, b));
      table.tBodies[0].append(...rows);
    }));
  }

  // Charts are drawn when they come near; on paper all of them, in light colours.
  const watch = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      watch.unobserve(entry.target);
      if (!drawn.has(entry.target)) draw(entry.target);
    }
  }, { rootMargin: "800px" });
  const fit = new ResizeObserver((entries) => {
    for (const { target } of entries) if (drawn.has(target) && target.clientWidth && target.layout.width !== target.clientWidth) draw(target);
  });
  for (const plot of plots) {
    watch.observe(plot);
    fit.observe(plot);
  }
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  addEventListener("beforeprint", () => { root.dataset.theme = "light"; plots.forEach(draw); });
  addEventListener("afterprint", () => { delete root.dataset.theme; redraw(); });
})();
