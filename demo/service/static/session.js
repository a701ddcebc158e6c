// Asks every second whether this page may stay, and says by itself when it may not.
const EVERY_MS = 1000;
const page = document.body;

function leave(ending) {
  const main = document.getElementById("main");
  const words = document.getElementById("signed-out").content.cloneNode(true);
  words.querySelector("[data-why]").textContent = ending.why ?? "";
  words.querySelector("[data-elsewhere]").textContent = ending.elsewhere ?? "";
  if (!ending.is_local) words.querySelector("[data-local]").remove();
  main.replaceChildren(words);
  for (const part of document.querySelectorAll("[data-signed-in]")) part.remove();
  document.title = document.getElementById("signed-out").dataset.title;
  main.querySelector("h1").focus();
}

async function ask() {
  try {
    const answer = await fetch(page.dataset.session, { cache: "no-store" });
    const said = await answer.json();
    if (!said.signed_in) return leave(said);
    document.getElementById("changed").hidden = said.version === page.dataset.version;
  } catch {
    // The service is being restarted; the next request asks it again.
  }
  setTimeout(ask, EVERY_MS);
}

if (page.dataset.session) setTimeout(ask, EVERY_MS);
