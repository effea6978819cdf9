// A short list of codes is the code finder with all options shown; typing a code never opens it.
export { init } from "./code-search.js";
