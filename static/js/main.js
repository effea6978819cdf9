// Attaches behaviours. Every page works without this file.
// modules.js is made by the server: it lists each file of this folder under its hashed name.
import { modules } from "./modules.js";

document.documentElement.dataset.js = "";

for (const element of document.querySelectorAll("[data-module]")) {
  for (const name of element.dataset.module.split(" ")) {
    modules[name]?.().then((module) => module.init(element));
  }
}
