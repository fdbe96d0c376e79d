// "due in 12 min" becomes "due in 11 min" without asking: the same rule as the node's, minutes cut.
const EVERY_MS = 5_000;

export class Clock {
  constructor(page, placedAt) {
    this.page = page;
    this.set(placedAt);
    setInterval(() => this.tick(), EVERY_MS);
    document.addEventListener("visibilitychange", () => this.tick());
  }

  // The node's time counts, not this machine's.
  set(now) {
    this.ahead = Date.parse(now) - Date.now();
  }

  tick() {
    const now = Date.now() + this.ahead;
    for (const tr of document.querySelectorAll("#table tr[data-due]")) {
      if (tr.dataset.state === "read") continue;
      const due = Date.parse(tr.dataset.due);
      const said = this.inWords(due - now);
      for (const place of tr.querySelectorAll(".left")) {
        if (place.textContent !== said) place.textContent = said;
      }
      tr.classList.toggle("overdue", due < now);
      const arrived = Date.parse(tr.dataset.arrived);
      const waited = due > arrived ? Math.min(100, Math.trunc((100 * (now - arrived)) / (due - arrived))) : 100;
      tr.querySelector(".wait .fill")?.setAttribute("width", Math.max(0, waited));
    }
  }

  inWords(left) {
    const { dueIn, dueNow, overdueBy, minutes, hours } = this.page.dataset;
    const whole = Math.floor(Math.abs(left) / 60_000);
    if (whole === 0) return dueNow;
    const h = Math.floor(whole / 60);
    const m = whole % 60;
    const time = h
      ? hours.replace("{h}", h).replace("{m}", String(m).padStart(2, "0"))
      : minutes.replace("{m}", m);
    return (left > 0 ? dueIn : overdueBy).replace("{time}", time);
  }
}
