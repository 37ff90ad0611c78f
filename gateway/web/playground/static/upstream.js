// Has the page's own operations explained, and shows what each asked of Partner Center beside its result.

const HEADER = "X-Gateway-Explain";

// GraphiQL's fetch, with the explanation taken out of the answer and into the panel.
export function explainOperations() {
  const plain = self.fetch;
  self.fetch = async (resource, options = {}) => {
    const headers = new Headers(options.headers);
    if (!isOperation(options) || headers.has(HEADER)) return plain(resource, options);
    headers.set(HEADER, "actual");
    const response = await plain(resource, { ...options, headers });
    const text = await response.text();
    return new Response(withoutExplanation(text), response);
  };
}

// GraphiQL's own question for the schema says nothing about the reader's.
function isOperation({ method, body }) {
  return method === "POST" && typeof body === "string" && !body.includes('"operationName":"IntrospectionQuery"');
}

function withoutExplanation(text) {
  let answer;
  try {
    answer = JSON.parse(text);
  } catch {
    return text;
  }
  const { upstream, ...extensions } = answer?.extensions ?? {};
  if (!upstream) return text;
  show(upstream);
  const { extensions: _extensions, ...response } = answer;
  return JSON.stringify(Object.keys(extensions).length ? { ...response, extensions } : response);
}

const phone = matchMedia("(max-width: 720px)");
phone.addEventListener("change", () => panel.hasChildNodes() && place());

const panel = element("details", { className: "upstream", open: true });

function show(upstream) {
  const rows = grouped(upstream.calls);
  const calls = upstream.made === 1 ? "1 call" : `${upstream.made} calls`;
  const title = `Last run: ${calls} to Partner Center, ${milliseconds(upstream.ms)}`;
  const summary = element("summary", {}, element("span", { role: "status" }, title));
  const note = upstream.omitted ? [element("p", {}, `${upstream.omitted} more answers from the cache.`)] : [];
  const table = rows.length ? [tableOf(rows, upstream.ms)] : [element("p", {}, "Nothing was asked for.")];
  const region = { className: "upstream-rows", role: "region", tabIndex: 0, ariaLabel: "Calls of the last run" };
  panel.replaceChildren(summary, element("div", region, ...table, ...note));
  place();
}

// Beside the result, of which it takes nothing; on a phone, where all is one column, below it.
function place() {
  document.querySelector(phone.matches ? ".graphiql-response" : ".graphiql-editors")?.append(panel);
}

// What came from the cache came at once: one row says it for all of a kind.
function grouped(calls) {
  const rows = [];
  const known = new Map();
  for (const call of calls) {
    const kind = `${call.path} ${call.from}`;
    const row = call.from === "cache" || call.from === "stale" ? known.get(kind) : undefined;
    if (row) row.answers += 1;
    else {
      rows.push({ ...call, answers: 1 });
      known.set(kind, rows.at(-1));
    }
  }
  return rows;
}

function tableOf(rows, totalMs) {
  const names = ["Call", "From", `0 to ${milliseconds(totalMs)}`, "Start", "Length", "Bytes"];
  const head = names.map((name) => element("th", { role: "columnheader", scope: "col" }, name));
  return element(
    "table",
    { role: "table" },
    element("thead", { role: "rowgroup" }, element("tr", { role: "row" }, ...head)),
    element("tbody", { role: "rowgroup" }, ...rows.map((row) => rowOf(row, totalMs))),
  );
}

function rowOf(row, totalMs) {
  const of = row.answers > 1 ? `× ${row.answers}` : row.of;
  const failure = row.error ? [" ", element("em", {}, String(row.status ?? row.error))] : [];
  const cells = [
    [`${row.method} ${row.path}`, ...(of ? [" ", element("small", {}, of)] : []), ...failure],
    [row.from],
    [bar(row, totalMs)],
    [milliseconds(row.startMs)],
    [milliseconds(row.ms)],
    [row.bytes === null ? "–" : row.bytes.toLocaleString("en")],
  ];
  const tr = element("tr", { role: "row" }, ...cells.map((cell) => element("td", { role: "cell" }, ...cell)));
  tr.dataset.from = row.from;
  if (row.bytes !== null) tr.dataset.bytes = row.bytes;
  return tr;
}

// The picture; the numbers beside it say the same in words.
function bar(row, totalMs) {
  const percent = (ms) => `${totalMs ? Math.min(100, (100 * ms) / totalMs) : 0}%`;
  const line = element("span", { className: "upstream-bar", ariaHidden: "true" }, element("i", {}));
  line.firstChild.style.marginLeft = percent(row.startMs);
  line.firstChild.style.width = percent(row.ms);
  return line;
}

function milliseconds(ms) {
  return `${ms < 10 ? ms : Math.round(ms)} ms`;
}

function element(name, properties, ...children) {
  const made = document.createElement(name);
  made.append(...children);
  return Object.assign(made, properties);
}
