// Starts GraphiQL on the page's own address. Everything is read from below this file's folder: nothing from other hosts.

import { showPdfs } from "./pdfs.js";
import { explainOperations } from "./upstream.js";

const here = (name) => new URL(name, import.meta.url).href;

// The editor runs each language's checks in a worker and asks where its script is.
const workers = { graphql: "vendor/graphql.worker.js", json: "vendor/json.worker.js" };
self.MonacoEnvironment = {
  getWorkerUrl: (_id, language) => here(workers[language] ?? "vendor/editor.worker.js"),
  // Hands out `monaco`, for followSystemTheme.
  globalAPI: true,
};

// GraphiQL keeps its tabs under one name per origin, so on a shared localhost port another project's tabs would open
// here. Ours get a name of their own.
const ours = (key) => `partner-center-gateway:${key}`;
const storedKeys = () => Object.keys(localStorage).filter((key) => key.startsWith(ours("")));
const storage = {
  getItem: (key) => localStorage.getItem(ours(key)),
  setItem: (key, value) => localStorage.setItem(ours(key), value),
  removeItem: (key) => localStorage.removeItem(ours(key)),
  clear: () => storedKeys().forEach((key) => localStorage.removeItem(key)),
  get length() {
    return storedKeys().length;
  },
};

// When the system turns dark while the page is open, GraphiQL's frame follows but its editors do not.
function followSystemTheme() {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", ({ matches }) => {
    const chosenByHand = storage.getItem("graphiql:theme");
    if (!chosenByHand) self.monaco?.editor.setTheme(matches ? "graphiql-DARK" : "graphiql-LIGHT");
  });
}

// In an editor, Tab is a character. GraphiQL enters an editor by Enter; Escape leaves it again, unless it has something
// else to close there.
const NOTHING_TO_CLOSE = [
  "suggestWidgetVisible",
  "parameterHintsVisible",
  "findWidgetVisible",
  "editorHasSelection",
  "editorHasMultipleSelections",
]
  .map((key) => `!${key}`)
  .join(" && ");

function escapeLeavesEditors() {
  const teach = (editor) =>
    editor.addAction?.({
      id: "leave-editor",
      label: "Leave the editor",
      keybindings: [self.monaco.KeyCode.Escape],
      precondition: NOTHING_TO_CLOSE,
      run: () => editor.getContainerDomNode().closest(".graphiql-editor, .result-window")?.focus(),
    });
  self.monaco.editor.getEditors().forEach(teach);
  // Told of in the midst of being made, it takes no actions yet.
  self.monaco.editor.onDidCreateEditor((editor) => queueMicrotask(() => teach(editor)));
}

const page = document.getElementById("playground");

async function start() {
  if (page.dataset.explains === "true") explainOperations();
  // Only now: it reads MonacoEnvironment while it loads.
  const [, answer] = await Promise.all([import(here("vendor/graphiql.js")), fetch(here("first_query.graphql"))]);
  self.YogaGraphiQL.renderYogaGraphiQL(page, {
    endpoint: location.pathname,
    title: "Partner Center Gateway",
    logo: `<img src="${here("favicon.svg")}" width="28" height="28" alt="">`,
    storage,
    // A shared link may carry a query; otherwise the last visit's tabs open, and on the first visit the example.
    initialQuery: new URLSearchParams(location.search).get("query") ?? undefined,
    defaultQuery: await answer.text(),
    // GraphiQL would write the query into the address as it is typed, and a reload into every proxy's log.
    onEditQuery: () => {},
    // A demo's own token, so that the first query answers.
    defaultHeaders: page.dataset.authorization
      ? JSON.stringify({ Authorization: page.dataset.authorization }, null, 2)
      : undefined,
    // The header editor holds bearer tokens: they end with the page.
    shouldPersistHeaders: false,
    // The whole example is in sight; the arrow below it opens variables and headers.
    defaultEditorToolsVisibility: false,
  });
  followSystemTheme();
  escapeLeavesEditors();
  showPdfs(document.getElementById("pdfs"));
}

start().catch((error) => {
  page.textContent = `The playground could not start: ${error.message}. Reload the page to try again.`;
});
