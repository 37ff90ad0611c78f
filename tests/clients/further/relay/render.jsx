import { Component, Suspense } from "react";
import { RelayEnvironmentProvider } from "react-relay";
import { act, create } from "react-test-renderer";
import { environment } from "./environment";
import { Invoices } from "./Invoices";

globalThis.IS_REACT_ACT_ENVIRONMENT = true;
const DEADLINE_MS = 20_000;

class Boundary extends Component {
  state = {};

  static getDerivedStateFromError({ code }) {
    return { code };
  }

  render() {
    return this.state.code ? <p>{this.state.code}</p> : this.props.children;
  }
}

async function render(properties) {
  let shown;
  await act(async () => {
    shown = create(
      <RelayEnvironmentProvider environment={environment}>
        <Boundary>
          <Suspense fallback={<i />}>
            <Invoices {...properties} />
          </Suspense>
        </Boundary>
      </RelayEnvironmentProvider>,
    );
  });
  await until(() => shown.root.findAllByType("p").length);
  return shown.root;
}

async function until(condition) {
  const endMs = Date.now() + DEADLINE_MS;
  while (!condition()) {
    if (Date.now() > endMs) throw new Error("nothing more is shown");
    await act(() => new Promise((resolve) => setTimeout(resolve, 20)));
  }
}

async function readAll() {
  const shown = await render({ currencyCode: "GBP", first: 50 });
  const text = () => shown.findByType("p").props.children;
  const texts = [text()];
  while (shown.findAllByType("button").length) {
    const before = text();
    await act(async () => shown.findByType("button").props.onClick());
    await until(() => text() !== before);
    texts.push(text());
  }
  return texts;
}

(async () => {
  console.log((await readAll()).join("\n"));
  // React tells of an error although the boundary takes it.
  console.error = () => {};
  console.log((await render({ first: 101 })).findByType("p").props.children);
  process.exit();
})();
