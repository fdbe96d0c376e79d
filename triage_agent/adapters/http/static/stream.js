// The node's word that something has changed, while the page is seen. A hidden page asks now and then
// instead: a browser has six connections to a node (HTTP/1.1), and each open stream takes one.
const RETRY_MS = 2_000;

export class Stream {
  #source = null;

  // `tell` is called at each change, when the page is seen again, and when the stream breaks: then
  // it is time to ask whether the node still answers.
  constructor(tell) {
    this.tell = tell;
    for (const kind of ["pageshow", "pagehide"]) {
      addEventListener(kind, () => this.#follow(kind === "pageshow"));
    }
    document.addEventListener("visibilitychange", () => this.#follow());
    this.#follow();
  }

  #follow(isShown = true) {
    if (document.hidden || !isShown) {
      this.#source?.close();
      this.#source = null;
    } else this.#source ??= this.#open(); // its first word comes at once
  }

  #open() {
    const source = new EventSource("/changes");
    source.addEventListener("worklist", () => this.tell());
    source.addEventListener("error", () => {
      this.tell();
      if (source.readyState === EventSource.CLOSED) {
        setTimeout(() => {
          if (this.#source === source) this.#source = this.#open();
        }, RETRY_MS);
      }
    });
    return source;
  }
}
