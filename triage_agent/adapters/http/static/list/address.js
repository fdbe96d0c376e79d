// What of the list is shown: a query, and the text that is searched for. The query is the page's
// address; the text may be a name and stays in the state of the history entry.
export class Address {
  constructor() {
    this.query = new URLSearchParams(location.search);
    this.query.delete("offset");
    this.text = this.query.get("text") ?? history.state?.text ?? "";
    this.query.delete("text");
    this.#write();
  }

  set(query, text) {
    this.query = new URLSearchParams(query);
    this.query.delete("text");
    this.query.delete("offset");
    this.text = text;
    this.#write();
  }

  // For the way back: which study was looked at, and where the list stood.
  remember(place) {
    history.replaceState({ ...history.state, ...place }, "");
  }

  of(path, more = {}) {
    const query = new URLSearchParams(this.query);
    for (const [name, value] of Object.entries(more)) query.set(name, value);
    return query.size ? `${path}?${query}` : path;
  }

  get whole() {
    const query = new URLSearchParams(this.query);
    if (this.text) query.set("text", this.text);
    return query.toString();
  }

  #write() {
    const address = this.query.size ? `/?${this.query}` : "/";
    history.replaceState({ ...history.state, text: this.text }, "", address);
  }
}
