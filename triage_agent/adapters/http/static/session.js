// Tells when the visitor is signed out; tells the node whose page asks, and what no person asked for.
(() => {
  "use strict";
  const notice = document.querySelector("#signed-out");
  const signOut = () => {
    notice.hidden = false;
    document.querySelector(".lost:not(#signed-out)").hidden = true;
    document.body.classList.add("stale");
    const here = location.pathname + location.search;
    notice.querySelector("a").href = `/sign-in?next=${encodeURIComponent(here)}`;
  };
  const isSignedIn = async () => (await (await fetch("/session")).json()).signed_in;

  const token = document.querySelector('meta[name="csrf-token"]')?.content;
  document.body.addEventListener("htmx:configRequest", (event) => {
    if (token) event.detail.headers["X-CSRF-Token"] = token;
    // What a page asks for by itself, on time or on news, must not keep a sign-in alive.
    const cause = event.detail.triggeringEvent;
    if (!cause || !cause.isTrusted) event.detail.headers["X-Background"] = "1";
  });
  document.body.addEventListener("htmx:responseError", (event) => {
    if (event.detail.xhr.status === 401) signOut();
  });
  // For parts of the page that ask by themselves: document.dispatchEvent(new Event("signed-out")).
  document.addEventListener("signed-out", signOut);

  // Whoever follows a link from another system comes without cookies (they are SameSite=Strict),
  // and is asked to sign in although they have; from here the cookies go along.
  const form = document.querySelector("#sign-in");
  if (form && !form.querySelector(".fault")) {
    isSignedIn()
      .then((isIn) => {
        if (isIn) location.replace(form.dataset.next);
      })
      .catch(() => {});
  }
})();
