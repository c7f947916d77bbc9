// Bundles the client: `node build.mjs OUTDIR`. Called by hatch_build.py, which adds the language catalogues.
// Every file name carries a hash of its content; manifest.json maps the plain names to them.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const out = process.argv[2];
if (!out) throw new Error("usage: node build.mjs OUTDIR");
mkdirSync(out, { recursive: true });

const files = {};

function emit(name, content) {
  const hash = createHash("sha256").update(content).digest("hex").slice(0, 8).toUpperCase();
  const hashed = `${basename(name, extname(name))}-${hash}${extname(name)}`;
  writeFileSync(join(out, hashed), content);
  files[name] = hashed;
}

/** One sprite of the icons that are used; icons.json says what for. */
function sprite() {
  const names = Object.keys(JSON.parse(readFileSync(join(here, "icons.json"), "utf8"))).sort();
  const symbols = names.map((name) => {
    const path = join(here, "node_modules/lucide-static/icons", `${name}.svg`);
    if (!existsSync(path)) throw new Error(`icons.json: Lucide has no icon named ${name}`);
    const inner = /<svg[^>]*>([\s\S]*)<\/svg>/.exec(readFileSync(path, "utf8"))[1].replace(/\s+/g, " ").trim();
    return (
      `<symbol id="${name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75" ` +
      `stroke-linecap="round" stroke-linejoin="round">${inner}</symbol>`
    );
  });
  emit("icons.svg", `<svg xmlns="http://www.w3.org/2000/svg">\n${symbols.join("\n")}\n</svg>\n`);
  return names;
}

/** Browsers of before 2024 do not know light-dark(): they get the light values. */
const lightFallback = {
  name: "light-fallback",
  setup(build) {
    build.onLoad({ filter: /styles\/tokens\.css$/ }, ({ path }) => {
      const css = readFileSync(path, "utf8");
      const light = css
        .replace(/light-dark\(((?:[^(),]|\([^()]*\))+),(?:[^()]|\([^()]*\))*\)/g, "$1")
        .replace(/color-scheme: [a-z ]+/g, "color-scheme: light");
      return { contents: `${css}\n@supports not (color: light-dark(#000, #fff)) {\n${light}\n}\n`, loader: "css" };
    });
  },
};

/** `@import "views:all"` takes every file of styles/views into the layer of that name; a slice only adds its file. */
const layerFolders = {
  name: "layer-folders",
  setup(build) {
    build.onResolve({ filter: /^(components|views):all$/ }, ({ path }) => ({ path, namespace: "layer-folder" }));
    build.onLoad({ filter: /.*/, namespace: "layer-folder" }, ({ path }) => {
      const layer = path.split(":")[0];
      const names = readdirSync(join(here, "styles", layer)).filter((name) => name.endsWith(".css")).sort();
      const imports = names.map((name) => `@import "./${layer}/${name}" layer(${layer});`);
      return { contents: imports.join("\n"), loader: "css", resolveDir: join(here, "styles") };
    });
  },
};

/** The licence texts of what ended up in the bundles, fonts and icons included. */
function licences(inputs) {
  const folders = new Set([join(here, "node_modules/lucide-static")]);
  for (const input of Object.keys(inputs)) {
    const match = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(join(here, input));
    if (match) folders.add(match[1]);
  }
  const texts = [...folders].sort().map((folder) => {
    const about = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const file = readdirSync(folder).find((name) => /^licen[cs]e/i.test(name));
    const text = file ? readFileSync(join(folder, file), "utf8").trim() : `Licence: ${about.license}`;
    return `${about.name} ${about.version} (${about.license})\n\n${text}\n`;
  });
  writeFileSync(join(out, "licences.txt"), texts.join(`\n${"-".repeat(78)}\n\n`));
  files["licences.txt"] = "licences.txt";
}

const entries = readdirSync(join(here, "src/entries")).filter((name) => name.endsWith(".ts"));
const result = await esbuild.build({
  absWorkingDir: here,
  entryPoints: ["styles/app.css", ...entries.map((name) => `src/entries/${name}`)],
  outdir: out,
  bundle: true,
  splitting: true,
  minify: true,
  sourcemap: true,
  // The packages may be linked in from a cache; names and hashes do not depend on where that is.
  preserveSymlinks: true,
  format: "esm",
  platform: "browser",
  // The browsers that know cascade layers, OKLCH and top-level await.
  target: ["chrome111", "firefox113", "safari16.4"],
  tsconfig: "tsconfig.json",
  entryNames: "[name]-[hash]",
  chunkNames: "chunk-[hash]",
  assetNames: "[name]-[hash]",
  loader: { ".woff2": "file", ".svg": "file" },
  legalComments: "none",
  metafile: true,
  plugins: [lightFallback, layerFolders],
  logLevel: "warning",
});

for (const [path, output] of Object.entries(result.metafile.outputs)) {
  const name = basename(path);
  if (output.entryPoint) files[basename(output.entryPoint).replace(/\.ts$/, ".js")] = name;
  else if (name.endsWith(".woff2")) files[name.replace(/-[A-Z0-9]{8}\.woff2$/, ".woff2")] = name;
}
for (const name of readdirSync(join(here, "images"))) emit(name, readFileSync(join(here, "images", name)));
const icons = sprite();
licences(result.metafile.inputs);
writeFileSync(join(out, "manifest.json"), `${JSON.stringify({ files, icons }, null, 1)}\n`);
