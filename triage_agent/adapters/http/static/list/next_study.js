// Claims the most urgent study that nobody has and opens it, one at a time: a second one would be
// claimed and not be looked at.
import { post } from "./requests.js";

let isOnTheWay = false; // until the page of the claimed study takes the place of this one
addEventListener("pageshow", ({ persisted }) => {
  if (persisted) isOnTheWay = false; // back from there
});

// Says whether there is one. Does nothing while the one before is on the way.
export async function openNext(address = "/worklist/next", options = {}) {
  if (isOnTheWay) return true;
  isOnTheWay = true;
  let claimed = null;
  try {
    claimed = await post(address, null, options);
  } finally {
    isOnTheWay = claimed !== null;
  }
  if (claimed) location.assign(claimed.address);
  return isOnTheWay;
}
