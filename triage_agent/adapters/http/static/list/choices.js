// Columns, lines and keys as the reader likes them: kept by the node, for every screen of theirs.
import { post } from "./requests.js";

export class Choices {
  constructor(page, reload) {
    const columns = document.getElementById("columns");
    columns.addEventListener("change", async (event) => {
      if (event.target.id === "compact") {
        await this.#keep({ density: event.target.checked ? "compact" : "comfortable" });
      } else {
        const chosen = [...columns.querySelectorAll("[data-column]:checked")];
        await this.#keep({ columns: chosen.map((box) => box.dataset.column) });
      }
      reload();
    });
    document.getElementById("single-keys").addEventListener("change", (event) => {
      page.dataset.singleKeys = event.target.checked ? "1" : "";
      this.#keep({ single_keys: event.target.checked });
    });
  }

  async #keep(choice) {
    try {
      await post("/preferences", choice);
    } catch {
      // Said on the page; the screen shows what is kept.
    }
  }
}
