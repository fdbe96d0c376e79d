// Claims the most urgent study that nobody has and opens it, one at a time: a second one would be
// claimed and not be looked at.
import { post } from "./requests.js";

const AGAIN_MS = 2_000; // a click that is repeated does not begin the way there anew

let isAsking = false;
let claimed = null; // until its page takes the place of this one
let wentAt = -Infinity;
addEventListener("pageshow", ({ persisted }) => {
  if (persisted) claimed = null; // back from there
});

function go() {
  wentAt = performance.now();
  location.assign(claimed.address);
}

// Says whether there is one. While one is on the way no other is claimed; a reader who stopped the
// page on its way gets there by asking again.
export async function openNext(address = "/worklist/next", options = {}) {
  if (isAsking) return true;
  if (!claimed) {
    isAsking = true;
    try {
      claimed = await post(address, null, options);
    } finally {
      isAsking = false;
    }
    if (!claimed) return false;
    go();
  } else if (performance.now() - wentAt >= AGAIN_MS) go();
  return true;
}
