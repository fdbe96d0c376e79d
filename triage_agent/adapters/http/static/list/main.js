// The page of the list. The server renders it; these modules keep it true and let it be worked with.
import { Address } from "./address.js";
import { Choices } from "./choices.js";
import { Chunks } from "./chunks.js";
import { Clock } from "./clock.js";
import { Filters } from "./filters.js";
import { Keys } from "./keys.js";
import { News } from "./news.js";
import { Presence } from "./presence.js";
import { Toasts } from "./toasts.js";
import { Work } from "./work.js";

const page = document.getElementById("worklist");
const address = new Address();
const toasts = new Toasts(document.getElementById("toasts"));
let clock = null;
let keys = null;

const presence = new Presence(page);
const chunks = new Chunks(address, presence, {
  onLines: () => {
    clock?.set(chunks.placedAt);
    keys?.settle();
  },
  onShift: () => news.place(),
  onOld: () => news.ask(),
});
chunks.adopt();
const news = new News(page, chunks, address, presence);
const filters = new Filters(page, address, () => {
  news.reset();
  chunks.adopt();
});
const work = new Work(page, toasts, address, news);
keys = new Keys(page, chunks, { work, filters, news, toasts, address });
new Choices(page, () => filters.load());

document.addEventListener("connection", ({ detail }) => {
  document.querySelector(".lost").hidden = !detail.isLost;
  document.body.classList.toggle("stale", detail.isLost);
});

// The text that was searched for is not in the address, so the server did not know it.
if (address.text && !document.getElementById("search").defaultValue) await filters.load();
clock = new Clock(page, chunks.placedAt);
keys.settle();
filters.show();
await keys.restore();
page.dataset.ready = "1";
