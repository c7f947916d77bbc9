import js from "@eslint/js";
import tseslint from "typescript-eslint";

export default tseslint.config(
  { ignores: ["node_modules/"] },
  js.configs.recommended,
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // Numbers read well in template strings.
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      // `() => close()` reads well.
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      // Lit's event handlers are written `@click=${this.#close}` and bound by Lit.
      "@typescript-eslint/unbound-method": "off",
      // The catalogue is extracted by reading the source: the texts of t() and tn() are plain double-quoted literals.
      "no-restricted-syntax": [
        "error",
        {
          selector: "CallExpression[callee.name=/^tn?$/] > :first-child.arguments:not(Literal[raw=/^\"/])",
          message: "The text given to t() or tn() is a literal in double quotes.",
        },
        {
          selector: "CallExpression[callee.name='tn'] > :nth-child(2).arguments:not(Literal[raw=/^\"/])",
          message: "The plural given to tn() is a literal in double quotes.",
        },
      ],
      "no-console": "error",
      eqeqeq: "error",
    },
  },
  { files: ["*.mjs"], languageOptions: { globals: { process: "readonly" } } },
);
